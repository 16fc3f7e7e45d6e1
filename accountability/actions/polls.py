"""测评: secret ballots. Who may open one is asked by the action that calls; here is kept what makes them secret.

Nothing that is written while voting has a voter and a choice, or a choice and a time: a ballot is a new row with a
random key, a voter's row says only that they have voted, and no audit entry and no history is written. Where the rows
lie and which transaction wrote them would tell as well, so with every ballot the box is shaken: others of chance are
written anew together with it. Closing writes all of them anew in an order of chance.
"""

import secrets
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

from django.core.exceptions import ValidationError
from django.db import transaction

from accountability.choices import PollPurpose, PollState
from accountability.models import Ballot, Poll, PollSubject, PollVoter
from branches.actions.audit import record_event
from branches.models import Member, Organization, User

from .notices import stop_poll, tell_of_poll

AT_ONCE = 500
#: With how many others, at most, a ballot is put into the box.
SHAKEN = 200
_CHANCE = secrets.SystemRandom()
#: No poll takes longer, or begins later.
LONGEST = timedelta(days=366)


@transaction.atomic
def open_poll(
    *,
    actor,
    organization: Organization,
    purpose: PollPurpose | str,
    title: str,
    choices: Sequence[str],
    categories: Mapping[str, Decimal | str],
    subjects: Sequence[str],
    voters: Iterable[tuple[User | None, Member | None, str]],
    opens_at: datetime,
    closes_at: datetime,
    most: Mapping[str, int] | None = None,
    on_paper: bool = False,
    now: datetime,
) -> Poll:
    """Open a poll on `subjects` (labels, numbered from 1) for `voters` (account, member, category).

    `choices` from the best to the lowest; `categories` with their weights, or {} where all voters are alike, whose
    category is then "". `on_paper`: nobody votes on screen, two persons count the papers. Somebody named twice votes
    once, in the category named first. `ValidationError` names the field: closes_at, choices, categories, subjects,
    voters.
    """
    found = _distinct(voters)
    _check(choices, categories, subjects, found, opens_at, closes_at, most or {}, on_paper, now)
    poll = Poll.objects.create(
        organization=organization,
        purpose=purpose,
        title=title.strip(),
        choices=list(choices),
        categories={name: str(weight) for name, weight in categories.items()},
        most=dict(most or {}),
        opens_at=opens_at,
        closes_at=closes_at,
        author=actor.user,
        created_at=now,
    )
    PollSubject.objects.bulk_create(
        (
            PollSubject(poll=poll, number=number, label=label)
            for number, label in enumerate(subjects, start=1)
        ),
        batch_size=AT_ONCE,
    )
    PollVoter.objects.bulk_create(
        (
            PollVoter(poll=poll, user=user, member=member, category=category)
            for user, member, category in found
        ),
        batch_size=AT_ONCE,
    )
    record_event(
        actor=actor,
        event="开始测评",
        row=poll,
        summary=f"{organization} {poll} 测评对象{len(subjects)}个，参评{len(found)}人",
        at=now,
    )
    return poll


@transaction.atomic
def cast_ballot(*, poll: Poll, user: User, answers: Mapping[int, str], now: datetime) -> None:
    """Put one ballot into the box: {number of the subject: choice} for every subject, once a voter.

    Leaves no trail but `has_voted`. `ValidationError` names the subjects without a choice by "subject_<number>".
    """
    voter = PollVoter.objects.select_for_update().filter(poll=poll, user=user).first()
    if voter is None:
        raise ValidationError("您不在这次测评的参评人名单中。")
    if voter.has_voted:
        raise ValidationError("您已经投过票，每人只能投一次。")
    # Locked after the voter's row: who closes waits for that one, and one after the other they shake the box.
    kept = Poll.objects.select_for_update(no_key=True).get(pk=poll.pk)
    require_open(kept, now)
    numbers = list(kept.subjects.values_list("number", flat=True))
    keys = list(kept.ballots.values_list("pk", flat=True))
    others = kept.ballots.filter(pk__in=_CHANCE.sample(keys, min(SHAKEN, len(keys))))
    _write_anew(kept, others, (voter.category, _answers(kept, numbers, answers)))
    voter.has_voted = True
    voter.save(update_fields=["has_voted"])


def require_open(poll: Poll, now: datetime) -> None:
    """Raise `ValidationError` unless ballots are taken at this moment."""
    if poll.state == PollState.CANCELLED:
        raise ValidationError("这次测评已经取消。")
    if poll.state == PollState.CLOSED or now >= poll.closes_at:
        raise ValidationError("这次测评已经结束，不能再投票。")
    if now < poll.opens_at:
        raise ValidationError("这次测评还没有开始。")


@transaction.atomic
def close_poll(*, actor, poll: Poll, now: datetime) -> Poll:
    """Close a poll, early or, with `actor` None, by the clock, and write its ballots anew in an order of chance."""
    kept = _locked(poll)
    _require_running(kept)
    number_of_ballots = _write_anew(kept, kept.ballots.all())
    kept.state, kept.closed_at = PollState.CLOSED, now
    kept.save(update_fields=["state", "closed_at"])
    stop_poll(poll=kept, now=now)
    number = kept.voters.count()
    record_event(
        actor=actor,
        event="结束测评",
        row=kept,
        summary=f"{kept} 参评{number}人，收到{number_of_ballots}票",
        at=now,
    )
    return kept


