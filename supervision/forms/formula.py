from datetime import date
from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError

from accountability.models import Formula
from branches.periods import Period
from supervision.actions.formula import check_formula
from supervision.attenuation.measures import MEASURES, starting_weights
from supervision.queries.formula import months_to_choose


class FormulaForm(forms.Form):
    """Weights by measure, limits, and the month the version begins with."""

    theta = forms.DecimalField(
        label="上级达标线",
        min_value=Decimal("0.05"),
        max_value=1,
        max_digits=3,
        decimal_places=2,
        help_text="上级自己达到这个完成率，它的下级才进入传导保持的计算。",
    )
    hot_from = forms.IntegerField(label="“热”自", min_value=1, max_value=100)
    warm_from = forms.IntegerField(label="“温”自", min_value=1, max_value=99)
    margin = forms.IntegerField(
        label="形态判定余量", min_value=1, max_value=30, help_text="两级热度至少差这么多分，才算落差。"
    )
    effective_from = forms.ChoiceField(label="起用月份", help_text="已经计算过的月份不会改写。")
    reason = forms.CharField(
        label="修改原因",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="会写入历史和审计记录。",
    )

    def __init__(self, *args, today: date, present: Formula | None, **kwargs):
        weights = present.weights if present else starting_weights()
        initial = {
            "theta": present.theta if present else Decimal("0.80"),
            "hot_from": present.hot_from if present else 85,
            "warm_from": present.warm_from if present else 60,
            "margin": present.margin if present else 5,
        }
        super().__init__(*args, initial=initial, **kwargs)
        months = months_to_choose(today)
        self.fields["effective_from"].choices = [(month.code, month.label) for month in months]
        for key, declared in MEASURES.items():
            self.fields[f"weight_{key}"] = forms.IntegerField(
                label=declared.label, min_value=0, max_value=1000, initial=weights.get(key, 0)
            )
        for name, field in self.fields.items():
            field.widget.attrs["class"] = "form-select" if name == "effective_from" else "form-control"

    @property
    def weight_fields(self):
        """Pairs (declaration, bound field) in the order of declaration."""
        return [(declared, self[f"weight_{key}"]) for key, declared in MEASURES.items()]

    @property
    def limit_fields(self):
        return [self[name] for name in ("theta", "hot_from", "warm_from", "margin")]

    def clean(self):
        cleaned = super().clean()
        if self.errors:
            return cleaned
        check_formula(
            weights=self.weights,
            theta=cleaned["theta"],
            hot_from=cleaned["hot_from"],
            warm_from=cleaned["warm_from"],
        )
        if not cleaned["reason"].strip():
            raise ValidationError({"reason": "请写明修改原因。"})
        return cleaned

    @property
    def weights(self) -> dict[str, int]:
        return {key: self.cleaned_data[f"weight_{key}"] for key in MEASURES}

    @property
    def figures(self) -> dict:
        """The arguments of `adopt_formula` that come from the form."""
        names = ("theta", "hot_from", "warm_from", "margin", "reason")
        return {name: self.cleaned_data[name] for name in names} | {
            "weights": self.weights,
            "effective_from": Period.parse(self.cleaned_data["effective_from"]),
        }

    @property
    def proposed(self) -> Formula:
        """The version as it would be, unsaved."""
        figures = self.figures
        return Formula(**figures | {"number": 0, "effective_from": figures["effective_from"].key})
