from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
import time_machine
from django.urls import reverse
from openpyxl import load_workbook

from accountability import scoring
from accountability.choices import AdjustmentKind, AssessorRole, EntryOrigin, RoundState
from accountability.models import (
    Adjustment,
    AssessorWindow,
    EntryEvidence,
    Evaluation,
    EvaluationRound,
    Objection,
    ResultSheet,
)
from branches.choices import Level, MeetingKind, OrganizationKind, Sector
from branches.models import AuditEntry, Meeting
from tests.accountability.evaluating import EARLIER, NOW, TABLE, make_round, make_scheme, said
from tests.conftest import plant


@pytest.fixture(autouse=True)
def november():
    with time_machine.travel("2026-11-20 10:00 +0800", tick=False):
        yield


def text(answer, status=200):
    assert answer.status_code == status, answer.status_code
    return answer.content.decode()


def the_round(cast, state=RoundState.SHOWN, **more):
    return make_round(
        cast.town,
        cast.people["zhao"],
        make_scheme(cast.town),
        {cast.first: said(3, "55"), cast.second: said(4, "56")},
        state=state,
        **more,
    )


def of(round, unit):
    return round.evaluations.get(organization=unit)


def url(name, row):
    return reverse(name, args=[row.pk])


def test_every_point_stands_with_its_rule_clause_fact_and_evidence(cast):
    round = the_round(cast)
    evaluation = of(round, cast.first)
    meeting = Meeting.objects.create(
        organization=cast.first,
        title="三月党员大会",
        kinds=MeetingKind.GENERAL_MEETING,
        held_on=date(2026, 3, 5),
        period=202603,
        started_at=EARLIER,
        ended_at=NOW,
        place="会议室",
        chair=cast.people["li"].member,
        recorder=cast.people["li"].member,
        author=cast.people["li"],
        entered_on=date(2026, 3, 6),
    )
    EntryEvidence.objects.create(
        entry=evaluation.entries.get(item="meetings"), words="三月党员大会", meeting=meeting
    )
    page = text(cast.client("li").get(url("evaluation-detail", evaluation)))
    for words in (
        '总分 <b class="num-text">90</b>（满分 100）',
        "等次 <b>良好</b>",
        "总分90，达到90",
        "良好不限名额，按总分排序",
        "应有4次，每少一次扣5分",
        "条款：每季度召开党员大会",
        "应4次，实3次，少1次 × 扣5分",
        "赵勇 填报",
        "支部年度考核（2026） 第1版",
        "数据截至 2026-11-20 10:00",
        reverse("meeting-detail", args=[meeting.pk]),
        f"{url('objection-raise', evaluation)}?item=meetings",
        "确认无异议",
    ):
        assert words in page, words


def test_before_it_is_shown_a_unit_sees_its_facts_and_the_committee_the_points(cast):
    evaluation = of(the_round(cast, RoundState.COLLECTING), cast.first)
    page = text(cast.client("li").get(url("evaluation-detail", evaluation)))
    assert "3次" in page
    for hidden in ("总分 <b", "良好", "少1次", "达到90"):
        assert hidden not in page
    for name in ("evaluation-print", "evaluation-comparison", "objection-raise"):
        assert cast.client("li").get(url(name, evaluation)).status_code == 403
    assert cast.client("li").post(url("evaluation-export", evaluation)).status_code == 403
    page = text(cast.client("zhao").get(url("evaluation-detail", evaluation)))
    assert "良好" in page
    assert "确认无异议</button>" not in page


def test_a_unit_never_sees_another(cast):
    round = the_round(cast)
    evaluation = of(round, cast.second)
    for name in ("evaluation-detail", "evaluation-print", "evaluation-comparison", "objection-raise"):
        assert cast.client("li").get(url(name, evaluation)).status_code == 404, name
    for name in ("round-grades", "objection-list"):
        assert cast.client("li").get(url(name, round)).status_code == 404, name
    page = text(cast.client("li").get(url("evaluation-comparison", of(round, cast.first))))
    assert "不足8个" in page
    assert cast.second.name not in page


