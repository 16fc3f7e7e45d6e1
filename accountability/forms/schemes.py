"""The head, the lines and the items of a scoring table as forms; what they read is the same as what the files say."""

import hashlib
from dataclasses import replace
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator

from accountability.exchange.values import FIRST_YEAR, LAST_YEAR, UNIT_KINDS
from accountability.known import FILLED_IN, KNOWN
from accountability.scheme_tables import LONGEST_CODE, LONGEST_TITLE
from accountability.scoring import (
    Inapplicable,
    Item,
    Line,
    Peers,
    Place,
    Role,
    Scheme,
    Source,
    Subject,
)
from accountability.scoring.shapes import FACTOR, LONGEST_TEXT, PLACES, POINTS, POSITIVE, TEXT, TEXTS, Shape
from branches.choices import Level, Sector

from .scheme_rules import decoded, encoded, kind_choices

MOST_REASON = 200
_DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class ShapeField(forms.CharField):
    """A number as the files know it; nothing entered is None or `empty`."""

    def __init__(self, shape: Shape, *, empty: Any = None, **kwargs):
        super().__init__(widget=forms.TextInput(attrs={"inputmode": "decimal"}), **kwargs)
        self.shape, self.empty = shape, empty

    def prepare_value(self, value):
        return value if isinstance(value, str) else encoded(self.shape, value)

    def clean(self, value):
        text = super().clean(value)
        if not text:
            return self.empty
        try:
            return decoded(self.shape, text)
        except ValueError as wrong:
            raise ValidationError(f"{wrong}。") from wrong


class WordsField(forms.CharField):
    """A text as the files know it."""

    def clean(self, value):
        text = super().clean(value)
        try:
            return TEXT.read(text) if text else text
        except ValueError as wrong:
            raise ValidationError(f"{wrong}。") from wrong


class PieceForm(forms.Form):
    """The values of one piece of a table. `mark` tells the piece as it was when the form was opened."""

    #: Fields that most pieces leave alone, folded away.
    RARE: tuple[str, ...] = ()

    mark = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, data=None, *, piece, **kwargs):
        self.piece = piece
        super().__init__(
            data, initial=self.values_of(piece) | {"mark": self.mark_of(piece)}, label_suffix="", **kwargs
        )
        for bound in self.fields.values():
            kind = "form-control"
            if isinstance(bound.widget, forms.CheckboxSelectMultiple | forms.RadioSelect):
                kind = "form-check-input"
            elif isinstance(bound, forms.ChoiceField):
                kind = "form-select"
            bound.widget.attrs["class"] = kind

    @classmethod
    def values_of(cls, piece) -> dict[str, Any]:
        """What stands in the fields."""
        return {name: getattr(piece, name) for name in cls.base_fields if name != "mark"}

    @classmethod
    def mark_of(cls, piece) -> str:
        """Tells apart two states of what the form changes."""
        return hashlib.sha256(repr(sorted(cls.values_of(piece).items())).encode()).hexdigest()[:24]

    def applied(self, piece):
        """The piece with what was entered; the form is valid."""
        values = {name: value for name, value in self.cleaned_data.items() if name != "mark"}
        return replace(piece, **self.converted(values))

    def converted(self, values: dict[str, Any]) -> dict[str, Any]:
        """What was entered, as a table keeps it."""
        return values

    @property
    def usual(self):
        """The fields that are shown at once."""
        return [self[name] for name in self.fields if name not in self.RARE and name != "mark"]

    @property
    def rare(self):
        """Those that are folded away."""
        return [self[name] for name in self.RARE]

    @property
    def opens_rare(self) -> bool:
        """Whether something stands in what is folded away."""
        return any(self[name].value() or (self.is_bound and name in self.errors) for name in self.RARE)


def _ticks(label, choices, help_text="不勾选即不限。"):
    return forms.MultipleChoiceField(
        label=label,
        choices=choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=help_text,
    )


