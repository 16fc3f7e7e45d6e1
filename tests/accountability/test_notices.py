"""Who is reminded of what and when, and that it stops."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError

from accountability import tasks
from accountability.actions.lists import sign_list, withdraw_list
from accountability.actions.notices import Recipients, end_notices, write_notices
from accountability.actions.records import accept_record, return_record
from accountability.actions.wordings import change_wording, reset_wording
from accountability.choices import NoticeKind
from accountability.models import Duty, DutyList, DutyRecord, Notice, NoticeWording
from accountability.queries.notices import unread_words
from branches.choices import Post
from branches.models import Appointment, AuditEntry
from tests.accountability.conftest import NOW, TODAY
from tests.accountability.test_records import submit
from tests.conftest import employ


@pytest.fixture
def record(cast, issued):
    """A record of 李's branch that is due on the last of November."""
    return DutyRecord.objects.get(organization=cast.first, period=202611)


def at(day):
    return datetime.combine(day, NOW.timetz())


def write(day):
    return write_notices(today=day, now=at(day))


def of(row, **facts):
    """The kinds still going on about a record or list."""
    name = "list" if isinstance(row, DutyList) else "record"
    return set(
        Notice.objects.filter(row=f"{name}:{row.pk}", ended_at=None, **facts).values_list("kind", flat=True)
    )


@pytest.mark.parametrize(
    ("day", "kinds"),
    [
        (date(2026, 10, 31), set()),  # not begun
        (date(2026, 11, 1), {NoticeKind.DUE_30}),
        (date(2026, 11, 22), {NoticeKind.DUE_30}),
        (date(2026, 11, 23), {NoticeKind.DUE_7}),
        (date(2026, 11, 28), {NoticeKind.DUE_7}),
        (date(2026, 11, 29), {NoticeKind.DUE_1}),
        (date(2026, 11, 30), {NoticeKind.DUE_1}),
        (date(2026, 12, 1), {NoticeKind.OVERDUE}),
        (date(2027, 2, 1), {NoticeKind.OVERDUE}),
    ],
)
def test_each_day_has_its_notice(cast, record, day, kinds):
    write(day)
    assert of(record) == kinds


def test_a_term_of_another_year_says_its_year(cast, record):
    write(date(2026, 12, 1))
    notices = Notice.objects.filter(row=f"record:{record.pk}", user=cast.people["li"])
    assert "（11月）" in notices.get().subject
    notices.delete()
    write(date(2027, 1, 4))
    assert "（2026年11月）" in notices.get().subject


def test_the_nearer_notice_ends_the_one_before(cast, record):
    for day in (date(2026, 11, 3), date(2026, 11, 24), date(2026, 11, 29), date(2026, 12, 2)):
        write(day)
    assert of(record) == {NoticeKind.OVERDUE}
    assert Notice.objects.filter(row=f"record:{record.pk}", user=cast.people["li"]).count() == 4


def test_writing_twice_is_writing_once(cast, issued):
    assert write(TODAY) > 0
    before = list(Notice.objects.order_by("pk").values())
    assert write(TODAY) == 0
    assert list(Notice.objects.order_by("pk").values()) == before


def test_the_units_own_people_are_told_and_nobody_else(cast, record):
    write(TODAY)
    assert {each.user for each in Notice.objects.filter(row=f"record:{record.pk}")} == {cast.people["li"]}
    assert not Notice.objects.filter(
        user__in=[cast.people[who] for who in ("zhou", "wu", "zheng", "feng")]
    ).exists()


