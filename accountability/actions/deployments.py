from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import (
    BooleanField,
    CharField,
    DateTimeField,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Subquery,
    Value,
)
from django.db.models.expressions import Combinable
from django.utils import timezone
from simple_history.utils import bulk_create_with_history

from accountability.access import require_bearer
from accountability.choices import (
    DeploymentKind,
    DeploymentState,
    DutyKind,
    EvidenceKind,
    IssueReach,
    ListStatus,
    RecordStatus,
)
from accountability.forbidden import find_forbidden
from accountability.models import Deployment, Duty, DutyList, DutyRecord, IssueBatch
from accountability.windows import Term
from branches.access import Actor, Right
from branches.actions.audit import record_event
from branches.choices import OrganizationKind, TaskState
from branches.insertion import insert_select
from branches.models import Appointment, Organization
from branches.periods import Interval, Period, window_of

from .ending import Trail, change_rows, end_lists
from .marks import mark_records
from .opening import BATCH, open_records, open_term

MAX_ITEMS = 10
#: Rows changed by one statement.
AT_ONCE = 5000


@dataclass(frozen=True)
class Item:
    """One thing a deployment asks for, by a day; `owner` answers for it at the committee that deploys."""

    heading: str
    content: str
    deadline: date
    measure: str = ""
    evidence: str = EvidenceKind.OPTIONAL
    owner: Appointment | None = None


@transaction.atomic
def create_deployment(
    *,
    actor,
    organization: Organization,
    title: str,
    kind: DeploymentKind | str,
    source: str,
    due_on: date,
    items: list[Item],
    units: Iterable[Organization],
    number: str = "",
    theme: str = "",
    is_direct: bool = False,
    now,
) -> Deployment:
    """Deploy to `units`, direct children of the committee: its own list, signed for at once, and one list a unit.

    With `is_direct` a batch is left waiting that `hand_down_batch` works off: it goes on level by level to the last
    branch below the units. `ValidationError` says what is missing, forbidden or not the committee's to give.
    """
    _require_own(actor, organization)
    # Two presses of the button make one deployment.
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    units = list(units)
    deployment = Deployment(
        organization=organization,
        title=title.strip(),
        number=number.strip(),
        kind=kind,
        theme=theme.strip(),
        source=source.strip(),
        issued_on=actor.today,
        due_on=due_on,
        is_direct=is_direct,
        author=actor.user,
        created_at=now,
    )
    _check(deployment, items, units, actor.today)
    deployment._change_reason = "部署"
    deployment.save()
    _open_own_list(actor, deployment, items, now)
    given = _hand_down(actor, deployment, units, now)
    if is_direct:
        IssueBatch.objects.create(
            deployment=deployment,
            organization=organization,
            reach=IssueReach.SUBTREE,
            author=actor.user,
            appointment=actor.appointment,
            issued_on=actor.today,
            total=units_below(units, actor.today).count(),
            created_at=now,
        )
    record_event(
        actor=actor,
        event="部署工作",
        row=deployment,
        summary=f"{organization} {deployment} 部署给{given}个单位{'，直达末级' if is_direct else ''}",
        at=now,
    )
    return deployment


def find_faults(title: str, theme: str, items: Iterable[Item]) -> list[str]:
    """What a deployment asks for that may not be asked, in words, each with the rule that forbids it."""
    texts = [title, theme]
    for item in items:
        texts += [item.heading, item.content, item.measure]
    return list(dict.fromkeys(str(finding) for text in texts for finding in find_forbidden(text)))


def may_manage(actor, deployment: Deployment) -> bool:
    """Whether the actor may extend, close or withdraw: where it was deployed, or above."""
    return actor.may(Right.ISSUE_DUTIES, deployment.organization)


def may_deploy(actor, organization: Organization) -> bool:
    """Whether the actor may deploy in the name of `organization`: a committee, and the actor's own."""
    own = actor.organization
    return (
        own is not None
        and own.pk == organization.pk
        and organization.is_committee
        and actor.may(Right.ISSUE_DUTIES, organization)
    )


def units_below(units: list[Organization], day: date):
    """The organisations below `units` that a direct deployment reaches after them: all active ones but groups."""
    below = Organization.objects.none()
    for unit in units:
        below |= Organization.objects.below(unit)
    return below.active_on(day).exclude(kind=OrganizationKind.GROUP)


