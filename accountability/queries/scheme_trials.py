"""What the system knows of one unit for a trial of a scoring table."""

from datetime import date

from accountability.scheme_trial import Trial
from accountability.scoring import Scheme, Subject
from branches.models import Organization

from .known_facts import known_facts


def trial_of(table: Scheme, unit: Organization, data, *, today: date, now) -> Trial:
    """The trial on a unit with what is known of the year so far; persons are tried with what is typed alone."""
    year = table.year or today.year
    starts_on, ends_on = date(year, 1, 1), min(date(year, 12, 31), today)
    if table.subject is Subject.PERSON or ends_on < starts_on:
        return Trial(table, str(unit), data=data)
    known = known_facts(table, [unit], starts_on, ends_on, now)[unit.pk]
    return Trial(
        table,
        str(unit),
        data=data,
        entries=known.entries,
        numbers=known.numbers,
        members=known.members,
    )
