from django import forms

from accountability.papers import SUMS

#: No meeting gives out more papers.
MOST = 100_000


class CountForm(forms.Form):
    """The sums and the grid members × choices; an empty cell is 0."""

    def __init__(self, *args, numbers, choices, **kwargs):
        super().__init__(*args, **kwargs)
        self.numbers, self.choices = numbers, choices
        for name, label in SUMS.items():
            self.fields[name] = forms.IntegerField(label=label, min_value=0, max_value=MOST)
        for number in numbers:
            for place in range(len(choices)):
                self.fields[f"n_{number}_{place}"] = forms.IntegerField(
                    min_value=0, max_value=MOST, required=False
                )

    def said(self) -> dict:
        """What `enter_count` takes."""
        counts = {
            number: {
                choice: self.cleaned_data[f"n_{number}_{place}"] or 0
                for place, choice in enumerate(self.choices)
            }
            for number in self.numbers
        }
        return {name: self.cleaned_data[name] for name in SUMS} | {"counts": counts}

    def faults(self) -> dict[str, list[str]]:
        """What is wrong by field; a fault in the grid stands at its subject."""
        found: dict[str, list[str]] = {}
        for name, messages in self.errors.items():
            at = name if name in SUMS or name == "__all__" else f"subject_{name.split('_')[1]}"
            found.setdefault(at, []).extend(each for each in messages if each not in found.get(at, []))
        return found


class DiscardForm(forms.Form):
    reason = forms.CharField(
        label="作废重计的原因", max_length=200, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
