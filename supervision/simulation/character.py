"""How diligent each unit is: the patterns the demo is meant to show."""

from dataclasses import dataclass, replace
from enum import Enum


class Pattern(Enum):
    """What is known of a county; the value is told on the demo's start page and nowhere else."""

    STEADY = "各级都热"
    MIDDLE = "中梗阻"
    BOTTOM = "下冷"
    RUSHED = "月末突击"
    INSPECTED = "检查一走就放松"
    PLAIN = "上热中温下冷"


@dataclass(frozen=True)
class Character:
    """Probabilities of one unit in one month: that an owed event is held, that a person comes, that a duty is done,
    that it is done in time, and that an event falls into the last five days."""

    hold: float
    attend: float
    duty: float
    timely: float
    rush: float = 0.16

    def scaled(self, factor: float) -> "Character":
        return replace(
            self,
            hold=min(self.hold * factor, 1),
            attend=min(self.attend * factor, 1),
            duty=min(self.duty * factor, 1),
            timely=min(self.timely * factor, 1),
        )


HOT = Character(hold=0.97, attend=0.95, duty=0.96, timely=0.95)
GOOD = Character(hold=0.90, attend=0.90, duty=0.90, timely=0.88)
WARM = Character(hold=0.74, attend=0.80, duty=0.72, timely=0.70)
COOL = Character(hold=0.58, attend=0.68, duty=0.52, timely=0.55)
COLD = Character(hold=0.42, attend=0.55, duty=0.38, timely=0.45)

#: pattern → (county, township committees, 总支, branches)
LADDERS: dict[Pattern, tuple[Character, Character, Character, Character]] = {
    Pattern.STEADY: (HOT, HOT, HOT, GOOD),
    Pattern.MIDDLE: (HOT, COOL, WARM.scaled(0.85), WARM.scaled(0.9)),
    Pattern.BOTTOM: (HOT, GOOD, GOOD.scaled(0.92), COLD),
    Pattern.RUSHED: (GOOD, GOOD, GOOD.scaled(0.95), replace(GOOD.scaled(0.92), rush=0.72)),
    Pattern.INSPECTED: (GOOD, GOOD, GOOD, GOOD),
    Pattern.PLAIN: (GOOD, WARM, WARM.scaled(0.85), COOL),
}


def character_of(
    pattern: Pattern, rank: int, months_since_inspection: int | None, unit_factor: float
) -> Character:
    """Return the character of a unit: `rank` 0 county, 1 township, 2 总支, 3 branch; `unit_factor` around 1 is its own.

    `months_since_inspection` is negative before, 0 during, positive after; it matters to INSPECTED only.
    """
    character = LADDERS[pattern][rank]
    if pattern is Pattern.INSPECTED and rank > 0 and months_since_inspection is not None:
        if months_since_inspection in (-1, 0):
            character = HOT
        elif months_since_inspection > 0:
            character = character.scaled(max(0.55, 0.85 - 0.1 * months_since_inspection))
    return character.scaled(unit_factor)
