from django import forms
from django.utils import timezone


class BallotForm(forms.Form):
    """One choice for every subject; the fields are "subject_<number>", as the errors of the action name them."""

    def __init__(self, *args, poll, subjects, **kwargs):
        super().__init__(*args, **kwargs)
        self.subjects = list(subjects)
        choices = [(choice, choice) for choice in poll.choices]
        for subject in self.subjects:
            self.fields[f"subject_{subject.number}"] = forms.ChoiceField(
                label=subject.label,
                choices=choices,
                widget=forms.RadioSelect(attrs={"class": "btn-check"}),
                error_messages={"required": "请选择一个等次。", "invalid_choice": "请选择一个等次。"},
            )

    @property
    def rows(self):
        """Each subject with its field, in order."""
        return [(subject, self[f"subject_{subject.number}"]) for subject in self.subjects]

    @property
    def answers(self) -> dict[int, str]:
        return {each.number: self.cleaned_data[f"subject_{each.number}"] for each in self.subjects}


class MoreTimeForm(forms.Form):
    closes_at = forms.DateTimeField(
        label="新的截止时间",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
    )

    def __init__(self, *args, poll, **kwargs):
        super().__init__(*args, initial={"closes_at": timezone.localtime(poll.closes_at)}, **kwargs)


class CancelForm(forms.Form):
    reason = forms.CharField(
        label="取消原因",
        max_length=200,
        required=False,
        help_text="已收到的选票会被销毁，不作统计，之后可以重新发起。",
    )
