"""Reminders: written for whoever has to act, once a person, kind and row, and ended when there is nothing to do."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from accountability.choices import (
    CycleState,
    Decision,
    ListStatus,
    NoticeKind,
    PlanState,
    PollState,
    ProblemState,
    RecordStatus,
    RoundState,
    SessionState,
)
from accountability.models import (
    DutyHandover,
    DutyList,
    DutyRecord,
    DutyReview,
    Evaluation,
    EvaluationRound,
    ImprovementPlan,
    MemberAppraisal,
    Notice,
    Poll,
    PollVoter,
    ReviewProblem,
    WorkReport,
)
from accountability.queries.notices import Said, unread, wordings
from accountability.wording import fill
from branches.access import POWERS, Right
from branches.choices import Post
from branches.models import Appointment, User

#: Rows looked at together; bounds the memory of a whole province.
BATCH = 1000
#: Most people reminded of one thing.
MOST = 3
#: How long a handover is news.
NEWS = timedelta(days=30)
WEEK = timedelta(days=7)
#: Who keeps a unit's papers comes before who else may sign for it.
_KEEPERS = (Post.SECRETARY, Post.BRANCH_CLERK, Post.ORGANIZATION_OFFICER, Post.LIAISON)
_BEARERS = tuple(post for post, powers in POWERS.items() if Right.RECORD_DUTIES in powers)
_RANK: dict[str, int] = {
    post: rank for rank, post in enumerate((*_KEEPERS, Post.DEPUTY_SECRETARY, Post.DISCIPLINE_SECRETARY))
}

_OF_A_RECORD = (
    NoticeKind.DUE_30,
    NoticeKind.DUE_7,
    NoticeKind.DUE_1,
    NoticeKind.OVERDUE,
    NoticeKind.RETURNED,
)


@dataclass(frozen=True)
class _Wanted:
    """A notice that ought to be there."""

    user_id: int
    kind: NoticeKind
    row: str
    subject: str
    body: str
    link: str
    due_on: date | None

    @property
    def key(self) -> tuple[int, str, str]:
        return self.user_id, self.kind, self.row


def write_notices(*, today: date, now: datetime) -> int:
    """Write what is to be said today and has not been said, and return how many notices are new.

    Each record has one notice of its time: that of 7 days ends that of 30. What was done has ended before, and
    whoever no longer answers for it is no longer reminded. Repeating it writes nothing.
    """
    end_notices(today=today, now=now)
    teller = _Teller(wordings(), Recipients(today), today, now)
    return (
        sum(teller.tell_of_records(records) for records in _batches(_pressing(today), "due_on", BATCH))
        + sum(teller.tell_of_lists(lists) for lists in _batches(_unsigned(today), "pk", BATCH))
        + teller.tell_of_handovers(_news(now))
        + sum(teller.tell_of_polls(polls) for polls in _batches(_votable(now), "pk", 100))
        + sum(teller.tell_of_reports(reports) for reports in _batches(_unwritten(today), "pk", BATCH))
        + sum(teller.tell_of_problems(problems) for problems in _batches(_unmended(today), "pk", BATCH))
    )


@transaction.atomic
def tell_of_handovers(*, handovers: list[DutyHandover], today: date, now: datetime) -> int:
    """Tell those who took duties over, at once; returns how many notices are new."""
    rows = _news(now).filter(pk__in=[each.pk for each in handovers])
    return _Teller(wordings(), Recipients(today), today, now).tell_of_handovers(rows)


@transaction.atomic
def tell_of_results(*, round: EvaluationRound, today: date, now: datetime) -> int:
    """Tell those evaluated that their result waits to be checked; returns how many notices are new."""
    rows = _unchecked(today).filter(round=round).select_related("round", "organization", "appointment__user")
    teller = _Teller(wordings(), Recipients(today), today, now)
    return sum(teller.tell_of_results(results) for results in _batches(rows, "pk", BATCH))


def stop_results(*, round: EvaluationRound, now: datetime, evaluation: Evaluation | None = None) -> int:
    """End what still asks to check the results of a round, or one of them."""
    keys = [evaluation.pk] if evaluation else round.evaluations.values_list("pk", flat=True)
    return _stop([f"result:{key}" for key in keys], now)


@transaction.atomic
def tell_of_plans(*, plans: list[ImprovementPlan], today: date, now: datetime) -> int:
    """Tell units that a plan is asked of them; returns how many notices are new."""
    return _Teller(wordings(), Recipients(today), today, now).tell_of_plans(plans)


def stop_plan(*, plan: ImprovementPlan, now: datetime) -> int:
    """End what asks for a plan that was written."""
    return _stop([f"plan:{plan.pk}"], now)


@transaction.atomic
def tell_of_poll(*, poll: Poll, today: date, now: datetime) -> int:
    """Tell those who may vote on screen that a poll has begun; returns how many notices are new."""
    polls = list(_votable(now).filter(pk=poll.pk))
    return _Teller(wordings(), Recipients(today), today, now).tell_of_polls(polls)


def stop_poll(*, poll: Poll, now: datetime) -> int:
    """End what asks to vote, for everybody at once: who has voted, and when, is nowhere written."""
    return _stop([f"poll:{poll.pk}"], now)


@transaction.atomic
def tell_of_appraisals(*, appraisals: list[MemberAppraisal], today: date, now: datetime) -> int:
    """Tell members with an account that their result is there to be read; returns how many notices are new."""
    rows = _unread_appraisals().filter(pk__in=[each.pk for each in appraisals])
    teller = _Teller(wordings(), Recipients(today), today, now)
    return teller.tell_of_appraisals(list(rows.select_related("programme", "organization")))


def stop_appraisals(*, appraisals: list[MemberAppraisal], now: datetime) -> int:
    """End what asks to read results that were read, or that changed."""
    return _stop([f"appraisal:{each.pk}" for each in appraisals], now)


@transaction.atomic
def tell_of_report(*, report: WorkReport, today: date, now: datetime) -> int:
    """Tell a secretary whose report came back; returns how many notices are new."""
    reports = list(_unwritten(today).filter(pk=report.pk))
    return _Teller(wordings(), Recipients(today), today, now).tell_of_reports(reports)


def stop_report(*, report: WorkReport, now: datetime) -> int:
    """End what asks for a report that was handed in."""
    return _stop([f"report:{report.pk}"], now)


@transaction.atomic
def tell_of_problem(*, problem: ReviewProblem, today: date, now: datetime) -> int:
    """Tell a unit whose report of a problem did not hold; returns how many notices are new."""
    problems = list(_unmended(today, within=None).filter(pk=problem.pk))
    return _Teller(wordings(), Recipients(today), today, now).tell_of_problems(problems)


def stop_problem(*, problem: ReviewProblem, now: datetime) -> int:
    """End what asks to put right a problem that was reported as such."""
    return _stop([f"problem:{problem.pk}"], now)


def _stop(rows: list[str], now: datetime) -> int:
    going = Notice.objects.filter(ended_at__isnull=True)
    return sum(
        going.filter(row__in=rows[start : start + BATCH]).update(ended_at=now)
        for start in range(0, len(rows), BATCH)
    )


def end_notices(*, today: date, now: datetime) -> int:
    """End the notices whose thing is done, taken back, signed, or no longer news; returns how many end."""
    ended = 0
    going = Notice.objects.filter(ended_at__isnull=True).only("row", "kind", "read_at", "created_at")
    for notices in _batches(going, "pk", BATCH):
        keys: dict[str, set[int]] = defaultdict(set)
        for notice in notices:
            thing, key = notice.thing
            keys[thing].add(key)
        open_keys = {
            "record": set(_open_records(today).filter(pk__in=keys["record"]).values_list("pk", flat=True)),
            "list": set(_unsigned(today).filter(pk__in=keys["list"]).values_list("pk", flat=True)),
            "handover": set(
                DutyRecord.objects.unfinished()
                .filter(duty__duty_list__in=keys["handover"])
                .order_by()
                .values_list("duty__duty_list", flat=True)
                .distinct()
            ),
            "result": set(_unchecked(today).filter(pk__in=keys["result"]).values_list("pk", flat=True)),
            "plan": set(
                ImprovementPlan.objects.filter(pk__in=keys["plan"], state=PlanState.ASKED).values_list(
                    "pk", flat=True
                )
            ),
            "poll": set(_votable(now).filter(pk__in=keys["poll"]).values_list("pk", flat=True)),
            "appraisal": set(
                _unread_appraisals().filter(pk__in=keys["appraisal"]).values_list("pk", flat=True)
            ),
            "report": set(_unwritten(today).filter(pk__in=keys["report"]).values_list("pk", flat=True)),
            "problem": set(
                _unmended(today, within=None).filter(pk__in=keys["problem"]).values_list("pk", flat=True)
            ),
        }
        over = []
        for notice in notices:
            thing, key = notice.thing
            is_old_news = thing == "handover" and (notice.read_at or notice.created_at <= now - NEWS)
            if key not in open_keys[thing] or is_old_news:
                over.append(notice.pk)
        ended += Notice.objects.filter(pk__in=over, ended_at__isnull=True).update(ended_at=now)
    return ended


def stop_reminders(*, rows: Iterable, now: datetime) -> int:
    """End what still reminds of these records (or lists), all of one model; called where they are done."""
    keys = [row_key(row) for row in rows]
    return Notice.objects.filter(row__in=keys, ended_at__isnull=True).update(ended_at=now)


def row_key(row) -> str:
    """How a notice names the record or the list it is about."""
    return f"{'list' if isinstance(row, DutyList) else 'record'}:{row.pk}"


@transaction.atomic
def mark_read(*, user: User, now: datetime, notice: Notice | None = None) -> int:
    """Mark one notice of the user read, or all of them; returns how many were unread."""
    rows = unread(user)
    if notice is not None:
        rows = rows.filter(pk=notice.pk)
    return rows.update(read_at=now)


def _open_records(today: date) -> QuerySet:
    """Records somebody has to do something about: begun, not handed in."""
    return DutyRecord.objects.unfinished().begun(today).exclude(status=RecordStatus.SUBMITTED)


def _pressing(today: date) -> QuerySet:
    return (
        _open_records(today)
        .filter(Q(due_on__lte=today + timedelta(days=30)) | Q(status=RecordStatus.RETURNED))
        .select_related("organization", "duty__duty_list", "duty__owner__user")
        .defer("summary", "duty__content", "duty__measure")
    )


def _unsigned(today: date) -> QuerySet:
    return (
        DutyList.objects.filter(status=ListStatus.ISSUED, year__gte=today.year)
        .filter(Q(organization__dissolved_on__isnull=True) | Q(organization__dissolved_on__gt=today))
        .select_related("organization", "appointment__user")
    )


def _unchecked(today: date) -> QuerySet:
    """Results that were shown, may still be objected to, and were not agreed with."""
    return Evaluation.objects.filter(
        round__state=RoundState.SHOWN, round__objections_until__gte=today, agreed_at__isnull=True
    )


def _votable(now: datetime) -> QuerySet:
    """Polls that take ballots now."""
    return Poll.objects.filter(state=PollState.OPEN, opens_at__lte=now, closes_at__gt=now).select_related(
        "organization"
    )


def _unwritten(today: date) -> QuerySet:
    """Reports of secretaries that are due within a week or past it, or came back."""
    return (
        WorkReport.objects.filter(
            submitted_at=None,
            session__cycle__state=CycleState.RUNNING,
            session__state__in=[SessionState.PREPARING, SessionState.RATING],
        )
        .filter(Q(session__cycle__reports_due_on__lte=today + WEEK) | ~Q(return_note=""))
        .select_related("organization", "session__cycle", "appointment__user")
        .defer("facts")
    )


def _unmended(today: date, within: timedelta | None = WEEK) -> QuerySet:
    """Problems of reviews that were told to the unit and are not reported as put right, due soon or (None) ever."""
    rows = ReviewProblem.objects.filter(
        state=ProblemState.OPEN, report__session__state=SessionState.PUBLISHED
    ).exclude(report__session__cycle__state=CycleState.WITHDRAWN)
    if within is not None:
        rows = rows.filter(due_on__lte=today + within)
    return rows.select_related(
        "organization", "owner__user", "report__appointment__user", "report__session__cycle"
    ).defer("report__facts")


def _unread_appraisals() -> QuerySet:
    """Results of members that were told and not read yet."""
    return MemberAppraisal.objects.filter(told_at__isnull=False, seen_at__isnull=True)


def _news(now: datetime) -> QuerySet:
    going_on = DutyRecord.objects.unfinished().filter(duty=OuterRef("duty"))
    return (
        DutyHandover.objects.filter(Exists(going_on), passed_at__gt=now - NEWS, duty__is_withdrawn=False)
        .select_related("duty__duty_list", "from_organization", "to_organization", "from_appointment__user")
        .select_related("to_appointment__user")
        .order_by("pk")
    )


def _batches(rows: QuerySet, by: str, size: int) -> Iterator[list]:
    """Walk rows by key, `size` at a time, in the order of `by` and key; what changes meanwhile is no trouble."""
    after: tuple | None = None
    while True:
        page = rows
        if after is not None:
            page = (
                rows.filter(pk__gt=after[1])
                if by == "pk"
                else rows.filter(Q(**{f"{by}__gt": after[0]}) | Q(**{by: after[0], "pk__gt": after[1]}))
            )
        found = list(page.order_by(*dict.fromkeys((by, "pk")))[:size])
        if found:
            yield found
        if len(found) < size:
            return
        after = getattr(found[-1], by), found[-1].pk


@dataclass
class Recipients:
    """Who is told what concerns a unit or a post; asked once a unit."""

    today: date
    _of_units: dict[int, list[int]] = field(default_factory=dict)

    def load(self, units: Iterable[int]) -> None:
        """Find the people of these units by one query."""
        missing = set(units) - self._of_units.keys()
        if not missing:
            return
        found: dict[int, list[Appointment]] = defaultdict(list)
        held = Appointment.objects.on(self.today).filter(
            organization__in=missing, post__in=_BEARERS, user__is_active=True
        )
        for each in held.order_by("pk"):
            found[each.organization_id].append(each)
        for unit in missing:
            self._of_units[unit] = _most_responsible(found[unit])

    def of_unit(self, unit: int) -> list[int]:
        """At most `MOST` users who record duties there: those who keep its papers, else whoever else may."""
        self.load([unit])
        return self._of_units[unit]

    def of(self, appointment: Appointment | None, unit: int) -> list[int]:
        """Who holds the post, while it is held; else the people of the unit."""
        if appointment is not None and self._is_held(appointment):
            return [appointment.user_id]
        return self.of_unit(unit)

    def _is_held(self, appointment: Appointment) -> bool:
        ended = appointment.ends_on is not None and appointment.ends_on <= self.today
        return not ended and appointment.starts_on <= self.today and appointment.user.is_active


def _most_responsible(appointments: list[Appointment]) -> list[int]:
    ranked = sorted(appointments, key=lambda each: (_RANK.get(each.post, len(_RANK)), each.pk))
    keepers = [each for each in ranked if each.post in _KEEPERS]
    return list(dict.fromkeys(each.user_id for each in keepers or ranked))[:MOST]


@dataclass
class _Teller:
    """Writes notices in today's words."""

    said: dict[str, Said]
    recipients: Recipients
    today: date
    now: datetime

    def tell_of_records(self, records: list[DutyRecord]) -> int:
        self.recipients.load(record.organization_id for record in records)
        notes = _notes(record for record in records if record.status == RecordStatus.RETURNED)
        wanted = []
        for record in records:
            link = reverse("duty-record-detail", args=[record.pk])
            values = {
                "unit": record.organization,
                "list": record.duty.duty_list.title,
                "duty": record.duty.heading,
                "term": record.term if record.due_on.year == self.today.year else record.window.label,
                "due": _day(record.due_on),
                "days": abs((record.due_on - self.today).days),
                "note": notes.get(record.pk, ""),
            }
            users = self.recipients.of(record.duty.owner, record.organization_id)
            for kind in _kinds_of(record, self.today):
                wanted += self._word(users, kind, row_key(record), values, link, record.due_on)
        return self._reconcile(wanted, [row_key(record) for record in records], _OF_A_RECORD)

    def tell_of_lists(self, lists: list[DutyList]) -> int:
        self.recipients.load(each.organization_id for each in lists)
        wanted = []
        for each in lists:
            users = self.recipients.of(each.appointment, each.organization_id)
            if each.appointment is not None and users != [each.appointment.user_id]:
                users = []  # only the officer signs for an officer's list
            values = {"unit": each.organization, "list": each.title}
            link = reverse("duty-list-detail", args=[each.pk])
            wanted += self._word(users, NoticeKind.TO_SIGN, row_key(each), values, link, None)
        return self._reconcile(wanted, [row_key(each) for each in lists], (NoticeKind.TO_SIGN,))

    def tell_of_handovers(self, handovers: QuerySet) -> int:
        groups: dict[str, list[DutyHandover]] = defaultdict(list)
        for each in handovers:
            day = timezone.localdate(each.passed_at)
            groups[f"handover:{each.duty.duty_list_id}:{each.to_appointment_id or 0}:{day:%y%m%d}"].append(
                each
            )
        soonest = dict(
            DutyRecord.objects.unfinished()
            .filter(duty__in={each.duty_id for group in groups.values() for each in group})
            .order_by("-due_on")
            .values_list("duty", "due_on")
        )
        self.recipients.load(group[0].to_organization_id for group in groups.values())
        wanted = []
        for row, group in groups.items():
            first = group[0]
            due_on = min(soonest[each.duty_id] for each in group)
            values = {
                "unit": first.to_organization,
                "list": first.duty.duty_list.title,
                "giver": first.from_appointment.user
                if first.from_appointment and first.from_organization_id == first.to_organization_id
                else first.from_organization,
                "count": sum(each.open_records for each in group),
                "due": _day(due_on),
            }
            users = self.recipients.of(first.to_appointment, first.to_organization_id)
            link = reverse("duty-list-detail", args=[first.duty.duty_list_id])
            wanted += self._word(users, NoticeKind.HANDED_OVER, row, values, link, due_on)
        return self._reconcile(wanted, [], ())

    def tell_of_results(self, results: list[Evaluation]) -> int:
        self.recipients.load(each.organization_id for each in results if each.appointment is None)
        wanted = []
        for each in results:
            users = (
                self.recipients.of_unit(each.organization_id)
                if each.appointment is None
                else [each.appointment.user_id]
            )
            due_on = each.round.objections_until
            due = _day(due_on) if due_on else ""
            values = {"unit": str(each), "round": each.round.title, "due": due}
            link = reverse("evaluation-detail", args=[each.pk])
            wanted += self._word(users, NoticeKind.RESULT, f"result:{each.pk}", values, link, due_on)
        return self._reconcile(wanted, [f"result:{each.pk}" for each in results], (NoticeKind.RESULT,))

    def tell_of_plans(self, plans: list[ImprovementPlan]) -> int:
        self.recipients.load(each.organization_id for each in plans)
        wanted = []
        for each in plans:
            values = {"unit": each.organization, "round": each.evaluation.round.title}
            link = reverse("plan-detail", args=[each.pk])
            users = self.recipients.of_unit(each.organization_id)
            wanted += self._word(users, NoticeKind.PLAN, f"plan:{each.pk}", values, link, None)
        return self._reconcile(wanted, [f"plan:{each.pk}" for each in plans], (NoticeKind.PLAN,))

    def tell_of_polls(self, polls: list[Poll]) -> int:
        """Everybody alike, so that a notice says nothing of who has voted."""
        entitled: dict[int, list[int]] = defaultdict(list)
        voters = PollVoter.objects.filter(poll__in=[each.pk for each in polls], user__is_active=True)
        for poll, user in voters.order_by("pk").values_list("poll", "user"):
            entitled[poll].append(user)
        wanted = []
        for each in polls:
            due_on = timezone.localdate(each.closes_at)
            values = {"unit": each.organization, "poll": each.title, "due": _moment(each.closes_at)}
            link = reverse("poll-vote", args=[each.pk])
            wanted += self._word(entitled[each.pk], NoticeKind.VOTE, f"poll:{each.pk}", values, link, due_on)
        return self._reconcile(wanted, [f"poll:{each.pk}" for each in polls], (NoticeKind.VOTE,))

    def tell_of_appraisals(self, appraisals: list[MemberAppraisal]) -> int:
        users = dict(
            User.objects.filter(
                member__in=[each.member_id for each in appraisals], is_active=True
            ).values_list("member", "pk")
        )
        wanted = []
        for each in appraisals:
            own = [users[each.member_id]] if each.member_id in users else []
            values = {"unit": each.organization, "year": each.programme.year}
            row, link = f"appraisal:{each.pk}", reverse("my-appraisal")
            wanted += self._word(own, NoticeKind.APPRAISED, row, values, link, None)
        return self._reconcile(
            wanted, [f"appraisal:{each.pk}" for each in appraisals], (NoticeKind.APPRAISED,)
        )

    def tell_of_reports(self, reports: list[WorkReport]) -> int:
        self.recipients.load(each.organization_id for each in reports)
        wanted = []
        for each in reports:
            cycle = each.session.cycle
            values = {
                "unit": each.organization,
                "review": cycle.title,
                "due": _day(cycle.reports_due_on),
                "note": f"退回意见：{each.return_note}" if each.return_note else "",
            }
            users = self.recipients.of(each.appointment, each.organization_id)
            row, link = f"report:{each.pk}", reverse("work-report-edit", args=[each.pk])
            wanted += self._word(users, NoticeKind.REPORT, row, values, link, cycle.reports_due_on)
        return self._reconcile(wanted, [f"report:{each.pk}" for each in reports], (NoticeKind.REPORT,))

    def tell_of_problems(self, problems: list[ReviewProblem]) -> int:
        self.recipients.load(each.organization_id for each in problems)
        wanted = []
        for each in problems:
            values = {
                "unit": each.organization,
                "review": each.report.session.cycle.title,
                "problem": each.content,
                "due": _day(each.due_on),
                "note": f"核实未通过：{each.check_note}" if each.check_note else "",
            }
            users = self.recipients.of(each.owner or each.report.appointment, each.organization_id)
            row, link = f"problem:{each.pk}", reverse("review-problem-detail", args=[each.pk])
            wanted += self._word(users, NoticeKind.PROBLEM, row, values, link, each.due_on)
        return self._reconcile(wanted, [f"problem:{each.pk}" for each in problems], (NoticeKind.PROBLEM,))

    def _word(self, users, kind, row, values, link, due_on) -> list[_Wanted]:
        """The notice for each of these users; none when the kind is switched off."""
        said = self.said[kind]
        if not said.is_active:
            return []
        values = values | {"link": f"{settings.SITE_URL}{link}"}
        subject = " ".join(fill(said.wording.subject, values).split())[:160]
        body = fill(said.wording.body, values)
        return [_Wanted(user, kind, row, subject, body, link, due_on) for user in users]

    @transaction.atomic
    def _reconcile(self, wanted: list[_Wanted], rows: list[str], kinds) -> int:
        """Write what is missing, take up again what had ended, and end what `rows` no longer want of `kinds`."""
        rows = rows or [each.row for each in wanted]
        going = Notice.objects.filter(row__in=rows, ended_at__isnull=True)
        ended = Notice.objects.filter(
            user__in={each.user_id for each in wanted},
            kind__in={each.kind for each in wanted},
            row__in=rows,
            ended_at__isnull=False,
        )
        fields = ("user_id", "kind", "row", "ended_at")
        known = {
            (notice.user_id, notice.kind, notice.row): notice
            for notice in (*going.only(*fields), *ended.only(*fields))
        }
        by_key = {each.key: each for each in wanted}
        new = [each for key, each in by_key.items() if key not in known]
        Notice.objects.bulk_create(
            [
                Notice(
                    user_id=each.user_id,
                    kind=each.kind,
                    row=each.row,
                    subject=each.subject,
                    body=each.body,
                    link=each.link,
                    due_on=each.due_on,
                    created_at=self.now,
                )
                for each in new
            ],
            batch_size=BATCH,
            ignore_conflicts=True,  # two at once write it once
        )
        again = []
        for key, notice in known.items():
            if notice.kind in kinds and key in by_key and notice.ended_at is not None:
                each = by_key[key]
                notice.subject, notice.body, notice.due_on = each.subject, each.body, each.due_on
                notice.created_at = self.now
                notice.read_at = notice.mailed_at = notice.ended_at = None
                again.append(notice)
        Notice.objects.bulk_update(
            again,
            ["subject", "body", "due_on", "created_at", "read_at", "mailed_at", "ended_at"],
            batch_size=500,
        )
        over = [
            notice.pk
            for key, notice in known.items()
            if notice.kind in kinds and key not in by_key and notice.ended_at is None
        ]
        Notice.objects.filter(pk__in=over).update(ended_at=self.now)
        return len(new) + len(again)


def _kinds_of(record: DutyRecord, today: date) -> list[NoticeKind]:
    """What is to be said of a record today. One that came back says its day itself until the day has come."""
    days = (record.due_on - today).days
    kinds = [NoticeKind.RETURNED] if record.status == RecordStatus.RETURNED else []
    if days < 0:
        return [*kinds, NoticeKind.OVERDUE]
    if days <= 1:
        return [*kinds, NoticeKind.DUE_1]
    if kinds or days > 30:
        return kinds
    return [NoticeKind.DUE_7 if days <= 7 else NoticeKind.DUE_30]


def _notes(records: Iterable[DutyRecord]) -> dict[int, str]:
    """The note of the last return of each record."""
    reviews = DutyReview.objects.filter(
        record__in=[record.pk for record in records], decision=Decision.RETURNED
    )
    return dict(reviews.order_by("decided_at", "pk").values_list("record", "note"))


def _day(day: date) -> str:
    return f"{day:%Y}年{day.month}月{day.day}日"


def _moment(at: datetime) -> str:
    local = timezone.localtime(at)
    return f"{_day(local.date())}{local:%H:%M}"
