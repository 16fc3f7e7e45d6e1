"""Filters that live in the address: a list of duties can be linked to, shared and taken off again."""

import django_filters
from django import forms
from django.db.models import F, TextChoices

from accountability.choices import CaseState, DutyKind, RecordStatus, Situation
from accountability.models import AccountabilityCase, DutyRecord
from branches.choices import KEY_POSTS, Level
from branches.models import Appointment, Organization
from branches.periods import Period


class Only(TextChoices):
    """Which records a number on a dashboard stands for."""

    UNFINISHED = "unfinished", "只看未完成"
    OVERDUE = "overdue", "只看已逾期"
    LATE = "late", "只看超期完成"
    TIMELY = "timely", "只看按时完成"
    JUDGED = "judged", "只看到期的和已认可的"
    CARRIED = "carried", "上级已履行的"
    CARRIED_UNFINISHED = "carried_unfinished", "上级已履行而本级未完成的"


class Bearer(TextChoices):
    """Whose duty it is."""

    KEY_POSTS = "key", "关键少数承担的"


class _DutyRecordFilterForm(forms.Form):
    def clean_period(self):
        code = self.cleaned_data["period"]
        if not code:
            return None
        try:
            return Period.parse(code)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    def clean_duty(self):
        return _keys(self.cleaned_data["duty"])

    def clean_lists(self):
        return _keys(self.cleaned_data["lists"])


def _keys(text: str) -> list[int]:
    """The keys in "12,15"; what is none is left out."""
    return [int(key) for key in text.split(",") if key.isascii() and key.isdigit() and len(key) < 19]


class DutyRecordFilter(django_filters.FilterSet):
    """only (see `Only`), status, kind, level, period (2026-10, 2026-Q3, 2026), unit (words of a unit's name).

    What a number elsewhere stands for, without a field of its own: bearer (see `Bearer`), owner (an appointment),
    duty and lists (keys, separated by commas).
    """

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

    bearer = django_filters.ChoiceFilter(
        label="承担者", choices=Bearer.choices, method="of_bearer", widget=forms.HiddenInput
    )
    owner = django_filters.ModelChoiceFilter(
        label="责任人",
        field_name="duty__owner",
        queryset=Appointment.objects.none(),
        widget=forms.HiddenInput,
    )
    duty = django_filters.CharFilter(label="责任项", method="of_keys", widget=forms.HiddenInput)
    lists = django_filters.CharFilter(label="清单", method="of_keys", widget=forms.HiddenInput)

    class Meta:
        model = DutyRecord
        form = _DutyRecordFilterForm
        fields = [
            "only",
            "status",
            "kind",
            "level",
            "period",
            "unit",
            "bearer",
            "owner",
            "duty",
            "lists",
        ]

    def __init__(self, *args, scope: Organization, today, without=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.scope, self.today = scope, today
        self.filters["owner"].queryset = Appointment.objects.in_subtree(scope).select_related(
            "organization", "user"
        )
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
            case Only.JUDGED:
                return records.judged_by(self.today)
            case Only.CARRIED:
                return records.carried()
        return records.carried().unfinished()

    def in_period(self, records, name, value):
        return records.judged_in(value)

    def of_unit(self, records, name, value):
        return records.filter(organization__in=Organization.objects.in_subtree(self.scope).named(value))

    def of_bearer(self, records, name, value):
        return records.filter(duty__owner__post__in=KEY_POSTS)

    def of_keys(self, records, name, value):
        if name == "duty":
            return records.filter(duty__in=value)
        return records.filter(duty__duty_list__in=value, duty__is_withdrawn=False)

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
            "bearer": lambda value: Bearer(value).label,
            "owner": lambda value: f"责任人 {value}",
            "duty": lambda value: f"{len(value)}个责任项" if len(value) > 1 else "同一责任项",
            "lists": lambda value: f"{len(value)}份清单" if len(value) > 1 else "同一份清单",
        }
        return [
            (name, words[name](cleaned[name])) for name in words if cleaned.get(name) not in (None, "", [])
        ]


class CaseFilter(django_filters.FilterSet):
    """state, situation, year (in which the case was drafted)."""

    state = django_filters.ChoiceFilter(label="状态", choices=CaseState.choices, empty_label="全部状态")
    situation = django_filters.ChoiceFilter(label="情形", choices=Situation.choices, empty_label="全部情形")
    year = django_filters.NumberFilter(
        label="年度", field_name="drafted_at__year", min_value=1900, max_value=2200
    )

    class Meta:
        model = AccountabilityCase
        fields = ["state", "situation", "year"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.form.fields.values():
            kind = "form-select" if isinstance(field, forms.ChoiceField) else "form-control"
            field.widget.attrs["class"] = f"{kind} {kind}-sm"

    @property
    def active(self) -> list[tuple[str, str]]:
        """The filters that are on, as (parameter, words), for the chips."""
        cleaned = self.form.cleaned_data if self.form.is_valid() else {}
        words = {
            "state": lambda value: CaseState(value).label,
            "situation": lambda value: Situation(value).label,
            "year": lambda value: f"{value}年",
        }
        return [(name, words[name](cleaned[name])) for name in words if cleaned.get(name)]
