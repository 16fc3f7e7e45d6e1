"""A round of the town over its two branches while facts are gathered, with items of every source."""

from datetime import date

from accountability.choices import EntryOrigin
from accountability.models import Evaluation, EvaluationEntry, EvaluationRound, RoundScheme
from tests.accountability.evaluating import EARLIER, make_scheme

TABLE = """
format = 1
code = "FILL"
title = "支部综合考核"
full = 100

[[rule]]
kind = "MULT"
condition = "催办后仍未完成"
k = 2

[[line]]
key = "base"
title = "基本工作"
full = 100

[[line.item]]
key = "meetings"
title = "党员大会"
full = 20
source = "meetings"
datum = "党员大会"
rule = [{ kind = "MISS_COUNT", n = 4, p = 5 }]

[[line.item]]
key = "service"
title = "联系服务群众"
full = 20
clause = "党员干部联系服务群众有台账"
rule = [{ kind = "DISCRETION", from = 0, to = 20 }]

[[line.item]]
key = "visits"
title = "走访率"
full = 20
rule = [{ kind = "STEP", steps = [{ from = 90, p = 20 }, { from = 60, p = 10 }] }]

[[line.item]]
key = "late"
title = "材料迟报"
full = 10
rule = [{ kind = "DEDUCT_EACH", p = 1 }]

[[line.item]]
key = "inspection"
title = "督查情况"
full = 10
source = "supervision"
rule = [{ kind = "LEVEL", levels = { "好" = 10, "一般" = 5 } }]

[[line.item]]
key = "opinion"
title = "评价"
full = 20
source = "assessor"
rule = [
    { kind = "ASSESSORS", weights = { "自评" = 0.3, "互评" = 0.2, "党委评" = 0.5 } },
    { kind = "LEVEL", levels = { "好" = 20, "较好" = 16, "差" = 0 } },
]
"""


def gathering(cast, table=TABLE):
    """The evaluation of the first branch in it; that of the second is beside it."""
    scheme = make_scheme(cast.town, code="FILL", table=table)
    held = EvaluationRound.objects.create(
        organization=cast.town,
        title="2026年度考核",
        year=2026,
        starts_on=date(2026, 1, 1),
        ends_on=date(2026, 12, 31),
        fill_until=date(2026, 12, 10),
        author=cast.people["zhao"],
        created_at=EARLIER,
    )
    pinned = RoundScheme.objects.create(round=held, scheme=scheme, version=scheme.versions.get())
    for unit in (cast.first, cast.second):
        Evaluation.objects.create(round=held, organization=unit, scheme=pinned, changed_at=EARLIER)
    first = held.evaluations.get(organization=cast.first)
    EvaluationEntry.objects.create(
        evaluation=first,
        item="meetings",
        count=3,
        due=4,
        origin=EntryOrigin.SYSTEM,
        datum="党员大会",
        created_at=EARLIER,
    )
    return first