def hand_down_step(*, batch: IssueBatch, now) -> int:
    """Hand a direct deployment down to the next units below those that have it; returns how many lists are new.

    `batch` is locked and the caller's transaction is the step: at most `BATCH` units whose parent has its list, so the
    levels follow one another by themselves. Broken off, it goes on where it stopped; 0 means nothing is left to do.
    A unit whose list was taken back does not get it again.
    """
    deployment = Deployment.objects.select_for_update(no_key=True).get(pk=batch.deployment_id)
    if deployment.state != DeploymentState.ISSUED:
        return 0
    today = timezone.localdate(now)
    actor = Actor(batch.author, batch.appointment, today)
    lists = deployment.lists.filter(appointment=None)
    units = list(
        Organization.objects.below(deployment.organization)
        .active_on(today)
        .exclude(kind=OrganizationKind.GROUP)
        .exclude(parent=deployment.organization)
        .filter(Exists(lists.in_force().filter(organization=OuterRef("parent"))))
        .exclude(Exists(lists.filter(organization=OuterRef("pk"))))[:BATCH]
    )
    if units:
        _hand_down(actor, deployment, units, now, batch)
    return len(units)


def take_up(*, actor, record: DutyRecord, now) -> None:
    """Ask that a deployment was signed for and arranged before what was done about it is handed in.

    A branch or an officer has nobody to pass it on to: handing in signs the list and names the owner by itself.
    `ValidationError` names the step that is missing.
    """
    if not record.is_deployment:
        return
    duty = Duty.objects.select_for_update(of=("self",)).get(pk=record.duty_id)
    duty_list = (
        DutyList.objects.select_for_update(of=("self",))
        .select_related("appointment")
        .get(pk=duty.duty_list_id)
    )
    is_last = duty.is_personal or record.organization.is_branch
    if duty_list.status == ListStatus.ISSUED:
        if not is_last:
            raise ValidationError("这项部署还没有签收：请先在责任清单中签收，再分解落实。")
        if duty_list.appointment and duty_list.appointment.user_id != actor.user.pk:
            raise ValidationError("这项部署分给了个人，还没有签收：请由责任人本人提交，或先由本人签收。")
        duty_list.status, duty_list.signed_at, duty_list.signed_by = ListStatus.SIGNED, now, actor.user
        duty_list._change_reason = "提交时签收"
        duty_list.save()
    if duty.arranged_at is None:
        if not is_last:
            raise ValidationError("这项部署还没有分解：请先明确责任人，或分解给下级，再提交落实情况。")
        duty.owner, duty.arranged_at = duty.owner or actor.appointment, now
        duty._change_reason = "提交时明确责任人"
        duty.save()


@transaction.atomic
def extend_deployment(*, actor, deployment: Deployment, due_on: date, reason: str, now) -> int:
    """Move the last day later, and by as many days that of everything not yet accepted; returns how many records.

    What is stricter stays stricter. `ValidationError` when the new day is not later or no reason is given.
    """
    kept = _locked(actor, deployment)
    if due_on <= kept.due_on:
        raise ValidationError({"due_on": f"只能往后延，须晚于现在的期限{kept.due_on:%Y-%m-%d}。"})
    if due_on < actor.today:
        raise ValidationError({"due_on": "新的期限不能早于今天。"})
    if not reason.strip():
        raise ValidationError({"reason": "请写明延期原因，让下级知道为什么改。"})
    days, trail = due_on - kept.due_on, Trail(actor.user, f"延期：{reason}"[:100], now)
    # Who decomposes at this moment is waited for, so that nothing keeps its old day.
    list(Duty.objects.filter(duty_list__deployment=kept).select_for_update(of=("self",)).values_list("pk"))
    unfinished = DutyRecord.objects.unfinished().filter(duty__duty_list__deployment=kept)
    records = _by_day(unfinished, "due_on")
    duties = _by_day(Duty.objects.filter(duty_list__deployment=kept, records__in=unfinished), "deadline")
    for day, keys in records:
        _mark(keys, actor.today, now)
        later = day + days
        values = {"due_on": later, "period": Period.month_of(later).key}
        if Period.month_of(later) != Period.month_of(day):
            _leave_behind(keys, now)
            values["opened_at"] = now
        change_rows(model=DutyRecord, keys=keys, values=values, trail=trail)
        _mark(keys, actor.today, now)
    for day, keys in duties:
        change_rows(model=Duty, keys=keys, values={"deadline": day + days}, trail=trail)
    number = sum(len(keys) for _, keys in records)
    kept.due_on = due_on
    kept._change_reason = f"延期：{reason}"[:100]
    kept.save()
    record_event(
        actor=actor,
        event="部署延期",
        row=kept,
        summary=f"{kept} 延至{due_on:%Y-%m-%d}：{reason}（{number}项）",
        at=now,
    )
    return number


@transaction.atomic
def close_deployment(*, actor, deployment: Deployment, note: str, now) -> Deployment:
    """Close a deployment; what is not finished stays open and counts as what it is."""
    kept = _locked(actor, deployment)
    if not note.strip():
        raise ValidationError({"note": "请用一句话写明办结情况。"})
    kept.state = DeploymentState.CLOSED
    kept._change_reason = f"办结：{note}"[:100]
    kept.save()
    record_event(actor=actor, event="部署办结", row=kept, summary=f"{kept}：{note}", at=now)
    return kept


