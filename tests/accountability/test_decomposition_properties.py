"""Whatever is decomposed to whomever in whatever tree: sums hold, nothing is orphaned, withdrawing restores."""

from datetime import UTC, date, datetime
from functools import cached_property

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accountability.actions.batches import start_batch, take_step, withdraw_batch
from accountability.actions.decompositions import Share, decompose_duty
from accountability.actions.lists import issue_lists, withdraw_list
from accountability.choices import CountedBy, DutyKind, IssueReach, ListStatus, RecordStatus
from accountability.models import Duty, DutyList, DutyRecord, DutyTemplate, DutyTemplateItem
from branches.access import Actor
from branches.choices import Level, OrganizationKind, Post
from branches.models import Appointment, Organization, User
from branches.periods import Interval
from tests.conftest import plant

TODAY = date(2026, 3, 10)
NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
RUNGS = (Level.CITY, Level.COUNTY, Level.PRIMARY, Level.BRANCH)
INTERVALS = [each.value for each in Interval]


class World:
    """A tree of three to four rungs in which every unit has a secretary and a deputy, and one template."""

    def __init__(self, widths: list[int], items: list[tuple[str, int | None]]):
        self.top = self.plant("1", 0, None)
        generation, number = [self.top], 0
        for depth, width in enumerate(widths, start=1):
            below = []
            for parent in generation:
                for _ in range(width):
                    number += 1
                    below.append(self.plant(f"1{number:03d}", depth, parent))
            generation = below
        self.template = DutyTemplate.objects.create(
            code="T", title="清单", kind=DutyKind.PRINCIPAL, year=2026, levels=[RUNGS[0], RUNGS[1]]
        )
        for place, (interval, target) in enumerate(items, start=1):
            DutyTemplateItem.objects.create(
                template=self.template,
                number=place,
                heading=f"第{place}项",
                content="内容",
                interval=interval,
                counted_by=CountedBy.HAND if target else "",
                target=target,
            )

    def plant(self, code, depth, parent):
        kind = OrganizationKind.BRANCH if depth == 3 else OrganizationKind.COMMITTEE
        unit = plant(code, f"单位{code}", kind, RUNGS[depth], parent)
        for post in (Post.SECRETARY, Post.DEPUTY_SECRETARY):
            user = User.objects.create(username=f"{post}{code}", name=f"{code}{Post(post).label}")
            Appointment.objects.create(user=user, organization=unit, post=post, starts_on=date(2024, 1, 1))
        return unit

    @cached_property
    def officers(self) -> dict[int, list[Appointment]]:
        found = {}
        for each in Appointment.objects.select_related("user", "organization").order_by("pk"):
            found.setdefault(each.organization_id, []).append(each)
        return found

    def secretary(self, unit_pk) -> Actor:
        appointment = self.officers[unit_pk][0]
        return Actor(appointment.user, appointment, TODAY)

    def issue(self):
        issue_lists(actor=self.secretary(self.top.pk), template=self.template, scope=self.top, now=NOW)

    def decompose(self, duty, draw) -> int:
        """Hand a duty on as chance has it; 0 where it cannot be or the parts do not add up."""
        children = list(Organization.objects.filter(parent=duty.organization_id).order_by("path"))
        takers = draw(st.sets(st.integers(0, len(children) + 1), max_size=len(children) + 2))
        shorter = [each for each in INTERVALS if Interval(each).length <= Interval(duty.interval).length]
        shares = []
        for taker in takers:
            facts = {"interval": draw(st.sampled_from(shorter))}
            if duty.counted_by:
                facts["target"] = draw(st.none() | st.integers(1, 6))
            if taker < len(children):
                owner = draw(st.sampled_from([None, *self.officers[children[taker].pk]]))
                shares.append(Share(children[taker], owner=owner, **facts))
            else:
                officer = self.officers[duty.organization_id][taker - len(children)]
                shares.append(Share(duty.organization, owner=officer, is_personal=True, **facts))
        try:
            with transaction.atomic():
                return decompose_duty(
                    actor=self.secretary(duty.organization_id), duty=duty, shares=shares, now=NOW
                )
        except ValidationError:
            return 0

    def decompose_all(self, draw):
        """Level by level, so that shares are shared on."""
        for level in RUNGS[:-1]:
            for duty in (
                Duty.objects.in_force().filter(organization__level=level).select_related("organization")
            ):
                self.decompose(duty, draw)


def standing():
    """What is in force and what is due, as plain values."""
    return (
        set(DutyList.objects.in_force().values_list("pk", flat=True)),
        set(Duty.objects.in_force().values_list("pk", flat=True)),
        set(DutyRecord.objects.in_force().values_list("pk", "period", "due_on", "status")),
    )


@st.composite
def worlds(draw):
    """The shape of a tree and the items of a list."""
    widths = draw(st.lists(st.integers(1, 2), min_size=2, max_size=3))
    items = draw(
        st.lists(st.tuples(st.sampled_from(INTERVALS), st.none() | st.integers(1, 5)), min_size=1, max_size=3)
    )
    return widths, items


