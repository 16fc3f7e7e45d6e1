from dataclasses import dataclass

from django import forms
from django.forms import BoundField

from accountability.actions.decompositions import Share
from accountability.models import Duty
from branches.choices import COMMITTEE_POSTS, Post
from branches.models import Appointment, Organization
from branches.periods import Interval


@dataclass(frozen=True)
class UnitRow:
    """One child unit in the form: its tick, who answers for it, what is particular to it."""

    unit: Organization
    taken: bool
    chosen: BoundField | None = None
    owner: BoundField | None = None
    measure: BoundField | None = None


class DecompositionForm(forms.Form):
    """Which children take over a duty, in what words and how often; each may differ."""

    measure = forms.CharField(
        label="对下级的落实要求",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="写下级具体要做到什么；留空则沿用本级的要求。",
    )
    interval = forms.ChoiceField(label="下级的周期")

    def __init__(self, *args, duty: Duty, units, taken: set[int], today, **kwargs):
        super().__init__(*args, **kwargs)
        self.duty, self.units, self.taken = duty, list(units), taken
        longest = Interval(duty.interval).length
        self.fields["interval"].choices = [
            (each.value, f"每{each.label}") for each in Interval if each.length <= longest
        ]
        self.fields["interval"].initial = duty.interval
        self.owners = {}
        posts = Appointment.objects.on(today).filter(
            organization__in=self.units, post__in=[*COMMITTEE_POSTS, Post.LIAISON]
        )
        for each in posts.select_related("user", "organization").order_by("organization", "pk"):
            self.owners.setdefault(each.organization_id, []).append(each)
        for unit in self.units:
            if unit.pk in taken:
                continue
            choices = [
                (each.pk, f"{each.user} {each.get_post_display()}") for each in self.owners.get(unit.pk, [])
            ]
            self.fields[f"unit_{unit.pk}"] = forms.BooleanField(
                label=unit.short_name, required=False, initial=True
            )
            self.fields[f"owner_{unit.pk}"] = forms.TypedChoiceField(
                label=f"{unit.short_name}的责任人",
                choices=[("", "由单位承担"), *choices],
                coerce=int,
                empty_value=None,
                required=False,
            )
            self.fields[f"measure_{unit.pk}"] = forms.CharField(
                label=f"{unit.short_name}的个性要求",
                max_length=500,
                required=False,
                widget=forms.TextInput(attrs={"placeholder": "同上"}),
            )
        for name, entry in self.fields.items():
            kind = (
                "form-check-input"
                if isinstance(entry, forms.BooleanField)
                else "form-control form-control-sm"
            )
            if isinstance(entry, forms.ChoiceField):
                kind = "form-select form-select-sm"
            entry.widget.attrs["class"] = kind
            if name.partition("_")[2]:
                entry.widget.attrs["aria-label"] = entry.label

    @property
    def rows(self) -> list[UnitRow]:
        return [
            UnitRow(unit, True)
            if unit.pk in self.taken
            else UnitRow(
                unit, False, self[f"unit_{unit.pk}"], self[f"owner_{unit.pk}"], self[f"measure_{unit.pk}"]
            )
            for unit in self.units
        ]

    def clean(self):
        values = super().clean()
        if not any(values.get(f"unit_{unit.pk}") for unit in self.units):
            raise forms.ValidationError("请至少勾选一个下级单位。")
        return values

    @property
    def shares(self) -> list[Share]:
        """What the valid form says, unit by unit."""
        values = self.cleaned_data
        owners = {each.pk: each for group in self.owners.values() for each in group}
        return [
            Share(
                organization=unit,
                measure=values[f"measure_{unit.pk}"] or values["measure"],
                interval=values["interval"],
                owner=owners.get(values[f"owner_{unit.pk}"]),
            )
            for unit in self.units
            if values.get(f"unit_{unit.pk}")
        ]
