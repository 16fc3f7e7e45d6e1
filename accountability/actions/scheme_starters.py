from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accountability.models import Scheme
from accountability.scheme_starters import Starter, starters
from accountability.scheme_tables import carried
from branches.models import Organization

from .schemes import create_scheme, first_version


@transaction.atomic
def load_scheme_starters(*, organization: Organization, year: int) -> list[Scheme]:
    """Create the starter schemes of a year whose code the organisation does not have yet and return them.

    Nothing existing is touched.
    """
    known = set(Scheme.objects.filter(organization=organization, year=year).values_list("code", flat=True))
    now = timezone.now()
    return [
        first_version(
            actor=None,
            organization=organization,
            table=carried(starter.table, year),
            reason="系统示例",
            is_starter=True,
            now=now,
        )
        for starter in starters().values()
        if starter.table.code not in known
    ]


@transaction.atomic
def adopt_starter(*, actor, organization: Organization, starter: Starter, year: int, now) -> Scheme:
    """Make a starter a scheme of the organisation, free to be changed; `ValidationError` when it has its code."""
    Organization.objects.select_for_update().get(pk=organization.pk)
    table = carried(starter.table, year)
    if Scheme.objects.filter(organization=organization, code=table.code, year=year).exists():
        raise ValidationError(f"{organization}{year}年度已有编号为“{table.code}”的考核办法，可以直接修改它。")
    return create_scheme(
        actor=actor, organization=organization, table=table, reason="由示例新建", now=now, is_starter=True
    )