class HeadForm(PieceForm):
    """The table itself: whom it is for, how much it counts, and its grades."""

    RARE = ("basis", "starts_on", "ends_on", "floor", "cap", "places", "peers", "inapplicable")

    title = WordsField(label="名称", max_length=LONGEST_TITLE)
    code = WordsField(label="编号", max_length=LONGEST_CODE, help_text="同一年度内不重复，如“CUN”。")
    year = forms.IntegerField(
        label="年度", validators=[MinValueValidator(FIRST_YEAR), MaxValueValidator(LAST_YEAR)]
    )
    full = ShapeField(POSITIVE, label="满分", help_text="各分类满分之和。")
    subject = forms.ChoiceField(
        label="考核对象", choices=[("unit", "单位"), ("person", "个人")], widget=forms.RadioSelect
    )
    grades = forms.CharField(
        label="等次",
        required=False,
        max_length=LONGEST_TEXT,
        help_text="由好到差，用顿号隔开，如“优秀、良好、合格、不合格”；不分等次的不填。",
    )
    kinds = _ticks("适用组织类别", [(kind.value, kind.label) for kind in UNIT_KINDS])
    levels = _ticks("适用层级", [(level.name, level.label) for level in Level if level is not Level.GROUP])
    sectors = _ticks("适用领域", Sector.choices, "一个领域一份办法（类型化）；不勾选即不限。")
    basis = WordsField(label="依据", required=False, max_length=LONGEST_TEXT)
    starts_on = forms.DateField(label="起用日期", required=False, widget=_DAY)
    ends_on = forms.DateField(label="停用日期", required=False, widget=_DAY)
    floor = ShapeField(POINTS, label="总分保底", required=False, empty=POINTS.read(0))
    cap = ShapeField(POINTS, label="总分封顶", required=False, help_text="不填即不封顶。")
    places = ShapeField(PLACES, label="总分保留几位小数", required=False, empty=2)
    peers = forms.ChoiceField(
        label="比较和限名额的范围", choices=[("all", "全部被考核单位"), ("group", "同组单位")]
    )
    inapplicable = forms.ChoiceField(
        label="不适用的评价项", choices=[("full", "按满分计"), ("scale", "不计，其余项按比例放大")]
    )

    @classmethod
    def values_of(cls, piece: Scheme):
        values = super().values_of(piece)
        for name in ("kinds", "levels", "sectors"):
            values[name] = list(values[name])
        values["grades"] = "、".join(piece.grades)
        for name in ("subject", "peers", "inapplicable"):
            values[name] = values[name].value
        return values

    def clean_grades(self):
        names = [name.strip() for name in self.cleaned_data["grades"].replace("，", "、").split("、")]
        try:
            return TEXTS.read([name for name in names if name])
        except ValueError as wrong:
            raise ValidationError(f"等次{wrong}。") from wrong

    def clean(self):
        values = super().clean()
        starts_on, ends_on = values.get("starts_on"), values.get("ends_on")
        if starts_on and ends_on and starts_on > ends_on:
            self.add_error("ends_on", "停用日期早于起用日期。")
        return values

    def converted(self, values):
        lists = {name: tuple(values[name]) for name in ("kinds", "levels", "sectors")}
        return (
            values
            | lists
            | {
                "subject": Subject(values["subject"]),
                "peers": Peers(values["peers"]),
                "inapplicable": Inapplicable(values["inapplicable"]),
            }
        )

    @property
    def opens_rare(self):
        given = ("basis", "starts_on", "ends_on", "cap")
        return any(self[name].value() for name in given) or any(name in self.errors for name in self.RARE)


class LineForm(PieceForm):
    """A line: what its points do to the total, and how much it counts."""

    RARE = ("weight", "floor", "cap")

    title = WordsField(label="分类名称", max_length=LONGEST_TEXT)
    role = forms.ChoiceField(label="性质", choices=[(role.value, role.label) for role in Role])
    full = ShapeField(
        POSITIVE, label="满分", required=False, help_text="加分项最多加多少，扣分项最多扣多少；可以不填。"
    )
    weight = ShapeField(
        FACTOR,
        label="权重（倍数）",
        required=False,
        empty=FACTOR.read(1),
        help_text="得分再乘以它，如 0.3；一般为 1。",
    )
    floor = ShapeField(POINTS, label="保底", required=False, help_text="不填：基本分不低于 0。")
    cap = ShapeField(POINTS, label="封顶", required=False, help_text="不填：不高于满分。")

    @classmethod
    def values_of(cls, piece: Line):
        return super().values_of(piece) | {"role": piece.role.value}

    def clean(self):
        values = super().clean()
        _check_full(self, values, values.get("role"))
        return values

    def converted(self, values):
        return values | {"role": Role(values["role"])}

    @property
    def opens_rare(self):
        given = [self[name].value() for name in ("floor", "cap")]
        return (
            any(given)
            or str(self["weight"].value() or "1") != "1"
            or any(name in self.errors for name in self.RARE)
        )