@transaction.atomic
def withdraw_deployment(*, actor, deployment: Deployment, reason: str, now) -> int | None:
    """Take back every list of a deployment, as far down as it went; returns how many open records end.

    What has been accepted stays and keeps counting. A direct one is left to its batch, which takes everything back in
    steps: None.
    """
    batch = deployment.batches.filter(withdrawn_at=None).select_for_update().first()
    kept = _locked(actor, deployment)
    if not reason.strip():
        raise ValidationError({"reason": "请写明撤回原因。"})
    number, ended = kept.lists.in_force().count(), None
    if batch:
        batch.withdrawn_at, batch.withdrawn_by, batch.withdraw_reason = now, actor.appointment, reason[:100]
        batch.state, batch.message, batch.finished_at = TaskState.WAITING, "", None
        batch.total, batch.done = number, 0
        batch.save()
    else:
        lists = list(kept.lists.in_force().select_for_update(of=("self",)))
        ended = end_lists(actor=actor, lists=lists, reason=f"撤回部署：{reason}", now=now)
    kept.state = DeploymentState.WITHDRAWN
    kept._change_reason = f"撤回：{reason}"[:100]
    kept.save()
    record_event(
        actor=actor,
        event="撤回部署",
        row=kept,
        summary=f"{kept}：{reason}（{number}份清单）",
        at=now,
    )
    return ended


def _require_own(actor, organization):
    actor.require(Right.ISSUE_DUTIES, organization)
    if not may_deploy(actor, organization):
        raise PermissionDenied("部署由本级党委（党组）作出，只能以本单位名义部署给直接下级。")


def _check(deployment, items, units, today):
    organization = deployment.organization
    if not deployment.title:
        raise ValidationError({"title": "请写明部署的名称。"})
    if not deployment.source:
        raise ValidationError({"source": "请写明依据：部署要下级做事，须说明凭什么。"})
    if deployment.due_on < today:
        raise ValidationError({"due_on": "总期限不能早于今天。"})
    if not 1 <= len(items) <= MAX_ITEMS:
        raise ValidationError(f"一次部署写1到{MAX_ITEMS}项任务。")
    if faults := find_faults(deployment.title, deployment.theme, items):
        raise ValidationError(faults)
    for item in items:
        if not today <= item.deadline <= deployment.due_on:
            raise ValidationError(
                f"“{item.heading}”的期限{item.deadline:%Y-%m-%d}应在今天到总期限{deployment.due_on:%Y-%m-%d}之间。"
            )
        if item.owner:
            require_bearer(item.owner, organization, today)
    if not units:
        raise ValidationError({"units": "请至少选一个下级单位。"})
    for unit in units:
        if unit.parent_id != organization.pk or unit.is_group:
            raise ValidationError({"units": f"{unit}不是直接下级党组织，不能部署给它。"})
        if unit.dissolved_on and unit.dissolved_on <= today:
            raise ValidationError({"units": f"{unit}已撤销。"})
    same = Deployment.objects.filter(
        organization=organization, title=deployment.title, state=DeploymentState.ISSUED
    )
    if same.exists():
        raise ValidationError({"title": "已有同名的部署正在推进，请换一个名称，或先办结、撤回那一个。"})


def _open_own_list(actor, deployment, items, now):
    """The committee's own list, whose duties are the roots; whoever deploys has received it."""
    own = DutyList(
        deployment=deployment,
        title=deployment.title,
        kind=DutyKind.DEPLOYMENT,
        year=deployment.issued_on.year,
        organization=deployment.organization,
        issuer=deployment.organization,
        issued_on=deployment.issued_on,
        issued_by=actor.user,
        status=ListStatus.SIGNED,
        signed_at=now,
        signed_by=actor.user,
    )
    own._change_reason = "部署"
    own.save()
    duties = bulk_create_with_history(
        [
            Duty(
                duty_list=own,
                organization=deployment.organization,
                owner=item.owner,
                number=number,
                arranged_at=now,
                heading=item.heading,
                content=item.content,
                measure=item.measure,
                interval=Interval.YEAR,
                deadline=item.deadline,
                evidence=item.evidence,
                legal_basis=deployment.source,
            )
            for number, item in enumerate(items, start=1)
        ],
        Duty,
        **_trail(actor, "部署", now),
    )
    days = {number: item.deadline for number, item in enumerate(items, start=1)}
    open_records(duties=duties, terms_of=lambda each: [_term(each.interval, days[each.number])], now=now)
    mark_records(records=DutyRecord.objects.filter(duty__in=duties), today=actor.today, now=now)


