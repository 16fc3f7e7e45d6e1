from django import forms


class TriggerForm(forms.Form):
    """What happened, and when."""

    happened_on = forms.DateField(label="发生日期", widget=forms.DateInput(attrs={"type": "date"}))
    note = forms.CharField(
        label="情况",
        max_length=500,
        help_text="写事实：什么事、涉及哪项工作。不写群众个人信息和案情。",
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args, today, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["happened_on"].widget.attrs["max"] = today.isoformat()


class TriggerAnswerForm(forms.Form):
    """What was done about it."""

    answer = forms.CharField(
        label="处理情况",
        max_length=500,
        help_text="写明做了什么、结果如何；提交后不再修改。",
        widget=forms.Textarea(attrs={"rows": 4}),
    )
