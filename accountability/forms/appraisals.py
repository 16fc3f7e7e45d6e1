from django import forms

from accountability.choices import AppraisalGrade
from accountability.filling import Ask
from accountability.forms.entries import EVIDENCE_FIELDS, EntryForm
from accountability.models import AppraisalProgramme, MemberAppraisal, SchemeVersion

GRADES = [("", "请选择"), *AppraisalGrade.choices]


class StartForm(forms.Form):
    """The year, and the table by which points are counted, where the branch uses one."""

    year = forms.TypedChoiceField(label="年度", coerce=int)
    version = forms.ModelChoiceField(
        label="评议办法",
        queryset=SchemeVersion.objects.none(),
        required=False,
        empty_label="不计分，只评等次",
        help_text="选用后可以登记加减分事实，由系统算分供参考；等次始终由人评定。",
    )

    def __init__(self, *args, years, versions, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["year"].choices = [(year, f"{year}年度") for year in years]
        self.fields["version"].queryset = versions


class VersionForm(forms.Form):
    """The table to count by instead; the present one stays a choice although a newer version is out."""

    version = forms.ModelChoiceField(
        label="评议办法",
        queryset=SchemeVersion.objects.none(),
        required=False,
        empty_label="不计分，只评等次",
        help_text="还没有登记计分事实时可以更换。",
    )

    def __init__(self, *args, versions, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["version"].queryset = versions


class CancelForm(forms.Form):
    reason = forms.CharField(
        label="取消原因",
        max_length=AppraisalProgramme._meta.get_field("cancelled_for").max_length,
        help_text="例如：年度选错。还没有人投票时可以取消，取消后可以重新开始。",
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class SelfForm(forms.Form):
    """自评: own words, and the grade one gives oneself; members on probation give none."""

    text = forms.CharField(
        label="自评情况",
        max_length=2000,
        help_text="对照党员标准写几句：做得好的、还差什么、打算怎么改。",
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    grade = forms.ChoiceField(label="自评等次", choices=GRADES, required=False)

    def __init__(self, *args, is_graded, **kwargs):
        super().__init__(*args, **kwargs)
        if not is_graded:
            del self.fields["grade"]


class PollForm(forms.Form):
    closes_at = forms.DateTimeField(
        label="网上投票截止",
        help_text="有账号的党员在手机或电脑上投票；没有账号或不便上网的用纸质票，两者合并计算。",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )


class AdvanceForm(forms.Form):
    step = forms.CharField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label="缺项说明",
        max_length=200,
        required=False,
        help_text="例如：年老体弱、外出务工、失联等。",
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class MeetingForm(forms.Form):
    meeting = forms.ModelChoiceField(label="评议会议", queryset=None, required=False, empty_label="未关联")

    def __init__(self, *args, meetings, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["meeting"].queryset = meetings
        self.fields["meeting"].label_from_instance = lambda each: f"{each.held_on:%Y-%m-%d} {each.title}"


class PeerForm(forms.Form):
    peer_notes = forms.CharField(max_length=500, required=False)


class VetoForm(forms.Form):
    """一票否决: which condition of the table, on which facts."""

    condition = forms.ChoiceField(label="情形")
    reason = forms.CharField(
        label="事实和依据", max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    on = forms.DateField(label="日期", required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args, conditions, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["condition"].choices = [(each, each) for each in conditions]


class FactForm(EntryForm):
    """One fact of a member, asked for as its rules read it; what it rests on is said in words."""

    def __init__(self, data=None, *, ask: Ask):
        super().__init__(data, ask=ask)
        for name in ("entry", "files", *EVIDENCE_FIELDS):
            del self.fields[name]


class SheetForm(forms.Form):
    """The reasons at the foot of 综合评定."""

    excess_reason = forms.CharField(
        label="优秀超过三分之一的说明",
        max_length=200,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    reason = forms.CharField(
        label="更改已反馈结果的原因",
        max_length=100,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class TellForm(forms.Form):
    how = forms.CharField(
        label="没有账号的，由谁、怎样反馈",
        max_length=MemberAppraisal._meta.get_field("told_how").max_length,
        required=False,
        help_text="例如：支部书记当面反馈。有账号的党员登录后就能看到，并确认阅知。",
    )
