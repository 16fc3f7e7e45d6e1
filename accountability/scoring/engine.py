"""The evaluation of units by a scheme.

Order: items → floor and cap of the line → additions and deductions → coefficients → scale or rank → floor and cap of
the total → rounding → cut-offs or quotas → veto → downgrade. Neither the order of entries nor that of units matters.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, localcontext

from accountability.scoring.checks import check_facts, check_scheme
from accountability.scoring.explanation import Evaluation, Missing, Result, Step
from accountability.scoring.facts import AdjustmentKind, Entry, Facts, Unit
from accountability.scoring.kinds import KINDS, Group, Kind, Mark, Reading, kind_of, within_zero
from accountability.scoring.numbers import EXACT, ONE, ZERO, plain, rounded, signed
from accountability.scoring.problems import require
from accountability.scoring.rules.grades import ORDER, Standing, lower
from accountability.scoring.rules.limits import cap, floor
from accountability.scoring.rules.marks import (
    is_inapplicable,
    is_without_reading,
    measured,
    read_by,
    readers,
    starting,
)
from accountability.scoring.rules.shares import Sharing
from accountability.scoring.schemes import Bounds, Inapplicable, Item, Line, Peers, Role, Rule, Scheme


def evaluate(scheme: Scheme, facts: Facts, *, are_checked: bool = False) -> Evaluation:
    """Totals, grades and explanations of all units; `Refused` when the scheme or the facts are wrong.

    Facts that `check_facts` has found nothing wrong with need not be looked at again (`are_checked`).
    """
    require([*check_scheme(scheme), *([] if are_checked else check_facts(scheme, facts))])
    with localcontext(EXACT):
        return Evaluation(scheme.code, scheme.title, _Table(scheme, facts).results())


ByItem = dict[str, tuple[Entry, ...]]
#: Marks that a rule of the line or of the scheme has struck out, by item, number of the rule and entries.
Struck = dict[tuple[str, int, tuple[Entry, ...]], Mark]


@dataclass(frozen=True)
class _Scope:
    """What is being scored: a unit by these entries, as seen by one assessor when `by` says so."""

    unit: Unit
    entries: ByItem
    by: str = ""
    struck: Struck = field(default_factory=dict)

    def of(self, item: str) -> tuple[Entry, ...]:
        """The entries of one item."""
        return self.entries.get(item, ())


@dataclass(frozen=True)
class _Reader:
    """A rule of an item that reads facts, with its words."""

    number: int
    rule: Rule
    kind: Kind
    label: str
    sentence: str
    is_listed: bool


@dataclass(frozen=True)
class _Plan:
    """What is the same for every unit about an item."""

    item: Item
    readers: tuple[_Reader, ...]
    changes: tuple[Rule, ...]
    start: Step | None
    bounds: Bounds
    full: str
    about: dict
    inapplicable: Decimal

    @classmethod
    def of(cls, scheme: Scheme, line: Line, item: Item) -> "_Plan":
        """The plan of an item where it stands."""
        found = []
        for number, rule in enumerate(readers(item)):
            kind = kind_of(rule)
            is_listed = kind.asks and line.role is not Role.BONUS
            found.append(_Reader(number, rule, kind, rule.fact or kind.label, kind.sentence(rule), is_listed))
        changes = [
            rule for rules in (scheme.rules, line.rules, item.rules) for rule in rules if rule.kind == "MULT"
        ]
        changes += [rule for rule in item.rules if rule.kind == "MAX_ONLY"]
        start = starting(line, item)
        values = {"source": item.source.value, "datum": item.datum, "clause": item.clause}
        return cls(
            item,
            tuple(found),
            tuple(changes),
            Step("start", item.key, "起评分", start, "满分起评" if start == item.full else "")
            if start
            else None,
            item.bounds(line.role),
            _full(item.full),
            {name: value for name, value in values.items() if value},
            item.full or ZERO if line.role is Role.BASE else ZERO,
        )


class _Table:
    """The units side by side."""

    def __init__(self, scheme: Scheme, facts: Facts):
        self.scheme = scheme
        self.units = {unit.id: unit for unit in facts.units}
        self.entries = {unit.id: _by_item(unit.entries) for unit in facts.units}
        self.figures: dict[tuple, list[Decimal]] = {}
        self.plans = {
            line.key: tuple(_Plan.of(scheme, line, item) for item in line.items) for line in scheme.lines
        }

    def results(self) -> tuple[Result, ...]:
        """One for each unit, in the order of the facts."""
        standings = self.standings()
        for peers in self.peers(standings).values():
            self.grade(peers)
        return tuple(self.result(standings[unit]) for unit in self.units)

    def result(self, standing: Standing) -> Result:
        return Result(
            standing.unit.id,
            standing.unit.name,
            rounded(standing.points, self.scheme.places),
            standing.grade,
            standing.total,
            tuple(standing.grading),
            tuple(_missing(standing.total)),
        )

    def peer_key(self, unit: Unit) -> str:
        return unit.group if self.scheme.peers is Peers.GROUP else ""

    def peers(self, standings: dict[str, Standing]) -> dict[str, list[Standing]]:
        found = defaultdict(list)
        for standing in standings.values():
            found[self.peer_key(standing.unit)].append(standing)
        return found

    # totals

    def standings(self) -> dict[str, Standing]:
        """The totals of all units; ranks need them all."""
        totals = {unit.id: self.factored(self.sheet(unit), unit) for unit in self.units.values()}
        for rule in self.scheme.rules:
            if kind_of(rule).group is Group.PEER:
                totals = self.ranked(rule, totals)
        return {
            unit: Standing(self.units[unit], total, total.points)
            for unit, total in self.closed(totals).items()
        }

    def sheet(self, unit: Unit) -> Step:
        """Lines, additions and deductions."""
        scope = _Scope(unit, self.entries[unit.id])
        items = [item.key for _, item in self.scheme.items()]
        parts = self.shared(self.scheme.rules, scope, items, self.lines)
        return Step.of("sum", "sum", "合计", parts)

    def factored(self, total: Step, unit: Unit) -> Step:
        """Coefficients, then scales."""
        for kind, what in (("COEFF", "coefficient"), ("SCALE", "scale")):
            for rule in self.scheme.of_kind(kind):
                factor = kind_of(rule).function(rule, unit, self.scheme.full)
                label = kind_of(rule).label
                total = Step.of(
                    what, kind, label, (total,), factor.because, times=factor.times, over=factor.over
                )
        return total

    def ranked(self, rule: Rule, totals: dict[str, Step]) -> dict[str, Step]:
        """Totals replaced by what they are worth beside those of the peers."""
        kind = kind_of(rule)
        own = {unit: rounded(total.points, self.scheme.places) for unit, total in totals.items()}
        groups = defaultdict(list)
        for unit, points in own.items():
            groups[self.peer_key(self.units[unit])].append(points)
        for totals_of_peers in groups.values():
            totals_of_peers.sort()
        found = {}
        for unit, total in totals.items():
            points, because = kind.function(rule, own[unit], groups[self.peer_key(self.units[unit])])
            change = Step("rank", rule.kind, kind.label, points - total.points, because)
            found[unit] = Step.of("rank", rule.kind, kind.label, (total, change), kind.sentence(rule))
        return found

    def closed(self, totals: dict[str, Step]) -> dict[str, Step]:
        """Floor, cap and the one rounding."""
        found = {}
        places = self.scheme.places
        for unit, total in totals.items():
            parts = _bounded((total,), self.scheme.bounds)
            points = sum((part.points for part in parts), ZERO)
            if points != rounded(points, places):
                lost = rounded(points, places) - points
                parts = (*parts, Step("round", "round", "四舍五入", lost, f"保留{places}位小数"))
            found[unit] = Step.of("total", "total", "总分", parts)
        return found

    # lines and items

    def lines(self, scope: _Scope) -> Iterable[Step]:
        """The lines and the adjustments of one unit."""
        plans = [plan for line in self.scheme.lines for plan in self.plans[line.key]]
        scope = self.striking(self.scheme.rules, scope, plans)
        gates = self.scheme.of_kind("GATE")
        failed: dict[int, Line] = {}
        for line in self.scheme.lines:
            before = [
                failed[number]
                for number, gate in enumerate(gates)
                if line.key in gate["lines"] and number in failed
            ]
            if before:
                yield Step("line", line.key, line.title, ZERO, f"{before[0].title}未达标，本级不计分")
                continue
            step = self.line(line, scope)
            for number, gate in enumerate(gates):
                if line.key in gate["lines"] and rounded(step.points, self.scheme.places) < gate["pass"]:
                    failed[number] = line
            yield step if line.weight == ONE else _weighted(line, step)
        yield from _adjustments(scope.unit)

    def line(self, line: Line, scope: _Scope) -> Step:
        """The items of a line within its floor and cap."""

        def body(inner):
            return self.items(line, self.striking(line.rules, inner, self.plans[line.key]))

        parts = self.shared(line.rules, scope, [item.key for item in line.items], body)
        return Step.of("line", line.key, line.title, _bounded(parts, line.bounds), _full(line.full))

    def items(self, line: Line, scope: _Scope) -> tuple[Step, ...]:
        """The items; where some do not apply and the scheme says so, the others are scaled up to the whole."""
        plans = self.plans[line.key]
        left_out = {plan.item.key for plan in plans if _is_left_out(plan, scope)}
        scaled = self.scheme.inapplicable is Inapplicable.SCALE and line.role is Role.BASE
        scaled = scaled and 0 < len(left_out) < len(plans)
        steps, applying, whole = [], ZERO, ZERO
        for plan in plans:
            whole += plan.item.full or ZERO
            if plan.item.key in left_out:
                steps.append(self.left_out(plan, scope, scaled))
            else:
                applying += plan.item.full or ZERO
                steps.append(self.item(plan, scope))
        if scaled and applying:
            because = f"适用的{plain(applying)}分折算为{plain(whole)}分"
            return (Step.of("scale", "inapplicable", "折算", steps, because, times=whole, over=applying),)
        return tuple(steps)

    def left_out(self, plan: _Plan, scope: _Scope, scaled: bool) -> Step:
        """An item that does not apply."""
        item, given = plan.item, ZERO if scaled else plan.inapplicable
        because = "不适用，不计入并按比例折算" if scaled else "不适用，按满分计" if given else "不适用"
        part = Step("inapplicable", item.key, "不适用", given, because, facts=scope.of(item.key))
        return Step.of("item", item.key, item.title, (part,), plan.full, about=plan.about)

    def item(self, plan: _Plan, scope: _Scope) -> Step:
        """One item within its floor and cap."""
        item = plan.item
        parts = self.shared(item.rules, scope, (item.key,), lambda inner: self.marked(plan, inner))
        return Step.of(
            "item", item.key, item.title, _bounded(parts, plan.bounds), plan.full, about=plan.about
        )

    def marked(self, plan: _Plan, scope: _Scope) -> list[Step]:
        """Where an item starts, and what its rules make of the facts."""
        key, entries = plan.item.key, scope.of(plan.item.key)
        if is_inapplicable(plan.item, entries):
            return [Step("inapplicable", key, "不适用", plan.inapplicable, "按满分计", facts=entries)]
        steps = [] if plan.start is None else [plan.start]
        for reader, marks in self.found(plan, scope):
            facts = [
                Step("fact", reader.rule.fact, reader.label, mark.points, mark.because, facts=mark.entries)
                for mark in marks
            ]
            points = sum((mark.points for mark in marks), ZERO)
            kept = within_zero(points, reader.rule.params.get("cap"))
            if kept != points:
                because = f"最多{plain(reader.rule['cap'])}分"
                facts.append(Step("limit", "cap", "封顶", kept - points, because))
            unfilled = reader.is_listed and not read_by(reader.rule, entries)
            steps.append(
                Step.of("rule", reader.rule.kind, reader.label, facts, reader.sentence, unfilled=unfilled)
            )
        return steps

    def found(self, plan: _Plan, scope: _Scope) -> list[tuple[_Reader, list[Mark]]]:
        """The marks of each rule of an item, changed and struck out as the rules of item, line and scheme say."""
        found = [(reader, self.marks(plan.item, reader, scope)) for reader in plan.readers]
        for change in plan.changes:
            changed = iter(kind_of(change).function(change, [mark for _, marks in found for mark in marks]))
            found = [(reader, [next(changed) for _ in marks]) for reader, marks in found]
        if scope.struck:
            found = [
                (
                    reader,
                    [scope.struck.get((plan.item.key, reader.number, mark.entries), mark) for mark in marks],
                )
                for reader, marks in found
            ]
        return found

    def marks(self, item: Item, reader: _Reader, scope: _Scope) -> list[Mark]:
        """What one rule makes of the facts it reads."""
        rule, kind = reader.rule, reader.kind
        entries = read_by(rule, scope.of(item.key))
        if is_without_reading(rule, entries):
            return [Mark(ZERO, "不适用", entries)]
        if kind.group is Group.MARK:
            return kind.function(rule, Reading(entries, scope.unit, item.full))
        own = measured(entries)
        if own is None:
            return []
        points, because = kind.function(rule, own, self.figures_of(item, reader, scope))
        return [Mark(points, because, entries)]

    def figures_of(self, item: Item, reader: _Reader, scope: _Scope) -> list[Decimal]:
        """The figures of all peers for a rule, sorted."""
        group = self.peer_key(scope.unit)
        key = (item.key, reader.number, scope.by, group)
        if key not in self.figures:
            figures = []
            for unit in self.units.values():
                if self.peer_key(unit) != group:
                    continue
                entries = tuple(
                    entry
                    for entry in read_by(reader.rule, self.entries[unit.id].get(item.key, ()))
                    if not entry.of and (not scope.by or entry.by in ("", scope.by))
                )
                figure = None if is_without_reading(reader.rule, entries) else measured(entries)
                if figure is not None:
                    figures.append(figure)
            self.figures[key] = sorted(figures)
        return self.figures[key]

    # shares and strikes

    def shared(
        self,
        rules: Iterable[Rule],
        scope: _Scope,
        keys: Sequence[str],
        body: Callable[[_Scope], Iterable[Step]],
    ) -> tuple[Step, ...]:
        """What `body` makes of the scope: once, or once for each share and brought together."""
        rule = next((rule for rule in rules if kind_of(rule).group is Group.SHARE), None)
        if rule is None:
            return tuple(body(scope))
        others = {
            charge: _flat(self.entries[charge], keys)
            for charge in scope.unit.in_charge_of
            if charge in self.entries
        }
        sharing = Sharing(scope.unit, _flat(scope.entries, keys), self.units, others)
        return tuple(
            Step.of(
                "share",
                share.key,
                share.label,
                body(
                    replace(scope, unit=share.unit, entries=_by_item(share.entries), by=share.by or scope.by)
                ),
                times=share.times,
                over=share.over,
            )
            for share in kind_of(rule).function(rule, sharing)
        )

    def striking(self, rules: Iterable[Rule], scope: _Scope, plans: Iterable[_Plan]) -> _Scope:
        """The scope with what 就高不重复 of a line or of the scheme strikes out across its items."""
        for rule in rules:
            if rule.kind != "MAX_ONLY":
                continue
            keys, marks = [], []
            for plan in plans:
                for reader, found in self.found(plan, scope):
                    keys += [(plan.item.key, reader.number, mark.entries) for mark in found]
                    marks += found
            changed = kind_of(rule).function(rule, marks)
            struck = {
                key: after for key, before, after in zip(keys, marks, changed, strict=True) if after != before
            }
            scope = replace(scope, struck=scope.struck | struck)
        return scope

    # grades

    def grade(self, peers: list[Standing]) -> None:
        """Decide the grades of units that stand beside each other."""
        for kind in ORDER:
            for rule in self.scheme.of_kind(kind):
                kind_of(rule).function(rule, peers, self.scheme)
        for standing in peers:
            for cause in standing.adjustments(AdjustmentKind.DOWNGRADE):
                if not cause.condition:
                    lower(standing, cause, cause.steps or 1, self.scheme)


def _is_left_out(plan: _Plan, scope: _Scope) -> bool:
    """Whether an item does not apply to a unit at all; in a share of its own it is for the share to say."""
    own = tuple(entry for entry in scope.of(plan.item.key) if not entry.of)
    is_shared = any(kind_of(rule).group is Group.SHARE for rule in plan.item.rules)
    return is_inapplicable(plan.item, own) and not (is_shared and any(entry.applies for entry in own))


def _by_item(entries: Iterable[Entry]) -> ByItem:
    found: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        found[entry.item].append(entry)
    return {
        item: tuple(sorted(several, key=lambda entry: entry.order)) if len(several) > 1 else tuple(several)
        for item, several in found.items()
    }


def _flat(entries: ByItem, keys: Iterable[str]) -> tuple[Entry, ...]:
    return tuple(entry for key in keys for entry in entries.get(key, ()))


def _bounded(parts: Iterable[Step], bounds: Bounds) -> tuple[Step, ...]:
    """The parts, and what the floor or the cap adds or takes."""
    parts = tuple(parts)
    points = sum((part.points for part in parts), ZERO)
    raised = floor(bounds.floor, points)
    kept = cap(bounds.cap, raised)
    if kept > points:
        limit = Step("limit", "floor", "保底", kept - points, f"不低于{plain(kept)}分")
    elif kept < points:
        limit = Step("limit", "cap", "封顶", kept - points, f"不高于{plain(kept)}分")
    else:
        return parts
    return (*parts, limit)


def _weighted(line: Line, step: Step) -> Step:
    return Step.of("weight", line.key, f"{line.title} × 权重{plain(line.weight)}", (step,), times=line.weight)


def _adjustments(unit: Unit) -> list[Step]:
    signs = {AdjustmentKind.BONUS: ONE, AdjustmentKind.DEDUCTION: -ONE}
    found = [each for each in unit.adjustments if each.kind in signs]
    found.sort(key=lambda each: str(each.as_dict()))
    return [
        Step(
            "adjustment",
            each.kind.value,
            each.kind.label,
            signs[each.kind] * (each.points or ZERO),
            f"{each.reason}，{signed(signs[each.kind] * (each.points or ZERO))}分",
            about=each.as_dict(),
        )
        for each in found
    ]


def _full(full: Decimal | None) -> str:
    return "" if full is None else f"满分{plain(full)}"


def _missing(step: Step, item: Step | None = None, share: str = "") -> Iterable[Missing]:
    """The rules beneath a step that ask for a fact nobody has entered."""
    if step.what == "item":
        item = step
    elif step.what == "share":
        share = step.key
    if step.unfilled and item is not None:
        fact = "" if step.label == KINDS[step.key].label else step.label
        yield Missing(item.key, item.label, fact, share)
    for part in step.parts:
        yield from _missing(part, item, share)