def in_a_world(check):
    """Run a check on many worlds, each in a transaction that is rolled back."""

    @pytest.mark.django_db
    @settings(max_examples=12, deadline=None, suppress_health_check=[*HealthCheck])
    @given(shape=worlds(), data=st.data())
    def checked(shape, data):
        with transaction.atomic():
            check(World(*shape), data.draw)
            transaction.set_rollback(True)

    checked.__name__ = checked.__qualname__ = check.__name__
    return checked


@in_a_world
def test_targets_of_shares_reach_the_parents(world, draw):
    world.issue()
    world.decompose_all(draw)
    for duty in Duty.objects.in_force().filter(counted_by=CountedBy.HAND):
        children = list(duty.children.in_force())
        months = Interval(duty.interval).length
        reached = sum(each.target * months // Interval(each.interval).length for each in children)
        assert not children or reached >= duty.target


@in_a_world
def test_every_share_in_force_has_a_parent_in_force(world, draw):
    world.issue()
    world.decompose_all(draw)
    lists = list(DutyList.objects.in_force().order_by("pk"))
    for duty_list in draw(st.lists(st.sampled_from(lists), max_size=3, unique=True)):
        duty_list.refresh_from_db()
        if duty_list.status == ListStatus.WITHDRAWN:
            continue
        withdraw_list(actor=world.secretary(world.top.pk), duty_list=duty_list, reason="调整", now=NOW)
        duties = Duty.objects.in_force()
        assert not duties.filter(parent__is_withdrawn=True).exists()
        assert not duties.filter(duty_list__status=ListStatus.WITHDRAWN).exists()
        records = DutyRecord.objects.in_force().filter(parent__isnull=False)
        assert not records.filter(parent__withdrawn_at__isnull=False).exists()
        assert not DutyRecord.objects.unfinished().filter(duty__is_withdrawn=True).exists()


@in_a_world
def test_every_term_of_a_share_lies_in_a_term_of_its_parent(world, draw):
    world.issue()
    world.decompose_all(draw)
    records = DutyRecord.objects.in_force().filter(duty__parent__isnull=False)
    for record in records.select_related("duty", "parent__duty"):
        assert record.parent.duty_id == record.duty.parent_id
        assert record.due_on <= record.parent.due_on
        assert record.parent.window.starts_on <= record.window.starts_on


@in_a_world
def test_withdrawing_restores_what_was_before(world, draw):
    if draw(st.booleans()):
        world.issue()
    before = standing()
    template = DutyTemplate.objects.create(code="S", title="另一份", kind=DutyKind.DUAL, year=2026)
    DutyTemplateItem.objects.create(
        template=template, number=1, heading="项", content="内容", interval="quarter"
    )
    actor = world.secretary(world.top.pk)
    batch = start_batch(actor=actor, template=template, scope=world.top, reach=IssueReach.SUBTREE, now=NOW)
    _work_off(batch)
    for duty in Duty.objects.in_force().filter(duty_list__batch=batch).select_related("organization"):
        world.decompose(duty, draw)
    withdraw_batch(actor=actor, batch=batch, reason="撤回", now=NOW)
    _work_off(batch)
    assert standing() == before


@in_a_world
def test_what_was_accepted_stays_when_all_else_goes(world, draw):
    world.issue()
    world.decompose_all(draw)
    keys = list(DutyRecord.objects.order_by("pk").values_list("pk", flat=True))
    kept = draw(st.sets(st.sampled_from(keys), max_size=4))
    DutyRecord.objects.filter(pk__in=kept).update(
        status=RecordStatus.ACCEPTED, accepted_at=NOW, done_on=TODAY
    )
    for duty_list in DutyList.objects.filter(template=world.template):
        withdraw_list(actor=world.secretary(world.top.pk), duty_list=duty_list, reason="撤回", now=NOW)
    assert set(DutyRecord.objects.in_force().values_list("pk", flat=True)) == kept


@in_a_world
def test_issuing_twice_is_issuing_once_in_any_order(world, draw):
    units = list(Organization.objects.filter(level__in=world.template.levels))
    for unit in draw(st.permutations(units)):
        for _ in range(draw(st.integers(1, 2))):
            actor = world.secretary(world.top.pk)
            reach = draw(st.sampled_from(IssueReach.values))
            issue_lists(actor=actor, template=world.template, scope=unit, reach=reach, now=NOW)
    stepwise = _content()
    world.issue()
    missing = {unit.pk for unit in units} - {organization for organization, *_ in stepwise}
    assert all(row[0] in missing for row in _content() - stepwise)
    withdraw = DutyList.objects.in_force()
    for duty_list in withdraw:
        withdraw_list(actor=world.secretary(world.top.pk), duty_list=duty_list, reason="重来", now=NOW)
    world.issue()
    assert {row for row in _content() if row[0] not in missing} == stepwise


def _content() -> set[tuple]:
    """What is asked of whom by when, without keys."""
    return set(
        DutyRecord.objects.in_force()
        .values("organization", number=F("duty__number"), interval=F("duty__interval"))
        .annotate(periods=Sum("period"))
        .values_list("organization", "number", "interval", "periods")
    )


def _work_off(batch):
    after = ""
    while after is not None:
        after = take_step(pk=batch.pk, after=after, now=NOW)
