from django import forms

from branches.models import Appointment


class PartiesForm(forms.Form):
    """Between whom duties pass: officers of one unit, handed in as they were read for the page."""

    giver = forms.TypedChoiceField(label="移交人")
    receiver = forms.TypedChoiceField(label="接收人")

    def __init__(self, *args, givers: list[Appointment], receivers: list[Appointment], **kwargs):
        super().__init__(*args, **kwargs)
        for name, officers in (("giver", givers), ("receiver", receivers)):
            by_key = {str(each.pk): each for each in officers}
            self.fields[name].choices = [
                ("", "请选择"),
                *((key, f"{each.user} {each.get_post_display()}") for key, each in by_key.items()),
            ]
            self.fields[name].coerce = by_key.__getitem__
            self.fields[name].error_messages["invalid_choice"] = "请在列出的人里选择。"

    def clean(self):
        values = super().clean()
        if values.get("giver") and values.get("giver") == values.get("receiver"):
            self.add_error("receiver", "移交人和接收人不能是同一任职。")
        return values


class HandoverForm(PartiesForm):
    """The same, seen and decided."""

    reason = forms.CharField(
        label="移交原因",
        max_length=100,
        widget=forms.TextInput(attrs={"placeholder": "如：分工调整、岗位变动"}),
    )
