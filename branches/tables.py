"""Tables of long lists."""

import django_tables2 as tables

from branches.models import Member

#: Columns that a telephone leaves out.
WIDE = {"th": {"class": "d-none d-md-table-cell"}, "td": {"class": "d-none d-md-table-cell"}}
UNBROKEN = {"td": {"class": "text-nowrap"}}


class MemberTable(tables.Table):
    name = tables.Column(
        linkify=("member-detail", {"pk": tables.A("pk")}), order_by=("pinyin", "pk"), attrs=UNBROKEN
    )
    organization = tables.Column(verbose_name="党支部", orderable=False, accessor="organization__short_name")
    group = tables.Column(
        verbose_name="党小组", orderable=False, accessor="group_name", default="—", attrs=WIDE
    )
    category = tables.Column(orderable=False, attrs=UNBROKEN)
    joined_on = tables.DateColumn(format="Y-m-d", verbose_name="入党日期", attrs=WIDE)
    standing = tables.TemplateColumn(
        verbose_name="状态",
        orderable=False,
        template_name="branches/member_state.html",
    )

    class Meta:
        model = Member
        fields = ("name", "organization", "group", "category", "joined_on", "standing")
        attrs = {"class": "table"}
        template_name = "django_tables2/bootstrap5.html"
