"""How organisations stood before a change is kept as a closed stretch, so that a past period is judged as it was."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db.models import Max

from branches.models import Organization, Placement
from branches.querysets.organizations import JUDGED


def check_day(organization: Organization, effective_on: date, today: date) -> None:
    """Raise ValidationError unless a change of `organization` may take effect on that day."""
    if organization.dissolved_on is not None:
        raise ValidationError(
            f"“{organization}”已于{organization.dissolved_on:%Y年%m月%d日}撤销，不能再变动。"
        )
    if effective_on > today:
        raise ValidationError("生效日期不能晚于今天。")
    if organization.founded_on and effective_on < organization.founded_on:
        raise ValidationError(
            f"生效日期不能早于“{organization}”的成立日期（{organization.founded_on:%Y年%m月%d日}）。"
        )
    last = last_change(organization)
    if last and effective_on < last:
        raise ValidationError(f"“{organization}”在{last:%Y年%m月%d日}已有变动，生效日期不能早于那一天。")


def last_change(organization: Organization) -> date | None:
    """The day since which the organisation stands as it does; None when it always has."""
    return organization.placements.aggregate(last=Max("ends_on"))["last"]


def close_stretches(organizations: list[Organization], effective_on: date) -> None:
    """Keep how each organisation stands until `effective_on`; call before changing what is judged.

    Nothing is kept for one that began that day or later, or that changed that day already. ValidationError for one
    that has changed on a later day.
    """
    last = dict(
        Placement.objects.filter(organization__in=organizations)
        .order_by()
        .values_list("organization")
        .annotate(last=Max("ends_on"))
    )
    stretches = []
    for organization in organizations:
        since = last.get(organization.pk)
        if since and since > effective_on:
            raise ValidationError(f"“{organization}”在{since:%Y年%m月%d日}已有变动，生效日期不能早于那一天。")
        if since == effective_on or (organization.founded_on and organization.founded_on >= effective_on):
            continue
        stretches.append(
            Placement(
                organization=organization,
                starts_on=since,
                ends_on=effective_on,
                **{name: getattr(organization, name) for name in JUDGED},
            )
        )
    Placement.objects.bulk_create(stretches, batch_size=1000)
