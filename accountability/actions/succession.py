"""What becomes of duties when a unit is merged or ends, and when a post is handed over.

What is open passes on, with a row of `DutyHandover` that says from whom to whom; what was accepted stays with who did
it. A run with an earlier cut-off still counts what it counted.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, Q
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from accountability.choices import DeploymentState, ListStatus, RecordStatus
from accountability.models import (
    Deployment,
    Duty,
    DutyHandover,
    DutyList,
    DutyRecord,
    EvidenceFile,
)
from accountability.queries.succession import (
    BEARERS,
    HandoverPlan,
    duties_of,
    going_on,
    handover_plan,
    list_key,
    successor_of,
)
from accountability.windows import Term, carrying_window
from branches.access import Actor, Right
from branches.actions.audit import record_event
from branches.models import Appointment, Organization
from branches.periods import Period, window_of

from .marks import mark_records
from .notices import tell_of_handovers

#: Rows named in one condition.
AT_ONCE = 500
#: What a term says goes on with it.
_CARRIED = (
    "is_deployment",
    "period",
    "due_on",
    "status",
    "done_on",
    "summary",
    "counted",
    "author",
    "submitted_at",
)


@dataclass(frozen=True)
class Followed:
    """How many duties passed on, and how many ended because the other owed the same or there was nobody."""

    passed: int = 0
    ended: int = 0

    def __add__(self, other: "Followed") -> "Followed":
        return Followed(self.passed + other.passed, self.ended + other.ended)


def follow_reorganisation(*, today: date, now: datetime) -> Followed:
    """Let the duties of merged units go on at their heirs, and end those of units that ended without one.

    Each open term ends at the unit that is no more and goes on, as it stands, at the unit it was merged into, unless
    that one owes the same already. What was decomposed from it hangs on its continuation. Repeating it changes
    nothing.
    """
    left = going_on(Duty.objects.filter(organization=OuterRef("pk")), today)
    units = (
        Organization.objects.filter(dissolved_on__lte=today)
        .filter(
            Exists(left)
            | Q(merged_into__isnull=False)
            & Exists(Deployment.objects.filter(organization=OuterRef("pk"), state=DeploymentState.ISSUED))
        )
        .order_by("path")
        .values_list("pk", flat=True)
    )
    followed = Followed()
    for pk in list(units):
        followed += _follow(pk, today, now)
    return followed


def hand_over_posts(*, today: date, now: datetime) -> Followed:
    """Pass what officers who have left answer for to their successors; without one it stays, and shows as a gap."""
    left = going_on(Duty.objects.all(), today)
    officers = (
        Appointment.objects.filter(ends_on__lte=today)
        .filter(
            Exists(left.filter(owner=OuterRef("pk")))
            | Exists(left.filter(duty_list__appointment=OuterRef("pk")))
        )
        .select_related("user", "organization")
        .order_by("pk")
    )
    followed = Followed()
    for giver in list(officers):
        units = Organization.objects.filter(
            pk__in=duties_of(giver, today).order_by().values("organization")
        ).active_on(today)
        for unit in units:
            receiver = successor_of(giver, unit, today, merged=unit.pk != giver.organization_id)
            if receiver is not None:
                reason = f"{giver.user}不再担任{giver.get_post_display()}，由{receiver.user}接任"
                followed += _hand_over(giver, receiver, unit, reason, actor=None, today=today, now=now)
    return followed


def may_hand_over(actor: Actor, organization: Organization) -> bool:
    """Whether the actor settles who of the unit answers for what: its leaders, and those who keep its appointments."""
    return actor.may(Right.DECOMPOSE_DUTIES, organization) or actor.may(
        Right.MANAGE_APPOINTMENTS, organization
    )


def require_handing_over(actor: Actor, organization: Organization) -> None:
    """Raise `PermissionDenied` unless the actor settles who of the unit answers for what."""
    if not may_hand_over(actor, organization):
        raise PermissionDenied("移交职责由本单位负责人或维护任职的管理员办理。")


@transaction.atomic
def hand_over_duties(
    *,
    actor: Actor,
    organization: Organization,
    giver: Appointment,
    receiver: Appointment,
    reason: str,
    now: datetime,
) -> Followed:
    """Pass what one officer answers for at a unit and is not done to another one, who is told at once."""
    require_handing_over(actor, organization)
    today = actor.today
    if not reason.strip():
        raise ValidationError({"reason": "请写明移交原因。"})
    if receiver.pk == giver.pk:
        raise ValidationError({"receiver": "移交人和接收人不能是同一任职。"})
    ended = receiver.ends_on is not None and receiver.ends_on <= today
    if receiver.organization_id != organization.pk or receiver.post not in BEARERS or ended:
        raise ValidationError({"receiver": "接收人须现任本单位能填写履责纪实的职务。"})
    followed = _hand_over(giver, receiver, organization, reason.strip(), actor=actor, today=today, now=now)
    if followed == Followed():
        raise ValidationError({"giver": "此人名下已没有未完成的职责。"})
    return followed


@transaction.atomic
def _hand_over(
    giver: Appointment,
    receiver: Appointment,
    organization: Organization,
    reason: str,
    *,
    actor: Actor | None,
    today: date,
    now: datetime,
) -> Followed:
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    duties = duties_of(giver, today, organization)
    list(Duty.objects.filter(pk__in=list(duties.values_list("pk", flat=True))).select_for_update())
    plan = handover_plan(duties, giver, receiver)
    if not plan.passings:
        return Followed()
    trail = _trail(actor, reason, now)
    lists = [each.duty.duty_list_id for each in plan.passings]
    ending = [each.duty for each in plan.ending]
    _end(ending, _open_records(ending), trail, today, now)
    _give(plan, receiver, trail)
    _withdraw_empty(lists, trail)
    passed = [each.duty.pk for each in plan.passing]
    handovers = DutyHandover.objects.bulk_create(
        [
            DutyHandover(
                duty=each.duty,
                from_organization=organization,
                to_organization=organization,
                from_appointment=giver,
                to_appointment=receiver,
                effective_on=max(receiver.starts_on, giver.ends_on or today) if actor is None else today,
                open_records=each.open_records,
                reason=reason[:200],
                passed_at=now,
            )
            for each in plan.passings
        ],
        batch_size=AT_ONCE,
    )
    record_event(
        actor=actor,
        event="移交职责",
        row=receiver,
        summary=f"{organization} {giver.user}移交{receiver.user}：{len(passed)}项责任、"
        f"{plan.open_records}期未完成；{reason}",
        at=now,
    )
    tell_of_handovers(handovers=handovers, today=today, now=now)
    return Followed(len(passed), len(ending))


def _give(plan: HandoverPlan, receiver: Appointment, trail: dict) -> None:
    """Make out to `receiver` the lists that pass whole and the duties, moved into a list they have where they must."""
    for duty_list in plan.lists:
        duty_list.appointment = receiver
    bulk_update_with_history(plan.lists, DutyList, ["appointment"], batch_size=AT_ONCE, **trail)
    numbers = _last_numbers({each.duty_list.pk for each in plan.passing if each.duty_list})
    for each in plan.passing:
        each.duty.owner = receiver
        if each.duty_list is not None:
            numbers[each.duty_list.pk] += 1
            each.duty.duty_list, each.duty.number = each.duty_list, numbers[each.duty_list.pk]
    duties = [each.duty for each in plan.passing]
    bulk_update_with_history(duties, Duty, ["owner", "duty_list", "number"], batch_size=AT_ONCE, **trail)


@transaction.atomic
def _follow(pk: int, today: date, now: datetime) -> Followed:
    source = Organization.objects.select_related("merged_into").get(pk=pk)
    heir = _heir(source, today)
    both = [pk] if heir is None else [pk, heir.pk]
    list(Organization.objects.filter(pk__in=both).order_by("pk").select_for_update(no_key=True))
    duties = list(
        going_on(Duty.objects.filter(organization=source), today)
        .select_for_update(of=("self",))
        .select_related("duty_list__appointment", "owner", "parent")
        # The unit's own duties before the shares of its officers, which hang on them.
        .order_by("is_personal", "duty_list", "number")
    )
    if heir is None:
        trail = _trail(None, f"{source}已撤销", now)
        _end(duties, _open_records(duties), trail, today, now)
        _withdraw_empty([duty.duty_list_id for duty in duties], trail)
        if duties:
            record_event(
                actor=None,
                event="责任随撤销终止",
                row=source,
                summary=f"{source} {len(duties)}项责任",
                at=now,
            )
        return Followed(0, len(duties))
    succession = _Succession(source, heir, today, now)
    return succession.follow(duties)


def _heir(source: Organization, today: date) -> Organization | None:
    """Where a merged unit's duties are owed now, through all the mergers since; None when the line has ended."""
    heir: Organization | None = source
    while heir is not None and heir.dissolved_on is not None and heir.dissolved_on <= today:
        heir = heir.merged_into
    return heir


