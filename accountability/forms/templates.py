from crispy_forms.bootstrap import InlineCheckboxes, InlineRadios
from crispy_forms.helper import FormHelper
from crispy_forms.layout import Column, Layout, Row
from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.forms import formset_factory
from django.http import QueryDict

from accountability.choices import TEMPLATE_KINDS
from accountability.editions import FACTS, ITEM
from accountability.exchange.drafts import MOST_ITEMS
from accountability.exchange.values import BEARERS, FIRST_YEAR, LAST_YEAR, UNIT_KINDS
from accountability.models import DutyTemplate, DutyTemplateItem
from accountability.requirements import LARGEST_TARGET, faults_of
from branches.choices import Chain, Level, MeetingKind


class DutyTemplateForm(forms.ModelForm):
    organization_kinds = forms.MultipleChoiceField(
        label="适用组织类别",
        choices=[(kind.value, kind.label) for kind in UNIT_KINDS],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="不勾选即不限。",
    )
    levels = forms.TypedMultipleChoiceField(
        label="适用层级",
        choices=Level.choices,
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="不勾选即不限。",
    )
    posts = forms.MultipleChoiceField(
        label="下发给担任这些职务的人",
        choices=[(post.value, post.label) for post in BEARERS],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="不勾选即由单位整体承担。",
    )
    reason = forms.CharField(label="修改原因", max_length=100)
    version = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = DutyTemplate
        widgets = {"chain": forms.RadioSelect}
        help_texts = {"chain": ""}
        fields = ["code", "title", "kind", "year", "organization_kinds", "levels", "chain", "posts", "source"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["source"].required = True
        self.fields["chain"].choices = [("", "不限"), *Chain.choices]
        self.fields["kind"].choices = [
            ("", "---------"),
            *((kind.value, kind.label) for kind in TEMPLATE_KINDS),
        ]
        self.fields["year"].validators += [MinValueValidator(FIRST_YEAR), MaxValueValidator(LAST_YEAR)]
        if self.instance.pk is None:
            del self.fields["reason"], self.fields["version"]
        else:
            self.fields["version"].initial = self.instance.version
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.layout = Layout(
            Row(Column("title", css_class="col-md-8"), Column("code", css_class="col-md-4")),
            Row(
                Column("kind", css_class="col-6 col-md-4"),
                Column("year", css_class="col-6 col-md-2"),
                Column("source", css_class="col-md-6"),
            ),
            InlineCheckboxes("organization_kinds"),
            InlineCheckboxes("levels"),
            InlineRadios("chain"),
            InlineCheckboxes("posts"),
            *(["reason", "version"] if self.instance.pk else []),
        )


class RequirementForm(forms.ModelForm):
    """What an item asks for. What most items leave alone (`RARE`) is folded away; `year` is the list's."""

    RARE = (
        "deadline",
        "counted_by",
        "target",
        "meeting_kinds",
        "evidence",
        "is_common",
        "is_negative",
    )
    WIDGETS = {
        "content": forms.Textarea(attrs={"rows": 2}),
        "measure": forms.Textarea(attrs={"rows": 2}),
        "sunset_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        "deadline": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        "target": forms.NumberInput(attrs={"min": 1, "max": LARGEST_TARGET}),
    }

    meeting_kinds = forms.TypedMultipleChoiceField(
        label="计入的会议类型",
        choices=MeetingKind.choices,
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args, year: int, instance=None, initial=None, **kwargs):
        kinds = MeetingKind.unpack(instance.meeting_kinds) if instance else []
        initial = {"meeting_kinds": [int(kind) for kind in kinds]} | (initial or {})
        super().__init__(*args, instance=instance, initial=initial, **kwargs)
        self.year = year
        self.fields["evidence"].required = False
        for field in self.fields.values():
            kind = "form-control"
            if isinstance(field, forms.BooleanField | forms.MultipleChoiceField):
                kind = "form-check-input"
            elif isinstance(field, forms.ChoiceField):
                kind = "form-select"
            field.widget.attrs["class"] = kind

    def clean_content(self):
        return _one_kind_of_line_end(self.cleaned_data["content"])

    def clean_measure(self):
        return _one_kind_of_line_end(self.cleaned_data["measure"])

    def clean_meeting_kinds(self) -> int:
        return MeetingKind.mask(self.cleaned_data["meeting_kinds"])

    def clean(self):
        values = super().clean()
        asked = {name: values.get(name) for name in ITEM}
        for name, messages in faults_of(asked, self.year, "sunset_on" in self.fields).items():
            if name not in self.errors and self.judges(name):
                self.add_error(name, messages)
        return values

    def judges(self, name: str) -> bool:
        """Whether what is wrong with this field is said here."""
        return True

    def _get_validation_exclusions(self):
        # What the counting must agree with has been said next to its own field.
        return super()._get_validation_exclusions() | {"counted_by", "target"}

    @property
    def kind_ticks(self) -> list[tuple[int, str, bool]]:
        """The kinds of meeting with whether each is ticked."""
        ticked = {str(value) for value in self["meeting_kinds"].value() or ()}
        return [(kind.value, kind.label, str(kind.value) in ticked) for kind in MeetingKind]

    @property
    def opens_rare(self) -> bool:
        return self.is_bound and any(name in self.errors for name in self.RARE)


class DutyTemplateItemForm(RequirementForm):
    """One item of a template; a row of `ItemFormSet`."""

    id = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = DutyTemplateItem
        fields = [*ITEM]
        widgets = RequirementForm.WIDGETS
        labels = {"interval": "周期", "is_common": "共性条目（各单位都有）"}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["legal_basis"].required = True
        self.fields["legal_basis"].error_messages["required"] = "请写明依据条款，新增负担须有依据。"
        self.fields["sunset_on"].required = True
        self.fields["sunset_on"].error_messages["required"] = "请写明日落日期，到期自动不再要求。"

    @property
    def asks(self) -> str:
        """How much by when in words, as far as it has been filled in."""
        try:
            return self.instance.asks
        except ValueError:
            return ""

    @property
    def opens(self) -> bool:
        """Whether the row stands open: something is wrong in it, or it is new."""
        return not self.instance.pk or bool(self.is_bound and self.errors)


def _one_kind_of_line_end(text: str) -> str:
    return text.replace("\r\n", "\n")


class BaseItemFormSet(forms.BaseFormSet):
    """The items of a template as rows that can be moved, added and struck out; each row names its item by `id`.

    A row whose item somebody else has removed meanwhile is a new one.
    """

    def __init__(self, *args, template: DutyTemplate, year: int, **kwargs):
        items = list(template.items.all()) if template.pk else []
        self.items = {str(item.pk): item for item in items}
        self.template, self._given = template, set()
        kwargs.setdefault("initial", [{"id": item.pk} for item in items])
        super().__init__(*args, form_kwargs={"year": year}, **kwargs)

    def add_fields(self, form, index):
        super().add_fields(form, index)
        form.fields["ORDER"].widget.attrs["class"] = "form-control form-control-sm"
        form.fields["DELETE"].widget.attrs["class"] = "form-check-input"

    def get_form_kwargs(self, index):
        kwargs = super().get_form_kwargs(index)
        key = ""
        if index is not None and self.is_bound:
            key = self.data.get(f"{self.add_prefix(index)}-id", "")
        elif index is not None and index < len(self.initial or []):
            key = str(self.initial[index]["id"])
        if key in self.items and key not in self._given:
            self._given.add(key)
            kwargs["instance"] = self.items[key]
        return kwargs

    @property
    def chosen(self) -> list[DutyTemplateItem]:
        """The items that stay, in the order that was asked for; the formset is valid."""
        gone = set(self.deleted_forms)
        rows = [
            (place, form)
            for place, form in enumerate(self.forms)
            if form not in gone and (form.has_changed() or form.instance.pk)
        ]
        return [form.instance for _, form in sorted(rows, key=self._place)]

    def _place(self, row):
        """Where a row goes: one moved up stands before the row whose number it took, one moved down behind it."""
        place, form = row
        wanted, had = form.cleaned_data.get("ORDER"), place + 1
        if wanted is None:
            return (len(self.forms) + 1, 0, place)
        is_new = place >= self.initial_form_count()
        return (wanted, -1 if wanted < had or is_new else wanted > had, place)


ItemFormSet = formset_factory(
    DutyTemplateItemForm,
    formset=BaseItemFormSet,
    extra=1,
    min_num=1,
    validate_min=True,
    can_delete=True,
    can_order=True,
    max_num=MOST_ITEMS,
    validate_max=True,
)
ITEM_ERRORS = {
    "too_few_forms": "请至少填写一个条目。",
    "too_many_forms": f"一份模板最多{MOST_ITEMS}条，请分成几份。",
}


def merged(data: QueryDict, base: dict, current: dict, version: int, prefix: str) -> QueryDict:
    """What was typed on top of the edition `base`, carried over to the edition `current` that somebody else saved as
    `version`.

    What was left as it stood follows the other; what was typed stays. Rows the other added come along, rows the other
    removed go unless something was typed into them.
    """
    data = data.copy()
    for name in FACTS:
        _follow(data, name, base["facts"][name], current["facts"][name])
    theirs = {item["key"]: item for item in current["items"]}
    known = {str(item["key"]): item for item in base["items"]}
    total = int(data[f"{prefix}-TOTAL_FORMS"])
    for place in range(total):
        row = f"{prefix}-{place}"
        old = known.get(data.get(f"{row}-id", ""))
        if old is None:
            continue
        new = theirs.get(old["key"])
        if new is None:
            if all(_said(data, f"{row}-{name}") == _raw(name, old[name]) for name in ITEM):
                data[f"{row}-DELETE"] = "on"
            continue
        for name in ITEM:
            _follow(data, f"{row}-{name}", old[name], new[name])
        if data.get(f"{row}-ORDER") == str(old["number"]):
            data[f"{row}-ORDER"] = str(new["number"])
    for item in current["items"]:
        if str(item["key"]) not in known:
            row = f"{prefix}-{total}"
            data[f"{row}-id"], data[f"{row}-ORDER"] = str(item["key"]), str(item["number"])
            for name in ITEM:
                data.setlist(f"{row}-{name}", _raw(name, item[name]))
            total += 1
    data[f"{prefix}-TOTAL_FORMS"] = str(total)
    data["version"] = str(version)
    return data


def _follow(data, key, old, new):
    name = key.rpartition("-")[2]
    if old != new and _said(data, key) == _raw(name, old):
        data.setlist(key, _raw(name, new))


def _said(data, key) -> list[str]:
    return [_one_kind_of_line_end(value) for value in data.getlist(key) if value]


def _raw(name, value) -> list[str]:
    """A frozen value as a browser sends it."""
    if isinstance(value, bool):
        return ["on"] if value else []
    if name == "meeting_kinds":
        return [str(int(kind)) for kind in MeetingKind.unpack(value)]
    if isinstance(value, list):
        return [str(each) for each in value]
    return [str(value)] if value not in (None, "") else []


class TemplateCopyForm(forms.Form):
    year = forms.IntegerField(
        label="年度",
        min_value=FIRST_YEAR,
        max_value=LAST_YEAR,
        widget=forms.NumberInput(attrs={"class": "form-control form-control-sm"}),
    )


class UpdateForm(forms.Form):
    """Why lists that were issued change in the middle of the year."""

    reason = forms.CharField(label="更新原因", max_length=60)