def test_a_persons_result_is_for_the_person_and_the_committee(cast):
    round = the_round(cast)
    for who, unit in (("li", cast.first), ("wang", cast.second)):
        Evaluation.objects.filter(organization=unit).update(appointment=cast.people[who].appointments.get())
    evaluation = of(round, cast.first)
    assert "比较" not in text(cast.client("li").get(url("evaluation-detail", evaluation)))
    assert cast.client("li").get(url("evaluation-comparison", evaluation)).status_code == 404
    assert cast.client("zhao").get(url("evaluation-detail", evaluation)).status_code == 200
    page = text(cast.client("zhao").get(url("round-grades", round)))
    assert "李明" in page
    for compared in ("上年", "四分之一", "抓两头", "评星晋级"):
        assert compared not in page
    other = cast.people["wang"].appointments.get()
    other.organization = cast.first
    other.save()
    assert cast.client("wang").get(url("evaluation-detail", evaluation)).status_code == 404


def test_the_sheet_asks_the_same_queries_however_long_it_is(cast, django_assert_max_num_queries):
    lines = "\n".join(
        f'[[line]]\nkey = "l{line}"\ntitle = "分类{line}"\nfull = 50\n'
        + "".join(
            f'[[line.item]]\nkey = "i{line}x{item}"\ntitle = "评价项{item}"\nfull = 5\n'
            'rule = [{ kind = "DEDUCT_EACH", p = 1 }]\n'
            for item in range(10)
        )
        for line in range(13)
    )
    table = f'code = "LONG"\ntitle = "长表"\nfull = 650\n{lines}'
    facts = [{"item": f"i{line}x{item}", "count": 1} for line in range(13) for item in range(10)]
    scheme = make_scheme(cast.town, code="LONG", table=table)
    round = make_round(cast.town, cast.people["zhao"], scheme, {cast.first: facts}, state=RoundState.SHOWN)
    evaluation = of(round, cast.first)
    EntryEvidence.objects.bulk_create(
        EntryEvidence(entry=entry, words="台账") for entry in evaluation.entries.all()
    )
    client = cast.client("li")
    client.get(reverse("home"))
    with django_assert_max_num_queries(18):
        page = text(client.get(url("evaluation-detail", evaluation)))
    assert page.count("佐证：台账") == 130
    assert '总分 <b class="num-text">520</b>' in page


def test_what_many_assessors_gave_is_not_told_one_by_one(cast):
    table = TABLE.replace('title = "联系服务群众"', 'title = "群众评议"\nsource = "assessor"').replace(
        "reason = false }]", 'reason = false }, { kind = "ASSESSORS", weights = { "党员评" = 1 } }]'
    )
    given = {"item": "service", "origin": EntryOrigin.ASSESSOR, "by": "党员评", "note": "支书很少下来"}
    given["author"] = cast.people["zhou"]
    facts = [given | {"points": Decimal(points)} for points in ("41.5", "53.5")]
    round = make_round(
        cast.town, cast.people["zhao"], make_scheme(cast.town, table=table), {cast.first: facts}
    )
    AssessorWindow.objects.create(
        round=round,
        role=AssessorRole.MEMBERS,
        by="党员评",
        opens_on=date(2026, 11, 1),
        closes_on=date(2026, 11, 9),
        author=cast.people["zhao"],
    )
    evaluation = of(round, cast.first)
    page = text(cast.client("zhao").get(url("evaluation-detail", evaluation)))
    assert "2条评价" in page
    assert "<b>47.5</b>" in page
    for hidden in ("支书很少下来", "周兰"):
        assert hidden not in page


