"""Password rules beyond Django's own."""

import string

from django.core.exceptions import ValidationError


class ComplexityValidator:
    """A password mixes at least three of: capitals, small letters, digits, other characters."""

    required_classes = 3

    def validate(self, password: str, user=None) -> None:
        """Raise ValidationError when fewer than three classes occur."""
        present = {
            "capital" if character in string.ascii_uppercase
            else "small" if character in string.ascii_lowercase
            else "digit" if character in string.digits
            else "other"
            for character in password
        }  # fmt: skip
        if len(present) < self.required_classes:
            raise ValidationError(self.get_help_text(), code="password_not_complex")

    def get_help_text(self) -> str:
        """The rule in the user's words."""
        return "密码须包含大写字母、小写字母、数字、其他字符中的至少三类。"
