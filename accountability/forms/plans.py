from django import forms

from accountability.actions.plans import MAX_STEPS, Step
from accountability.choices import Quarter


def _day(label, **more):
    return forms.DateField(
        label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **more
    )


class PlanForm(forms.Form):
    """A plan: of the first quarter what it passes on, of the last what it puts right."""

    goal = forms.CharField(max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3}))
    owner = forms.ModelChoiceField(label="责任人", queryset=None, required=False, empty_label="请选择")
    due_on = _day("完成期限", required=False)
    partner = forms.ModelChoiceField(
        label="结对单位",
        queryset=None,
        required=False,
        empty_label="不结对",
        help_text="可不填；双方商定后填写。",
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, quarter, owners, partners, **kwargs):
        super().__init__(*args, **kwargs)
        is_last = quarter == Quarter.LAST
        self.fields["goal"].label = "目标" if is_last else "可推广的经验"
        self.fields["goal"].help_text = (
            "到什么时候、做到什么程度，能看得出来。" if is_last else "怎么做的、管用在哪里、别的单位怎样学。"
        )
        self.fields["owner"].queryset = owners
        self.fields["owner"].label_from_instance = lambda each: f"{each.user} {each.get_post_display()}"
        self.fields["partner"].queryset = partners


class StepForm(forms.Form):
    content = forms.CharField(label="措施", max_length=300, required=False)
    due_on = _day("期限", required=False)

    def clean(self):
        values = super().clean()
        content, due_on = (values.get("content") or "").strip(), values.get("due_on")
        if content and due_on is None and "due_on" not in self.errors:
            self.add_error("due_on", "请填写这条措施的期限。")
        if due_on and not content:
            self.add_error("content", "请写明措施，或清空期限。")
        return values


class BaseStepFormSet(forms.BaseFormSet):
    def steps(self) -> list[Step]:
        """Those that were written, in order."""
        return [
            Step(form.cleaned_data["content"].strip(), form.cleaned_data["due_on"])
            for form in self.forms
            if form.cleaned_data.get("content")
        ]


StepFormSet = forms.formset_factory(
    StepForm, BaseStepFormSet, extra=0, max_num=MAX_STEPS, absolute_max=MAX_STEPS
)


class StepDoneForm(forms.Form):
    done_on = _day("完成日期")
    result = forms.CharField(
        label="完成情况", max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )


class OutcomeForm(forms.Form):
    outcome = forms.CharField(
        label="结果",
        max_length=500,
        required=False,
        help_text="目标达到没有，凭什么说。",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)


class PlanReviewForm(forms.Form):
    note = forms.CharField(
        label="验收意见",
        max_length=500,
        required=False,
        help_text="退回的必填：还差什么。",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)
