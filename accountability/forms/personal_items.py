from django import forms

from accountability.access import BEARING_POSTS
from accountability.models import Duty, DutyList
from branches.models import Appointment

from .templates import RequirementForm


class _Bearers(forms.ModelChoiceField):
    def label_from_instance(self, appointment):
        return f"{appointment.user} {appointment.get_post_display()}"


class PersonalItemForm(RequirementForm):
    """A 个性 item for one list; `is_own`: the unit sets it itself, and may do so without naming an article."""

    owner = _Bearers(
        label="责任人", queryset=Appointment.objects.none(), required=False, empty_label="由单位承担"
    )

    class Meta:
        model = Duty
        fields = [
            "heading",
            "content",
            "measure",
            "interval",
            "deadline",
            "counted_by",
            "target",
            "meeting_kinds",
            "evidence",
            "is_negative",
            "legal_basis",
            "owner",
        ]
        widgets = RequirementForm.WIDGETS
        labels = {"interval": "周期"}

    def __init__(self, *args, duty_list: DutyList, is_own: bool, today, **kwargs):
        super().__init__(*args, year=duty_list.year, **kwargs)
        self.is_own = is_own
        self.fields["legal_basis"].required = not is_own
        self.fields["legal_basis"].error_messages["required"] = "请写明依据条款，新增负担须有依据。"
        if duty_list.appointment_id:
            del self.fields["owner"]
        else:
            self.fields["owner"].queryset = (
                Appointment.objects.on(today)
                .filter(organization=duty_list.organization_id, post__in=BEARING_POSTS)
                .select_related("user")
                .order_by("pk")
            )

    def judges(self, name: str) -> bool:
        return not (self.is_own and name == "legal_basis")
