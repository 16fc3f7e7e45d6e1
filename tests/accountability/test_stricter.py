"""层层加码: the database finds exactly what the plain function says."""

from datetime import date
from itertools import product

from accountability.choices import CountedBy, EvidenceKind
from accountability.models import Duty, DutyList
from accountability.windows import stricter_points
from branches.periods import Interval
from tests.accountability.conftest import TODAY

INTERVALS = [each.value for each in Interval]
DAYS = (None, date(2026, 6, 30), date(2026, 6, 29), date(2026, 9, 30), date(2026, 12, 31))
COUNTS = (("", None), (CountedBy.HAND, 2), (CountedBy.HAND, 3))
EVIDENCE = (EvidenceKind.OPTIONAL, EvidenceKind.DOCUMENT)


def variants(days, counts):
    names = ("interval", "deadline", "count", "evidence")
    for values in product(INTERVALS, days, counts, EVIDENCE):
        facts = dict(zip(names, values, strict=True))
        facts["counted_by"], facts["target"] = facts.pop("count")
        yield facts


def test_the_query_says_what_the_function_says(cast):
    above, below = (
        DutyList.objects.create(
            title="清单", kind="PRINCIPAL", year=2026, organization=each, issuer=cast.county, issued_on=TODAY
        )
        for each in (cast.county, cast.town)
    )

    parents = Duty.objects.bulk_create(
        Duty(duty_list=above, organization=cast.county, number=number, heading="项", **facts)
        for number, facts in enumerate(variants(DAYS[:2], COUNTS[:2]))
    )
    # Only one share of a unit is in force; these are withdrawn, so that there may be many.
    for parent in parents:
        Duty.objects.bulk_create(
            Duty(
                duty_list=below,
                organization=cast.town,
                number=parent.number * 1000 + number,
                heading="项",
                parent=parent,
                is_withdrawn=True,
                **facts,
            )
            for number, facts in enumerate(variants(DAYS, COUNTS))
        )
    children = Duty.objects.filter(parent__isnull=False).select_related("parent")
    expected = {each.pk for each in children if stricter_points(each, each.parent)}
    assert 0 < len(expected) < len(children)
    assert set(Duty.objects.stricter().values_list("pk", flat=True)) == expected
