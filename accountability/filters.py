"""Filters that live in the address: a list of duties can be linked to, shared and taken off again."""

import django_filters
from django import forms
from django.db.models import F, TextChoices

from accountability.choices import DutyKind, RecordStatus
from accountability.models import DutyRecord
from branches.choices import Level
from branches.models import Organization
from branches.periods import Period


class Only(TextChoices):
    """Which records a number on a dashboard stands for."""

    UNFINISHED = "unfinished", "只看未完成"
    OVERDUE = "overdue", "只看已逾期"
    LATE = "late", "只看超期完成"
    TIMELY = "timely", "只看按时完成"
    CARRIED = "carried", "上级已履行的"
    CARRIED_UNFINISHED = "carried_unfinished", "上级已履行而本级未完成的"


class _DutyRecordFilterForm(forms.Form):
    def clean_period(self):
        code = self.cleaned_data["period"]
        if not code:
            return None
        try:
            return Period.parse(code)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error


class DutyRecordFilter(django_filters.FilterSet):
    """only (see `Only`), status, kind, level, period (2026-10, 2026-Q3, 2026), unit (words of a unit's name)."""

    only = django_filters.ChoiceFilter(
        label="范围", choices=Only.choices, method="of_only", empty_label="全部"
    )
    status = django_filters.ChoiceFilter(label="状态", choices=RecordStatus.choices, empty_label="全部状态")
    kind = django_filters.ChoiceFilter(
        label="责任类别", choices=DutyKind.choices, field_name="duty__duty_list__kind", empty_label="全部类别"
    )
    level = django_filters.ChoiceFilter(
        label="层级",
        choices=Level.choices,
        field_name="organization__level",
        empty_label="全部层级",
    )
    period = django_filters.CharFilter(
        label="期", method="in_period", widget=forms.TextInput(attrs={"placeholder": "如 2026-10、2026-Q3"})
    )
    unit = django_filters.CharFilter(
        label="单位", method="of_unit", widget=forms.TextInput(attrs={"type": "search"})
    )

    class Meta:
        model = DutyRecord
        form = _DutyRecordFilterForm
        fields = ["only", "status", "kind", "level", "period", "unit"]

    def __init__(self, *args, scope: Organization, today, without=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.scope, self.today = scope, today
        for name in without:
            del self.filters[name]
        for field in self.form.fields.values():
            kind = "form-select" if isinstance(field, forms.ChoiceField) else "form-control"
            field.widget.attrs["class"] = f"{kind} {kind}-sm"

    def of_only(self, records, name, value):
        match value:
            case Only.UNFINISHED:
                return records.unfinished()
            case Only.OVERDUE:
                return records.overdue(self.today)
            case Only.LATE:
                return records.late()
            case Only.TIMELY:
                return records.filter(status=RecordStatus.ACCEPTED, done_on__lte=F("due_on"))
            case Only.CARRIED:
                return records.carried()
        return records.carried().unfinished()

    def in_period(self, records, name, value):
        return records.judged_in(value)

    def of_unit(self, records, name, value):
        return records.filter(organization__in=Organization.objects.in_subtree(self.scope).named(value))

    @property
    def active(self) -> list[tuple[str, str]]:
        """The filters that are on, as (parameter, words), for the chips."""
        cleaned = self.form.cleaned_data if self.form.is_valid() else {}
        words = {
            "only": lambda value: Only(value).label,
            "status": lambda value: RecordStatus(value).label,
            "kind": lambda value: DutyKind(value).label,
            "level": lambda value: Level(int(value)).label,
            "period": lambda value: value.label,
            "unit": lambda value: f"单位含“{value}”",
        }
        return [(name, words[name](cleaned[name])) for name in words if cleaned.get(name) not in (None, "")]
