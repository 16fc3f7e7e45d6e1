"""Filters that live in the address: what a list shows can be linked to, shared and taken off again."""

from datetime import date

import django_filters
from django import forms
from django.db.models import Q

from branches.choices import MeetingKind, MeetingStatus, MemberCategory, Standing
from branches.models import Meeting, Member, Organization
from branches.periods import Interval, Period, window_of
from branches.querysets.organizations import MOST_LETTERS, subtree


class _MeetingFilterForm(forms.Form):
    def clean_period(self):
        code = self.cleaned_data["period"]
        if not code:
            return None
        try:
            return Period.parse(code)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error


class MeetingFilter(django_filters.FilterSet):
    """kind (a bit of `MeetingKind`), status, period (2026-10, 2026-Q3, 2026), late=1, unit (an organisation), text."""

    kind = django_filters.TypedChoiceFilter(
        label="类型", choices=MeetingKind.choices, coerce=int, method="of_kind"
    )
    status = django_filters.ChoiceFilter(label="状态", choices=MeetingStatus.choices, empty_label="全部状态")
    period = django_filters.CharFilter(label="时间", method="held_in")
    unit = django_filters.ModelChoiceFilter(
        label="单位", queryset=Organization.objects.none(), method="of_unit", empty_label="全部单位"
    )
    late = django_filters.BooleanFilter(label="补录", field_name="is_late_entry")
    text = django_filters.CharFilter(label="名称或单位", method="containing")

    class Meta:
        model = Meeting
        form = _MeetingFilterForm
        fields = ["kind", "status", "period", "unit", "late", "text"]

    def __init__(self, *args, scope: Organization, today: date, **kwargs):
        super().__init__(*args, **kwargs)
        self.scope, self.today = scope, today
        self.filters["unit"].queryset = Organization.objects.in_subtree(scope)

    def of_kind(self, meetings, name, value):
        return meetings.of_kind(value)

    def held_in(self, meetings, name, value):
        return meetings.held_in(value)

    def of_unit(self, meetings, name, value):
        return meetings.filter(subtree(value, "organization"))

    def containing(self, meetings, name, value):
        text = value[:MOST_LETTERS]
        return meetings.filter(Q(title__contains=text) | Q(organization__name__contains=text))

    @property
    def active(self) -> list[tuple[str, str]]:
        """The filters that are on, as (parameter, words), for the chips."""
        words = []
        cleaned = getattr(self.form, "cleaned_data", {}) if self.form.is_valid() else {}
        for name in self._meta.fields:
            value = cleaned.get(name)
            if value in (None, ""):
                continue
            match name:
                case "kind":
                    text = MeetingKind(int(value)).label
                case "status":
                    text = MeetingStatus(value).label
                case "period":
                    text = value.label
                case "unit":
                    text = value.short_name
                case "late":
                    text = "补录" if value else "非补录"
                case _:
                    text = f"含“{value}”"
            words.append((name, text))
        return words

    def periods(self) -> list[Period]:
        """Periods to choose from: thirteen months back, the quarters and years around them, and the one chosen."""
        months = Period.month_of(self.today).trailing(13)[::-1]
        quarters = window_of(Interval.QUARTER, self.today).trailing(5)[::-1]
        years = window_of(Interval.YEAR, self.today).trailing(2)[::-1]
        found = [*months, *quarters, *years]
        chosen = self.form.cleaned_data.get("period") if self.form.is_valid() else None
        return found if chosen is None or chosen in found else [chosen, *found]


class MemberFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        label="查找",
        method="by_name",
        widget=forms.TextInput({"type": "search", "placeholder": "姓名、拼音或首字母"}),
    )
    category = django_filters.ChoiceFilter(
        label="人员类别", choices=MemberCategory.choices, empty_label="全部"
    )
    standing = django_filters.ChoiceFilter(
        label="党籍", choices=[("ALL", "全部"), *Standing.choices], method="by_standing", empty_label="在册"
    )
    flag = django_filters.ChoiceFilter(
        label="情况",
        choices=[("lost", "失联"), ("floating", "流动"), ("ungrouped", "未编组")],
        method="by_flag",
        empty_label="全部",
    )

    class Meta:
        model = Member
        fields: list = []

    def by_name(self, rows, name, value):
        return rows.named(value)

    def by_standing(self, rows, name, value):
        return rows if value == "ALL" else rows.filter(standing=value)

    def by_flag(self, rows, name, value):
        if value == "ungrouped":
            return rows.exclude(memberships__ends_on__isnull=True, memberships__group__isnull=False)
        return rows.filter(**{f"is_{value}": True})

    def filter_queryset(self, queryset):
        rows = super().filter_queryset(queryset)
        if not self.form.cleaned_data.get("standing"):
            rows = rows.exclude(standing__in=(Standing.LEFT, Standing.DECEASED))
        return rows

    @property
    def in_words(self) -> list[tuple[str, str]]:
        """The filters that are on: (query parameter, words)."""
        found = []
        for name, field in self.form.fields.items():
            value = self.form.cleaned_data.get(name) if self.form.is_valid() else None
            if value:
                words = dict(getattr(field, "choices", ())).get(value, value)
                found.append((name, f"{field.label}：{words}"))
        return found
