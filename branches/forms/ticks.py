from django import forms
from django.core.exceptions import ValidationError

_DIGITS = 18


class RowTicks(forms.ModelMultipleChoiceField):
    """Rows to be ticked; a number that no row can have is told, where a database would stumble over it."""

    def _check_values(self, value):
        for key in value if isinstance(value, (list, tuple)) else ():
            if isinstance(key, str) and key.isdecimal() and len(key) > _DIGITS:
                raise ValidationError(
                    self.error_messages["invalid_choice"], code="invalid_choice", params={"value": key[:20]}
                )
        return super()._check_values(value)
