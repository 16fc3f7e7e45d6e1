from django import forms


class ShowForm(forms.Form):
    objections_until = forms.DateField(
        label="异议期到",
        help_text="至少3天；不另定的为5个工作日。",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class ReopenForm(forms.Form):
    reason = forms.CharField(
        label="退回原因",
        max_length=200,
        required=False,
        help_text="例如：采纳某单位异议，更正会议次数。",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
