"""Forms that can be shown exactly as typed: bound, without being judged yet."""

from django import forms
from django.forms.utils import ErrorDict
from django.utils.datastructures import MultiValueDict

#: What a form carries beside what was typed.
NOT_TYPED = {"csrfmiddlewaretoken", "ticket", "action", "seen", "row"}


class AsTyped:
    """With `judged=False` a bound form shows what was typed and complains about nothing.

    A draft taken up again, a row added, a roster read anew: the page comes back with every keystroke and no error.
    """

    def __init__(self, *args, judged=True, **kwargs):
        self.judged = judged
        super().__init__(*args, **kwargs)

    def full_clean(self):
        if self.judged:
            super().full_clean()
        else:
            self._errors, self.cleaned_data = ErrorDict(), {}


class RowFormSet(forms.BaseFormSet):
    """Rows that may be left empty; how many there are is carried by the page, so that one more needs no script."""

    def __init__(self, *args, judged=True, **kwargs):
        self.judged = judged
        kwargs["form_kwargs"] = {**(kwargs.get("form_kwargs") or {}), "judged": judged}
        super().__init__(*args, **kwargs)

    def add_fields(self, form, index):
        super().add_fields(form, index)
        first = next(iter(form.fields.values()))
        first.label = f"{first.label} {(index or 0) + 1}"

    # All rows are new and their number has been put in order by whoever hands in the data: the management form would
    # only be built to read it back.

    def total_form_count(self):
        return min(int(self.data[f"{self.prefix}-TOTAL_FORMS"]), self.absolute_max)

    def initial_form_count(self):
        return 0

    def full_clean(self):
        self._non_form_errors = self.error_class()
        if not self.judged:
            self._errors = [ErrorDict() for _ in self.forms]
            return
        self._errors = [form.errors for form in self.forms]
        if len(self.forms) > self.max_num:
            self._non_form_errors.append(self.error_messages["too_many_forms"] % {"num": self.max_num})

    @property
    def filled(self) -> list[dict]:
        """The cleaned values of the rows in which something was entered, in their order; call after validation."""
        return [form.cleaned_data for form in self.forms if form.has_changed()]


def typed_lists(data) -> dict[str, list[str]]:
    """What a browser sent, without tokens and buttons, as a draft keeps it; PostgreSQL stores no NUL."""
    return {
        name.replace("\0", ""): [text.replace("\0", "") for text in data.getlist(name)]
        for name in data
        if name not in NOT_TYPED
    }


def as_typed(values: dict[str, list[str]]) -> MultiValueDict:
    """A draft's content as form data; anything that is not text is left out."""
    return MultiValueDict(
        {
            name: [each for each in texts if isinstance(each, str)]
            for name, texts in values.items()
            if isinstance(texts, list)
        }
    )


def with_one_more_row(data, prefix: str) -> MultiValueDict:
    """The same data with one more empty row in the formset of `prefix`."""
    copy = MultiValueDict({name: data.getlist(name) for name in data})
    key = f"{prefix}-TOTAL_FORMS"
    try:
        copy[key] = str(min(int(copy.get(key, "1")) + 1, 50))
    except ValueError:
        copy[key] = "2"
    return copy
