"""我的待办: pressing first, own numbers last; nobody else's business."""

from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accountability.actions.lists import issue_lists
from accountability.actions.starters import load_duty_starters
from accountability.models import DutyRecord, DutyTemplate
from branches.access import Actor
from branches.choices import Decision, Level, MeetingKind, MeetingStatus, OrganizationKind, Sector
from branches.models import MeetingDraft, MeetingReview, Resolution
from supervision.attenuation.engine import take_readings
from supervision.queries.todo import FEW
from tests.conftest import plant

from .conftest import OCTOBER, hold


def text_of(cast, who):
    answer = cast.client(who).get(reverse("todo"))
    assert answer.status_code == 200
    return answer.content.decode()


def give_back(cast, meeting, note):
    MeetingReview.objects.create(
        meeting=meeting,
        decision=Decision.RETURNED,
        note=note,
        reviewer=cast.people["zhao"],
        appointment=cast.people["zhao"].appointments.get(),
        decided_at=datetime(2026, 11, 3, 3, tzinfo=UTC),
    )


def test_what_is_owed_stands_in_sentences_with_a_day_and_a_button(cast, october):
    text = text_of(cast, "li")
    assert "2026年11月主题党日还需1次" in text
    assert "11月30日前" in text
    assert f"{reverse('meeting-create', args=[cast.first.pk])}?kind={int(MeetingKind.PARTY_DAY)}" in text


def test_returned_record_stands_first_with_its_note(cast, october):
    meeting = hold(
        cast,
        cast.first,
        MeetingKind.GENERAL_MEETING,
        date(2026, 10, 30),
        status=MeetingStatus.RETURNED,
        title="十月大会",
    )
    give_back(cast, meeting, "请补上表决结果")
    text = text_of(cast, "li")
    assert text.index("请补上表决结果") < text.index("还需1次")
    assert reverse("meeting-edit", args=[meeting.pk]) in text
    assert "赵勇" in text


def test_nothing_that_needs_no_action_stands_above_what_does(cast, october):
    hold(cast, cast.first, MeetingKind.PARTY_DAY, date(2026, 11, 2), status=MeetingStatus.SUBMITTED)
    text = text_of(cast, "li")
    assert text.index("还需1次") < text.index("等上级确认") < text.index("本级的热度")


def test_a_long_row_of_late_duties_is_shown_by_a_few(cast, october):
    load_duty_starters(year=2026)
    issue_lists(
        actor=Actor(cast.people["wu"], cast.people["wu"].appointments.get(), date(2026, 1, 5)),
        template=DutyTemplate.objects.get(code="BRANCH"),
        scope=cast.city,
        now=datetime(2026, 1, 5, 1, tzinfo=UTC),
    )
    late = DutyRecord.objects.filter(organization=cast.first, due_on__lt=date(2026, 11, 5)).count()
    assert late > FEW
    answer = cast.client("li").get(reverse("todo"))
    page = answer.context["todo"]
    assert len(page.duties_late) == FEW
    assert page.late_number == late
    assert f"看全部 {late} 项" in answer.content.decode()
    newest = page.duties_late[0].record
    assert reverse("duty-record-edit", args=[newest.pk]) in answer.content.decode()
    assert newest.due_on == max(line.record.due_on for line in page.duties_late)


def test_missed_window_offers_a_late_entry_or_a_reason(cast, october):
    text = text_of(cast, "wang")
    assert "2026年10月主题党日还缺1次" in text
    assert "补录不算违规" in text


def test_drafts_and_own_resolutions_wait_to_be_finished(cast, october):
    MeetingDraft.objects.create(
        author=cast.people["li"], organization=cast.first, typed={"title": ["写了一半的会"]}
    )
    meeting = hold(cast, cast.first, MeetingKind.COMMITTEE_MEETING, date(2026, 10, 8), title="支委会甲")
    for text, owner in (("修好活动室", "li"), ("不归我管", "zhou")):
        Resolution.objects.create(
            meeting=meeting, number=1, text=text, owner=cast.people[owner].member, due_on=date(2026, 11, 20)
        )
    text = text_of(cast, "li")
    assert "写了一半的会" in text
    assert "修好活动室" in text
    assert "不归我管" not in text
    member = text_of(cast, "zhou")
    assert "不归我管" in member
    assert "记录会议" not in member


def test_committee_sees_what_waits_for_its_review(cast, october):
    hold(cast, cast.second, MeetingKind.PARTY_DAY, date(2026, 11, 2), status=MeetingStatus.SUBMITTED)
    text = text_of(cast, "zhao")
    assert "会议记录 1 条" in text
    assert reverse("review-queue", args=[cast.town.pk]) in text
    assert "等您审核" not in text_of(cast, "li")


def test_election_is_announced_half_a_year_ahead(cast, october):
    cast.first.election_due_on = date(2027, 5, 5)
    cast.first.save()
    assert "2027年5月5日届满" in text_of(cast, "li")
    cast.first.election_due_on = date(2027, 5, 6)
    cast.first.save()
    assert "届满" not in text_of(cast, "li")


def test_own_heat_has_its_parts_and_no_rank(cast, october):
    for number in range(10):
        plant(
            f"010101{number + 3:02}", f"第{number + 3}支部", OrganizationKind.BRANCH, Level.BRANCH, cast.town,
            sector=Sector.RURAL,
        )  # fmt: skip
    take_readings(OCTOBER)
    text = text_of(cast, "li")
    assert "第一支部本级的热度" in text
    assert "四分之一" in text
    for forbidden in ("第 1 名", "排名", "第二支部"):
        assert forbidden not in text


def test_other_branches_stay_out_of_it(cast, october):
    hold(
        cast,
        cast.second,
        MeetingKind.PARTY_DAY,
        date(2026, 10, 30),
        status=MeetingStatus.RETURNED,
        title="邻居的会",
    )
    assert "邻居的会" not in text_of(cast, "li")
    assert "邻居的会" in text_of(cast, "wang")


@pytest.mark.parametrize("who", ["zheng", "feng", "nobody"])
def test_refuses_who_has_no_part_in_the_work(cast, october, who):
    assert cast.client(who).get(reverse("todo")).status_code == 403


def test_queries_do_not_grow_with_the_rows(cast, october):
    def queries():
        client = cast.client("li")
        with CaptureQueriesContext(connection) as found:
            client.get(reverse("todo"))
        return len(found)

    def add(day):
        meeting = hold(
            cast, cast.first, MeetingKind.GROUP_MEETING, date(2026, 10, day), status=MeetingStatus.RETURNED
        )
        give_back(cast, meeting, "请补充")
        Resolution.objects.create(meeting=meeting, number=1, text="办", owner=cast.people["li"].member)
        MeetingDraft.objects.create(author=cast.people["li"], organization=cast.first, typed={})

    add(1)
    few = queries()
    for day in range(2, 31):
        add(day)
    assert queries() == few <= 43