@dataclass
class _Succession:
    """One merged unit, the unit that stands for it now, and what is to be written."""

    source: Organization
    heir: Organization
    today: date
    now: datetime
    #: A duty of the source → the one that stands for it at the heir: its continuation, or what the heir owed already.
    stands: dict[int, Duty] = field(default_factory=dict)
    continued: dict[int | None, Duty] = field(default_factory=dict)
    #: The shares of officers that go on: the duty of the source they hang on, and whose they are.
    shared: set[tuple[int | None, int | None]] = field(default_factory=set)
    #: A term of the source → its continuation.
    terms: dict[int | None, DutyRecord] = field(default_factory=dict)

    @property
    def reason(self) -> str:
        return f"{self.source}并入{self.heir}"

    def follow(self, duties: list[Duty]) -> Followed:
        trail = _trail(None, self.reason, self.now)
        open_records = _open_records(duties)
        records: dict[int | None, list[DutyRecord]] = defaultdict(list)
        for record in open_records:
            records[record.duty_id].append(record)
        self._learn_what_is_owed()
        for duty in duties:
            self._place(duty)
        _end(duties, open_records, trail, self.today, self.now)
        _withdraw_empty([duty.duty_list_id for duty in duties], trail)
        self._open(trail)
        self._carry_on(records, trail)
        self._hang_children(duties, open_records, trail)
        self._take_deployments(trail)
        self._note(duties, records)
        return Followed(len(self.continued), len(duties) - len(self.continued))

    def _learn_what_is_owed(self) -> None:
        """What the heir owes, by parent, by what it was decomposed from, and by item of a template or deployment."""
        self.by_parent: dict[int | None, Duty] = {}
        self.by_item: dict[tuple, Duty] = {}
        self.lists = {
            (list_key(each), each.appointment_id): each
            for each in DutyList.objects.in_force().filter(organization=self.heir)
        }
        for duty in (
            Duty.objects.in_force()
            .filter(organization=self.heir)
            .exclude(duty_list__status=ListStatus.WITHDRAWN)
            .select_related("duty_list")
            .order_by("-pk")
        ):
            if duty.parent_id and not duty.is_personal:
                self.by_parent[duty.parent_id] = duty
            for key in self._item_keys(duty, duty.duty_list.appointment_id):
                self.by_item[key] = duty
        self.holders: dict[int, Appointment | None] = {}

    def _item_keys(self, duty: Duty, appointment_id: int | None) -> list[tuple]:
        """How one item of one template, or deployment, is known again: by its key in the template, or by its words."""
        key = list_key(duty.duty_list)
        if key[0] == "decomposed":
            return []
        keys: list[tuple] = [(key, appointment_id, duty.heading, duty.content)]
        if duty.item_key is not None:
            keys.append((key, appointment_id, duty.item_key))
        return keys

    def _holder(self, appointment: Appointment | None) -> Appointment | None:
        """Who holds the same post at the heir."""
        if appointment is None:
            return None
        if appointment.pk not in self.holders:
            self.holders[appointment.pk] = successor_of(appointment, self.heir, self.today, merged=True)
        return self.holders[appointment.pk]

    def _place(self, duty: Duty) -> None:
        """Decide whether the heir owes the same already, or what goes on there."""
        holder = self._holder(duty.duty_list.appointment)
        owed = self._owed(duty, holder)
        if owed is not None:
            self.stands[duty.pk] = owed
            return
        if duty.is_personal and duty.parent_id not in self.continued:
            return  # a share of what is done, or of what the heir shares out itself
        owner = self._holder(duty.owner) or duty.owner
        share = duty.parent_id, owner.pk if owner else None
        if duty.is_personal and share in self.shared:
            return  # two officers shared it, and one stands for both
        self.shared.add(share)
        new = Duty(
            organization=self.heir,
            parent=self.continued[duty.parent_id] if duty.is_personal else duty.parent,
            continues=duty,
            owner=owner,
            is_personal=duty.is_personal,
            arranged_at=duty.arranged_at,
            number=duty.number,
            item_key=duty.item_key,
            added_by_id=self._own(duty.added_by_id),
            **duty.requirement(),
        )
        new.duty_list = self._list_for(duty.duty_list, holder)
        self.continued[duty.pk] = self.stands[duty.pk] = new
        if duty.parent_id and not duty.is_personal:
            self.by_parent[duty.parent_id] = new
        for key in self._item_keys(duty, holder.pk if holder else None):
            self.by_item.setdefault(key, new)

    def _owed(self, duty: Duty, holder: Appointment | None) -> Duty | None:
        if not duty.is_personal:
            if duty.parent_id in self.by_parent:
                return self.by_parent[duty.parent_id]
            if duty.parent and duty.parent.organization_id == self.heir.pk:
                return duty.parent
            if duty.pk in self.by_parent:
                return self.by_parent[duty.pk]  # the heir has a share of it
        for key in self._item_keys(duty, holder.pk if holder else None):
            if key in self.by_item:
                return self.by_item[key]
        return None

    def _list_for(self, former: DutyList, holder: Appointment | None) -> DutyList:
        """The heir's list of the same template, deployment, or year and kind; a new one, to be signed, if it has none."""
        key = list_key(former), holder.pk if holder else None
        if key not in self.lists:
            self.lists[key] = DutyList(
                **{
                    name: getattr(former, name)
                    for name in (
                        "template_id",
                        "template_version",
                        "deployment_id",
                        "batch_id",
                        "title",
                        "kind",
                        "year",
                    )
                },
                organization=self.heir,
                appointment=holder,
                issuer_id=self._own(former.issuer_id),
                issued_on=self.today,
                issued_by_id=former.issued_by_id,
            )
        return self.lists[key]

    def _own(self, organization_id: int | None) -> int | None:
        """What the source gave itself the heir gives itself."""
        return self.heir.pk if organization_id == self.source.pk else organization_id

    def _open(self, trail: dict) -> None:
        """Write the new lists and duties; officers' shares after what they hang on."""
        lists = {id(each.duty_list): each.duty_list for each in self.continued.values()}
        fresh = [each for each in lists.values() if each.pk is None]
        bulk_create_with_history(fresh, DutyList, batch_size=AT_ONCE, **trail)
        numbers = _last_numbers({each.pk for each in lists.values()})
        for is_personal in (False, True):
            duties = [each for each in self.continued.values() if each.is_personal == is_personal]
            for duty in duties:
                numbers[duty.duty_list.pk] += 1
                duty.number = numbers[duty.duty_list.pk]
            bulk_create_with_history(duties, Duty, batch_size=AT_ONCE, **trail)

    def _carry_on(self, records: dict[int | None, list[DutyRecord]], trail: dict) -> None:
        """Open every term again at the heir as it stands, with what was written and what stands beside it."""
        for is_personal in (False, True):
            olds = [
                record
                for pk, duty in self.continued.items()
                if duty.is_personal == is_personal
                for record in records[pk]
            ]
            made = bulk_create_with_history(
                [
                    DutyRecord(
                        duty=self.continued[old.duty_id],
                        organization=self.heir,
                        parent=self.terms.get(old.parent_id) if is_personal else old.parent,
                        opened_at=self.now,
                        **{name: getattr(old, name) for name in _CARRIED},
                    )
                    for old in olds
                ],
                DutyRecord,
                batch_size=AT_ONCE,
                **trail,
            )
            self.terms |= {old.pk: new for old, new in zip(olds, made, strict=True)}
        self._take_evidence()
        duties = [each.pk for each in self.continued.values()]
        for some in _slices(duties):
            opened = DutyRecord.objects.filter(duty__in=some, opened_at=self.now)
            mark_records(records=opened, today=self.today, now=self.now)

    def _take_evidence(self) -> None:
        beside = DutyRecord.meetings.through
        for some in _slices(list(self.terms)):
            beside.objects.bulk_create(
                beside(dutyrecord_id=self.terms[link.dutyrecord_id].pk, meeting_id=link.meeting_id)
                for link in beside.objects.filter(dutyrecord__in=some)
            )
            files = list(EvidenceFile.objects.filter(record__in=some, removed_at=None, replaced_by=None))
            for each in files:
                each.pk, each._state.adding = None, True
                each.record, each.organization = self.terms[each.record_id], self.heir
            EvidenceFile.objects.bulk_create(files)

    def _hang_children(self, duties: list[Duty], open_records: list[DutyRecord], trail: dict) -> None:
        """Hang what was decomposed from the source's duties on what stands for them now."""
        taken = {
            (child.parent_id, child.organization_id): child
            for some in _slices([each.pk for each in self.stands.values()])
            for child in Duty.objects.in_force().filter(parent__in=some, is_personal=False)
        }
        waiting = [(duty, self.stands.get(duty.pk)) for duty in duties if not duty.is_personal]
        moved, extra = [], []
        while waiting:
            pairs: dict[int | None, tuple[Duty, Duty | None]] = {
                duty.pk: (duty, stands) for duty, stands in waiting
            }
            children = self._children([duty.pk for duty, _ in waiting])
            waiting = []
            for child in children:
                duty, stands = pairs[child.parent_id]
                if stands is None:
                    continue
                if child.pk == stands.pk:
                    child.parent = duty.parent  # the heir's share of what it now owes itself
                    moved.append(child)
                    continue
                is_own = child.organization_id == stands.organization_id
                other = stands if is_own else taken.get((stands.pk, child.organization_id))
                if other is None:
                    child.parent = stands
                    taken[stands.pk, child.organization_id] = child
                    moved.append(child)
                else:
                    extra.append(child)
                    self.stands[child.pk] = other
                    waiting.append((child, other))
                    for below in Duty.objects.in_force().filter(parent=other, is_personal=False):
                        taken.setdefault((other.pk, below.organization_id), below)
        shares = [
            share
            for some in _slices([each.pk for each in extra])
            for share in Duty.objects.in_force().filter(parent__in=some, is_personal=True)
        ]
        ending = _open_records([*extra, *shares])
        _end([*extra, *shares], ending, trail, self.today, self.now)
        bulk_update_with_history(moved, Duty, ["parent"], batch_size=AT_ONCE, **trail)
        self._hang_terms([*open_records, *ending], trail)

    def _children(self, parents: list[int]) -> list[Duty]:
        return [
            child
            for some in _slices(parents)
            for child in Duty.objects.in_force()
            .filter(parent__in=some, is_personal=False)
            .exclude(pk__in=[each.pk for each in self.continued.values()])
            .select_related("parent", "organization")
            .select_for_update(of=("self",))
            .order_by("pk")
        ]

    def _hang_terms(self, gone: list[DutyRecord], trail: dict) -> None:
        """Hang the terms below on the term that stands for theirs and is not accepted yet.

        One that was accepted earlier is left alone: a cut-off of then would find a pair that was none.
        """
        former = {record.pk: record for record in gone}
        stands = {duty.pk: duty for duty in self.stands.values()}
        by_window: dict[tuple[int, Period | None], DutyRecord] = {}
        for some in _slices(list(stands)):
            for record in DutyRecord.objects.unfinished().filter(duty__in=some):
                window = window_of(stands[record.duty_id].interval, record.due_on)
                by_window[record.duty_id, window] = record
        unfinished = {
            pk
            for some in _slices([record.parent_id for record in gone if record.parent_id])
            for pk in DutyRecord.objects.unfinished().filter(pk__in=some).values_list("pk", flat=True)
        }
        hung = []
        for some in _slices(list(former)):
            children = (
                DutyRecord.objects.in_force()
                .filter(parent__in=some)
                .exclude(organization=F("parent__organization"))
                .select_related("duty")
                .select_for_update(of=("self",))
            )
            for child in children:
                record = former[child.parent_id]
                standing = self.stands.get(record.duty_id)
                if standing is None:
                    continue
                if child.duty_id == standing.pk:
                    above = record.parent_id if record.parent_id in unfinished else None
                elif record.pk in self.terms:
                    above = self.terms[record.pk].pk
                else:
                    term = Term(window_of(child.duty.interval, child.due_on), child.due_on)
                    found = by_window.get((standing.pk, carrying_window(standing.interval, term)))
                    above = found.pk if found else None
                if above is not None:
                    child.parent_id = above
                    hung.append(child)
        bulk_update_with_history(hung, DutyRecord, ["parent"], batch_size=AT_ONCE, **trail)
        for some in _slices([each.pk for each in hung]):
            mark_records(records=DutyRecord.objects.filter(pk__in=some), today=self.today, now=self.now)

    def _take_deployments(self, trail: dict) -> None:
        deployments = list(
            Deployment.objects.filter(
                organization=self.source, state=DeploymentState.ISSUED
            ).select_for_update()
        )
        for each in deployments:
            each.organization = self.heir
        bulk_update_with_history(deployments, Deployment, ["organization"], batch_size=AT_ONCE, **trail)

    def _note(self, duties: list[Duty], records: dict[int | None, list[DutyRecord]]) -> None:
        handovers = [
            DutyHandover(
                duty=self.continued.get(duty.pk, duty),
                from_organization=self.source,
                to_organization=self.heir,
                from_appointment=duty.owner,
                to_appointment=self._holder(duty.owner),
                effective_on=self.source.dissolved_on,
                open_records=len(records[duty.pk]),
                reason=self.reason[:200],
                passed_at=self.now,
            )
            for duty in duties
        ]
        DutyHandover.objects.bulk_create(handovers, batch_size=AT_ONCE)
        if duties:
            record_event(
                actor=None,
                event="责任随合并承接",
                row=self.source,
                summary=f"{self.reason}：承接{len(self.continued)}项，"
                f"{len(duties) - len(self.continued)}项{self.heir}已有",
                at=self.now,
            )
            tell_of_handovers(handovers=handovers, today=self.today, now=self.now)


