"""What units of the fictional city state in an evaluation: by the item of a starter scheme, as good as the unit is."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from accountability.scoring import Entry

Maker = Callable[[str, float, Random, date], Iterable[Entry]]


def _better(random: Random, quality: float, choices):
    """One of `choices`, from the best to the lowest; a good unit seldom gets a low one."""
    place = random.betavariate(1 + 4 * (1 - quality), 1 + 5 * quality)
    return choices[min(int(place * len(choices)), len(choices) - 1)]


def _of_due(due: int) -> Maker:
    def make(item, quality, random, day):
        done = sum(random.random() < 0.35 + 0.65 * quality for _ in range(due))
        yield Entry(item, count=done, due=due)

    return make


def _number(most: int) -> Maker:
    def make(item, quality, random, day):
        yield Entry(item, count=round(most * (0.3 + 0.7 * quality * random.uniform(0.7, 1.2))))

    return make


def _level(*levels: str) -> Maker:
    def make(item, quality, random, day):
        yield Entry(item, level=_better(random, quality, levels))

    return make


def _yes(item, quality, random, day):
    yield Entry(item, yes=random.random() < 0.7 + 0.3 * quality)


def _value(low: float, high: float) -> Maker:
    def make(item, quality, random, day):
        value = low + (high - low) * quality * random.uniform(0.6, 1.1)
        yield Entry(item, value=Decimal(str(round(value, 1))))

    return make


def _petitions(item, quality, random, day):
    for number in range(sum(random.random() < 0.8 - 0.7 * quality for _ in range(3))):
        flags = ("重复发生",) if number == 2 else ()
        yield Entry(
            item, on=day - timedelta(days=random.randrange(20, 240)), flags=flags, note="越级反映一次"
        )


def _honours(item, quality, random, day):
    if random.random() < quality * 0.5:
        level = random.choice(("镇", "镇", "县", "市") if quality > 0.7 else ("镇", "镇", "县"))
        yield Entry(item, level=level, matter=random.choice(("清洁家园", "平安创建", "先进基层党组织")))


def _ballots(*levels: str) -> Maker:
    def make(item, quality, random, day):
        given = [_better(random, quality, levels) for _ in range(20)]
        for level in levels:
            if number := given.count(level):
                yield Entry(item, level=level, count=number)

    return make


def _tier(levels: tuple[str, ...], matter: str, good: bool) -> Maker:
    def make(item, quality, random, day):
        if random.random() < (quality if good else 1 - quality) * 0.5:
            yield Entry(item, level=random.choice(levels), matter=matter)

    return make


def _held(fact: str, due: int) -> Maker:
    def make(item, quality, random, day):
        yield Entry(item, fact=fact, count=sum(random.random() < 0.55 + 0.45 * quality for _ in range(due)))

    return make


def _meetings(item, quality, random, day):
    for fact, due in (("党员大会", 4), ("支委会", 12), ("主题党日", 12)):
        yield from _held(fact, due)(item, quality, random, day)


def _points(most: int) -> Maker:
    def make(item, quality, random, day):
        given = Decimal(round(most * (0.5 + 0.5 * quality * random.uniform(0.8, 1))))
        yield Entry(item, points=given, reason="联系指导中看过三次活动。")

    return make


#: Item of a starter → what is stated about it by hand.
BY_HAND: dict[str, Maker] = {
    "place": _yes,
    "term": _level("按期且齐全", "按期不齐全", "经批准延期", "超期"),
    "four-steps": _of_due(8),
    "services": _number(6),
    "petitions": _petitions,
    "income": _value(8, 96),
    "secretary": _value(1, 9),
    "honours": _honours,
    "floating": _of_due(6),
    "owner": _yes,
    "posts": _number(5),
    "talks": _of_due(7),
    "weak-branches": _level("销号", "明显好转", "有所好转", "没有变化"),
    "rectification": _of_due(12),
    "experience": _tier(("县", "县", "市"), "支部联建", good=True),
    "notified": _tier(("县", "县", "市"), "材料报送不实", good=False),
}
#: Item → what assessors gave, all of them together.
BY_ASSESSORS: dict[str, Maker] = {
    "villagers": _ballots("好", "较好", "一般", "差"),
    "adviser": _points(10),
    "public": _ballots("满意", "基本满意", "不满意"),
}
#: Item → what the system would have filled in before there was any record of it.
BY_THE_SYSTEM: dict[str, Maker] = {
    "life": _meetings,
    "meetings": _held("", 4),
    "party-day": _of_due(120),
    "study-sessions": _held("", 2),
    "lists": _of_due(60),
    "branch-life": _of_due(200),
}


def stated(
    makers: dict[str, Maker], keys: Iterable[str], quality: float, random: Random, day: date
) -> list[Entry]:
    """What is stated about the items `keys` by a unit of this `quality` (0 to 1) up to `day`."""
    return [entry for key in keys if key in makers for entry in makers[key](key, quality, random, day)]
