"""The page on which a meeting is recorded."""

import re
import uuid

import pytest
import time_machine
from django.urls import reverse

from branches.choices import Level, MeetingKind, MeetingStatus, OrganizationKind
from branches.models import Meeting, MeetingDraft
from tests.conftest import enrol, plant
from tests.meetings import NOW, member, page, record


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


def create_url(organization):
    return reverse("meeting-create", args=[organization.pk])


def send(cast, who="li", organization=None, **changes):
    return cast.client(who).post(create_url(organization or cast.first), page(cast, **changes))


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_the_page_offers_the_kinds_of_the_unit_and_its_roster(cast):
    text = text_of(cast.client("li").get(create_url(cast.first)))
    for part in ("党员大会", "支委会", "主题党日", "应到 10 ，实到 10", "严新", "钱峰"):
        assert part in text
    for part in ("党小组会", "民主生活会", "王丽"):
        assert part not in text
    committee = text_of(cast.client("qian").get(create_url(cast.county)))
    assert "党委（党组）会" in committee
    assert "支委会" not in committee


def test_time_place_and_people_come_from_the_last_meeting(cast):
    record(cast, status=MeetingStatus.CONFIRMED, place="旧礼堂")
    html = cast.client("li").get(create_url(cast.first)).content.decode()
    assert 'value="旧礼堂"' in html
    assert 'value="14:00"' in html
    assert 'value="2026-11-16"' in html


def test_the_last_one_is_copied_without_what_was_said(cast):
    client = cast.client("li")
    client.post(create_url(cast.first), page(cast))
    html = client.get(create_url(cast.first) + "?copy=last").content.decode()
    assert 'value="学习全会精神"' in html
    assert "李明领学" not in html
    copied = client.get(reverse("meeting-copy", args=[Meeting.objects.get().pk]))
    assert copied["Location"].endswith(f"?copy={Meeting.objects.get().pk}")


def test_others_are_refused(cast):
    url = create_url(cast.first)
    assert cast.client("wang").get(url).status_code == 404
    for who in ("zhou", "zhao", "sun", "wu"):
        assert cast.client(who).get(url).status_code in (403, 404), who
        assert cast.client(who).post(url, page(cast)).status_code in (403, 404), who
    assert not Meeting.objects.exists()


def test_a_submission_says_what_it_fulfilled_and_one_next_step(cast):
    from branches.actions.cadence import load_cadence_starters

    load_cadence_starters()
    client = cast.client("li")
    response = client.post(create_url(cast.first), page(cast), follow=True)
    text = text_of(response)
    assert "等待柳汀镇党委确认" in text
    assert "支部党员大会：2026年第四季度" in text
    assert text.count("还需") == 1


def test_absentees_are_stored_with_reason_and_guests_are_typed(cast):
    qian = member(cast, "qian").pk
    response = send(
        cast,
        absent=[qian],
        **{f"reason-{qian}": "OFFICIAL", f"note-{qian}": "出差"},
        guests="刘洋（县委组织部）、陈晨",
    )
    assert response.status_code == 302
    meeting = Meeting.objects.get()
    assert (meeting.expected, meeting.present, meeting.excused) == (10, 9, 1)
    assert meeting.absences.get().note == "出差"
    assert [(guest.name, guest.title) for guest in meeting.guests.all()] == [
        ("刘洋", "县委组织部"),
        ("陈晨", ""),
    ]
    assert meeting.title == "2026年11月党员大会"


@pytest.mark.parametrize(
    ("field", "who", "message"),
    [
        ("chair", "wang", "主持人须是本组织"),
        ("recorder", "wang", "记录人须是本组织"),
        ("absent", "wang", "不在当天的应到名册"),
        ("resolution-0-owner", "wang", "责任人须是本组织"),
    ],
)
def test_somebody_elses_ids_are_refused_next_to_the_field(cast, field, who, message):
    pk = str(member(cast, who).pk)
    extra = {f"reason-{pk}": "SICK", "resolution-0-text": "办理"}
    response = send(cast, **extra | {field: pk})
    assert response.status_code == 200
    assert message in text_of(response)
    assert not Meeting.objects.exists()


def test_a_group_of_another_branch_and_a_kind_of_another_body_are_refused(cast):
    plant("0101010101", "第一小组", OrganizationKind.GROUP, Level.GROUP, cast.first)
    theirs = plant("0101010201", "他组", OrganizationKind.GROUP, Level.GROUP, cast.second)
    group = str(int(MeetingKind.GROUP_MEETING))
    assert "请选择本支部的党小组" in text_of(send(cast, kinds=[group], group=str(theirs.pk)))
    assert "请选择召开会议的党小组" in text_of(send(cast, kinds=[group]))
    assert "请只勾选本组织" in text_of(send(cast, kinds=[str(int(MeetingKind.DEMOCRATIC_LIFE))]))
    assert "请至少勾选一种" in text_of(send(cast, kinds=[]))


