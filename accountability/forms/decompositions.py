from dataclasses import dataclass

from django import forms
from django.forms import BoundField

from accountability.actions.decompositions import Share
from accountability.choices import CountedBy
from accountability.models import Duty
from accountability.windows import stricter_points
from branches.choices import COMMITTEE_POSTS, Post
from branches.models import Appointment, Organization
from branches.periods import Interval

BEARERS = (*COMMITTEE_POSTS, Post.LIAISON)


@dataclass(frozen=True)
class ShareRow:
    """A child unit or an officer in the form: its tick, who answers for it, what is particular to it."""

    label: str
    note: str
    taken: bool
    chosen: BoundField | None = None
    owner: BoundField | None = None
    target: BoundField | None = None
    measure: BoundField | None = None

    @property
    def is_particular(self) -> bool:
        """Whether the fold with its own words stands open."""
        return bool(self.measure and (self.measure.value() or self.measure.errors))


class DecompositionForm(forms.Form):
    """Which children and which officers take over a duty, in what words, how often or by when; each may differ."""

    measure = forms.CharField(
        label="落实要求",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="写具体要做到什么；留空则沿用本级的要求。",
    )
    interval = forms.ChoiceField(label="周期")
    deadline = forms.DateField(
        label="完成期限",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args, duty: Duty, units, taken: set[tuple[int, int | None]], ahead, today, **kwargs):
        """`taken` are the keys of the shares there are, `ahead` the days of the duty's terms that lie ahead."""
        super().__init__(*args, **kwargs)
        self.duty, self.units, self.taken = duty, list(units), taken
        longest = Interval(duty.interval).length
        self.fields["interval"].choices = [
            (each.value, f"每{each.label}") for each in Interval if each.length <= longest
        ]
        self.fields["interval"].initial = duty.interval
        if duty.deadline:
            del self.fields["interval"]
        if len(ahead) == 1:
            last = ahead[0]
            self.fields["deadline"].widget.attrs |= {"min": today.isoformat(), "max": last.isoformat()}
            self.fields["deadline"].help_text = f"不晚于本级的{last:%Y-%m-%d}；留空则相同。"
        else:
            del self.fields["deadline"]
        posts = Appointment.objects.on(today).filter(
            organization__in=[duty.organization_id, *(unit.pk for unit in self.units)], post__in=BEARERS
        )
        self.bearers: dict[int, list[Appointment]] = {}
        for each in posts.select_related("user", "organization").order_by("organization", "pk"):
            self.bearers.setdefault(each.organization_id, []).append(each)
        self.officers = self.bearers.get(duty.organization_id, [])
        for unit in self.units:
            if (unit.pk, None) not in taken:
                self._add(f"unit_{unit.pk}", unit.short_name, initial=True)
                self.fields[f"owner_unit_{unit.pk}"] = forms.TypedChoiceField(
                    label=f"{unit.short_name}的责任人",
                    choices=[
                        ("", "责任人：由单位落实"),
                        *(
                            (each.pk, f"{each.user} {each.get_post_display()}")
                            for each in self.bearers.get(unit.pk, [])
                        ),
                    ],
                    coerce=int,
                    empty_value=None,
                    required=False,
                )
        for officer in self.officers:
            if (duty.organization_id, officer.pk) not in taken:
                self._add(f"officer_{officer.pk}", str(officer.user), initial=False)
        for name, entry in self.fields.items():
            kind = "form-control form-control-sm"
            if isinstance(entry, forms.BooleanField):
                kind = "form-check-input"
            elif isinstance(entry, forms.ChoiceField):
                kind = "form-select form-select-sm"
            entry.widget.attrs["class"] = kind
            if "_" in name and not isinstance(entry, forms.BooleanField):
                entry.widget.attrs["aria-label"] = entry.label

    def _add(self, key, label, *, initial):
        """The tick of one unit or officer, and what is particular to it."""
        self.fields[key] = forms.BooleanField(label=label, required=False, initial=initial)
        if self.duty.counted_by:
            self.fields[f"target_{key}"] = forms.IntegerField(
                label=f"{label}的数量",
                min_value=1,
                max_value=9999,
                required=False,
                widget=forms.NumberInput(attrs={"placeholder": self.duty.target, "inputmode": "numeric"}),
            )
        self.fields[f"measure_{key}"] = forms.CharField(
            label=f"{label}的个性要求",
            max_length=500,
            required=False,
            widget=forms.Textarea(attrs={"rows": 2, "placeholder": "同上"}),
        )

    @property
    def general(self) -> list[BoundField]:
        """The fields that hold for everybody who is ticked."""
        return [self[name] for name in ("measure", "interval", "deadline") if name in self.fields]

    @property
    def unit_rows(self) -> list[ShareRow]:
        return [
            self._row(f"unit_{unit.pk}", unit.short_name, "", (unit.pk, None) in self.taken)
            for unit in self.units
        ]

    @property
    def officer_rows(self) -> list[ShareRow]:
        own = self.duty.organization_id
        return [
            self._row(
                f"officer_{each.pk}", str(each.user), each.get_post_display(), (own, each.pk) in self.taken
            )
            for each in self.officers
        ]

    def _row(self, key, label, note, taken):
        def bound(prefix):
            return self[f"{prefix}{key}"] if f"{prefix}{key}" in self.fields else None

        if taken:
            return ShareRow(label, note, True)
        return ShareRow(label, note, False, bound(""), bound("owner_"), bound("target_"), bound("measure_"))

    @property
    def count_unit(self) -> str:
        return "人" if self.duty.counted_by == CountedBy.PERSONS else "次"

    @property
    def splits_a_count(self) -> bool:
        return self.duty.counted_by == CountedBy.HAND

    def clean(self):
        values = super().clean()
        keys = [f"unit_{unit.pk}" for unit in self.units] + [f"officer_{each.pk}" for each in self.officers]
        if not any(values.get(key) for key in keys):
            raise forms.ValidationError("请至少勾选一个下级单位或一名班子成员。")
        return values

    @property
    def shares(self) -> list[Share]:
        """What the valid form says, unit by unit and officer by officer."""
        values = self.cleaned_data
        bearers = {each.pk: each for group in self.bearers.values() for each in group}
        shares = [
            self._share(f"unit_{unit.pk}", unit, bearers.get(values[f"owner_unit_{unit.pk}"]))
            for unit in self.units
            if values.get(f"unit_{unit.pk}")
        ]
        return shares + [
            self._share(f"officer_{each.pk}", self.duty.organization, each, is_personal=True)
            for each in self.officers
            if values.get(f"officer_{each.pk}")
        ]

    def _share(self, key, organization: Organization, owner, *, is_personal=False) -> Share:
        values = self.cleaned_data
        return Share(
            organization=organization,
            owner=owner,
            is_personal=is_personal,
            measure=values[f"measure_{key}"] or values["measure"],
            interval=values.get("interval", ""),
            deadline=values.get("deadline"),
            target=values.get(f"target_{key}"),
        )

    @property
    def stricter(self) -> list[str]:
        """In which points the shares ask for more than the duty itself, each once."""
        points = []
        for share in self.shares:
            points += stricter_points(Duty(**share.requirement(self.duty)), self.duty)
        return list(dict.fromkeys(points))


class OwnerForm(forms.Form):
    """Who of the unit answers for a duty; `seen` is the owner the page showed."""

    owner = forms.ModelChoiceField(
        label="责任人", queryset=Appointment.objects.none(), empty_label="请选择", widget=forms.RadioSelect
    )
    seen = forms.ModelChoiceField(
        queryset=Appointment.objects.none(), required=False, widget=forms.HiddenInput
    )

    def __init__(self, *args, duty: Duty, today, **kwargs):
        super().__init__(*args, **kwargs)
        bearers = Appointment.objects.on(today).filter(organization=duty.organization, post__in=BEARERS)
        self.fields["owner"].queryset = bearers.select_related("user").order_by("pk")
        self.fields["owner"].label_from_instance = lambda each: f"{each.user} {each.get_post_display()}"
        self.fields["owner"].empty_label = None
        self.fields["seen"].queryset = Appointment.objects.filter(organization=duty.organization)
        self.initial |= {"owner": duty.owner_id, "seen": duty.owner_id}
