from crispy_forms.helper import FormHelper
from django import forms

from accountability.models import DutyRecord
from branches.models import Meeting


class _MeetingTicks(forms.ModelMultipleChoiceField):
    def label_from_instance(self, meeting):
        return f"{meeting.held_on:%m月%d日} {meeting.title}（{'、'.join(meeting.kind_labels)}）"


class DutyRecordForm(forms.ModelForm):
    """What was done about a duty: a day and a few sentences; meetings are ticked, never entered again."""

    meetings = _MeetingTicks(
        label="佐证会议（可不选）",
        queryset=Meeting.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = DutyRecord
        fields = ["done_on", "summary", "meetings"]
        widgets = {
            "done_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "summary": forms.Textarea(
                attrs={"rows": 5, "placeholder": "做了什么，解决了什么，还差什么。几句话即可。"}
            ),
        }

    def __init__(self, *args, evidence, today, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["meetings"].queryset = evidence
        self.fields["meetings"].help_text = "" if evidence else "本期还没有已确认的会议。"
        self.fields["version"].initial = self.instance.version
        self.fields["done_on"].widget.attrs["max"] = today.isoformat()
        self.fields["done_on"].widget.attrs["min"] = self.instance.window.starts_on.isoformat()
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