def test_secretary_and_clerk_come_first_and_three_are_enough(cast):
    clerk = employ("clerk", "管理员", (cast.first, Post.BRANCH_CLERK))
    employ("member", "组织委员", (cast.first, Post.ORGANIZATION_MEMBER))
    assert Recipients(TODAY).of_unit(cast.first.pk) == [cast.people["li"].pk, clerk.pk]
    posts = (Post.PUBLICITY_MEMBER, Post.DEPUTY_SECRETARY, Post.DISCIPLINE_MEMBER, Post.ORGANIZATION_MEMBER)
    made = [employ(f"u{post}", post.label, (cast.office_branch, post)) for post in posts]
    assert Recipients(TODAY).of_unit(cast.office_branch.pk) == [made[1].pk, made[0].pk, made[2].pk]


def test_an_owner_is_told_instead_of_the_unit(cast, record):
    owner = employ("owner", "组织委员", (cast.first, Post.ORGANIZATION_MEMBER))
    Duty.objects.filter(pk=record.duty_id).update(owner=owner.appointments.get())
    write(TODAY)
    assert {each.user for each in Notice.objects.filter(row=f"record:{record.pk}")} == {owner}
    Appointment.objects.filter(user=owner).update(ends_on=TODAY)
    write(TODAY + timedelta(days=1))
    assert of(record, user=owner) == set()
    assert of(record, user=cast.people["li"]) == {NoticeKind.DUE_30}


def test_reminders_stop_when_it_is_done(cast, acting, record):
    write(TODAY)
    handed_in = submit(acting("li"), record)
    assert of(record) == set()
    accept_record(actor=acting("zhao"), record=handed_in, version=2, now=NOW)
    assert write(TODAY) == 0
    assert of(record) == set()


def test_they_stop_when_it_is_taken_back(cast, acting, issued):
    write(TODAY)
    duty_list = DutyList.objects.get(organization=cast.first)
    assert of(duty_list) == {NoticeKind.TO_SIGN}
    withdraw_list(actor=acting("wu"), duty_list=duty_list, reason="调整", now=NOW)
    end_notices(today=TODAY, now=NOW)
    assert of(duty_list) == set()
    assert not Notice.objects.filter(user=cast.people["li"], ended_at=None).exists()


def test_a_return_is_told_with_its_note_and_again_the_next_time(cast, acting, record):
    handed_in = submit(acting("li"), record)
    returned = return_record(actor=acting("zhao"), record=handed_in, version=2, note="写明哪两户", now=NOW)
    write(TODAY)
    assert of(record) == {NoticeKind.RETURNED}
    notice = Notice.objects.get(kind=NoticeKind.RETURNED)
    assert "写明哪两户" in notice.body
    Notice.objects.update(read_at=NOW, mailed_at=NOW)
    again = submit(acting("li"), returned)
    write(TODAY)
    assert of(record) == set()
    return_record(actor=acting("zhao"), record=again, version=again.version, note="还差一户", now=NOW)
    assert write(TODAY) == 1
    notice.refresh_from_db()
    assert "还差一户" in notice.body
    assert (notice.read_at, notice.mailed_at, notice.ended_at) == (None, None, None)


def test_a_list_is_signed_for_once(cast, acting, issued):
    write(TODAY)
    duty_list = DutyList.objects.get(organization=cast.first)
    sign_list(actor=acting("li"), duty_list=duty_list, now=NOW)
    assert of(duty_list) == set()
    write(TODAY)
    assert of(duty_list) == set()


def test_an_officers_list_is_signed_by_the_officer_alone(cast, acting, templates):
    from accountability.actions.lists import issue_lists

    issue_lists(actor=acting("wu"), template=templates["FIRST"], scope=cast.city, now=NOW)
    write(TODAY)
    notices = Notice.objects.filter(kind=NoticeKind.TO_SIGN)
    assert {each.user for each in notices} == {cast.people["qian"]}
    Appointment.objects.filter(user=cast.people["qian"]).update(ends_on=TODAY)
    write(TODAY)
    assert not notices.filter(ended_at=None).exists()


def test_an_account_that_is_closed_is_told_nothing(cast, issued):
    cast.people["li"].is_active = False
    cast.people["li"].save()
    write(TODAY)
    assert not Notice.objects.filter(user=cast.people["li"]).exists()


