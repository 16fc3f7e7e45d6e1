"""What somebody is told as a person: that a poll takes their vote, that their own result is there."""

from datetime import timedelta

from django.urls import reverse

from accountability.actions.appraisals import close_appraisal_poll, confirm_seen
from accountability.actions.notices import write_notices
from accountability.actions.polls import cancel_poll, cast_ballot, extend_poll, open_poll
from accountability.choices import NoticeKind, PollPurpose
from accountability.models import Notice
from tests.accountability.appraising import NOW, TODAY, appraisal_of, decide, tell, to_poll, to_tell


def going(kind):
    """Who has a notice of this kind that still goes on."""
    return set(Notice.objects.filter(kind=kind, ended_at=None).values_list("user__username", flat=True))


def test_who_may_vote_is_told_and_the_notice_knows_nothing_of_the_vote(cast, acting):
    programme = to_poll(acting, cast)
    assert going(NoticeKind.VOTE) == {"li", "zhou", "qian"}
    before = list(Notice.objects.filter(kind=NoticeKind.VOTE).values())
    cast_ballot(
        poll=programme.poll, user=cast.people["zhou"], answers=dict.fromkeys(range(1, 10), "合格"), now=NOW
    )
    write_notices(today=TODAY, now=NOW + timedelta(minutes=5))
    assert list(Notice.objects.filter(kind=NoticeKind.VOTE).values()) == before
    notice = Notice.objects.get(user=cast.people["zhou"], kind=NoticeKind.VOTE)
    answer = cast.client("zhou").get(reverse("notice-open", args=[notice.pk]))
    assert answer.url == reverse("poll-vote", args=[programme.poll_id])
    close_appraisal_poll(actor=acting("li"), programme=programme, now=NOW + timedelta(minutes=6))
    ended = (
        Notice.objects.filter(kind=NoticeKind.VOTE).order_by().values_list("ended_at", flat=True).distinct()
    )
    assert list(ended) == [NOW + timedelta(minutes=6)]


def test_a_poll_that_begins_later_is_told_on_its_day_and_a_cancelled_one_no_more(cast, acting):
    later = NOW + timedelta(days=1)
    poll = open_poll(
        actor=acting("li"),
        organization=cast.first,
        purpose=PollPurpose.ASSESSMENT,
        title="满意度测评",
        choices=["好", "差"],
        categories={},
        subjects=["服务"],
        voters=[(cast.people[who], None, "") for who in ("zhou", "li")],
        opens_at=later,
        closes_at=later + timedelta(days=2),
        now=NOW,
    )
    write_notices(today=TODAY, now=NOW)
    assert going(NoticeKind.VOTE) == set()
    cast_ballot(poll=poll, user=cast.people["li"], answers={1: "好"}, now=later)
    write_notices(today=TODAY + timedelta(days=1), now=later)
    assert going(NoticeKind.VOTE) == {"zhou", "li"}  # who has voted is told too
    notice = Notice.objects.get(kind=NoticeKind.VOTE, user=cast.people["zhou"])
    assert (notice.subject, notice.due_on) == ("请投票：满意度测评", TODAY + timedelta(days=3))
    assert "2026年11月23日10:00前" in notice.body
    Notice.objects.update(read_at=later)
    extend_poll(actor=acting("li"), poll=poll, closes_at=later + timedelta(days=4), now=later)
    notice.refresh_from_db()
    assert (notice.due_on, notice.read_at) == (TODAY + timedelta(days=5), None)
    cancel_poll(actor=acting("li"), poll=poll, reason="名单有误", now=later)
    assert going(NoticeKind.VOTE) == set()
    page = cast.client("zhou").get(reverse("notice-open", args=[notice.pk]), follow=True)
    assert page.status_code == 200
    assert "我的测评" in page.content.decode()


def test_a_result_is_told_read_and_told_anew_when_it_changes(cast, acting):
    programme = to_tell(acting, cast)
    tell(acting, programme)
    assert "zhou" in going(NoticeKind.APPRAISED)
    notice = Notice.objects.get(user=cast.people["zhou"], kind=NoticeKind.APPRAISED)
    assert notice.subject == "2026年度民主评议结果已反馈"
    assert "合格" not in notice.body
    confirm_seen(actor=acting("zhou"), appraisal=appraisal_of(cast, "周兰"), now=NOW)
    assert "zhou" not in going(NoticeKind.APPRAISED)
    decide(acting, programme, {"李明": "EXCELLENT", "周兰": "EXCELLENT"}, reason="核对后更正")
    assert going(NoticeKind.APPRAISED) & {"li", "zhou"} == set()
    tell(acting, programme, "周兰")
    assert "zhou" in going(NoticeKind.APPRAISED)
    assert "li" not in going(NoticeKind.APPRAISED)
