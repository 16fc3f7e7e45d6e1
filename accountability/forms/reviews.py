from decimal import Decimal

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Column, Layout, Row
from django import forms

from accountability.actions.reviews import CATEGORIES, Words
from accountability.choices import ReviewGrade
from accountability.models import ReviewCycle, WorkReport
from branches.forms.ticks import RowTicks
from branches.models import Appointment, Meeting

_MINUTE = "%Y-%m-%dT%H:%M"
_FIELDS = {"领导班子": "leaders", "同级书记": "secretaries", "代表": "representatives"}


def _day():
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _moment():
    return forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_MINUTE)


class CycleForm(forms.ModelForm):
    year = forms.IntegerField(label="年度", min_value=2000, max_value=2100)

    class Meta:
        model = ReviewCycle
        fields = ["title", "year", "starts_on", "ends_on", "reports_due_on", "sessions_due_on"]
        widgets = {
            "starts_on": _day(),
            "ends_on": _day(),
            "reports_due_on": _day(),
            "sessions_due_on": _day(),
        }
        help_texts = {
            "starts_on": "述前事实取这一段的记录。",
            "reports_due_on": "书记在此日前提交述职报告。",
            "sessions_due_on": "各评议单位在此日前开完评议会并通报。",
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        half = {"css_class": "col-6"}
        self.helper.layout = Layout(
            Row(Column("title", css_class="col-md-9"), Column("year", css_class="col-md-3")),
            Row(Column("starts_on", **half), Column("ends_on", **half)),
            Row(Column("reports_due_on", **half), Column("sessions_due_on", **half)),
        )

    def clean(self):
        values = super().clean()
        starts_on, ends_on = values.get("starts_on"), values.get("ends_on")
        if starts_on and ends_on and ends_on < starts_on:
            self.add_error("ends_on", "事实期止不能早于事实期起。")
        due, held = values.get("reports_due_on"), values.get("sessions_due_on")
        if due and held and held < due:
            self.add_error("sessions_due_on", "评议会截止不能早于报告截止。")
        return values

    def _post_clean(self):
        """What the action checks is not checked twice with other words."""


class ReportForm(forms.ModelForm):
    version = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = WorkReport
        fields = ["achievements", "shortcomings", "intentions"]
        widgets = {
            "achievements": forms.Textarea(
                attrs={"rows": 7, "placeholder": "今年抓了哪几件事，办成了什么。事实页已有的数字不用再写。"}
            ),
            "shortcomings": forms.Textarea(attrs={"rows": 5, "placeholder": "还有什么问题，原因在哪里。"}),
            "intentions": forms.Textarea(attrs={"rows": 4, "placeholder": "下一步怎么改，什么时候见效。"}),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = self.instance.version
        for name in self.Meta.fields:
            self.fields[name].max_length = 5000
            self.fields[name].validators.append(_short_enough)
        self.helper = FormHelper()
        self.helper.form_tag = False

    @property
    def words(self) -> Words:
        return Words(**{name: self.cleaned_data[name] for name in self.Meta.fields})


def _short_enough(text):
    if len(text) > 5000:
        raise forms.ValidationError("请写在5000字以内。")


class ReturnForm(forms.Form):
    note = forms.CharField(
        label="退回意见",
        max_length=500,
        required=False,
        help_text="写明差在哪里、怎么改。",
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(label="原因", max_length=200, required=False)


class CommentForm(forms.Form):
    comment = forms.CharField(
        label="点评",
        max_length=2000,
        required=False,
        help_text="既说成绩也指出问题；通报前可以改。",
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class GradeForm(forms.Form):
    grade = forms.ChoiceField(
        label="综合等次",
        choices=ReviewGrade.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "请选择综合等次。"},
    )
    reason = forms.CharField(
        label="定等理由", max_length=300, required=False, help_text="与测评的参考等次不同时必填。"
    )


class _MeetingChoice(forms.ModelChoiceField):
    def label_from_instance(self, meeting):
        return f"{meeting.held_on:%Y-%m-%d} {meeting.title}"


class ArrangeForm(forms.Form):
    held_on = forms.DateField(label="评议会日期", required=False, widget=_day())
    is_remote = forms.BooleanField(label="书面述职（不集中开会）", required=False)
    meeting = _MeetingChoice(
        label="会议记录",
        queryset=Meeting.objects.none(),
        required=False,
        empty_label="不关联",
        help_text="本单位已确认的“述职”会议；关联后不用另报一次。",
    )

    def __init__(self, *args, meetings, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["meeting"].queryset = meetings


class _RaterTicks(RowTicks):
    def label_from_instance(self, appointment):
        return f"{appointment.user}（{appointment.organization.short_name}{appointment.get_post_display()}）"


class RatersForm(forms.Form):
    """Who rates, by category with its weight, and from when to when."""

    leaders = _RaterTicks(
        label="领导班子", queryset=None, required=False, widget=forms.CheckboxSelectMultiple
    )
    secretaries = _RaterTicks(
        label="同级书记", queryset=None, required=False, widget=forms.CheckboxSelectMultiple
    )
    representatives = _RaterTicks(
        label="代表", queryset=None, required=False, widget=forms.CheckboxSelectMultiple
    )
    opens_at = forms.DateTimeField(label="开始", widget=_moment(), input_formats=[_MINUTE, "%Y-%m-%d %H:%M"])
    closes_at = forms.DateTimeField(label="截止", widget=_moment(), input_formats=[_MINUTE, "%Y-%m-%d %H:%M"])

    def __init__(self, *args, candidates, now, **kwargs):
        super().__init__(*args, **kwargs)
        self.now = now
        self.groups = {
            "领导班子": candidates.leaders,
            "同级书记": candidates.secretaries,
            "代表": candidates.others,
        }
        for category, name in _FIELDS.items():
            people = self.groups[category]
            self.fields[name].queryset = Appointment.objects.filter(
                pk__in=[each.pk for each in people]
            ).select_related("user", "organization")
            self.fields[name].widget.attrs["class"] = "form-check-input"
            self.fields[f"{name}_weight"] = forms.DecimalField(
                label="权重",
                min_value=Decimal("0.01"),
                max_value=Decimal(1),
                max_digits=3,
                decimal_places=2,
                initial=CATEGORIES[category],
                widget=forms.NumberInput(
                    attrs={"class": "form-control form-control-sm w-auto", "step": "0.01"}
                ),
            )

    @property
    def rows(self):
        """Each category with its ticks and its weight."""
        return [(category, self[name], self[f"{name}_weight"]) for category, name in _FIELDS.items()]

    @property
    def raters(self) -> dict[str, list[Appointment]]:
        chosen = {name: set(self.cleaned_data[name]) for name in _FIELDS.values()}
        return {
            category: [each for each in self.groups[category] if each in chosen[name]]
            for category, name in _FIELDS.items()
        }

    @property
    def weights(self) -> dict[str, Decimal]:
        return {category: self.cleaned_data[f"{name}_weight"] for category, name in _FIELDS.items()}

    def clean(self):
        values = super().clean()
        opens_at, closes_at = values.get("opens_at"), values.get("closes_at")
        if opens_at and closes_at and closes_at <= opens_at:
            self.add_error("closes_at", "截止时间要晚于开始时间。")
        elif closes_at and closes_at <= self.now:
            self.add_error("closes_at", "截止时间要晚于现在。")
        if not any(values.get(name) for name in _FIELDS.values()) and not self.errors:
            raise forms.ValidationError("请至少选一名参评人。")
        return values


class _OwnerChoice(forms.ModelChoiceField):
    def label_from_instance(self, appointment):
        return f"{appointment.user} {appointment.get_post_display()}"


class ProblemForm(forms.Form):
    content = forms.CharField(
        label="问题", max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    owner = _OwnerChoice(
        label="责任人", queryset=Appointment.objects.none(), required=False, empty_label="述职的书记"
    )
    due_on = forms.DateField(label="整改期限", widget=_day())

    def __init__(self, *args, owners, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = owners


class ResultForm(forms.Form):
    result = forms.CharField(
        label="整改情况",
        max_length=1000,
        required=False,
        help_text="怎么改的、改到什么程度；提交后由上级另一位同志核实。",
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class CheckForm(forms.Form):
    note = forms.CharField(
        label="核实意见", max_length=300, required=False, help_text="不销号时必填：写明还差什么。"
    )
