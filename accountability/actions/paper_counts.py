"""纸质票计票: two persons count the papers apart from each other; only what both found alike is counted."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from accountability.choices import AppraisalStep, PollPurpose, PollState, SessionState
from accountability.models import AppraisalProgramme, PaperCount, Poll
from accountability.papers import COUNTERS, SUMS, count_problems
from accountability.queries.polls import RIGHT_OF
from accountability.tallies import Counts, Paper, agreed_papers
from branches.access import Actor, Right
from branches.actions.audit import record_event


def may_count(actor: Actor, poll: Poll) -> bool:
    """Whether the actor may count the papers: who runs the poll, and at a branch everybody who takes part in it."""
    if may_discard(actor, poll):
        return True
    return (
        poll.purpose == PollPurpose.APPRAISAL
        and actor.may(Right.VIEW, poll.organization)
        and poll.voters.filter(user=actor.user.pk).exists()
    )


def may_discard(actor: Actor, poll: Poll) -> bool:
    """Whether the actor may strike out counts, so that the papers are counted anew: who runs the poll."""
    return actor.may(RIGHT_OF[PollPurpose(poll.purpose)], poll.organization)


@transaction.atomic
def enter_count(
    *, actor: Actor, poll: Poll, category: str, issued: int, returned: int, valid: int, counts: Counts, now
) -> PaperCount:
    """Enter what one has counted, or correct it while the two counts differ; sent twice it is one.

    `counts`: {number of the subject: {choice: papers}}. `ValidationError` names issued, returned, valid or
    "subject_<number>".
    """
    kept = _countable(poll)
    if not may_count(actor, kept):
        raise PermissionDenied("纸质票由组织测评的同志和参评人中的计票人录入。")
    if category not in (kept.categories or {"": 1}):
        raise ValidationError("这次测评没有这个参评人类别，请重新打开页面。")
    found = {each.author_id: each for each in kept.paper_counts.filter(category=category)}
    paper = Paper(category, actor.user.pk, issued, returned, valid, counts)
    own = found.get(actor.user.pk)
    if own is None and len(found) >= COUNTERS:
        raise ValidationError("这一类票已由两位同志录入；要换人计票，请组织测评的同志先作废原来的录入。")
    if own is not None:
        if as_paper(own).content == paper.content:
            return own
        if category in agreed_papers(map(as_paper, found.values()))[0]:
            raise ValidationError("两人录入已经一致并计入结果，不能再改。")
    _check(kept, paper)
    row = own or PaperCount(poll=kept, category=category, author=actor.user)
    row.issued, row.returned, row.valid, row.entered_at = issued, returned, valid, now
    row.numbers = {str(number): by_choice for number, by_choice in counts.items()}
    row.save()
    record_event(
        actor=actor,
        event="更正纸质票计票" if own else "录入纸质票计票",
        row=kept,
        summary=f"{kept} {category} 发出{issued} 收回{returned} 有效{valid}".replace("  ", " "),
        at=now,
    )
    return row


@transaction.atomic
def discard_counts(*, actor: Actor, poll: Poll, category: str, reason: str, now) -> int:
    """Strike out the counts of a category, so that the papers are counted anew; returns how many there were."""
    kept = _countable(poll)
    if not may_discard(actor, kept):
        raise PermissionDenied("只有组织测评的同志可以作废计票。")
    if not reason.strip():
        raise ValidationError({"reason": "请写明为什么重新计票。"})
    number, _ = kept.paper_counts.filter(category=category).delete()
    if not number:
        raise ValidationError("还没有录入计票，不用作废。")
    record_event(
        actor=actor, event="作废纸质票计票", row=kept, summary=f"{kept} {category}：{reason.strip()}", at=now
    )
    return number


def as_paper(row: PaperCount) -> Paper:
    """A row as a plain value for the counting of the poll."""
    counts = {int(number): by_choice for number, by_choice in row.numbers.items()}
    return Paper(row.category, row.author_id, row.issued, row.returned, row.valid, counts)


def is_countable(poll: Poll) -> bool:
    """Whether papers may still be counted: until people have begun to decide from the result."""
    if poll.state == PollState.CANCELLED:
        return False
    if programme := getattr(poll, "programme", None):
        return programme.step == AppraisalStep.POLL and programme.cancelled_at is None
    if assessment := getattr(poll, "assessment", None):
        return assessment.taken_up_at is None
    session = getattr(poll, "session", None)
    return session is None or session.state in (SessionState.PREPARING, SessionState.RATING)


def _countable(poll) -> Poll:
    """The poll, locked, so that the two who count come one after the other, and its programme stays at its step."""
    list(AppraisalProgramme.objects.select_for_update(no_key=True).filter(poll=poll.pk).values_list("pk"))
    Poll.objects.select_for_update(no_key=True).get(pk=poll.pk)
    kept = Poll.objects.select_related("organization", "programme", "session", "assessment").get(pk=poll.pk)
    if kept.state == PollState.CANCELLED:
        raise ValidationError("这次测评已经取消，不再计票。")
    programme = getattr(kept, "programme", None)
    if programme and programme.cancelled_at:
        raise ValidationError("这次民主评议已经取消，不再计票。")
    if not is_countable(kept):
        raise ValidationError("测评结果已经用于评定，不能再录入或更正纸质票。")
    return kept


def _check(poll, paper) -> None:
    numbers = list(poll.subjects.values_list("number", flat=True))
    if set(paper.counts) != set(numbers) or any(
        set(by_choice) - set(poll.choices) for by_choice in paper.counts.values()
    ):
        raise ValidationError("测评对象或等次与这次测评不符，请重新打开页面再录入。")
    figures = [getattr(paper, name) for name in SUMS]
    figures += [n for by_choice in paper.counts.values() for n in by_choice.values()]
    if min(figures) < 0:
        raise ValidationError("票数不能是负数。")
    if poll.voters.exists():
        most = poll.voters.filter(category=paper.category, has_voted=False).count()
    else:
        most = paper.issued  # everybody is asked on paper, and nobody is listed
    if problems := count_problems(paper, numbers, most):
        raise ValidationError(
            {key if isinstance(key, str) else f"subject_{key}": text for key, text in problems.items()}
        )