def _hand_down(actor, deployment, units, now, batch=None) -> int:
    """Give `units`, whose parents have their list, one list each with a duty for every duty of the parent's."""
    lists = bulk_create_with_history(
        [
            DutyList(
                deployment=deployment,
                batch=batch,
                title=deployment.title,
                kind=DutyKind.DEPLOYMENT,
                year=deployment.issued_on.year,
                organization=unit,
                issuer=deployment.organization,
                issued_on=actor.today,
                issued_by=actor.user,
            )
            for unit in units
        ],
        DutyList,
        **_trail(actor, "部署下达", now),
    )
    keys = [each.pk for each in lists]
    _copy_duties(deployment, keys, now)
    _arrange_parents(actor, keys, now)
    opened = DutyRecord.objects.filter(duty__duty_list__in=keys)
    mark_records(records=opened, today=timezone.localdate(now), now=now)
    return len(lists)


def _copy_duties(deployment, keys, now):
    below = "organization__children__duty_lists"
    parents = Duty.objects.in_force().filter(
        **{f"{below}__in": keys}, duty_list__deployment=deployment, is_personal=False
    )
    nothing = Value(False, output_field=BooleanField())
    columns = {
        "duty_list": F(below),
        "organization": F(f"{below}__organization"),
        "parent": F("pk"),
        **{name: F(name) for name in ("number", *Duty.REQUIRED)},
        "is_personal": nothing,
        "is_withdrawn": nothing,
    }
    insert_select(Duty, list(columns), parents.values_list(*columns.values()))
    duties = Duty.objects.filter(duty_list__in=keys)
    carrier = DutyRecord.objects.in_force().filter(duty=OuterRef("parent")).order_by("pk").values("pk")[:1]
    for interval, deadline in duties.order_by().values_list("interval", "deadline").distinct():
        if deadline is None:
            continue  # nothing of a deployment has none
        open_term(
            duties=duties.filter(interval=interval, deadline=deadline),
            term=_term(interval, deadline),
            kind=DutyKind.DEPLOYMENT,
            now=now,
            parents=Subquery(carrier),
        )


def _arrange_parents(actor, keys, now):
    """A duty that has just been handed down is arranged."""
    shares = Duty.objects.filter(duty_list__in=keys, parent=OuterRef("pk"))
    parents = Duty.objects.filter(Exists(shares), arranged_at__isnull=True).select_for_update(of=("self",))
    change_rows(
        model=Duty,
        keys=list(parents.values_list("pk", flat=True)),
        values={"arranged_at": now},
        trail=Trail(actor.user, "直达下级", now),
    )


def _term(interval, deadline: date) -> Term:
    return Term(window_of(interval, deadline), deadline)


def _locked(actor, deployment) -> Deployment:
    actor.require(Right.ISSUE_DUTIES, deployment.organization)
    kept = (
        Deployment.objects.select_for_update(of=("self",), no_key=True)
        .select_related("organization")
        .get(pk=deployment.pk)
    )
    if kept.state != DeploymentState.ISSUED:
        raise ValidationError("这项部署已经办结或撤回，不能再改。")
    return kept


def _trail(actor, reason, now) -> dict:
    return {"default_user": actor.user, "default_change_reason": reason[:100], "default_date": now}


def _by_day(rows, field) -> list[tuple[date, list[int]]]:
    """Pairs (day, keys) of locked rows that have a day, a few thousand keys each."""
    by_day = defaultdict(list)
    found = rows.filter(**{f"{field}__isnull": False}).order_by("pk").select_for_update(of=("self",))
    for pk, day in found.values_list("pk", field):
        by_day[day].append(pk)
    return [
        (day, keys[start : start + AT_ONCE])
        for day, keys in by_day.items()
        for start in range(0, len(keys), AT_ONCE)
    ]


def _leave_behind(keys, now):
    """Leave in its old month that each of these records was owed there until now: a past cut-off still sees it."""
    columns: dict[str, Combinable] = {
        **{
            name: F(name)
            for name in ("duty", "organization", "parent", "is_deployment", "period", "due_on", "opened_at")
        },
        "status": Value(RecordStatus.OPEN.value, output_field=CharField()),
        "summary": Value("", output_field=CharField()),
        "is_settled_by_count": Value(False, output_field=BooleanField()),
        "version": Value(1, output_field=IntegerField()),
        "withdrawn_at": Value(now, output_field=DateTimeField()),
    }
    insert_select(
        DutyRecord, list(columns), DutyRecord.objects.filter(pk__in=keys).values_list(*columns.values())
    )


def _mark(keys, today, now):
    mark_records(records=DutyRecord.objects.filter(pk__in=keys), today=today, now=now)