def _trail(actor: Actor | None, reason: str, now: datetime) -> dict:
    return {
        "default_user": actor.user if actor else None,
        "default_change_reason": reason[:100],
        "default_date": now,
    }


def _slices(keys: list) -> list[list]:
    return [keys[start : start + AT_ONCE] for start in range(0, len(keys), AT_ONCE)]


def _open_records(duties: list[Duty]) -> list[DutyRecord]:
    """The terms of these duties that are not accepted, locked."""
    return [
        record
        for some in _slices([duty.pk for duty in duties])
        for record in DutyRecord.objects.unfinished()
        .filter(duty__in=some)
        .select_related("author")
        .select_for_update(of=("self",))
        .order_by("pk")
    ]


def _end(duties: list[Duty], records: list[DutyRecord], trail: dict, today: date, now: datetime) -> None:
    """End these duties and what is open of them; what was accepted stays."""
    for duty in duties:
        duty.is_withdrawn = True
    bulk_update_with_history(duties, Duty, ["is_withdrawn"], batch_size=AT_ONCE, **trail)
    for record in records:
        record.withdrawn_at = now
        record.version += 1
    bulk_update_with_history(records, DutyRecord, ["withdrawn_at", "version"], batch_size=AT_ONCE, **trail)
    for some in _slices([record.pk for record in records]):
        mark_records(records=DutyRecord.objects.filter(pk__in=some), today=today, now=now)


def _withdraw_empty(keys: list[int], trail: dict) -> None:
    """Take back the lists in which nothing goes on and nothing was accepted."""
    duties = Duty.objects.filter(duty_list=OuterRef("pk"))
    accepted = DutyRecord.objects.filter(duty__duty_list=OuterRef("pk"), status=RecordStatus.ACCEPTED)
    lists = list(
        DutyList.objects.in_force()
        .filter(pk__in=set(keys))
        .exclude(Exists(duties.in_force()))
        .exclude(Exists(accepted))
        .select_for_update()
    )
    for each in lists:
        each.status = ListStatus.WITHDRAWN
    bulk_update_with_history(lists, DutyList, ["status"], batch_size=AT_ONCE, **trail)


def _last_numbers(lists: set[int]) -> dict[int, int]:
    found = dict(
        Duty.objects.filter(duty_list__in=lists)
        .order_by()
        .values_list("duty_list")
        .annotate(last=Max("number"))
    )
    return defaultdict(int, found)
