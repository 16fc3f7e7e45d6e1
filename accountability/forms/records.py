from crispy_forms.helper import FormHelper
from django import forms

from accountability.choices import CountedBy, EvidenceKind
from accountability.models import DutyRecord
from branches.forms.ticks import RowTicks
from branches.models import Meeting
from branches.uploads import TYPES


class _MeetingTicks(RowTicks):
    def label_from_instance(self, meeting):
        return f"{meeting.held_on:%m月%d日} {meeting.title}（{'、'.join(meeting.kind_labels)}）"


class _Files(forms.FileField):
    """Several files at once; cleans to a list."""

    class _Input(forms.FileInput):
        allow_multiple_selected = True

    def __init__(self, **kwargs):
        super().__init__(widget=self._Input(attrs={"accept": ",".join(TYPES)}), **kwargs)

    def clean(self, data, initial=None):
        return [super(_Files, self).clean(each) for each in data or []]


class DutyRecordForm(forms.ModelForm):
    """What was done about a duty: a day and a few sentences; meetings are ticked, never entered again.

    `progress` (a `queries.records.Progress`) fills it for duties that count by themselves; a number is asked only of
    those that are counted by hand.
    """

    meetings = _MeetingTicks(
        label="佐证会议（可不选）",
        queryset=Meeting.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    files = _Files(
        label="佐证文件（可不附）",
        required=False,
        help_text="PDF、Word、Excel、JPG、PNG，每个 10 MB 以内。同名文件作为新版次，旧版仍可查看。",
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = DutyRecord
        fields = ["done_on", "counted", "summary", "meetings"]
        widgets = {
            "done_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "summary": forms.Textarea(
                attrs={"rows": 5, "placeholder": "做了什么，解决了什么，还差什么。几句话即可。"}
            ),
        }

    def __init__(self, *args, evidence, today, progress=None, **kwargs):
        initial = progress.initial if progress else {}
        super().__init__(*args, initial=initial, **kwargs)
        duty = self.instance.duty
        self.fields["meetings"].queryset = evidence
        self.fields["meetings"].help_text = "" if evidence else "本期还没有已确认的会议。"
        if duty.evidence == EvidenceKind.MEETING:
            self.fields["meetings"].label = "佐证会议（这一项必选）"
        if duty.evidence == EvidenceKind.DOCUMENT:
            self.fields["files"].label = "佐证文件（这一项必附）"
        if duty.counted_by == CountedBy.HAND:
            self.fields[
                "counted"
            ].help_text = f"应不少于{duty.target}次；不足也可提交，在履责情况里写明原因。"
        else:
            del self.fields["counted"]
        self.fields["version"].initial = self.instance.version
        self.fields["done_on"].widget.attrs["max"] = today.isoformat()
        self.fields["done_on"].widget.attrs["min"] = self.instance.starts_on.isoformat()
        self.helper = FormHelper()
        self.helper.form_tag = False


class ReviewForm(forms.Form):
    """Accept, or return with a note."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    note = forms.CharField(
        label="说明",
        max_length=500,
        required=False,
        help_text="退回时必填：写明差在哪里、怎么改。",
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class WithdrawForm(forms.Form):
    reason = forms.CharField(label="撤回原因", max_length=100)