def test_objecting_and_agreeing_by_form(cast):
    round = the_round(cast)
    evaluation = of(round, cast.first)
    client, raise_url = cast.client("li"), url("objection-raise", evaluation)
    assert '<option value="meetings" selected>' in text(client.get(raise_url, {"item": "meetings"}))
    page = text(client.post(raise_url, {"item": "meetings", "reason": " "}), 422)
    assert "请写明理由" in page
    page = text(client.post(raise_url, {"item": "meetings", "reason": "九月开过大会"}, follow=True))
    assert "九月开过大会" in page
    assert "等待柳汀镇党委答复" in page
    made = Objection.objects.get()
    assert "待答复" in text(client.get(url("evaluation-detail", evaluation)))
    assert cast.client("wang").get(url("objection-detail", made)).status_code == 404
    # The committee sees what waits, and cannot publish.
    zhao = cast.client("zhao")
    page = text(zhao.get(url("objection-list", round)))
    assert "九月开过大会" in page
    assert "1条异议还没有答复" in page
    assert "1条异议还没有答复" in text(zhao.post(url("round-publish", round)), 422)
    answer_url = url("objection-answer", made)
    assert "请写明答复" in text(zhao.post(answer_url, {"answer": "", "reject": "1"}), 422)
    text(zhao.post(answer_url, {"answer": "九月的会没有到场名单", "reject": "1"}, follow=True))
    page = text(zhao.post(answer_url, {"answer": "再答一次", "uphold": "1"}, follow=True))
    assert "已由赵勇答复" in page
    assert "九月的会没有到场名单" in text(client.get(url("evaluation-detail", evaluation)))
    page = text(client.post(url("evaluation-agree", evaluation), follow=True))
    assert "李明 2026-11-20 已确认无异议" in page
    cast.client("wang").post(url("evaluation-agree", of(round, cast.second)))
    page = text(zhao.post(url("round-publish", round), follow=True))
    assert "已公布，结果不再变动" in page


def test_the_steps_of_a_round_say_what_is_missing(cast):
    round = the_round(cast, RoundState.COLLECTING)
    zhao, show_url = cast.client("zhao"), url("round-show", round)
    page = text(zhao.get(show_url))
    assert "2026-11-27" in page
    assert "才截止" not in page
    EvaluationRound.objects.filter(pk=round.pk).update(fill_until=date(2026, 11, 30))
    assert "填报到2026-11-30才截止" in text(zhao.get(show_url))
    page = text(zhao.post(show_url, {"objections_until": "2026-11-21"}), 422)
    assert "至少3天" in page
    assert 'value="2026-11-21"' in page
    assert "不能这样做" in text(zhao.get(url("round-publish", round)))
    text(zhao.post(show_url, {"objections_until": "2026-11-30"}, follow=True))
    assert "原因" in text(zhao.post(url("round-reopen", round), {"reason": ""}), 422)
    page = text(zhao.post(url("round-reopen", round), {"reason": "补计会议"}, follow=True))
    assert "已退回采集" in page
    assert cast.client("li").get(show_url).status_code == 404


def test_paper_and_spreadsheet_say_the_same(cast):
    evaluation = of(the_round(cast), cast.first)
    client = cast.client("li")
    page = text(client.get(url("evaluation-print", evaluation)))
    for words in ("2026年度支部考核评分表", "尚未公布", "少一次扣分 −5", "被考核单位确认", "满分40"):
        assert words in page, words
    answer = client.post(url("evaluation-export", evaluation))
    sheet = load_workbook(BytesIO(b"".join(answer.streaming_content))).active
    rows = {row[1]: row for row in sheet.iter_rows(values_only=True)}
    assert rows["三会一课"][2:4] == (40, 35)
    assert rows["三会一课"][5] == "每季度召开党员大会"
    assert "应4次，实3次" in rows["三会一课"][8]
    assert rows[90]
    assert AuditEntry.objects.filter(event="导出评分表").exists()


def test_the_committee_takes_out_the_whole_round(cast):
    round = the_round(cast)
    assert cast.client("li").post(url("round-export", round)).status_code == 404
    answer = cast.client("zhao").post(url("round-export", round))
    sheet = load_workbook(BytesIO(b"".join(answer.streaming_content))).active
    rows = [row for row in sheet.iter_rows(values_only=True) if row[0] in (1, 2)]
    assert [row[1:7] for row in rows] == [
        ("第一支部", None, 90, "良好", 35, 55),
        ("第二支部", None, 96, "优秀", 40, 56),
    ]
    assert AuditEntry.objects.filter(event="导出考核结果").exists()


def test_years_stand_side_by_side(cast):
    scheme = make_scheme(cast.town, year=2025)
    marks = {cast.first: said(4, "36"), cast.second: said(4, "50")}
    make_round(cast.town, cast.people["zhao"], scheme, marks, year=2025, state=RoundState.PUBLISHED)
    scheme = make_scheme(cast.town, year=2024, code="OTHER")
    make_round(cast.town, cast.people["zhao"], scheme, marks, year=2024, state=RoundState.PUBLISHED)
    round = the_round(cast)
    page = text(cast.client("li").get(url("evaluation-comparison", of(round, cast.first))))
    assert "2025" in page
    assert "76" in page
    assert "60%" in page  # 36 of 60
    assert "2024" not in page
    page = text(cast.client("zhao").get(url("round-grades", round)))
    assert "晋级" in page
    assert "保级" in page


