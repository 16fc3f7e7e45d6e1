from django import forms

from accountability.appraising import STEPS_ABOVE
from accountability.choices import DispositionKind, DispositionStepKind
from accountability.models import DispositionStep

_DAY = {"type": "date"}


class OpenForm(forms.Form):
    """Whom it is about, what is proposed and why."""

    member = forms.ModelChoiceField(label="党员", queryset=None, empty_label="请选择")
    kind = forms.ChoiceField(label="拟处置方式", choices=DispositionKind.choices, widget=forms.RadioSelect)
    grounds = forms.CharField(
        label="事由",
        max_length=2000,
        help_text="写事实和依据：不履行党员义务、不符合党员条件的具体表现，教育帮助的情况。",
        widget=forms.Textarea(attrs={"rows": 5}),
    )

    def __init__(self, *args, members, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["member"].queryset = members


class StepForm(forms.Form):
    """What one step asks for and nothing else; `step` is a `DispositionStepKind`."""

    kind = forms.CharField(widget=forms.HiddenInput)
    on = forms.DateField(label="日期", widget=forms.DateInput(attrs=_DAY, format="%Y-%m-%d"))
    meeting = forms.ModelChoiceField(label="支委会记录", queryset=None, required=False, empty_label="不关联")
    vote = forms.ModelChoiceField(
        label="表决",
        queryset=None,
        empty_label="请选择党员大会上的表决",
        help_text="先在会议里记录党员大会和表决，经上级确认后在这里选择。日期就是会议的日期。",
    )
    passed = forms.ChoiceField(label="结果", widget=forms.RadioSelect)
    words = forms.CharField(
        label="情况",
        max_length=DispositionStep._meta.get_field("words").max_length,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    improve_until = forms.DateField(
        label="改正期限",
        help_text="从宣布之日起，最长一年。",
        widget=forms.DateInput(attrs=_DAY, format="%Y-%m-%d"),
    )

    #: Fields that only some steps have.
    ONLY = {
        "meeting": (DispositionStepKind.COMMITTEE, *STEPS_ABOVE),
        "vote": (DispositionStepKind.ASSEMBLY,),
    }
    AGREED = [("yes", "同意"), ("back", "不同意，退回重新核实"), ("stop", "不同意，终止处置")]
    VERIFIED = [("yes", "情况属实"), ("back", "还不清楚，继续核实"), ("stop", "不属实，终止处置")]
    IMPROVED = [("yes", "已改正"), ("back", "没有改正")]

    def __init__(self, *args, step, is_improvement, meetings, votes, today, **kwargs):
        super().__init__(*args, initial={"kind": step, "on": today}, **kwargs)
        for name, steps in self.ONLY.items():
            if step not in steps:
                del self.fields[name]
        if "meeting" in self.fields:
            self.fields["meeting"].queryset = meetings
            if step in STEPS_ABOVE:
                self.fields["meeting"].label = "党委（党组）会记录"
            self.fields["meeting"].label_from_instance = lambda each: f"{each.held_on:%Y-%m-%d} {each.title}"
        if "vote" in self.fields:
            del self.fields["on"]
            self.fields["vote"].queryset = votes
            self.fields["vote"].label_from_instance = _vote_label
        if step != DispositionStepKind.ANNOUNCE or not is_improvement:
            del self.fields["improve_until"]
        if step == DispositionStepKind.ANNOUNCE:
            del self.fields["passed"]
        else:
            self.fields["passed"].choices = {
                DispositionStepKind.VERIFY: self.VERIFIED,
                DispositionStepKind.FOLLOW: self.IMPROVED,
            }.get(step, self.AGREED)

    def said(self) -> dict:
        """What `take_step` takes."""
        data = dict(self.cleaned_data)
        result = data.pop("passed", "yes")
        return {"on": None} | data | {"passed": result == "yes", "stops": result == "stop"}


class StopForm(forms.Form):
    words = forms.CharField(label="终止原因", max_length=90, widget=forms.Textarea(attrs={"rows": 2}))


def _vote_label(vote) -> str:
    return (
        f"{vote.meeting.held_on:%Y-%m-%d} {vote.meeting.title}：{vote.subject}"
        f"（应到{vote.entitled}，到会{vote.present}，赞成{vote.in_favour}）"
    )