class ItemForm(PieceForm):
    """An item: its marks, its clause, and where its facts come from."""

    RARE = ("floor", "cap", "start")

    title = WordsField(label="评价项", max_length=LONGEST_TEXT)
    full = ShapeField(POSITIVE, label="满分", required=False)
    clause = forms.CharField(
        label="条款",
        required=False,
        max_length=LONGEST_TEXT,
        help_text="文件里的原话，写在评分表上。",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    source = forms.ChoiceField(
        label="事实来源",
        choices=[(source.value, source.label) for source in Source],
        help_text="系统已有的（系统指标、会议记录、责任清单）自动带入，不用填报，可以提出异议。",
    )
    datum = forms.ChoiceField(
        label="系统数据",
        required=False,
        help_text="规则写了事实名称的，按名称带入（如“支委会”）；没有写的，带入这里选的。",
    )
    floor = ShapeField(POINTS, label="保底", required=False, help_text="不填：扣完为止，不低于 0。")
    cap = ShapeField(POINTS, label="封顶", required=False, help_text="不填：不高于满分。")
    start = ShapeField(
        POINTS, label="起评分", required=False, help_text="不填：全是扣分规则的从满分起，其余从 0 起。"
    )

    def __init__(self, data=None, *, piece, line: Line, **kwargs):
        self.line = line
        super().__init__(data, piece=piece, **kwargs)
        self.fields["datum"].choices = _data(piece.datum)

    @classmethod
    def values_of(cls, piece: Item):
        return super().values_of(piece) | {"source": piece.source.value}

    def clean_clause(self):
        text = " ".join(self.cleaned_data["clause"].split())
        try:
            return TEXT.read(text) if text else text
        except ValueError as wrong:
            raise ValidationError(f"{wrong}。") from wrong

    def clean(self):
        values = super().clean()
        _check_full(self, values, self.line.role)
        source = values.get("source")
        datum = KNOWN.get(values.get("datum") or "")
        if datum and source in FILLED_IN and datum.source != source:
            self.add_error("datum", f"“{datum.label}”属于“{datum.source.label}”，请改事实来源或另选。")
        return values

    def converted(self, values):
        return values | {"source": Source(values["source"])}


class NewItemForm(ItemForm):
    """An item that is being added, with the kind of its first rule, whose form comes next."""

    kind = forms.ChoiceField(
        label="怎样计分", required=False, help_text="下一步填这条规则；还没定的以后再写。"
    )
    field_order = ("title", "full", "kind")

    def __init__(self, data=None, *, piece, line: Line, **kwargs):
        super().__init__(data, piece=piece, line=line, **kwargs)
        self.fields["kind"].choices = [
            ("", "（以后再写）"),
            *(
                (group, [(choice.kind.name, choice.kind.label) for choice in choices])
                for group, choices in kind_choices(Place.ITEM)
            ),
        ]

    @classmethod
    def values_of(cls, piece: Item):
        return ItemForm.values_of(piece)

    def converted(self, values):
        return super().converted({name: value for name, value in values.items() if name != "kind"})


def _check_full(form, values, role):
    if role == Role.BASE and "full" in values and values["full"] is None:
        form.add_error("full", "基本分要写满分。")


def _data(present: str) -> list:
    """The data of the system by their source; one of an older table stays."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for datum in KNOWN.values():
        groups.setdefault(datum.source.label, []).append((datum.code, datum.label))
    other = [(present, present)] if present and present not in KNOWN else []
    return [("", "（不带入）"), *other, *groups.items()]


class SaveForm(forms.Form):
    """Why there is a new version."""

    number = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label="修改原因",
        max_length=MOST_REASON,
        widget=forms.TextInput(attrs={"class": "form-control"}),
    )


class SchemeCopyForm(forms.Form):
    year = forms.IntegerField(
        label="年度",
        min_value=FIRST_YEAR,
        max_value=LAST_YEAR,
        widget=forms.NumberInput(attrs={"class": "form-control form-control-sm"}),
    )


class SchemeEndForm(forms.Form):
    ends_on = forms.DateField(
        label="停用日期",
        widget=forms.DateInput(
            attrs={"type": "date", "class": "form-control form-control-sm"}, format="%Y-%m-%d"
        ),
    )
    reason = forms.CharField(
        label="原因",
        max_length=MOST_REASON,
        widget=forms.TextInput(attrs={"class": "form-control form-control-sm"}),
    )