@pytest.fixture
def many(cast):
    """Ten villages below the town, with their totals 55, 58 … 82, 第一支部 82 as well."""
    units = [
        plant(
            f"010101{number:02}",
            f"柳村{number}支部",
            OrganizationKind.BRANCH,
            Level.BRANCH,
            cast.town,
            sector=Sector.RURAL,
        )
        for number in range(10, 20)
    ]
    marks = {unit: said(4, str(15 + 3 * place)) for place, unit in enumerate(units)} | {
        cast.first: said(4, "42")
    }
    downgraded = scoring.Adjustment(
        kind=scoring.AdjustmentKind.DOWNGRADE, condition="巡察整改不到位", reason="两项逾期未改"
    )
    Adjustment.objects.create(
        organization=units[9],
        kind=AdjustmentKind.DOWNGRADE,
        condition="巡察整改不到位",
        reason="两项逾期未改",
        on=date(2026, 6, 1),
        source="镇纪委督查",
        source_url="/issues/7/",
        created_at=EARLIER,
    )
    return make_round(
        cast.town,
        cast.people["zhao"],
        make_scheme(cast.town),
        marks,
        state=RoundState.SHOWN,
        adjusted=[(units[9], downgraded)],
    )


def test_similar_units_are_quarters_and_nobody_by_name(cast, many):
    page = text(cast.client("li").get(url("evaluation-comparison", of(many, cast.first))))
    assert "11个同类单位中，本单位处于<b>前四分之一</b>" in page
    assert "农村·党支部" in page or "前四分之一不低于" in page
    assert "柳村" not in page
    assert "82" in page
    page = text(cast.client("li").get(url("evaluation-detail", of(many, cast.first))))
    assert "在11个同类单位中处于<b>前四分之一</b>" in page


def test_grades_with_their_causes(cast, many, django_assert_max_num_queries):
    client = cast.client("zhao")
    client.get(reverse("home"))
    with django_assert_max_num_queries(16):
        page = text(client.get(url("round-grades", many)))
    for words in ("优秀 0 / 至多 5", "镇纪委督查", "/issues/7/", "两项逾期未改", "上年没有", "前四分之一线"):
        assert words in page, words
    assert page.index("第一支部") < page.index("柳村10支部") < page.index("柳村19支部")
    page = text(client.get(url("round-grades", many), {"grade": "良好"}))
    assert "第一支部" in page
    assert "柳村19支部" not in page


def test_ties_at_the_edge_of_a_quota_are_said(cast):
    units = [
        plant(f"010101{number}", f"云村{number}支部", OrganizationKind.BRANCH, Level.BRANCH, cast.town)
        for number in (20, 21, 22, 23)
    ]
    marks = dict(zip(units, (said(4, "58"), said(4, "55"), said(4, "55"), said(4, "30")), strict=True))
    round = make_round(cast.town, cast.people["zhao"], make_scheme(cast.town), marks, state=RoundState.SHOWN)
    page = text(cast.client("zhao").get(url("round-grades", round)))
    assert "优秀 1 / 至多 2" in page
    assert "余1个名额，95分有2个并列，不够全部录取，都落入下一等次。" in page
    assert ResultSheet.objects.count() == 4


def test_the_first_screen_asks_for_what_is_to_be_done(cast):
    round = the_round(cast)
    li, zhao, todo = cast.client("li"), cast.client("zhao"), reverse("todo")
    page = text(li.get(todo))
    assert "核对考核结果：2026年度支部考核" in page
    assert "11月27日前" in page
    assert "答复考核异议" not in text(zhao.get(todo))
    li.post(url("objection-raise", of(round, cast.first)), {"item": "", "reason": "少计一次"})
    assert "核对考核结果" not in text(li.get(todo))
    page = text(zhao.get(todo))
    assert "答复考核异议 1 条" in page
    assert f"{url('objection-list', round)}?state=OPEN" in page
