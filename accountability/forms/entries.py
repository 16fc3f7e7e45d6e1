import re
from decimal import Decimal

from django import forms

from accountability import scoring
from accountability.actions.entries import Evidence
from accountability.filling import Ask
from accountability.forms.records import _Files
from accountability.models import DutyRecord
from accountability.scoring.numbers import plain
from branches.models import Meeting

MOST_COUNT = 1_000_000
#: How the choices of evidence are written: 会议12 2026-03-05 党员大会.
_POINTER = re.compile(r"^(会议|履责)(\d{1,18})(?:\s|$)")
EVIDENCE_FIELDS = ("evidence_1", "evidence_2", "evidence_3")


def pointer(row) -> str:
    """How a record is written in the field of evidence."""
    if isinstance(row, Meeting):
        return f"会议{row.pk} {row.held_on:%Y-%m-%d} {row.title}"
    return f"履责{row.pk} {row.duty.heading}（{row.window.label}）"


class PointsField(forms.DecimalField):
    """A number with at most six places; shown without zeros that say nothing."""

    def __init__(self, **kwargs):
        super().__init__(max_digits=16, decimal_places=6, **kwargs)

    def prepare_value(self, value):
        return plain(value) if isinstance(value, Decimal) else value

    def widget_attrs(self, widget):
        return {"inputmode": "decimal", "step": "any"}


class EvidenceField(forms.CharField):
    """A record chosen from those of the unit, or words; the page offers the records in one list for all fields."""

    is_evidence = True
    widget = forms.TextInput(attrs={"list": "evidence-choices", "autocomplete": "off"})


class EntryForm(forms.Form):
    """One fact, typed as its rules read it and nothing else. `about` are the members or units it may be about."""

    fact = forms.CharField(max_length=500, required=False, widget=forms.HiddenInput)
    entry = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data=None, files=None, *, ask: Ask, about=(), entry=None, evidence=(), number=0):
        super().__init__(data, files, initial=_initial(ask, entry, evidence), auto_id=f"id_{number}_%s")
        self.ask, self.row = ask, entry
        if about:
            label = "哪一位" if ask.of_members else "哪个单位"
            blank = [] if ask.asks_of else [("", "本单位（本人）")]
            self._add(
                "of", forms.ChoiceField(label=label, choices=[*blank, *((each, each) for each in about)])
            )
        if ask.asks_by:
            choices = [("", "请选择"), *((each, each) for each in ask.assessors)]
            self._add("by", forms.ChoiceField(label="哪一方的评价", choices=choices))
        for name in ask.fields:
            self._add(name, _data_field(ask, name))
        if ask.has_matter:
            self._add(
                "matter", forms.CharField(label="事项", max_length=200, help_text="同一事项只计最高的一次。")
            )
        if ask.conditions:
            ticks = forms.MultipleChoiceField(
                label="情形",
                choices=[(each, each) for each in ask.conditions],
                widget=forms.CheckboxSelectMultiple,
            )
            self._add("flags", ticks)
        if ask.asks_reason:
            self._add("reason", forms.CharField(label="理由", max_length=500))
        if not ask.is_single:
            day = forms.DateField(
                label="日期", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            )
            self._add("on", day)
        self._add("note", forms.CharField(label="说明（可不填）", max_length=500))
        for place, name in enumerate(EVIDENCE_FIELDS, start=1):
            self._add(name, EvidenceField(label=f"佐证 {place}", max_length=200))
        self.fields["files"] = _Files(label="佐证文件", required=False)
        _dress(self)

    def _add(self, name, field):
        field.required = False  # what is missing is said by the action, at the same field
        self.fields[name] = field

    @property
    def aside(self) -> tuple[str, ...]:
        """What stands folded away: what it rests on, and of a single answer the conditions, which are rare."""
        return (*(("flags",) if self.ask.is_single else ()), "note", *EVIDENCE_FIELDS, "files")

    @property
    def main_fields(self):
        """What is asked, without what stands aside."""
        hidden = self.aside
        return [self[name] for name in self.fields if name not in hidden and not self[name].is_hidden]

    @property
    def evidence_fields(self):
        return [self[name] for name in self.aside if name in self.fields]

    @property
    def has_evidence(self) -> bool:
        """Whether what stands aside is open: it holds something, or something in it is wrong."""
        return any(self.initial.get(name) for name in self.aside) or any(
            name in self.errors for name in self.aside
        )

    def said(self) -> scoring.Entry:
        """What was typed, as the engine reads it."""
        values = self.cleaned_data
        known = {
            name: values[name] for name in (*self.ask.fields, "on") if values.get(name) not in (None, "")
        }
        texts = {name: values[name] for name in ("of", "by", "matter", "reason", "note") if values.get(name)}
        return scoring.Entry(
            item=self.ask.item.key,
            fact=self.ask.fact,
            flags=tuple(values.get("flags") or ()),
            **known,
            **texts,
        )

    def evidence(self) -> list[Evidence]:
        """What it rests on: records that exist where one was chosen, words otherwise."""
        return [_evidence(self.cleaned_data[name]) for name in EVIDENCE_FIELDS if self.cleaned_data.get(name)]

    def take(self, error) -> None:
        """Show what an action objects to at its field, or above the form where there is none."""
        messages = getattr(error, "error_dict", None) or {"__all__": error.error_list}
        for name, errors in messages.items():
            at = "evidence_1" if name == "evidence" else name
            self.add_error(at if at in self.fields else None, errors)