@transaction.atomic
def cancel_poll(*, actor, poll: Poll, reason: str, now: datetime) -> Poll:
    """Cancel a poll that is going on: its ballots are destroyed unread, and nothing is counted."""
    kept = _locked(poll)
    _require_running(kept)
    if not reason.strip():
        raise ValidationError({"reason": "请写明取消的原因。"})
    kept.ballots.all().delete()
    kept.state, kept.closed_at = PollState.CANCELLED, now
    kept.save(update_fields=["state", "closed_at"])
    stop_poll(poll=kept, now=now)
    record_event(actor=actor, event="取消测评", row=kept, summary=f"{kept}：{reason.strip()}", at=now)
    return kept


@transaction.atomic
def extend_poll(*, actor, poll: Poll, closes_at: datetime, now: datetime) -> Poll:
    """Give voters more time; a poll never closes earlier than it said, except by closing it."""
    kept = Poll.objects.select_for_update(no_key=True).get(pk=poll.pk)
    _require_running(kept)
    if closes_at <= kept.closes_at or closes_at <= now:
        raise ValidationError({"closes_at": "新的截止时间要晚于原来的截止时间，也要晚于现在。"})
    if closes_at - kept.opens_at > LONGEST:
        raise ValidationError({"closes_at": "一次测评不能超过一年。"})
    kept.closes_at = closes_at
    kept.save(update_fields=["closes_at"])
    stop_poll(poll=kept, now=now)
    tell_of_poll(poll=kept, today=actor.today, now=now)
    record_event(
        actor=actor, event="延长测评", row=kept, summary=f"{kept} 延至{closes_at:%Y-%m-%d %H:%M}", at=now
    )
    return kept


def close_due(*, now: datetime) -> int:
    """Close every poll whose end has passed; returns how many. A poll that somebody closes meanwhile is left alone."""
    closed = 0
    for poll in Poll.objects.filter(state=PollState.OPEN, closes_at__lte=now).order_by("closes_at", "pk"):
        try:
            close_poll(actor=None, poll=poll, now=now)
        except ValidationError:
            continue
        closed += 1
    return closed


def _write_anew(poll, ballots, *new) -> int:
    """Write these ballots under other keys in an order of chance, with the `new` among them; returns how many."""
    box = [*ballots.values_list("category", "answers"), *new]
    _CHANCE.shuffle(box)
    ballots.delete()
    Ballot.objects.bulk_create(
        (Ballot(id=uuid.uuid4(), poll=poll, category=category, answers=answers) for category, answers in box),
        batch_size=AT_ONCE,
    )
    return len(box)


def _locked(poll) -> Poll:
    """The poll after every voter's row is locked: whoever is voting has finished, and nobody begins."""
    list(PollVoter.objects.select_for_update().filter(poll=poll).order_by("pk").values_list("pk"))
    return Poll.objects.select_for_update(no_key=True).get(pk=poll.pk)


def _require_running(poll) -> None:
    if poll.state != PollState.OPEN:
        raise ValidationError(f"这次测评{poll.get_state_display()}，不能再改。")


def _distinct(voters) -> list[tuple]:
    """Each account and each member once; an account of a member stands for both."""
    found, users, members = [], set(), set()
    for user, member, category in voters:
        member_id = member.pk if member else (user.member_id if user else None)
        if (user and user.pk in users) or (member_id and member_id in members):
            continue
        if user:
            users.add(user.pk)
        if member_id:
            members.add(member_id)
        found.append((user, member, category))
    return found


def _check(choices, categories, subjects, voters, opens_at, closes_at, most, on_paper, now) -> None:
    if closes_at <= opens_at or closes_at <= now:
        raise ValidationError({"closes_at": "截止时间要晚于开始时间，也要晚于现在。"})
    if closes_at - opens_at > LONGEST or opens_at - now > LONGEST:
        raise ValidationError({"closes_at": "一次测评不能超过一年，也不能在一年以后才开始。"})
    if len(choices) < 2 or len(set(choices)) < len(choices):
        raise ValidationError({"choices": "请写出至少两个互不相同的等次。"})
    for name, number in most.items():
        if name not in choices or number < 0:
            raise ValidationError({"choices": f"限额“{name}”不是这次测评的等次，或限额不是整数。"})
    if any(_weight(weight) <= 0 for weight in categories.values()):
        raise ValidationError({"categories": "每个类别的权重都要大于0。"})
    if not subjects:
        raise ValidationError({"subjects": "请至少选一个测评对象。"})
    if not voters and not on_paper:
        raise ValidationError({"voters": "请至少选一名参评人。"})
    for user, member, category in voters:
        if category not in (categories or {"": 1}):
            raise ValidationError({"voters": f"{user or member}的类别“{category}”不在这次测评的类别中。"})


def _weight(text) -> Decimal:
    try:
        weight = Decimal(str(text))
    except InvalidOperation:
        return Decimal(0)
    return weight if weight.is_finite() else Decimal(0)


def _answers(poll, numbers, answers) -> dict[str, str]:
    """The answers as they are kept, in the order of the subjects, whatever the order they came in."""
    answers = {int(number): choice for number, choice in answers.items()}
    if set(answers) - set(numbers):
        raise ValidationError("选票上有不属于这次测评的对象，请重新打开页面再投。")
    missing = {
        f"subject_{number}": "请选择一个等次。"
        for number in numbers
        if answers.get(number) not in poll.choices
    }
    if missing:
        raise ValidationError(missing)
    given = Counter(answers.values())
    for choice, number in poll.most.items():
        if given[choice] > number:
            raise ValidationError(f"“{choice}”最多给{number}个，您给了{given[choice]}个，请调整后再提交。")
    return {str(number): answers[number] for number in numbers}
