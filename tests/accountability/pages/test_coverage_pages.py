import io
from datetime import UTC, date, datetime

import openpyxl
import pytest
import time_machine
from django.urls import reverse

from accountability.actions.decompositions import Share, decompose_duty
from accountability.actions.lists import issue_lists, sign_list
from accountability.models import Duty, DutyHandover, DutyList, DutyRecord
from branches.choices import MeetingKind, OrganizationKind, Post
from branches.models import Appointment, AuditEntry, Meeting, Resolution
from tests.accountability.conftest import NOW
from tests.branches.test_cadence import hold
from tests.conftest import employ, plant

DAY = date(2026, 11, 20)


@pytest.fixture(autouse=True)
def november():
    with time_machine.travel("2026-11-20 10:00 +0800", tick=False):
        yield


@pytest.fixture
def officers(cast, issued, acting):
    """钱's list as first person, and 林 who serves beside him in the county."""
    employ("lin", "林川", (cast.county, Post.DEPUTY_SECRETARY))
    issue_lists(actor=acting("wu"), template=issued["FIRST"], scope=cast.city, now=NOW)
    return {each.user.username: each for each in Appointment.objects.filter(organization=cast.county)}


def text(answer):
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def page_of(cast, who, name, organization, **query):
    return text(cast.client(who).get(reverse(name, args=[organization.pk]), query))


def accept(record, done_on=DAY):
    DutyRecord.objects.filter(pk=record.pk).update(status="ACCEPTED", done_on=done_on, accepted_at=NOW)


# The matrix


def test_the_matrix_shows_units_and_items(cast, issued):
    page = page_of(cast, "zhao", "coverage-matrix", cast.town)
    assert "第一支部" in page
    assert "联系服务群众" in page
    assert "未签收" in page
    assert "不适用" in page_of(cast, "qian", "coverage-matrix", cast.county, of=issued["BRANCH"].pk)


def test_a_cell_opens_its_records_and_a_sum_the_units_that_lack_something(cast, issued, acting):
    sign_list(actor=acting("li"), duty_list=DutyList.objects.get(organization=cast.first), now=NOW)
    duty = Duty.objects.get(organization=cast.first, heading="联系服务群众")
    client = cast.client("zhao")
    page = text(client.get(reverse("coverage-matrix", args=[cast.town.pk])))
    records = reverse("duty-record-list", args=[cast.town.pk])
    assert f"{records}?duty={duty.pk}" in page
    found = client.get(records, {"duty": duty.pk}).context["page"].rows
    assert {each.duty for each in found} == {duty}
    item = issued["BRANCH"].items.get(heading="联系服务群众")
    for record in DutyRecord.objects.filter(duty=duty):
        accept(record)
    narrow = {"of": issued["BRANCH"].pk, "item": item.pk, "only": "gaps"}
    answer = client.get(reverse("coverage-matrix", args=[cast.town.pk]), narrow)
    assert [row.organization for row in answer.context["matrix"].rows] == [cast.second]
    assert "只看“联系服务群众”" in text(answer)


def test_posts_and_items(cast, officers, issued):
    page = page_of(cast, "wu", "coverage-matrix", cast.city, of=issued["FIRST"].pk)
    assert "钱峰" in page
    assert "林川" not in page
    page = page_of(cast, "wu", "coverage-matrix", cast.city, of="FIRST_PERSON", rows="posts")
    assert "林川" in page
    assert "不适用" in page


def test_where_no_list_is_there_is_the_way_to_issue_one(cast, templates):
    shown = {"of": templates["BRANCH"].pk}
    url = reverse("template-issue", args=[templates["BRANCH"].pk])
    assert f"{url}?organization={cast.first.pk}&amp;reach=own" in page_of(
        cast, "zhao", "coverage-matrix", cast.town, **shown
    )
    page = page_of(cast, "sun", "coverage-matrix", cast.town, **shown)
    assert "没有清单" in page
    assert url not in page


