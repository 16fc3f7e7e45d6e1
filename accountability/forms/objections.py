from django import forms


class ObjectionForm(forms.Form):
    item = forms.ChoiceField(label="对哪一项", required=False)
    reason = forms.CharField(
        label="理由",
        max_length=1000,
        required=False,
        help_text="写清哪项事实不对、实际是怎样、凭什么说；能找到记录的，写明日期和名称。",
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args, table, **kwargs):
        super().__init__(*args, **kwargs)
        lines = [(line.title, [(item.key, item.title) for item in line.items]) for line in table.lines]
        self.fields["item"].choices = [("", "整个结果（总分、等次）"), *lines]


class AnswerForm(forms.Form):
    answer = forms.CharField(
        label="答复",
        max_length=1000,
        required=False,
        help_text="采纳的写怎样更正，不采纳的写依据；提出异议的单位会看到。",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
