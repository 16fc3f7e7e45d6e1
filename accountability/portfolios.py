"""Which items lie in what an officer is in charge of (分管工作), by its words; plain values."""

import re

# 和 and 及 stand between two fields, and inside words such as 和谐 and 及时.
_BETWEEN = re.compile(r"[、，,;；。/\s]+|以及|和(?![谐平睦])|(?<![普涉])及(?!时)")
_TAIL = re.compile(r"(?:等方面|等|方面)?(?:的)?(?:各项)?(?:工作|事务)?$")
#: A single character names no field.
SHORTEST = 2


def fields_of(in_charge_of: str) -> list[str]:
    """The fields named: “分管基层党建、作风建设等工作” gives 基层党建, 作风建设."""
    parts = _BETWEEN.split(in_charge_of.strip().removeprefix("分管").removeprefix("负责"))
    found = [_TAIL.sub("", part) for part in parts]
    return [each for each in dict.fromkeys(found) if len(each) >= SHORTEST]


def is_in_charge(in_charge_of: str, text: str) -> bool:
    """Whether one of the fields is named in `text`."""
    return any(each in text for each in fields_of(in_charge_of))
