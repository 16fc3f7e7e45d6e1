from django import forms

from accountability.choices import AssessorRole
from branches.forms.organizations import DayInput


class WindowForm(forms.Form):
    """Who scores, under which name of the table, from when to when."""

    by = forms.ChoiceField(label="评价方", required=False)
    role = forms.ChoiceField(
        label="由谁评",
        choices=AssessorRole.choices,
        help_text="自评由单位自己填；互评由同级单位书记互评；考核单位评价、直接上级评价分别由考核单位、各单位的直接上级的班子成员和组织干部评；党员测评是无记名投票；群众评价用纸质票，由两人分别计票。",
    )
    opens_on = forms.DateField(label="开始", widget=DayInput)
    closes_on = forms.DateField(label="截止（含当天）", widget=DayInput)

    def __init__(self, *args, bodies, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["by"].choices = [(each, each or "不分方") for each in bodies]


class WindowDaysForm(forms.Form):
    opens_on = forms.DateField(label="开始", widget=DayInput)
    closes_on = forms.DateField(label="截止（含当天）", widget=DayInput)


class ReturnForm(forms.Form):
    reason = forms.CharField(
        label="退回原因",
        max_length=200,
        widget=forms.TextInput(attrs={"class": "form-control form-control-sm"}),
    )
