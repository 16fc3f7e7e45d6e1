"""The head of a meeting's record: kinds, when, where, who led it."""

from datetime import datetime
from decimal import Decimal

from django import forms
from django.utils import timezone

from branches.choices import MeetingKind
from branches.forms.attendance import read_guests
from branches.forms.typed import AsTyped
from branches.norms import for_kinds

_DATE = {"type": "date"}
_TIME = {"type": "time"}


class MeetingForm(AsTyped, forms.Form):
    """Seven mandatory fields; the title is made from kinds and day when left empty."""

    kinds = forms.TypedMultipleChoiceField(
        label="会议类型",
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "请至少勾选一种会议类型。",
            "invalid_choice": "请只勾选本组织开展的会议类型。",
        },
    )
    group = forms.TypedChoiceField(
        label="党小组",
        required=False,
        coerce=int,
        empty_value=None,
        error_messages={"invalid_choice": "请选择本支部的党小组。"},
    )
    title = forms.CharField(label="会议名称", required=False, max_length=120)
    held_on = forms.DateField(
        label="召开日期", widget=forms.DateInput(attrs=_DATE), error_messages={"required": "请填写召开日期。"}
    )
    starts = forms.TimeField(
        label="开始时间", widget=forms.TimeInput(attrs=_TIME), error_messages={"required": "请填写开始时间。"}
    )
    ends = forms.TimeField(
        label="结束时间", widget=forms.TimeInput(attrs=_TIME), error_messages={"required": "请填写结束时间。"}
    )
    place = forms.CharField(label="地点", max_length=120, error_messages={"required": "请填写地点。"})
    chair = forms.TypedChoiceField(
        label="主持人",
        coerce=int,
        error_messages={
            "required": "请选择主持人。",
            "invalid_choice": "主持人须是本组织当天的党员或班子成员，请重新选择。",
        },
    )
    recorder = forms.TypedChoiceField(
        label="记录人",
        coerce=int,
        error_messages={
            "required": "请选择记录人。",
            "invalid_choice": "记录人须是本组织当天的党员或班子成员，请重新选择。",
        },
    )
    lecturer = forms.CharField(label="授课人", required=False, max_length=60)
    lecture_topic = forms.CharField(label="党课内容", required=False, max_length=200)
    lecture_hours = forms.DecimalField(
        label="学时",
        required=False,
        max_digits=4,
        decimal_places=1,
        min_value=Decimal("0.5"),
        max_value=Decimal("99.5"),
        widget=forms.NumberInput(attrs={"step": "0.5", "inputmode": "decimal"}),
    )
    guests = forms.CharField(
        label="列席人员",
        required=False,
        max_length=4000,
        widget=forms.TextInput(attrs={"placeholder": "例如：刘洋（县委组织部）、陈晨"}),
    )

    def __init__(self, data, *, kinds, groups, people, **kwargs):
        super().__init__(data, **kwargs)
        self.fields["kinds"].choices = [(str(int(kind)), kind.label) for kind in kinds]
        self.fields["group"].choices = [("", "请选择"), *groups]
        for name in ("chair", "recorder"):
            self.fields[name].choices = [("", "请选择"), *people]

    def clean_guests(self):
        try:
            return read_guests(self.cleaned_data["guests"])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    def clean(self):
        cleaned = super().clean()
        chosen = [MeetingKind(value) for value in cleaned.get("kinds", [])]
        cleaned["kinds"] = MeetingKind.mask(chosen)
        if MeetingKind.GROUP_MEETING not in chosen:
            cleaned["group"] = None
        elif cleaned.get("group") is None and "group" not in self.errors:
            self.add_error("group", "请选择召开会议的党小组。")
        if chosen and for_kinds(kind.name for kind in chosen).asks_lecture:
            for name, message in (("lecturer", "请填写授课人。"), ("lecture_topic", "请填写党课内容。")):
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, message)
        else:
            cleaned |= {"lecturer": "", "lecture_topic": "", "lecture_hours": None}
        if {"held_on", "starts", "ends"} <= cleaned.keys():
            day = cleaned["held_on"]
            if not 1921 <= day.year <= 2999:
                self.add_error("held_on", "请核对年份。")
            else:
                cleaned["started_at"] = timezone.make_aware(datetime.combine(day, cleaned["starts"]))
                cleaned["ended_at"] = timezone.make_aware(datetime.combine(day, cleaned["ends"]))
        return cleaned


class ReasonForm(forms.Form):
    """Why a confirmed record is put right."""

    reason = forms.CharField(
        label="更正原因", max_length=300, error_messages={"required": "请写明更正原因，它会随记录保存。"}
    )


class ReturnForm(forms.Form):
    """What is to be mended before the record comes up again."""

    note = forms.CharField(
        label="退回说明",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": "请写明需要补充或修改什么"}),
        error_messages={"required": "请写明需要修改什么，填报人会在记录顶部看到。"},
    )
