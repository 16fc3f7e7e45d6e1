"""Random schemes in which every kind of rule with every parameter may stand; what they say need not make sense."""

from datetime import date
from decimal import Decimal

from hypothesis import strategies as st

from accountability.scoring import (
    KINDS,
    Inapplicable,
    Item,
    Line,
    Peers,
    Place,
    Role,
    Rule,
    Scheme,
    Source,
    Subject,
)
from accountability.scoring.checks import written_at
from branches.choices import Level, Sector
from branches.identity import normalize_cell

# Texts as people write them, with whatever might be taken for something else.
TEXTS = (
    st.one_of(
        st.sampled_from(
            [
                "最多",
                "每次扣：2",
                '甲"乙',
                "“甲”",
                "=1+1",
                "'=1",
                "-5",
                "12",
                "１２",
                "_x0041_",
                "优秀90分",
                "办法",
                "a；b",
                "a, b",
            ]
        ),
        st.text(
            alphabet=st.one_of(
                st.sampled_from("=+-@'\"\\#[]{}，。；：“”（）《》 ≥%,:;=党建支部责任最多每次扣1２"),
                st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Co", "Cn", "Zl", "Zp")),
            ),
            min_size=1,
            max_size=12,
        ),
    )
    .map(str.strip)
    .filter(normalize_cell)  # some characters are nothing to see
)
_whole = st.integers(1, 1_000_000)


def _decimals(low, high, places=6):
    scale = 10**places
    return st.integers(int(low * scale), int(high * scale)).map(lambda each: Decimal(each) / scale)


def _by_name(values):
    return st.dictionaries(TEXTS, values, min_size=1, max_size=4)


_points = st.one_of(st.integers(-20, 20).map(Decimal), _decimals(-1_000_000, 1_000_000))
_positive = st.one_of(st.integers(1, 20).map(Decimal), _decimals(0.000001, 1_000_000))
_VALUES = {
    "text": TEXTS,
    "list of texts": st.lists(TEXTS, unique=True, min_size=1, max_size=4).map(tuple),
    "true or false": st.booleans(),
    "points": _points,
    "positive points": _positive,
    "points from 0": _positive | st.just(Decimal(0)),
    "positive number": _positive,
    "percent": _decimals(0, 100),
    "share": _decimals(0, 1),
    "factor": _decimals(0, 100),
    "count": st.integers(0, 1_000_000),
    "count from 1": _whole,
    "steps": st.integers(1, 20),
    "points by name": _by_name(_points),
    "shares by name": _by_name(_decimals(0, 1)),
    "factors by name": _by_name(_decimals(0, 100)),
    "percent by name": _by_name(_decimals(0, 100)),
    "counts by name": _by_name(st.integers(0, 1000)),
    "counts from 1 by name": _by_name(_whole),
    "list of { from, p }": st.lists(
        st.fixed_dictionaries({"from": _points, "p": _points}), min_size=1, max_size=4
    ).map(tuple),
    "list of { grade, from, below }": st.lists(
        st.fixed_dictionaries({"grade": TEXTS, "from": _points}, optional={"below": _points}),
        min_size=1,
        max_size=4,
    ).map(tuple),
}


@st.composite
def rules(draw, place, names=None):
    """A rule that may be written at `place`; `names` for the lines and items it names."""
    kind = KINDS[draw(st.sampled_from(written_at(place)))]
    params = {}
    for param in kind.params_at(place):
        if not param.is_required and draw(st.booleans()):
            params[param.name] = param.default
        elif param.shape.choices:
            params[param.name] = draw(st.sampled_from(param.shape.choices))
        else:
            params[param.name] = draw(_VALUES[param.shape.name])
    if kind.name == "GATE":
        params["lines"] = draw(st.lists(st.sampled_from(names[0]), unique=True, min_size=1).map(tuple))
    if kind.name == "VETO" and params["of"]:
        params["of"] = draw(st.sampled_from(names[0] + names[1]))
    return Rule(kind.name, params)


@st.composite
def schemes(draw):
    """A scheme of a few lines and items."""
    keys = draw(st.lists(TEXTS, unique=True, min_size=2, max_size=6))
    lines = draw(st.lists(TEXTS, unique=True, min_size=1, max_size=2))
    some = st.none() | _points
    rows = []
    for at, key in enumerate(lines):
        own = keys[at :: len(lines)]
        items = tuple(
            Item(
                each,
                draw(TEXTS),
                tuple(draw(st.lists(rules(Place.ITEM), max_size=3))),
                draw(st.none() | _positive),
                draw(some),
                draw(some),
                draw(some),
                draw(st.sampled_from(Source)),
                draw(st.just("") | TEXTS),
                draw(st.just("") | TEXTS),
            )
            for each in own
        )
        rows.append(
            Line(
                key,
                draw(TEXTS),
                items,
                draw(st.sampled_from(Role)),
                draw(st.none() | _positive),
                draw(some),
                draw(some),
                draw(st.just(Decimal(1)) | _decimals(0, 100)),
                tuple(draw(st.lists(rules(Place.LINE), max_size=2))),
            )
        )
    day = st.none() | st.dates(date(1950, 1, 1), date(2099, 12, 31))
    return Scheme(
        code=draw(TEXTS),
        title=draw(TEXTS),
        full=draw(_positive),
        lines=tuple(rows),
        rules=tuple(draw(st.lists(rules(Place.SCHEME, (lines, keys)), max_size=4))),
        grades=tuple(draw(st.lists(TEXTS, unique=True, max_size=4))),
        year=draw(st.none() | st.integers(1949, 2200)),
        starts_on=draw(day),
        ends_on=draw(day),
        subject=draw(st.sampled_from(Subject)),
        kinds=tuple(draw(st.lists(st.sampled_from(["COMMITTEE", "BRANCH"]), unique=True))),
        levels=tuple(draw(st.lists(st.sampled_from([Level.COUNTY.name, Level.BRANCH.name]), unique=True))),
        sectors=tuple(draw(st.lists(st.sampled_from([each.name for each in Sector]), unique=True))),
        basis=draw(st.just("") | TEXTS),
        floor=draw(_points),
        cap=draw(some),
        places=draw(st.integers(0, 6)),
        peers=draw(st.sampled_from(Peers)),
        inapplicable=draw(st.sampled_from(Inapplicable)),
    )
