"""Tables of long lists."""

import django_tables2 as tables

from branches.models import Member


class MemberTable(tables.Table):
    name = tables.Column(linkify=("member-detail", {"pk": tables.A("pk")}), order_by=("pinyin", "pk"))
    organization = tables.Column(verbose_name="党支部", orderable=False, accessor="organization__short_name")
    group = tables.Column(verbose_name="党小组", orderable=False, accessor="group_name", default="—")
    category = tables.Column(orderable=False)
    joined_on = tables.DateColumn(format="Y-m-d", verbose_name="入党日期")
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
