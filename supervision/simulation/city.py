"""A fictional city: its organisations as plain rows, with the pattern each county is meant to show."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date
from random import Random

from branches.choices import Chain, Level, OrganizationKind, Sector

from .character import Pattern
from .names import DEPARTMENTS, DISTRICTS, STREETS, TOWN_STEMS, VILLAGE_STEMS

CITY_CODE = "8800"
#: county → pattern, in the order of `names.DISTRICTS`
PATTERNS = (Pattern.STEADY, Pattern.MIDDLE, Pattern.BOTTOM, Pattern.RUSHED, Pattern.INSPECTED, Pattern.PLAIN)
TOWNS_PER_COUNTY = 8

Kind = OrganizationKind


@dataclass(frozen=True)
class Place:
    """One organisation to plant, with its pattern and its rank (0 county and above, 1 township or department, 2 总支, 3 branch)."""

    code: str
    parent_code: str | None
    name: str
    short_name: str
    kind: str
    level: int
    chain: str
    sector: str
    has_committee: bool
    founded_on: date
    election_due_on: date
    pattern: Pattern
    rank: int

    @property
    def term_started_on(self) -> date:
        return self.election_due_on.replace(year=self.election_due_on.year - (3 if self.rank > 1 else 5))

    def row(self) -> dict:
        """Return what `bulk_plant` takes."""
        own = {field.name: getattr(self, field.name) for field in fields(self)}
        del own["pattern"], own["rank"]
        return own | {"term_started_on": self.term_started_on}


def places(today: date, seed: int = 1, counties: int = 6, branches_per_town: int = 17) -> Iterator[Place]:
    """Yield the city from the top down: parents before children."""
    random = Random(f"city/{seed}")

    def due() -> date:
        return date(today.year + random.choice((0, 1, 1, 2, 2, 3)), random.randrange(1, 13), 28)

    def place(
        code,
        parent,
        name,
        short,
        kind,
        level,
        pattern,
        rank,
        sector=Sector.OTHER,
        chain=Chain.LOCAL,
        committee=False,
    ):
        founded = date(random.randrange(1985, 2016), random.randrange(1, 13), 1)
        return Place(
            code, parent, name, short, kind, level, chain, sector, committee, founded, due(), pattern, rank
        )

    yield place(
        CITY_CODE, None, "中共云汀市委员会", "云汀市委", Kind.COMMITTEE, Level.CITY, Pattern.STEADY, 0
    )
    stems = iter(TOWN_STEMS)
    for number, (county, pattern) in enumerate(zip(DISTRICTS[:counties], PATTERNS, strict=False), start=1):
        code = f"{CITY_CODE}{number:02d}"
        seat = "区委" if county.endswith("区") else "县委"
        yield place(
            code,
            CITY_CODE,
            f"中共云汀市{county}委员会",
            county[:-1] + seat,
            Kind.COMMITTEE,
            Level.COUNTY,
            pattern,
            0,
        )
        for town in range(1, TOWNS_PER_COUNTY + 1):
            yield from _town(
                place, random, f"{code}{town:02d}", code, next(stems), pattern, town, branches_per_town
            )
    yield from _offices(place, random)


def _town(place, random, code, parent, stem, pattern, number, size):
    urban = number <= 2
    short = f"{stem}{'街道' if urban else '镇'}党{'工' if urban else ''}委"
    kind = Kind.WORK_COMMITTEE if urban else Kind.COMMITTEE
    sector = Sector.COMMUNITY if urban else Sector.RURAL
    yield place(
        code,
        parent,
        f"中共{stem}{'街道工作' if urban else '镇'}委员会",
        short,
        kind,
        Level.PRIMARY,
        pattern,
        1,
        sector,
    )
    general = f"{code}90"
    yield place(
        general,
        code,
        f"中共{stem}社区总支部委员会",
        f"{stem}社区总支",
        Kind.GENERAL_BRANCH,
        Level.GENERAL_BRANCH,
        pattern,
        2,
        Sector.COMMUNITY,
    )
    stems = random.sample(VILLAGE_STEMS, min(size, len(VILLAGE_STEMS)))
    for index in range(1, size + 1):
        branch = f"{code}{index:02d}"
        above = general if index > size - 3 else code
        choice = random.random()
        if above == general or (urban and choice < 0.6):
            unit, sector = f"{stem}{STREETS[index % len(STREETS)]}社区", Sector.COMMUNITY
        elif choice < 0.72:
            unit, sector = f"{stem}{stems[index % len(stems)]}村", Sector.RURAL
        elif choice < 0.84:
            unit, sector = f"{stem}{stems[index % len(stems)]}商会", Sector.NEW_ORGANIZATION
        elif choice < 0.92:
            unit, sector = f"{stem}第{'一二三四五六七八九十'[index % 10]}小学", Sector.SCHOOL
        else:
            unit, sector = f"{stem}机关", Sector.OFFICE
        if sector == Sector.COMMUNITY and index > len(STREETS):
            unit += "二区" if index <= 2 * len(STREETS) else "三区"
        joint = random.random() < 0.05
        committee = not joint and random.random() < 0.8
        yield place(
            branch,
            above,
            f"中共{unit}{'联合' if joint else ''}支部委员会",
            f"{unit}支部",
            Kind.JOINT_BRANCH if joint else Kind.BRANCH,
            Level.BRANCH,
            pattern,
            3,
            sector,
            committee=committee,
        )
        if committee and random.random() < 0.32:
            for group in range(1, random.choice((2, 2, 3)) + 1):
                yield place(
                    f"{branch}G{group}",
                    branch,
                    f"{unit}支部第{'一二三'[group - 1]}党小组",
                    f"第{'一二三'[group - 1]}党小组",
                    Kind.GROUP,
                    Level.GROUP,
                    pattern,
                    3,
                    sector,
                )


def _offices(place, random):
    office = {"sector": Sector.OFFICE, "chain": Chain.OFFICE}
    work = f"{CITY_CODE}W"
    yield place(
        work,
        CITY_CODE,
        "中共云汀市委市直机关工作委员会",
        "市直机关工委",
        Kind.WORK_COMMITTEE,
        Level.OFFICE_WORK_COMMITTEE,
        Pattern.STEADY,
        0,
        **office,
    )
    for number, department in enumerate(DEPARTMENTS, start=1):
        pattern = Pattern.PLAIN if number % 4 == 0 else Pattern.STEADY
        group, committee = f"{work}{number:02d}", f"{work}{number:02d}J"
        yield place(
            group,
            work,
            f"中共云汀市{department}党组",
            f"市{department}党组",
            Kind.LEADING_GROUP,
            Level.DEPARTMENT,
            pattern,
            1,
            **office,
        )
        yield place(
            committee,
            group,
            f"中共云汀市{department}机关委员会",
            f"市{department}机关党委",
            Kind.OFFICE_COMMITTEE,
            Level.OFFICE_COMMITTEE,
            pattern,
            1,
            **office,
        )
        for index in range(1, random.choice((4, 5, 6)) + 1):
            yield place(
                f"{committee}{index}",
                committee,
                f"中共云汀市{department}机关第{'一二三四五六'[index - 1]}支部委员会",
                f"市{department}机关第{'一二三四五六'[index - 1]}支部",
                Kind.BRANCH,
                Level.BRANCH,
                pattern,
                3,
                committee=True,
                **office,
            )