def test_nonsense_in_the_address_changes_nothing(cast, issued):
    for query in (
        {"year": "0000"},
        {"year": "99999"},
        {"level": "x"},
        {"of": "x"},
        {"item": "x"},
    ):
        assert "第一支部" in page_of(cast, "zhao", "coverage-matrix", cast.town, **query) or "year" in query


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("coverage-matrix", []),
        ("duty-gaps", []),
        ("duty-gap-list", ["unowned"]),
        ("duty-gap-list", ["copied"]),
        ("duty-gap-list", ["signing"]),
        ("key-posts", []),
    ],
)
def test_as_many_queries_at_one_row_and_at_thirty(cast, templates, acting, name, arguments, count_queries):
    client, url = cast.client("qian"), reverse(name, args=[cast.county.pk, *arguments])
    officer = acting("wu", date(2026, 1, 5))
    january = datetime(2026, 1, 5, 2, tzinfo=UTC)

    def grow(numbers):
        for number in numbers:
            unit = plant(
                f"0101{number + 10}", f"第{number}镇党委", OrganizationKind.COMMITTEE, 50, cast.county
            )
            employ(f"s{number}", f"书记{number}", (unit, Post.SECRETARY))
            employ(f"d{number}", f"副书记{number}", (unit, Post.DEPUTY_SECRETARY))
        for code in ("PRINCIPAL", "FIRST"):
            issue_lists(actor=officer, template=templates[code], scope=cast.city, now=january)
        parent = Duty.objects.filter(organization=cast.county, interval="quarter").order_by("number").first()
        shares = [Share(each) for each in cast.county.children.order_by("path")]
        decompose_duty(actor=acting("qian", officer.today), duty=parent, shares=shares, now=january)

    grow([0])
    text(client.get(url))
    few = count_queries(lambda: text(client.get(url)))
    grow(range(1, 30))
    assert count_queries(lambda: text(client.get(url))) == few


@pytest.fixture
def count_queries(django_assert_max_num_queries):
    def count(call):
        with django_assert_max_num_queries(60) as captured:
            call()
        return len(captured)

    return count


# Gaps


def test_gaps_are_grouped_with_a_sample_and_the_page_that_closes_them(cast, issued):
    page = page_of(cast, "qian", "duty-gaps", cast.county)
    for words in ("岗位没有清单", "责任没有落到人", "与上级一个样", "签收不及时", "怎么办"):
        assert words in page
    assert "缺“书记第一责任人清单”" in page
    assert "下发清单" in page
    page = page_of(cast, "zhou", "duty-gaps", cast.first)
    assert "下发清单" not in page


def test_a_copied_list_is_shown_as_a_reason_to_look(cast, issued, acting):
    duty = Duty.objects.filter(organization=cast.county, interval="quarter").first()
    decompose_duty(actor=acting("qian"), duty=duty, shares=[Share(cast.town)], now=NOW)
    url = reverse("duty-gap-list", args=[cast.county.pk, "copied"])
    client = cast.client("qian")
    page = text(client.get(url))
    assert "上级交来的1项中，1项与上级的文字相同" in page
    assert "不计入任何数字" in page
    Duty.objects.filter(parent=duty).update(content="每季度到两个支部看一次", measure="帮助解决一件实事")
    assert "没有这样的缺口" in text(client.get(url))


def test_an_unknown_gap_is_no_page(cast, issued):
    url = reverse("duty-gap-list", args=[cast.county.pk, "nonsense"])
    assert cast.client("qian").get(url).status_code == 404


def test_gaps_of_the_neighbours_stay_hidden(cast, issued):
    url = reverse("duty-gap-list", args=[cast.town.pk, "unowned"])
    page = text(cast.client("zhao").get(url))
    assert "望川县委" not in page.partition("<main")[2].partition("怎么办")[2]


# Officers


def test_my_duties_lists_what_i_answer_for(cast, officers):
    page = text(cast.client("qian").get(reverse("my-duties")))
    assert "重要工作亲自部署" in page
    assert "填写履责纪实" in page
    assert "望川县委 书记" in page
    assert "我的责任" in page
    assert "您现在没有任职" in text(cast.client("nobody").get(reverse("my-duties")))


def test_my_other_posts_are_shown_with_the_way_there(cast, officers, acting):
    Appointment.objects.create(
        user=cast.people["qian"],
        organization=cast.office_branch,
        post=Post.SECRETARY,
        starts_on=date(2025, 1, 1),
    )
    page = text(cast.client("qian").get(reverse("my-duties")))
    assert "机关第一支部 书记" in page
    assert "切换到这个任职办理" in page


def test_a_superior_sees_only_the_posts_inside_the_own_subtree(cast, officers):
    Appointment.objects.create(
        user=cast.people["qian"],
        organization=cast.office_branch,
        post=Post.SECRETARY,
        starts_on=date(2025, 1, 1),
    )
    url = reverse("officer-duties", args=[officers["qian"].pk])
    assert "机关第一支部" in text(cast.client("wu").get(url))
    page = text(cast.client("sun").get(url))
    assert "望川县委 书记" in page
    assert "机关第一支部" not in page
    assert "填写履责纪实" in text(cast.client("qian").get(url))
    assert cast.client("zhao").get(url).status_code == 404