class RowForm(EntryForm):
    """The same in one row of many units; `seen` is the entry the row was filled from, so that nothing is overwritten."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data=None, *, ask: Ask, evaluation: int, entry=None):
        super().__init__(data, ask=ask, entry=entry, number=f"u{evaluation}")
        self.prefix = f"u{evaluation}"
        for name in ("fact", "entry", "files", "note", "of", *EVIDENCE_FIELDS):
            self.fields.pop(name, None)
        if "count" in self.fields:
            self.fields["count"].initial = None
        self.initial["seen"] = entry.pk if entry else ""
        _dress(self, "-sm")

    @property
    def is_blank(self) -> bool:
        """Whether nothing was typed."""
        typed = [self.data.get(self.add_prefix(name), "") for name in self.fields if name != "seen"]
        return not any(each.strip() for each in typed)


class AnswerForm(EntryForm):
    """The same in a sheet of an assessor: nothing to prove, levels as buttons; `answer` is what was saved of it."""

    is_small = False

    def __init__(self, data=None, *, ask: Ask, answer: dict, about=(), number=0):
        super().__init__(data, ask=ask, about=about, number=number)
        self.prefix = f"a{number}"
        for name in ("fact", "entry", "by", "flags", "files", "note", *EVIDENCE_FIELDS):
            self.fields.pop(name, None)
        self.initial = answer | {"yes": {True: "yes", False: "no"}.get(answer.get("yes"), "")}
        if "level" in self.fields:
            self.fields["level"].widget = forms.RadioSelect()
            self.fields["level"].choices = [
                (each, f"{each} {plain(points)}分") for each, points in ask.levels.items()
            ]
        if self.ask.range and not self.ask.asks_reason:
            self._add("reason", forms.CharField(label="理由（可不填）", max_length=500))
        if self.is_small:
            _dress(self, "-sm")

    @property
    def is_answered(self) -> bool:
        """Whether anything was typed."""
        return bool(self.said().as_dict().keys() - {"fact"})


class CellForm(AnswerForm):
    """The same in one cell of units × items: levels without their points, which stand above."""

    is_small = True

    def __init__(self, data=None, **kwargs):
        super().__init__(data, **kwargs)
        if "level" in self.fields:
            self.fields["level"].choices = [(each, each) for each in self.ask.levels]


class InapplicableForm(forms.Form):
    """That an item does not apply to the unit, and why."""

    reason = forms.CharField(label="为什么不适用", max_length=500)

    def __init__(self, data=None, *, number=0):
        super().__init__(data, auto_id=f"id_no{number}_%s")
        _dress(self)

    def said(self, item: str) -> scoring.Entry:
        return scoring.Entry(item=item, applies=False, reason=self.cleaned_data["reason"])


def _dress(form, size="") -> None:
    """Give the fields Bootstrap's classes, small ones with `size`."""
    for field in form.fields.values():
        if isinstance(field.widget, forms.CheckboxSelectMultiple):
            continue
        kind = "form-select" if isinstance(field.widget, forms.Select) else "form-control"
        field.widget.attrs["class"] = f"{kind} {kind}{size}" if size else kind


def _data_field(ask, name):
    kinds = ask.kinds
    match name:
        case "yes":
            return forms.TypedChoiceField(
                label="是否达到" if ask.item.full else "是否发生",
                choices=[("", "请选择"), ("yes", "是"), ("no", "否")],
                coerce=lambda value: value == "yes",
                empty_value=None,
            )
        case "level":
            choices = [
                ("", "请选择"),
                *((each, f"{each}（{plain(points)}分）") for each, points in ask.levels.items()),
            ]
            return forms.ChoiceField(label="档次" if "LEVEL" in kinds else "级别", choices=choices)
        case "points":
            low, high = ask.range
            return PointsField(label="评分", help_text=f"{plain(low)}到{plain(high)}分")
        case "value":
            if "ESCALATE" in kinds:
                return PointsField(label="年数", min_value=0)
            return PointsField(label="数值", help_text="百分比只填数字；或填完成数与应完成数，由系统算。")
        case "count":
            is_figure = "due" in ask.fields and "MISS_COUNT" not in kinds
            label = "完成数" if is_figure else "实有次数" if "MISS_COUNT" in kinds else "次数"
            helped = f"应有{ask.required}次" if ask.required else ""
            return forms.IntegerField(
                label=label,
                min_value=0,
                max_value=MOST_COUNT,
                initial=None if ask.is_single else 1,
                help_text=helped,
            )
    label = "应有次数（与办法不同才填）" if "MISS_COUNT" in kinds else "应完成数"
    return forms.IntegerField(label=label, min_value=0, max_value=MOST_COUNT)


def _initial(ask, entry, evidence) -> dict:
    found = {"fact": ask.fact}
    if entry is None:
        return found
    for name in ("of", "by", "level", "points", "value", "count", "due", "matter", "reason", "on", "note"):
        found[name] = getattr(entry, name)
    found["yes"] = {True: "yes", False: "no"}.get(entry.yes, "")
    found["flags"], found["entry"] = entry.flags, entry.pk
    for name, each in zip(EVIDENCE_FIELDS, evidence, strict=False):
        row = each.meeting or each.record
        found[name] = pointer(row) if row else each.words
    return found


def _evidence(text: str) -> Evidence:
    text = text.strip()
    if match := _POINTER.match(text):
        model = Meeting.objects if match[1] == "会议" else DutyRecord.objects.select_related("duty")
        row = model.filter(pk=int(match[2])).first()
        if row is not None and pointer(row) == text:
            return Evidence(meeting=row) if match[1] == "会议" else Evidence(record=row)
    return Evidence(words=text)
