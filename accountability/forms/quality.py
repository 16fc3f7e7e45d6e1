from django import forms

from accountability.sampling import LEAST_PERCENT, MOST_PERCENT, USUAL_PERCENT


class DrawForm(forms.Form):
    """What to draw from and how much of it: one deployment, or everything accepted this month."""

    deployment = forms.ModelChoiceField(
        label="抽取范围", queryset=None, required=False, empty_label="本月认可的全部履责"
    )
    percent = forms.IntegerField(
        label="抽取比例（%）",
        min_value=LEAST_PERCENT,
        max_value=MOST_PERCENT,
        initial=USUAL_PERCENT,
        help_text=f"{LEAST_PERCENT}到{MOST_PERCENT}，向上取整，至少一份。",
    )

    def __init__(self, *args, deployments, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["deployment"].queryset = deployments


class JudgeForm(forms.Form):
    note = forms.CharField(
        label="抽查意见",
        max_length=500,
        required=False,
        help_text="不合格时必填：写明问题在哪里、怎么改。",
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class AnswerForm(forms.Form):
    answer = forms.CharField(
        label="反馈整改",
        max_length=500,
        required=False,
        help_text="写明怎么改的；原来的纪实不变。",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
