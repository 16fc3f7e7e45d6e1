from django import forms
from django.urls import reverse_lazy

from branches.choices import BRANCH_KINDS, Level, OrganizationKind, Sector
from branches.hierarchy import PARENTS, same_family
from branches.models import Organization


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self, attrs=None):
        super().__init__(attrs, format="%Y-%m-%d")


def compact(form):
    """Give the fields of a form that stands in one line Bootstrap's small controls; return the form."""
    for field in form.fields.values():
        is_choice = isinstance(field.widget, forms.Select)
        field.widget.attrs["class"] = (
            f"form-{'select form-select' if is_choice else 'control form-control'}-sm"
        )
    return form


class OrganizationField(forms.CharField):
    """An organisation named by code, by 名称（编码） as the suggestions write it, or by a name only one has."""

    def __init__(self, *, rows=None, **options):
        options.setdefault("max_length", 300)
        super().__init__(**options)
        self.rows = rows
        self.widget.attrs |= {
            "list": "organization-options",
            "autocomplete": "off",
            "hx-get": reverse_lazy("organization-options"),
            "hx-trigger": "input changed delay:200ms",
            "hx-target": "#organization-options",
            "placeholder": "输入名称、拼音首字母或编码",
        }

    def clean(self, value):
        text = super().clean(value).strip()
        if not text:
            return None
        code = text.rpartition("（")[2].rstrip("）") if text.endswith("）") else text
        found = self.rows.filter(code=code).first()
        if found is None:
            named = list((self.rows.filter(name=text) | self.rows.filter(short_name=text))[:2])
            if len(named) > 1:
                raise forms.ValidationError("有几个组织叫这个名称，请从提示中选择，或填写组织编码。")
            found = named[0] if named else None
        if found is None:
            raise forms.ValidationError("在您管理的范围内没有找到这个党组织，请从提示中选择。")
        return found

    def prepare_value(self, value):
        if isinstance(value, Organization):
            return f"{value.name}（{value.code}）"
        return value


class SeenForm(forms.Form):
    """Carries the version of the row that was shown."""

    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)


class DatedForm(forms.Form):
    effective_on = forms.DateField(
        label="生效日期", widget=DayInput, help_text="批复中的日期；不能晚于今天。"
    )
    reason = forms.CharField(label="原因或批复文号", max_length=100)


class OrganizationCreateForm(forms.Form):
    name = forms.CharField(label="组织全称", max_length=200)
    short_name = forms.CharField(
        label="简称", max_length=60, required=False, help_text="列表中显示；不填则用全称。"
    )
    kind = forms.ChoiceField(label="组织类别")
    level = forms.TypedChoiceField(
        label="层级",
        coerce=int,
        empty_value=None,
        required=False,
        choices=[("", "按类别和上级确定"), *Level.choices],
    )
    sector = forms.ChoiceField(label="领域", choices=Sector.choices)
    code = forms.CharField(
        label="组织编码", max_length=64, required=False, help_text="不填则接上级编码自动编号。"
    )
    founded_on = forms.DateField(label="成立日期", widget=DayInput)
    has_committee = forms.BooleanField(label="设有支委会", required=False)
    unit_name = forms.CharField(label="所在单位", max_length=200, required=False)
    term_started_on = forms.DateField(
        label="本届起始日期", widget=DayInput, required=False, help_text="届满日期按任期自动推算。"
    )
    reason = forms.CharField(label="原因或批复文号", max_length=100)

    def __init__(self, *args, parent, **options):
        super().__init__(*args, **options)
        self.fields["kind"].choices = [
            (kind.value, kind.label)
            for kind in OrganizationKind
            if parent.kind in PARENTS[kind] and kind != OrganizationKind.GROUP
        ]
        self.initial.setdefault("sector", parent.sector)

    def clean_code(self):
        code = self.cleaned_data["code"].strip()
        if code and Organization.objects.filter(code=code).exists():
            raise forms.ValidationError("已有组织使用这个编码。")
        return code


class OrganizationChangeForm(DatedForm, SeenForm):
    name = forms.CharField(label="组织全称", max_length=200)
    short_name = forms.CharField(label="简称", max_length=60)
    kind = forms.ChoiceField(label="组织类别")
    level = forms.TypedChoiceField(label="层级", coerce=int, choices=Level.choices)
    sector = forms.ChoiceField(label="领域", choices=Sector.choices)
    has_committee = forms.BooleanField(label="设有支委会", required=False)
    unit_name = forms.CharField(label="所在单位", max_length=200, required=False)
    term_started_on = forms.DateField(label="本届起始日期", widget=DayInput, required=False)
    election_due_on = forms.DateField(
        label="届满日期", widget=DayInput, required=False, help_text="不填则按任期自动推算。"
    )
    field_order = [
        "name",
        "short_name",
        "kind",
        "level",
        "sector",
        "has_committee",
        "unit_name",
        "term_started_on",
        "election_due_on",
        "effective_on",
        "reason",
        "seen",
    ]

    def __init__(self, *args, organization, **options):
        super().__init__(*args, **options)
        self.fields["kind"].choices = [
            (kind.value, kind.label) for kind in OrganizationKind if same_family(kind, organization.kind)
        ]


class OrganizationMoveForm(DatedForm):
    new_parent = OrganizationField(label="新的上级党组织")
    field_order = ["new_parent", "effective_on", "reason"]

    def __init__(self, *args, rows, **options):
        super().__init__(*args, **options)
        self.fields["new_parent"].rows = rows


class OrganizationMergeForm(DatedForm):
    into = OrganizationField(
        label="并入", help_text="被并入的党组织；本组织的党员和下级转到那里，本组织撤销。"
    )
    field_order = ["into", "effective_on", "reason"]

    def __init__(self, *args, rows, **options):
        super().__init__(*args, **options)
        self.fields["into"].rows = rows


class OrganizationDissolveForm(DatedForm):
    members_to = OrganizationField(
        label="党员转到", required=False, help_text="还有党员时必填：接收他们的党支部。"
    )
    field_order = ["members_to", "effective_on", "reason"]

    def __init__(self, *args, rows, **options):
        super().__init__(*args, **options)
        self.fields["members_to"].rows = rows.filter(kind__in=BRANCH_KINDS)
