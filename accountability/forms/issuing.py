from django import forms

from accountability.choices import IssueReach
from branches.choices import Chain, Level, OrganizationKind, Sector

#: Names of the fields that narrow the units, as `querysets.targets_of` and `IssueBatch.filters` know them.
NARROWING = ("kind", "level", "sector", "chain", "unit")


class IssueForm(forms.Form):
    """Whom a template goes to: one unit, its children or a whole subtree, narrowed by what the units are."""

    organization = forms.ModelChoiceField(label="下发范围", queryset=None, empty_label=None)
    reach = forms.ChoiceField(
        label="到哪一级", choices=IssueReach.choices, widget=forms.RadioSelect, initial=IssueReach.SUBTREE
    )
    kind = forms.ChoiceField(label="组织类别", required=False)
    level = forms.TypedChoiceField(label="层级", coerce=int, empty_value=None, required=False)
    sector = forms.ChoiceField(label="领域", choices=[("", "全部领域"), *Sector.choices], required=False)
    chain = forms.ChoiceField(label="责任链条", choices=[("", "两条链"), *Chain.choices], required=False)
    unit = forms.CharField(
        label="单位名称",
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "名称、编码或拼音首字母"}),
    )

    def __init__(self, *args, units, template, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["organization"].queryset = units
        kinds = template.organization_kinds or [
            each for each in OrganizationKind.values if each != OrganizationKind.GROUP
        ]
        levels = template.levels or [each for each in Level.values if each != Level.GROUP]
        self.fields["kind"].choices = [
            ("", "全部类别"),
            *((kind, OrganizationKind(kind).label) for kind in kinds),
        ]
        self.fields["level"].choices = [("", "全部层级"), *((level, Level(level).label) for level in levels)]
        # What is chosen shows its effect at once; words do while they are typed, not when the field is left.
        for name, field in self.fields.items():
            kind = "form-control form-control-sm"
            if name == "reach":
                kind = "form-check-input narrows"
            elif isinstance(field, (forms.ChoiceField, forms.ModelChoiceField)):
                kind = "form-select form-select-sm narrows"
            field.widget.attrs["class"] = kind

    @property
    def filters(self) -> dict:
        """What narrows the units, of a valid form."""
        return {name: self.cleaned_data[name] for name in NARROWING if self.cleaned_data.get(name)}

    @property
    def narrowing(self) -> list[forms.BoundField]:
        return [self[name] for name in NARROWING]


def words_of_filters(filters: dict) -> list[tuple[str, str]]:
    """The filters that are on, as (parameter, words)."""
    words = {
        "kind": lambda value: OrganizationKind(value).label,
        "level": lambda value: Level(int(value)).label,
        "sector": lambda value: f"{Sector(value).label}领域",
        "chain": lambda value: Chain(value).label,
        "unit": lambda value: f"单位含“{value}”",
        "chosen": lambda value: f"所选{len(value)}个",
    }
    return [(name, words[name](filters[name])) for name in words if filters.get(name)]
