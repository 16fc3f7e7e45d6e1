import hashlib

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Column, Layout, Row
from django import forms
from django.forms import formset_factory

from accountability.access import BEARING_POSTS
from accountability.actions.deployments import MAX_ITEMS, Item
from accountability.choices import DeploymentState, EvidenceKind
from accountability.forbidden import find_forbidden
from accountability.models import Deployment
from branches.choices import Level, OrganizationKind, Sector
from branches.forms.ticks import RowTicks
from branches.models import Appointment, Organization

_DAY = {"type": "date"}


class _UnitTicks(RowTicks):
    def label_from_instance(self, unit):
        return unit.short_name


class DeploymentForm(forms.ModelForm):
    """What is deployed, by when and on what ground, and to which direct children: all that match, or those ticked."""

    whom = forms.ChoiceField(
        label="部署给",
        choices=[("all", "全部符合条件的直接下级"), ("chosen", "只给下面勾选的")],
        widget=forms.RadioSelect,
        initial="all",
    )
    unit_kind = forms.ChoiceField(label="组织类别", required=False)
    unit_level = forms.TypedChoiceField(label="层级", coerce=int, empty_value=None, required=False)
    unit_sector = forms.ChoiceField(label="领域", required=False)
    units = _UnitTicks(
        label="勾选下级单位", queryset=None, required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Deployment
        fields = ["title", "number", "kind", "theme", "source", "due_on", "is_direct"]
        widgets = {"due_on": forms.DateInput(attrs=_DAY, format="%Y-%m-%d")}
        help_texts = {
            "source": "会议、文件或上级要求；要下级做事须说明凭什么。",
            "is_direct": "由本级一次分解到最末一级支部，中间各级不用再逐级转发。",
        }

    def __init__(self, *args, children, today, **kwargs):
        super().__init__(*args, **kwargs)
        self.children, self.today = list(children), today
        self.fields["units"].queryset = Organization.objects.filter(
            pk__in=[unit.pk for unit in self.children]
        )
        self.fields["kind"].choices = [each for each in self.fields["kind"].choices if each[0]]
        self.fields["due_on"].widget.attrs["min"] = today.isoformat()
        for name in ("unit_kind", "unit_level", "unit_sector"):
            self.fields[name].widget.attrs["class"] = "form-select form-select-sm"
        for name in ("whom", "units"):
            self.fields[name].widget.attrs["class"] = "form-check-input"
        for name, words, labels in (
            ("kind", "全部类别", OrganizationKind),
            ("level", "全部层级", Level),
            ("sector", "全部领域", Sector),
        ):
            present = {getattr(unit, name) for unit in self.children}
            self.fields[f"unit_{name}"].choices = [
                ("", words),
                *((value, label) for value, label in labels.choices if value in present),
            ]
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        self.helper.layout = Layout(
            Row(Column("title", css_class="col-md-8"), Column("number", css_class="col-md-4")),
            Row(
                Column("kind", css_class="col-6 col-md-3"),
                Column("due_on", css_class="col-6 col-md-3"),
                Column("theme", css_class="col-md-6"),
            ),
            "source",
        )

    def clean_due_on(self):
        due_on = self.cleaned_data["due_on"]
        if due_on < self.today:
            raise forms.ValidationError("总期限不能早于今天。")
        return due_on

    def clean(self):
        values = super().clean()
        for name in ("title", "theme"):
            for finding in find_forbidden(values.get(name) or ""):
                self.add_error(name, str(finding))
        if not self.receivers:
            self.add_error(
                "units" if values.get("whom") == "chosen" else "whom",
                "请至少勾选一个下级单位。"
                if values.get("whom") == "chosen"
                else "没有符合条件的下级单位，请放宽条件。",
            )
        return values

    @property
    def narrowing(self) -> list[forms.BoundField]:
        return [self["unit_kind"], self["unit_level"], self["unit_sector"]]

    @property
    def receivers(self) -> list[Organization]:
        """The units that are meant, in the order of the tree."""
        values = self.cleaned_data
        if values.get("whom") == "chosen":
            ticked = {unit.pk for unit in values.get("units") or []}
            return [unit for unit in self.children if unit.pk in ticked]
        wanted = {name: values.get(f"unit_{name}") for name in ("kind", "level", "sector")}
        return [
            unit
            for unit in self.children
            if all(not value or getattr(unit, name) == value for name, value in wanted.items())
        ]

    @property
    def values(self) -> dict:
        """What `create_deployment` takes of a valid form, but for the items."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields} | {"units": self.receivers}


class ItemForm(forms.Form):
    """One thing that is asked for; its day is the last day of the deployment unless it says otherwise."""

    heading = forms.CharField(label="任务", max_length=80)
    content = forms.CharField(label="要做什么", max_length=500, widget=forms.Textarea(attrs={"rows": 2}))
    measure = forms.CharField(
        label="做到什么程度（可不填）",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    deadline = forms.DateField(
        label="期限", required=False, widget=forms.DateInput(attrs=_DAY), help_text="不填即总期限。"
    )
    evidence = forms.ChoiceField(
        label="佐证", choices=EvidenceKind.choices, initial=EvidenceKind.OPTIONAL, required=False
    )
    owner = forms.ModelChoiceField(
        label="本级责任人", queryset=None, required=False, empty_label="由单位承担"
    )

    def __init__(self, *args, owners, today, **kwargs):
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["owner"].queryset = owners
        self.fields["owner"].label_from_instance = lambda each: f"{each.user} {each.get_post_display()}"
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        self.helper.layout = Layout(
            "heading",
            Row(Column("content", css_class="col-md-6"), Column("measure", css_class="col-md-6")),
            Row(
                Column("deadline", css_class="col-6 col-md-3"),
                Column("evidence", css_class="col-6 col-md-3"),
                Column("owner", css_class="col-md-6"),
            ),
        )

    def clean(self):
        values = super().clean()
        for name in ("heading", "content", "measure"):
            for finding in find_forbidden(values.get(name) or ""):
                self.add_error(name, str(finding))
        return values


_ItemFormSet = formset_factory(
    ItemForm,
    extra=0,
    min_num=1,
    validate_min=True,
    max_num=MAX_ITEMS,
    absolute_max=MAX_ITEMS + 1,
    validate_max=True,
    can_delete=True,
)


class ItemFormSet(_ItemFormSet):
    """The items of a deployment."""

    def __init__(self, data=None, *, organization: Organization, today, **kwargs):
        owners = (
            Appointment.objects.on(today)
            .filter(organization=organization, post__in=BEARING_POSTS)
            .select_related("user")
            .order_by("pk")
        )
        super().__init__(data, form_kwargs={"owners": owners, "today": today}, prefix="items", **kwargs)

    def check_days(self, due_on) -> bool:
        """Say beside each item whose day lies outside [today, `due_on`] what is wrong; whether all are right."""
        for form in self.kept:
            deadline = form.cleaned_data.get("deadline")
            if deadline and not form.today <= deadline <= due_on:
                form.add_error("deadline", f"应在今天到总期限{due_on:%Y-%m-%d}之间。")
        return all(form.is_valid() for form in self.kept)

    @property
    def kept(self) -> list[ItemForm]:
        return [form for form in self.forms if form not in self.deleted_forms]

    def items(self, due_on) -> list[Item]:
        """What the valid forms ask for."""
        return [
            Item(
                heading=form.cleaned_data["heading"],
                content=form.cleaned_data["content"],
                measure=form.cleaned_data["measure"],
                deadline=form.cleaned_data["deadline"] or due_on,
                evidence=form.cleaned_data["evidence"] or EvidenceKind.OPTIONAL,
                owner=form.cleaned_data["owner"],
            )
            for form in self.kept
        ]


def digest(data) -> str:
    """What was shown before it is confirmed: the same entries give the same digest."""
    rest = [
        (name, data.getlist(name))
        for name in sorted(data)
        if name not in ("csrfmiddlewaretoken", "seen", "confirmed", "check", "more")
    ]
    return hashlib.sha256(repr(rest).encode()).hexdigest()


class ExtendForm(forms.Form):
    due_on = forms.DateField(label="新的总期限", widget=forms.DateInput(attrs=_DAY, format="%Y-%m-%d"))
    reason = forms.CharField(label="延期原因", max_length=80)

    def __init__(self, *args, deployment, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields[
            "due_on"
        ].help_text = f"现在是{deployment.due_on:%Y-%m-%d}。只能往后延；还没认可的各项任务顺延同样的天数。"


class CloseForm(forms.Form):
    note = forms.CharField(
        label="办结情况", max_length=80, help_text="一句话写明结果；没做完的任务仍然保留，照实计数。"
    )


class WithdrawDeploymentForm(forms.Form):
    reason = forms.CharField(label="撤回原因", max_length=80)


class StateForm(forms.Form):
    """Which deployments a list shows."""

    show = forms.ChoiceField(choices=[("issued", "本级部署的"), ("received", "上级部署的")], required=False)
    state = forms.ChoiceField(
        label="状态",
        choices=[("", "全部状态"), *DeploymentState.choices],
        required=False,
        widget=forms.Select(attrs={"class": "form-select form-select-sm"}),
    )
