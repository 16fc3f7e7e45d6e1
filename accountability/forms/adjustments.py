from django import forms

from accountability.choices import AdjustmentKind
from accountability.forms.entries import PointsField
from branches.forms.organizations import DayInput, OrganizationField
from branches.models import Appointment


class AdjustmentForm(forms.Form):
    """What is added, taken off or done to a grade, and why; `units` are those the actor may adjust."""

    kind = forms.ChoiceField(label="类别", choices=AdjustmentKind.choices)
    points = PointsField(label="分值", required=False, help_text="加分、扣分填正数；其他不填。")
    condition = forms.CharField(
        label="情形",
        max_length=200,
        required=False,
        help_text="称号、一票否决、降档按考核办法里写明的情形选；加分、扣分不填。",
        widget=forms.TextInput(attrs={"list": "conditions", "autocomplete": "off"}),
    )
    steps = forms.IntegerField(
        label="降几档", required=False, min_value=1, max_value=20, help_text="降档而没有对应情形时填。"
    )
    on = forms.DateField(label="发生日期", widget=DayInput, help_text="计入考核期含这一天的考核。")
    reason = forms.CharField(
        label="原因",
        max_length=500,
        help_text="因为什么事、依据什么。",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    evidence = forms.CharField(
        label="佐证（可不填，一行一条）",
        max_length=2200,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    field_order = ["unit", "officer", "kind", "points", "condition", "steps", "on", "reason"]

    def __init__(self, *args, units, today, **kwargs):
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["unit"] = OrganizationField(label="单位", rows=units)
        self.fields["officer"] = forms.CharField(
            label="个人（可不填）",
            max_length=40,
            required=False,
            help_text="只在考核个人时填姓名；不填的计入单位。",
        )
        self.fields["on"].widget.attrs["max"] = today.isoformat()
        self.order_fields(self.field_order)

    def clean(self):
        values = super().clean()
        name, unit = (values.get("officer") or "").strip(), values.get("unit")
        values["appointment"] = None
        if name and unit:
            held = Appointment.objects.on(self.today).filter(organization=unit, user__name=name)
            found = list(held.select_related("user")[:2])
            if len(found) != 1:
                words = "有不止一个任职，请联系管理员" if found else "现在不在该单位任职"
                self.add_error("officer", f"“{name}”{words}。")
            else:
                values["appointment"] = found[0]
        return values

    @property
    def facts(self) -> dict:
        """What the action is handed."""
        values = self.cleaned_data
        return {
            "organization": values["unit"],
            "appointment": values["appointment"],
            "evidence": values["evidence"].splitlines(),
            **{name: values[name] for name in ("kind", "points", "condition", "steps", "on", "reason")},
        }


class WithdrawAdjustmentForm(forms.Form):
    reason = forms.CharField(label="撤销原因", max_length=200)


class AdjustmentFilterForm(forms.Form):
    kind = forms.ChoiceField(
        label="类别", required=False, choices=[("", "全部类别"), *AdjustmentKind.choices]
    )
    year = forms.IntegerField(label="年度", required=False, min_value=1900, max_value=2200)
    unit = forms.CharField(
        label="单位", required=False, max_length=60, widget=forms.TextInput(attrs={"type": "search"})
    )
    state = forms.ChoiceField(
        label="状态", required=False, choices=[("", "全部"), ("live", "有效"), ("withdrawn", "已撤销")]
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            kind = "form-select" if isinstance(field, forms.ChoiceField) else "form-control"
            field.widget.attrs["class"] = f"{kind} {kind}-sm"

    @property
    def active(self) -> list[tuple[str, str]]:
        """The filters that are on, as (parameter, words), for the chips."""
        cleaned = self.cleaned_data if self.is_valid() else {}
        words = {
            "kind": lambda value: AdjustmentKind(value).label,
            "year": lambda value: f"{value}年",
            "unit": lambda value: f"单位含“{value}”",
            "state": lambda value: "有效" if value == "live" else "已撤销",
        }
        return [(name, words[name](cleaned[name])) for name in words if cleaned.get(name)]
