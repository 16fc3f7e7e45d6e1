from django import forms

from accountability.exchange.values import FIRST_YEAR, LAST_YEAR


class StarterForm(forms.Form):
    """The year for which a starter is taken over."""

    year = forms.IntegerField(label="年度", min_value=FIRST_YEAR, max_value=LAST_YEAR)