@pytest.mark.parametrize(
    "changes",
    [
        {"held_on": "2026-13-40"},
        {"held_on": "十一月"},
        {"held_on": "0001-01-01"},
        {"starts": "25:00"},
        {"chair": "abc"},
        {"chair": "9" * 40},
        {"group": "x"},
        {"kinds": ["x", "-1", "99999999999999999999"]},
        {"entry_key": "nonsense", "held_on": ""},
        {"agenda-TOTAL_FORMS": "999999999", "agenda-0-topic": ""},
        {"agenda-TOTAL_FORMS": "x", "agenda-0-topic": ""},
        {"vote-0-subject": "决议", "vote-0-in_favour": "-1"},
        {"vote-0-subject": "决议", "vote-0-in_favour": "99999999999999999999"},
        {"vote-0-subject": "决议", "vote-0-rule": "NONE", "vote-0-in_favour": "1"},
        {"title": "题" * 121},
        {"absent": ["x"]},
        {"version": "²", "place": ""},
        {"title": "零\x00字节"},
        {"starts": "15:30", "ends": "14:00"},
        {"held_on": "2026-11-20"},
    ],
)
def test_nonsense_comes_back_as_typed_with_a_sentence(cast, changes):
    response = send(cast, **{"place": "礼堂<二楼>"} | changes)
    assert response.status_code == 200
    assert "须改正" in text_of(response)
    assert not Meeting.objects.exists()
    if "place" not in changes:
        assert "礼堂&lt;二楼&gt;" in response.content.decode()


def test_one_more_row_without_a_script_keeps_everything_typed(cast):
    response = send(cast, action="add-agenda", place="", title="未完")
    html = response.content.decode()
    assert 'name="agenda-1-topic"' in html
    assert 'value="未完"' in html
    assert "须改正" not in html
    row = cast.client("li").post(
        reverse("meeting-panel", args=[cast.first.pk]),
        page(cast, action="add-resolution"),
        HTTP_HX_REQUEST="true",
    )
    assert b'name="resolution-1-text"' in row.content
    assert b"<html" not in row.content


def test_the_panel_follows_kinds_and_day(cast):
    from branches.actions.cadence import load_cadence_starters

    load_cadence_starters()
    enrol("新转入", cast.first, since=NOW.date())
    url = reverse("meeting-panel", args=[cast.first.pk])
    client = cast.client("li")
    text = text_of(client.post(url, page(cast, held_on="2026-11-16")))
    assert "支部党员大会 每季度至少1次" in text
    assert "新转入" in text
    committee = client.post(url, page(cast, kinds=[str(int(MeetingKind.COMMITTEE_MEETING))]))
    assert "应到 1" in text_of(committee)
    lecture = client.post(url, page(cast, kinds=[str(int(MeetingKind.LECTURE))])).content.decode()
    assert '<fieldset id="lecture" hx-swap-oob="true">' in lecture


def test_warnings_are_shown_once_and_then_passed(cast):
    record(cast, status=MeetingStatus.CONFIRMED)
    response = send(cast)
    assert "同一天已有同类会议记录" in text_of(response)
    assert Meeting.objects.count() == 1
    seen = re.search(r'name="seen" value="([^"]*)"', response.content.decode())[1]
    assert send(cast, seen=seen).status_code == 302
    assert Meeting.objects.count() == 2


def test_a_double_submit_makes_one_record(cast):
    assert send(cast).status_code == 302
    again = send(cast)
    assert again.status_code == 302
    assert again["Location"] == reverse("meeting-submitted", args=[Meeting.objects.get().pk])


def test_a_key_that_belongs_to_another_unit_loses_nothing(cast):
    send(cast)
    wang = member(cast, "wang").pk
    response = send(cast, "wang", cast.second, chair=str(wang), recorder=str(wang))
    assert response.status_code == 302
    assert Meeting.objects.count() == 1
    assert MeetingDraft.objects.get(author=cast.people["wang"]).typed["place"] == ["党员活动室"]