def test_resolutions_handovers_and_meetings_are_there(cast, officers):
    member = cast.people["qian"].member
    meeting = hold(cast.first, MeetingKind.LEADING_MEETING, date(2026, 11, 3))
    Meeting.objects.filter(pk=meeting.pk).update(organization=cast.county, chair=member, title="十一月常委会")
    Resolution.objects.create(
        meeting=meeting, number=1, text="督促整改", owner=member, due_on=date(2026, 11, 10)
    )
    duty = Duty.objects.filter(owner=officers["qian"]).first()
    DutyHandover.objects.create(
        duty=duty,
        from_organization=cast.county,
        to_organization=cast.county,
        from_appointment=officers["lin"],
        to_appointment=officers["qian"],
        effective_on=date(2026, 10, 1),
        open_records=2,
        reason="分工调整",
        passed_at=NOW,
    )
    page = text(cast.client("qian").get(reverse("my-duties")))
    for words in ("督促整改", "已过期", "从林川接手", "2 期未完成", "主持会议 1 次", "十一月常委会"):
        assert words in page
    lin = text(cast.client("qian").get(reverse("officer-duties", args=[officers["lin"].pk])))
    assert "交给钱峰" in lin


def test_what_happens_elsewhere_is_not_shown_to_a_superior_below(cast, officers):
    """The town sees its own secretary's posts, not the resolutions of the county."""
    li = cast.people["li"]
    meeting = hold(cast.first, MeetingKind.LEADING_MEETING, date(2026, 11, 3))
    Meeting.objects.filter(pk=meeting.pk).update(organization=cast.county)
    Resolution.objects.create(meeting=meeting, number=1, text="县里交办的事", owner=li.member)
    url = reverse("officer-duties", args=[li.appointments.get().pk])
    assert "县里交办的事" not in text(cast.client("zhao").get(url))
    assert "县里交办的事" in text(cast.client("qian").get(url))
    assert "县里交办的事" in text(cast.client("li").get(reverse("my-duties")))


def test_an_officers_page_asks_the_same_queries_whatever_they_bear(cast, officers, count_queries):
    client, url = cast.client("qian"), reverse("my-duties")
    text(client.get(url))
    few = count_queries(lambda: text(client.get(url)))
    mine = DutyList.objects.get(appointment=officers["qian"])
    for number in range(30):
        duty = Duty.objects.create(
            duty_list=mine,
            organization=cast.county,
            owner=officers["qian"],
            number=100 + number,
            heading=f"第{number}项",
            content="内容",
            interval="quarter",
        )
        DutyRecord.objects.create(
            duty=duty, organization=cast.county, period=202612, due_on=date(2026, 12, 31), opened_at=NOW
        )
    page = client.get(url)
    assert page.context["page"].open_number > 30
    assert count_queries(lambda: text(client.get(url))) == few


# The matrix of one unit


def test_the_responsibility_matrix_says_who_has_what(cast, officers, acting):
    duties = list(
        Duty.objects.filter(organization=cast.county, duty_list__appointment=None).order_by("number")
    )
    Duty.objects.filter(pk=duties[0].pk).update(owner=officers["lin"])
    Appointment.objects.filter(pk=officers["sun"].pk).update(in_charge_of="纪律建设、巡察整改等工作")
    decompose_duty(
        actor=acting("qian"),
        duty=duties[1],
        shares=[Share(cast.county, owner=officers["lin"], is_personal=True)],
        now=NOW,
    )
    answer = cast.client("qian").get(reverse("responsibility-matrix", args=[cast.county.pk]))
    matrix = answer.context["matrix"]
    names = [each.user.username for each in matrix.officers]
    assert names == ["qian", "lin", "sun"]
    parts = {
        row.duty.pk: dict(zip(names, row.parts, strict=True)) for each in matrix.lists for row in each.rows
    }
    assert parts[duties[0].pk] == {"qian": "FIRST", "lin": "LEAD", "sun": None}
    assert parts[duties[1].pk] == {"qian": "FIRST", "lin": "SHARE", "sun": None}
    discipline = next(each for each in duties if each.heading == "纪律建设")
    assert parts[discipline.pk]["sun"] == "FIELD"
    assert matrix.unowned == len(duties) - 2
    assert "还没有落到人" in text(answer)


