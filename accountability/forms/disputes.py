from django import forms


class DisputeForm(forms.Form):
    reason = forms.CharField(
        label="理由",
        max_length=1000,
        help_text="写明哪里不符、实际是多少、依据在哪里可查。",
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class AnswerForm(forms.Form):
    answer = forms.CharField(
        label="答复",
        max_length=1000,
        help_text="采纳的写怎样更正，不采纳的写依据；提出的单位会看到。",
        widget=forms.Textarea(attrs={"rows": 4}),
    )
