from crispy_forms.bootstrap import InlineCheckboxes
from crispy_forms.helper import FormHelper
from crispy_forms.layout import Column, Layout, Row
from django import forms

from branches.cadence import day_problem
from branches.choices import Level, OrganizationKind, Sector
from branches.models import CadenceRule, ShortfallReason

_KINDS = [kind for kind in OrganizationKind.choices if kind[0] != OrganizationKind.GROUP]


class IntegerChoices(forms.TypedMultipleChoiceField):
    """Several of some numbers, as numbers."""

    def __init__(self, **kwargs):
        super().__init__(coerce=int, **kwargs)


class CadenceRuleForm(forms.ModelForm):
    """A version of a rule. `retire` stands for "from that day it is no longer asked"."""

    organization_kinds = forms.MultipleChoiceField(
        label="适用组织类别", choices=_KINDS, required=False, widget=forms.CheckboxSelectMultiple
    )
    levels = IntegerChoices(
        label="适用层级",
        choices=Level.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="不勾选即不限。",
    )
    sectors = forms.MultipleChoiceField(
        label="适用领域",
        choices=Sector.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="不勾选即不限。",
    )
    retire = forms.BooleanField(label="自生效日起不再要求这一项", required=False)
    reason = forms.CharField(label="调整原因", max_length=100)

    class Meta:
        model = CadenceRule
        fields = [
            "code",
            "label",
            "meeting_kind",
            "quantity",
            "interval",
            "at_least",
            "is_usual",
            "organization_kinds",
            "levels",
            "sectors",
            "chain",
            "applies_when",
            "is_per_group",
            "counts_as_core",
            "counts_as_study",
            "source",
            "effective_from",
        ]
        widgets = {"effective_from": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}

    def __init__(self, *args, today, is_new=False, **kwargs):
        super().__init__(*args, **kwargs)
        self.today = today
        if is_new:
            del self.fields["retire"]
        else:
            del self.fields["code"]
        self.fields["organization_kinds"].help_text = "不勾选即不限。"
        self.fields["effective_from"].help_text = "某个月的1日，不早于本月。此前的月份仍按原规则计算。"
        self.fields["at_least"].error_messages["min_value"] = "至少要求1次；不再要求请勾选“不再要求这一项”。"
        self.fields["source"].required = True
        self.fields["chain"].choices = [("", "不限"), *self.fields["chain"].choices[1:]]
        self.helper = FormHelper()
        self.helper.form_tag = False
        names = ["code"] if is_new else []
        self.helper.layout = Layout(
            *names,
            Row(Column("label", css_class="col-md-6"), Column("meeting_kind", css_class="col-md-6")),
            Row(
                Column("interval", css_class="col-6 col-md-4"),
                Column("at_least", css_class="col-6 col-md-4"),
                Column("quantity", css_class="col-md-4"),
            ),
            "is_usual",
            InlineCheckboxes("organization_kinds"),
            InlineCheckboxes("levels"),
            InlineCheckboxes("sectors"),
            Row(Column("chain", css_class="col-md-6"), Column("applies_when", css_class="col-md-6")),
            "is_per_group",
            "counts_as_core",
            "counts_as_study",
            "source",
            Row(Column("effective_from", css_class="col-md-5"), Column("reason", css_class="col-md-7")),
            *([] if is_new else ["retire"]),
        )

    def clean_effective_from(self):
        day = self.cleaned_data["effective_from"]
        if problem := day_problem(day, self.today):
            raise forms.ValidationError(problem)
        return day


class ShortfallReasonForm(forms.ModelForm):
    class Meta:
        model = ShortfallReason
        fields = ["reason"]
        widgets = {"reason": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False