def test_the_responsibility_matrix_as_a_spreadsheet(cast, officers):
    lin = officers["lin"].user
    lin.name = "=1+1"
    lin.save()
    Duty.objects.filter(organization=cast.county).update(content="+SUM(A1)")
    url = reverse("responsibility-matrix-export", args=[cast.county.pk])
    answer = cast.client("qian").post(url, {"year": "2026"})
    assert answer.status_code == 200
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    cells = [cell.value for row in sheet.iter_rows() for cell in row if cell.value]
    assert "'=1+1 副书记" in cells
    assert "'+SUM(A1)" in cells
    assert not any(cell.data_type == "f" for row in sheet.iter_rows() for cell in row)
    assert any("钱峰（qian" in str(each) for each in cells)
    entry = AuditEntry.objects.get(event="导出责任矩阵")
    assert str(cast.county) in entry.summary
    assert cast.client("qian").get(url).status_code == 405
    assert cast.client("li").post(url).status_code == 404


def test_the_responsibility_matrix_asks_the_same_queries(cast, officers, count_queries):
    client, url = cast.client("qian"), reverse("responsibility-matrix", args=[cast.county.pk])
    text(client.get(url))
    few = count_queries(lambda: text(client.get(url)))
    for number in range(10):
        employ(f"m{number}", f"委员{number}", (cast.county, Post.COMMITTEE_MEMBER))
    assert count_queries(lambda: text(client.get(url))) == few


# 关键少数


def test_key_posts_shows_done_and_due_and_opens_the_lists(cast, officers):
    first, last, *_ = DutyRecord.objects.filter(duty__owner=officers["qian"]).order_by("due_on", "pk")
    accept(first, first.due_on)
    DutyRecord.objects.filter(pk=last.pk).update(due_on=date(2026, 11, 10), period=202611)
    client, url = cast.client("wu"), reverse("key-posts", args=[cast.city.pk])
    answer = client.get(url)
    page = answer.context["page"]
    row = next(each for each in page.rows if each.appointment == officers["qian"])
    assert (row.owed.tally.done, row.owed.tally.due, row.owed.timely, row.owed.overdue) == (1, 2, 1, 1)
    assert row.is_head
    assert "一把手" in text(answer)
    records = reverse("duty-record-list", args=[cast.city.pk])
    owner = {"owner": officers["qian"].pk, "period": "2026"}
    for query, number in (
        ({"only": "judged"}, 2),
        ({"status": "ACCEPTED"}, 1),
        ({"only": "timely"}, 1),
        ({"only": "overdue"}, 1),
    ):
        listed = client.get(records, owner | query)
        assert len(listed.context["page"].rows) == number, query
        assert "责任人 望川县委书记 钱峰" in text(listed)
    level = next(each for each in page.levels if each.level == 40)
    assert level.key_posts.tally.due == 2
    found = client.get(records, {"level": 40, "bearer": "key", "period": "2026", "only": "judged"})
    assert len(found.context["page"].rows) == 2
    everybody = client.get(records, {"level": 40, "period": "2026", "only": "judged"})
    assert everybody.context["total"] == f"共 {level.everybody.tally.due} 条"


def test_key_posts_stand_in_the_order_of_the_tree_and_the_posts(cast, officers):
    answer = cast.client("wu").get(reverse("key-posts", args=[cast.city.pk]))
    shown = [row.appointment.user.username for row in answer.context["page"].rows]
    assert shown == ["qian", "lin", "sun"]
    heads = cast.client("wu").get(reverse("key-posts", args=[cast.city.pk]), {"who": "heads", "level": 70})
    assert [row.appointment.user.username for row in heads.context["page"].rows] == ["li", "wang"]


def test_what_is_not_due_yet_is_in_no_sum(cast, officers):
    page = page_of(cast, "wu", "key-posts", cast.city)
    assert "这一期没有到期的责任项" in page
    assert "十月" not in page_of(cast, "wu", "key-posts", cast.city, period="十月")


def test_an_owner_elsewhere_is_no_filter(cast, officers):
    url = reverse("duty-record-list", args=[cast.town.pk])
    answer = cast.client("zhao").get(url, {"owner": officers["qian"].pk})
    assert answer.context["page"].rows == []
    assert "钱峰" not in text(answer)


def test_the_way_leads_here_from_the_lists_and_the_cockpit(cast, issued):
    page = page_of(cast, "qian", "duty-list-index", cast.county)
    assert reverse("coverage-matrix", args=[cast.county.pk]) in page
    assert reverse("key-posts", args=[cast.county.pk]) in page
    assert reverse("key-posts", args=[cast.first.pk]) not in page_of(
        cast, "li", "duty-list-index", cast.first
    )
    assert reverse("duty-gaps", args=[cast.county.pk]) in page_of(cast, "qian", "cockpit", cast.county)
    assert reverse("my-duties") in page
