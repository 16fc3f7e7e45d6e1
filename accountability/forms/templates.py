from crispy_forms.bootstrap import InlineCheckboxes
from crispy_forms.helper import FormHelper
from crispy_forms.layout import Column, Layout, Row
from django import forms
from django.forms import inlineformset_factory

from accountability.forbidden import find_forbidden
from accountability.models import DutyTemplate, DutyTemplateItem
from branches.choices import COMMITTEE_POSTS, Level, OrganizationKind, Post


class DutyTemplateForm(forms.ModelForm):
    organization_kinds = forms.MultipleChoiceField(
        label="适用组织类别",
        choices=[each for each in OrganizationKind.choices if each[0] != OrganizationKind.GROUP],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="不勾选即不限。",
    )
    levels = forms.TypedMultipleChoiceField(
        label="适用层级",
        choices=Level.choices,
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="不勾选即不限。",
    )
    posts = forms.MultipleChoiceField(
        label="下发给担任这些职务的人",
        choices=[(post.value, post.label) for post in (*COMMITTEE_POSTS, Post.LIAISON)],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="不勾选即由单位整体承担。",
    )
    reason = forms.CharField(label="修改原因", max_length=100)

    class Meta:
        model = DutyTemplate
        fields = ["code", "title", "kind", "year", "organization_kinds", "levels", "posts", "source"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["source"].required = True
        if self.instance.pk is None:
            del self.fields["reason"]
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.layout = Layout(
            Row(Column("title", css_class="col-md-8"), Column("code", css_class="col-md-4")),
            Row(
                Column("kind", css_class="col-6 col-md-4"),
                Column("year", css_class="col-6 col-md-2"),
                Column("source", css_class="col-md-6"),
            ),
            InlineCheckboxes("organization_kinds"),
            InlineCheckboxes("levels"),
            InlineCheckboxes("posts"),
            *(["reason"] if self.instance.pk else []),
        )


class DutyTemplateItemForm(forms.ModelForm):
    class Meta:
        model = DutyTemplateItem
        fields = ["heading", "content", "measure", "interval", "is_common", "legal_basis", "sunset_on"]
        widgets = {
            "content": forms.Textarea(attrs={"rows": 2}),
            "measure": forms.Textarea(attrs={"rows": 2}),
            "sunset_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["legal_basis"].required = True
        self.fields["legal_basis"].error_messages["required"] = "请写明依据条款，新增负担须有依据。"
        self.fields["sunset_on"].required = True
        self.fields["sunset_on"].error_messages["required"] = "请写明日落日期，到期自动不再要求。"
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        self.helper.layout = Layout(
            Row(Column("heading", css_class="col-md-8"), Column("interval", css_class="col-md-4")),
            Row(Column("content", css_class="col-md-6"), Column("measure", css_class="col-md-6")),
            Row(
                Column("legal_basis", css_class="col-md-5"),
                Column("sunset_on", css_class="col-6 col-md-3"),
                Column("is_common", css_class="col-6 col-md-4 pt-md-4"),
            ),
        )

    def clean(self):
        values = super().clean()
        for name in ("heading", "content", "measure"):
            for finding in find_forbidden(values.get(name) or ""):
                self.add_error(name, str(finding))
        return values


ItemFormSet = inlineformset_factory(
    DutyTemplate,
    DutyTemplateItem,
    form=DutyTemplateItemForm,
    extra=1,
    min_num=1,
    validate_min=True,
    can_delete=True,
    max_num=200,
)


class IssueForm(forms.Form):
    """Whom a template goes to: one unit, or everybody it is made for in a subtree."""

    organization = forms.ModelChoiceField(label="下发范围", queryset=None, empty_label=None)
    reach = forms.ChoiceField(
        label="到哪一级",
        choices=[("subtree", "该单位及以下所有适用单位"), ("own", "只给该单位")],
        widget=forms.RadioSelect,
        initial="subtree",
    )

    def __init__(self, *args, units, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["organization"].queryset = units


class TemplateCopyForm(forms.Form):
    year = forms.IntegerField(
        label="年度",
        min_value=2019,
        max_value=2099,
        widget=forms.NumberInput(attrs={"class": "form-control form-control-sm"}),
    )
