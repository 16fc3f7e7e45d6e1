"""The explanation of a result as a tree that unfolds, and points as people read them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accountability.scoring.numbers import shown, signed

register = template.Library()

#: Steps whose points are a standing; those of the others come on top or off.
_STANDINGS = (
    "total",
    "sum",
    "line",
    "item",
    "share",
    "weight",
    "scale",
    "rank",
    "coefficient",
    "inapplicable",
    "start",
)
_FOLDS = '><summary>{}</summary><div class="explain-parts">{}{}</div></details>'
#: A step with something beneath it, folded away or open.
_FOLDED = f'<details class="explain-step explain-{{}}"{_FOLDS}'
_OPENED = f'<details class="explain-step explain-{{}}" open{_FOLDS}'
_LEADS = {"of": "对象 ", "by": "评价方 ", "matter": "事项 ", "reason": "理由：", "note": ""}


@dataclass(frozen=True)
class Evidence:
    """A piece of evidence: its name and, where it can be opened, its address."""

    name: str
    url: str = ""

    def html(self) -> str:
        """Its name, which opens it."""
        return format_html('<a href="{}">{}</a>', self.url, self.name) if self.url else self.name


@dataclass(frozen=True)
class FactLine:
    """One fact in words, with its evidence."""

    words: str
    evidence: list[Evidence] = field(default_factory=list)

    def html(self) -> SafeString:
        """The words, and every piece of evidence as a link where it has an address."""
        return format_html(
            '<p class="explain-fact">{}{}</p>',
            self.words,
            format_html_join(
                "", ' <span class="fine">佐证：{}</span>', ((each.html(),) for each in self.evidence)
            ),
        )


@dataclass(frozen=True)
class StepLine:
    """One step as it is shown."""

    what: str
    label: str
    points: str
    factor: str
    because: str
    unfilled: bool
    facts: list[FactLine]
    parts: list["StepLine"]

    @property
    def folds(self) -> bool:
        """Whether something stands beneath it."""
        return bool(self.parts or self.facts)

    def html(self, *, opens: bool = True) -> SafeString:
        """The step with all beneath it, folded away unless it `opens`.

        Not a template: a sheet has a thousand steps, and including one in another costs more than all their words.
        """
        if not self.folds:
            return format_html(
                '<div class="explain-step explain-{} explain-leaf">{}</div>', self.what, self._head()
            )
        return format_html(
            _OPENED if opens else _FOLDED,
            self.what,
            self._head(),
            format_html_join("", "{}", ((fact.html(),) for fact in self.facts)),
            format_html_join("", "{}", ((part.html(opens=False),) for part in self.parts)),
        )

    def _head(self) -> SafeString:
        factor = f"（{self.factor}）" if self.factor else ""
        unfilled = format_html(' <span class="tone tone-alert">{}</span>', "未填") if self.unfilled else ""
        because = format_html(' <span class="fine">{}{}</span>', self.because, factor)
        return format_html(
            '<span class="explain-head"><span class="explain-label">{}{}{}</span> <b class="num">{}</b></span>',
            self.label,
            unfilled,
            because if self.because or self.factor else "",
            self.points,
        )


@register.filter
def points(value) -> str:
    """Digits as text or number, at most four places; nothing for None."""
    return "" if value in (None, "") else shown(Decimal(str(value)))


@register.inclusion_tag("accountability/components/explanation.html")
def explanation(result: Mapping, links: Mapping[str, str] | None = None):
    """How a result (`scoring.Result.as_dict()`) came about: every point down to its fact, then the grade.

    `links` are addresses of evidence by the reference that the facts bear.
    """
    links = links or {}
    steps = [_line(step, links) for step in _outermost(result["explanation"])]
    return {"steps": steps, "grading": result["grading"], "missing": list(_missing(result["missing"]))}


def _outermost(step: Mapping) -> list[Mapping]:
    """The parts of a total, without a frame around a single part that says the same again."""
    parts = step.get("parts", [])
    if step["what"] in ("total", "sum") and parts and "times" not in step and "over" not in step:
        return _outermost(parts[0]) if len(parts) == 1 else parts
    return [step]


def _line(step: Mapping, links: Mapping[str, str]) -> StepLine:
    value = Decimal(step["points"])
    times = f" × {step['times']}" if "times" in step else ""
    over = f" ÷ {step['over']}" if "over" in step else ""
    facts = [_fact(fact, links) for fact in step.get("facts", ())]
    return StepLine(
        step["what"],
        step["label"],
        shown(value) if step["what"] in _STANDINGS else signed(value),
        f"各项之和{times}{over}" if times or over else "",
        step.get("because", ""),
        step.get("unfilled", False),
        [fact for fact in facts if fact.words or fact.evidence],
        [_line(part, links) for part in step.get("parts", ())],
    )


def _fact(fact: Mapping, links: Mapping[str, str]) -> FactLine:
    references = fact.get("evidence", ())
    return FactLine(
        "，".join(_said(fact)), [Evidence(reference, links.get(reference, "")) for reference in references]
    )


def _said(fact: Mapping) -> Iterator[str]:
    """What an entry says, piece by piece, without its evidence."""
    if fact.get("on"):
        yield fact["on"]
    if fact.get("applies") is False:
        yield "不适用"
    if "due" in fact:
        yield f"应{fact['due']}，实{fact.get('count', 1)}"
    elif "count" in fact:
        yield f"数量 {fact['count']}"
    if "value" in fact:
        yield f"数值 {fact['value']}"
    if "level" in fact:
        yield fact["level"]
    if "points" in fact:
        yield f"{fact['points']}分"
    if "yes" in fact:
        yield "是" if fact["yes"] else "否"
    yield from fact.get("flags", ())
    for name, lead in _LEADS.items():
        if fact.get(name):
            yield f"{lead}{fact[name]}"


def _missing(missing) -> Iterator[str]:
    for each in missing:
        yield " · ".join(each[name] for name in ("share", "title", "fact") if each.get(name))