def test_a_vote_is_judged_on_submission(cast):
    wrong = {"vote-0-subject": "决议", "vote-0-in_favour": "9", "vote-0-against": "5"}
    assert "赞成 9 + 反对 5 + 弃权 0 = 14" in text_of(send(cast, **wrong))
    right = wrong | {"vote-0-against": "", "vote-0-in_favour": "9"}
    assert send(cast, **right).status_code == 302
    vote = Meeting.objects.get().votes.get()
    assert (vote.entitled, vote.present, vote.in_favour, vote.passed) == (9, 9, 9, True)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (
            {"vote-0-rule": "ADMISSION", "vote-0-in_favour": "5"},
            ["可以开会", "须到会 5 人", "须赞成 5 票", "通过"],
        ),
        ({"vote-0-rule": "ELECTION", "vote-0-present": "7"}, ["到会不足", "须到会 8 人"]),
        ({"vote-0-in_favour": "10"}, ["与到会有表决权 9 人不符"]),
        ({"vote-0-in_favour": "x"}, []),
        ({"row": "7"}, []),
    ],
)
def test_a_vote_is_judged_as_one_types(cast, typed, words):
    data = page(cast, row="0", **{"vote-0-subject": "决议"}) | typed
    response = cast.client("li").post(reverse("meeting-vote", args=[cast.first.pk]), data)
    assert response.status_code == 200
    for word in words:
        assert word in text_of(response)


def test_a_draft_keeps_every_keystroke_and_is_offered(cast):
    client = cast.client("li")
    typed = page(cast, held_on="", place="礼\x00", chair="", **{"vote-0-subject": "半句"})
    saved = client.post(reverse("meeting-draft", args=[cast.first.pk]), typed)
    assert "草稿已自动保存" in text_of(saved)
    client.logout()
    client = cast.client("li")
    offered = client.get(create_url(cast.first)).content.decode()
    draft = MeetingDraft.objects.get()
    assert f"?draft={draft.entry_key}" in offered
    taken = client.get(f"{create_url(cast.first)}?draft={draft.entry_key}").content.decode()
    assert 'value="礼"' in taken
    assert 'value="半句"' in taken
    assert "须改正" not in taken
    assert (
        f"?draft={draft.entry_key}" not in cast.client("qian").get(create_url(cast.county)).content.decode()
    )
    client.post(create_url(cast.first), page(cast, entry_key=str(draft.entry_key)))
    assert not MeetingDraft.objects.exists()


def test_saving_twice_is_one_draft_and_a_sent_record_leaves_none(cast):
    client = cast.client("li")
    url = reverse("meeting-draft", args=[cast.first.pk])
    for _ in range(2):
        client.post(url, page(cast))
    assert MeetingDraft.objects.count() == 1
    client.post(create_url(cast.first), page(cast))
    client.post(url, page(cast))
    assert "尚未提交" not in client.get(reverse("meeting-list", args=[cast.first.pk])).content.decode()


def test_drafts_are_ones_own(cast):
    cast.client("li").post(reverse("meeting-draft", args=[cast.first.pk]), page(cast))
    draft = MeetingDraft.objects.get()
    for who in ("wang", "zhou", "qian"):
        response = cast.client(who).post(reverse("meeting-draft-discard", args=[draft.pk]))
        assert response.status_code in (403, 404), who
    cast.client("li").post(reverse("meeting-draft-discard", args=[draft.pk]))
    assert not MeetingDraft.objects.exists()


def test_a_submission_after_the_session_has_ended_becomes_a_draft(cast, client):
    html = cast.client("li").get(create_url(cast.first)).content.decode()
    ticket = re.search(r'name="ticket" value="([^"]+)"', html)[1]
    key = re.search(r'name="entry_key" value="([^"]+)"', html)[1]
    response = client.post(create_url(cast.first), page(cast, ticket=ticket, entry_key=key, place="不能丢"))
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("login"))
    draft = MeetingDraft.objects.get(author=cast.people["li"])
    assert draft.typed["place"] == ["不能丢"]
    assert str(draft.entry_key) in response["Location"]
    live = client.post(
        reverse("meeting-draft", args=[cast.first.pk]),
        page(cast, ticket=ticket, place="还在写"),
        HTTP_HX_REQUEST="true",
    )
    assert "登录已超时" in text_of(live)
    assert MeetingDraft.objects.get().typed["place"] == ["还在写"]


def test_without_a_valid_ticket_nothing_is_kept(cast, client):
    for ticket in ("", "x:y:z"):
        response = client.post(create_url(cast.first), page(cast, ticket=ticket))
        assert response["Location"].startswith(reverse("login"))
    assert not MeetingDraft.objects.exists()