def test_number_of_queries_does_not_follow_the_records(cast, issued, django_assert_max_num_queries):
    with django_assert_max_num_queries(26):
        write(TODAY)


# Wording


def test_the_words_are_the_administrators(cast, acting, record):
    change_wording(
        actor=acting("wu"),
        kind=NoticeKind.DUE_30,
        subject="请抓紧：{duty}",
        body="{unit}{term}还有{days}天，{due}截止。{link}",
        is_active=True,
        now=NOW,
    )
    write(TODAY)
    notice = Notice.objects.get(row=f"record:{record.pk}")
    assert notice.subject == f"请抓紧：{record.duty.heading}"
    assert notice.body == (
        f"第一支部11月还有10天，2026年11月30日截止。http://127.0.0.1:8000/duty-records/{record.pk}/"
    )
    assert AuditEntry.objects.filter(event="修改提醒文本").count() == 1


def test_a_kind_that_is_switched_off_is_silent(cast, acting, record):
    write(TODAY)
    facts = {"subject": "甲", "body": "乙", "now": NOW}
    change_wording(actor=acting("wu"), kind=NoticeKind.DUE_30, is_active=False, **facts)
    write(TODAY)
    assert of(record) == set()
    reset_wording(actor=acting("wu"), kind=NoticeKind.DUE_30, now=NOW)
    write(TODAY)
    assert of(record) == {NoticeKind.DUE_30}
    assert not NoticeWording.objects.exists()


def test_wrong_words_and_wrong_people_are_refused(cast, acting):
    facts = {"kind": NoticeKind.TO_SIGN, "body": "请签收", "is_active": True, "now": NOW}
    with pytest.raises(ValidationError) as refused:
        change_wording(actor=acting("wu"), subject="{duty}", **facts)
    assert "可用的占位符" in refused.value.message_dict["subject"][0]
    for who in ("li", "zhao", "qian", "zheng"):
        with pytest.raises(PermissionDenied):
            change_wording(actor=acting(who), subject="请签收", **facts)
        with pytest.raises(PermissionDenied):
            reset_wording(actor=acting(who), kind=NoticeKind.TO_SIGN, now=NOW)
    assert not NoticeWording.objects.exists()


# The number in the bar


def test_the_number_stops_at_ninety_nine(cast):
    user = cast.people["li"]
    assert unread_words(user) == ""
    Notice.objects.bulk_create(
        Notice(
            user=user,
            kind=NoticeKind.DUE_7,
            row=f"record:{number}",
            subject="甲",
            body="乙",
            link="/",
            created_at=NOW,
        )
        for number in range(99)
    )
    assert unread_words(user) == "99"
    Notice.objects.create(
        user=user, kind=NoticeKind.DUE_7, row="record:100", subject="甲", body="乙", link="/", created_at=NOW
    )
    assert unread_words(user) == "99+"
    Notice.objects.filter(row="record:1").update(ended_at=NOW)
    Notice.objects.filter(row="record:2").update(read_at=datetime(2026, 11, 20, tzinfo=UTC))
    assert unread_words(user) == "98"


# By the clock


def test_the_timetable_reminds_and_mails_at_its_hour(cast, record, mailoutbox):
    cast.people["li"].email = "li@example.cn"
    cast.people["li"].save()
    with time_machine.travel("2026-11-20 07:20 +0800", tick=False):
        tasks.follow_changes()
        assert tasks.write_notices() > 0
    with time_machine.travel("2026-11-20 08:10 +0800", tick=False):
        assert tasks.send_digests() == 1
    with time_machine.travel("2026-11-20 09:10 +0800", tick=False):
        assert tasks.send_digests() == 0
    with time_machine.travel("2026-11-21 08:10 +0800", tick=False):  # a Saturday
        assert tasks.send_digests() == 0
    assert [letter.to for letter in mailoutbox] == [["li@example.cn"]]
