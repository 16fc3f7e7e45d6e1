from django import forms
from django.db.models import Q

from accountability.actions.cases import KNOWING_POSTS, Draft, measures_for
from accountability.choices import CaseMeasure, LeadershipPart, Situation
from branches.choices import KEY_POSTS
from branches.forms.organizations import DayInput, OrganizationField
from branches.forms.ticks import RowTicks
from branches.models import Appointment, Organization


class _Officers(forms.ModelChoiceField):
    def label_from_instance(self, appointment):
        ended = f"（至{appointment.ends_on:%Y-%m-%d}）" if appointment.ends_on else ""
        return f"{appointment.user} {appointment.get_post_display()}{ended}"


class _OfficerTicks(RowTicks):
    def label_from_instance(self, appointment):
        return f"{appointment.user} {appointment.get_post_display()}"


class UnitForm(forms.Form):
    """Which unit: the step before choosing among its officers."""

    unit = OrganizationField(label="单位")

    def __init__(self, *args, rows, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["unit"].rows = rows


class TargetForm(forms.Form):
    """Whom a case is against: the unit, or one of its 班子成员 (whoever has left the post included)."""

    appointment = _Officers(
        label="问责对象",
        queryset=Appointment.objects.none(),
        required=False,
        help_text="对党组织问责，还是对其班子成员问责。",
    )

    def __init__(self, *args, organization, **kwargs):
        super().__init__(*args, **kwargs)
        officers = Appointment.objects.filter(organization=organization, post__in=KEY_POSTS)
        field = self.fields["appointment"]
        field.queryset = officers.select_related("user", "organization").by_post()
        field.empty_label = f"{organization}（党组织）"


class CaseForm(forms.Form):
    """What a case says; `appointment` decides what may be done and whether responsibility is apportioned."""

    situation = forms.ChoiceField(label="问责情形", choices=[("", "请选择"), *Situation.choices])
    part = forms.ChoiceField(
        label="责任划分", choices=[("", "请选择"), *LeadershipPart.choices], required=False
    )
    facts = forms.CharField(
        label="事实",
        max_length=4000,
        widget=forms.Textarea(
            attrs={"rows": 6, "placeholder": "何时何地，应当做什么，没有做什么，造成什么后果。"}
        ),
    )
    basis = forms.CharField(label="依据条款", max_length=200, help_text="写明规定名称和第几条。")
    measures = forms.MultipleChoiceField(
        label="问责方式",
        choices=CaseMeasure.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text="可以单独使用，也可以合并使用。",
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, appointment, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["measures"].choices = [(each.value, each.label) for each in measures_for(appointment)]
        if appointment is None:
            del self.fields["part"]
        else:
            self.fields["part"].required = True

    @property
    def draft(self) -> Draft:
        values = self.cleaned_data
        return Draft(
            situation=values["situation"],
            facts=values["facts"],
            basis=values["basis"],
            measures=tuple(values["measures"]),
            part=values.get("part", ""),
        )


class CaseEditForm(CaseForm):
    reason = forms.CharField(label="修改原因", max_length=80, required=False)

    def __init__(self, *args, needs_reason, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = needs_reason


class CaseCorrectForm(CaseForm):
    """After the decision the words may be mended; the measures stay and are not asked."""

    number = forms.CharField(label="文号", max_length=60, required=False)
    announced_on = forms.DateField(label="宣布日期", widget=DayInput, required=False)
    reason = forms.CharField(label="更正原因", max_length=80)

    def __init__(self, *args, case, **kwargs):
        super().__init__(*args, appointment=case.appointment, **kwargs)
        del self.fields["measures"]
        self.case = case
        if case.state != "ANNOUNCED":
            del self.fields["announced_on"]

    @property
    def draft(self) -> Draft:
        self.cleaned_data["measures"] = self.case.measures
        return super().draft


class _Step(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput)


class DecideForm(_Step):
    decided_on = forms.DateField(label="决定日期", widget=DayInput)
    number = forms.CharField(label="文号（可不填）", max_length=60, required=False)
    note = forms.CharField(
        label="决定意见（可不填）", max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )


class DropForm(_Step):
    reason = forms.CharField(label="不予问责的理由", max_length=500, widget=forms.Textarea(attrs={"rows": 3}))


class AnnounceForm(_Step):
    announced_on = forms.DateField(
        label="宣布日期", widget=DayInput, help_text="申诉期限从这一天起一个月，截止当日也算。"
    )


class AppealForm(_Step):
    filed_on = forms.DateField(label="申诉日期", widget=DayInput)
    reason = forms.CharField(label="申诉理由", max_length=4000, widget=forms.Textarea(attrs={"rows": 6}))


class AnswerForm(_Step):
    OUTCOMES = [
        ("reject", "申诉不成立，维持原决定"),
        ("change", "申诉成立，变更原决定"),
        ("withdraw", "申诉成立，撤销原决定"),
    ]
    outcome = forms.ChoiceField(label="复查结论", choices=OUTCOMES, widget=forms.RadioSelect)
    measures = forms.MultipleChoiceField(
        label="变更后的问责方式",
        choices=CaseMeasure.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="只在变更原决定时勾选。",
    )
    answered_on = forms.DateField(label="复查日期", widget=DayInput)
    answer = forms.CharField(
        label="复查决定和理由", max_length=4000, widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, *args, case, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["measures"].choices = [
            (each.value, each.label) for each in measures_for(case.appointment)
        ]

    def clean(self):
        values = super().clean()
        if values.get("outcome") == "change" and not values.get("measures"):
            self.add_error("measures", "变更原决定的，请勾选变更后的问责方式；全部撤销请选“撤销原决定”。")
        if values.get("outcome") != "change":
            values["measures"] = []
        return values


class ReadersForm(_Step):
    """Officers of one unit who are to know of the case."""

    appointments = _OfficerTicks(
        label="知悉人", queryset=Appointment.objects.none(), widget=forms.CheckboxSelectMultiple
    )
    reason = forms.CharField(label="知悉原因", max_length=80)

    def __init__(self, *args, unit: Organization, case, today, **kwargs):
        super().__init__(*args, **kwargs)
        officers = Appointment.objects.on(today).filter(organization=unit, post__in=KNOWING_POSTS)
        officers = officers.filter(~Q(pk__in=case.readers.all()))
        self.fields["appointments"].queryset = officers.select_related("user", "organization").by_post()


class RemoveReaderForm(_Step):
    appointment = forms.ModelChoiceField(queryset=Appointment.objects.none(), widget=forms.HiddenInput)
    reason = forms.CharField(label="移除原因", max_length=80)

    def __init__(self, *args, case, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["appointment"].queryset = case.readers.select_related("user", "organization")