def test_the_second_editor_sees_the_difference_and_loses_nothing(cast):
    meeting = record(cast, status=MeetingStatus.RETURNED)
    url = reverse("meeting-edit", args=[meeting.pk])
    first, second = cast.client("li"), cast.client("li")
    typed = page(cast, entry_key=str(meeting.entry_key), version=str(meeting.version))
    assert first.post(url, typed | {"place": "甲会议室", "action": "save"}).status_code == 302
    conflict = second.post(url, typed | {"place": "乙会议室"})
    assert conflict.status_code == 409
    text = text_of(conflict)
    assert "甲会议室" in text
    html = conflict.content.decode()
    assert 'value="乙会议室"' in html
    assert MeetingDraft.objects.get().typed["place"] == ["乙会议室"]
    version = re.search(r'name="version" value="(\d+)"', html)[1]
    assert second.post(url, typed | {"place": "乙会议室", "version": version}).status_code == 302
    meeting.refresh_from_db()
    assert (meeting.place, meeting.status) == ("乙会议室", MeetingStatus.SUBMITTED)


def test_an_edit_that_comes_too_late_is_kept_as_a_draft(cast):
    meeting = record(cast, status=MeetingStatus.RETURNED)
    url = reverse("meeting-edit", args=[meeting.pk])
    typed = page(cast, entry_key=str(meeting.entry_key), version=str(meeting.version))
    client = cast.client("li")
    client.post(url, typed)
    late = client.post(url, typed | {"place": "乙会议室"})
    assert late.status_code == 409
    assert "对方已经提交" in text_of(late)
    assert MeetingDraft.objects.get(meeting=meeting).typed["place"] == ["乙会议室"]


def test_a_returned_record_shows_the_note_and_is_sent_again(cast):
    client, reviewer = cast.client("li"), cast.client("zhao")
    client.post(create_url(cast.first), page(cast))
    meeting = Meeting.objects.get()
    reviewer.post(reverse("meeting-return", args=[meeting.pk]), {"note": "请补充发言要点"})
    edit = client.get(reverse("meeting-edit", args=[meeting.pk]))
    assert "请补充发言要点" in text_of(edit)
    version = re.search(r'name="version" value="(\d+)"', edit.content.decode())[1]
    again = page(cast, entry_key=str(meeting.entry_key), version=version)
    assert client.post(reverse("meeting-edit", args=[meeting.pk]), again).status_code == 302
    meeting.refresh_from_db()
    assert meeting.status == MeetingStatus.SUBMITTED


def test_a_talk_names_who_took_part(cast):
    zhou = str(member(cast, "zhou").pk)
    talk = [str(int(MeetingKind.TALK))]
    assert "请勾选参加谈心谈话的人员" in text_of(send(cast, kinds=talk))
    assert send(cast, kinds=talk, participants=[zhou, str(member(cast, "li").pk)]).status_code == 302
    meeting = Meeting.objects.get()
    assert meeting.participants.count() == 2
    assert (meeting.expected, meeting.present) == (0, 0)


def test_a_correction_needs_a_reason_and_is_shown(cast):
    meeting = record(cast, status=MeetingStatus.CONFIRMED)
    url = reverse("meeting-correct", args=[meeting.pk])
    assert cast.client("li").get(url).status_code == 302
    zhao = cast.client("zhao")
    typed = page(
        cast, entry_key=str(meeting.entry_key), version="1", place="更正后的地点", title=meeting.title
    )
    assert "请写明更正原因" in text_of(zhao.post(url, typed))
    done = zhao.post(url, typed | {"reason": "地点登记有误"}, follow=True)
    text = text_of(done)
    assert "地点登记有误" in text
    assert "更正后的地点" in text
    assert Meeting.objects.get().former.count() == 1


def test_the_page_costs_the_same_with_many_members(cast, django_assert_max_num_queries):
    client = cast.client("li")
    for number in range(30):
        enrol(f"党员{number}", cast.first)
    with django_assert_max_num_queries(13):
        client.get(create_url(cast.first))


def test_a_submission_costs_few_statements(cast, django_assert_max_num_queries):
    client = cast.client("li")
    client.get(create_url(cast.first))
    qian = member(cast, "qian").pk
    typed = page(cast, entry_key=str(uuid.uuid4()), absent=[qian], **{f"reason-{qian}": "SICK"})
    # Fifteen, and the savepoint that stands for the transaction here.
    with django_assert_max_num_queries(17) as statements:
        assert client.post(create_url(cast.first), typed).status_code == 302
    touched = [each["sql"] for each in statements.captured_queries if each["sql"].startswith("UPDATE")]
    assert not any("branches_organization" in sql for sql in touched)
