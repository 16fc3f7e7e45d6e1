"""传导总览: what it shows, from whom it hides, whom it refuses, how many queries it needs."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from branches.choices import Level, MeetingKind, MeetingStatus, OrganizationKind, Sector
from branches.tally import Tally
from supervision.attenuation.engine import take_readings
from supervision.queries import units
from supervision.templatetags.heat import number_text
from tests.conftest import plant

from .conftest import OCTOBER, hold


def get(cast, who, name, row, **query):
    return cast.client(who).get(reverse(name, args=[row.pk]), query)


def text_of(answer):
    assert answer.status_code == 200, answer
    return answer.content.decode()


def queries(cast, who, name, row, **query):
    client = cast.client(who)
    url = reverse(name, args=[row.pk])
    with CaptureQueriesContext(connection) as found:
        assert client.get(url, query).status_code == 200
    return len(found)


def test_says_in_one_sentence_where_it_is_cold(cast, october):
    text = text_of(get(cast, "qian", "cockpit", cast.county))
    assert "县级 100 → 乡镇 100 → 支部" in text
    assert "损失最大在" in text or "落差最大在" in text
    assert "第二支部" not in text.split("哪里需要帮助")[0]
    assert "第二支部" in text.split("哪里需要帮助")[1]


def test_prints_where_its_numbers_come_from(cast, october):
    text = text_of(get(cast, "qian", "cockpit", cast.county))
    for words in ("2026年10月", "口径第1版", "第 1 轮", "数据截止 2026-11-05", "n = ", "区间"):
        assert words in text, words


def test_both_chains_stand_apart_and_can_be_chosen(cast, october):
    both = text_of(get(cast, "wu", "cockpit", cast.city))
    assert "地方链</h2>" in both
    assert "机关链</h2>" in both
    office = text_of(get(cast, "wu", "cockpit", cast.city, chain="OFFICE"))
    assert "地方链</h2>" not in office
    rural = text_of(get(cast, "wu", "cockpit", cast.city, sector="RURAL"))
    assert "市级 100" not in rural


def test_usual_period_is_the_newest_that_has_ended(cast, october):
    hold(cast, cast.first, MeetingKind.PARTY_DAY, date(2026, 11, 3))
    take_readings(OCTOBER.next())
    text = text_of(get(cast, "qian", "cockpit", cast.county))
    assert '<option value="2026-10" selected>' in text
    assert "看进行中的2026年11月" in text
    assert '<option value="2026-11" selected>' in text_of(
        get(cast, "qian", "cockpit", cast.county, period="2026-11")
    )
    assert '<option value="2026-10" selected>' in text_of(
        get(cast, "qian", "cockpit", cast.county, period="x")
    )


def test_quarter_adds_its_months_up(cast, october):
    text = text_of(get(cast, "qian", "cockpit", cast.county, period="2026-Q4"))
    assert "2026年第四季度" in text
    assert "缺 2026年11月、2026年12月" in text


def test_every_number_opens_the_list_behind_it(cast, october):
    page = text_of(get(cast, "zhao", "cockpit", cast.town))
    link = f"{reverse('cockpit-detail', args=[cast.town.pk])}?period=2026-10&amp;chain=LOCAL&amp;level=70"
    assert link in page
    listed = text_of(get(cast, "zhao", "cockpit-detail", cast.town, period="2026-10", level="70"))
    assert "第一支部" in listed
    assert "第二支部" in listed
    short = text_of(
        get(cast, "zhao", "cockpit-detail", cast.town, level="70", measure="core_meetings", short="1")
    )
    assert "第二支部" in short
    assert "第一支部" not in short
    assert "只看有缺口的" in short
    unit = text_of(get(cast, "zhao", "cockpit-unit", cast.first, measure="core_meetings"))
    for meeting in cast.first.meeting_set.all():
        assert reverse("meeting-detail", args=[meeting.pk]) in unit


@pytest.mark.parametrize(
    ("who", "at", "level"), [("qian", "county", 70), ("qian", "county", 50), ("wu", "city", 40)]
)
def test_the_list_behind_a_retention_adds_up_to_it(cast, october, who, at, level):
    page = get(cast, who, "cockpit", getattr(cast, at)).context["page"]
    local = next(each for each in page.ladders if each.chain == "LOCAL")
    rung = next(line.rung for line in local.lines if line.rung.level == level)
    for key, tally in rung.carried.items():
        listed = get(
            cast,
            who,
            "cockpit-detail",
            getattr(cast, at),
            chain="LOCAL",
            level=level,
            measure=key,
            carried="1",
        ).context["page"]
        assert listed.tally == tally == Tally.sum(line.tally for line in listed.lines), key
    assert rung.retention is not None


def test_a_number_never_rounds_across_a_limit():
    assert [number_text(value, 85, 60) for value in (59.4, 59.7, 60.0, 84.6, 85.2, 100.0)] == [
        "59",
        "59",
        "60",
        "84",
        "85",
        "100",
    ]


def test_unit_page_says_what_was_missing_and_what_did_not_count(cast, october):
    hold(
        cast,
        cast.second,
        MeetingKind.PARTY_DAY,
        date(2026, 10, 20),
        status=MeetingStatus.SUBMITTED,
        title="秋收主题",
    )
    text = text_of(get(cast, "wang", "cockpit-unit", cast.second))
    for words in ("三会一课与主题党日", "主题党日", "秋收主题", "待确认", "只有“已确认”的计入数字"):
        assert words in text, words


def test_branch_is_sent_to_its_own_numbers(cast, october):
    answer = get(cast, "li", "cockpit", cast.first, period="2026-10")
    assert answer.status_code == 302
    assert answer["Location"] == reverse("cockpit-unit", args=[cast.first.pk]) + "?period=2026-10"


def test_waiting_reviews_are_counted_below_only(cast, october):
    hold(cast, cast.second, MeetingKind.PARTY_DAY, date(2026, 10, 20), status=MeetingStatus.SUBMITTED)
    hold(cast, cast.town, MeetingKind.LEADING_MEETING, date(2026, 10, 20), status=MeetingStatus.SUBMITTED)
    assert "会议记录 1 条" in text_of(get(cast, "zhao", "cockpit", cast.town))
    assert "会议记录 2 条" in text_of(get(cast, "qian", "cockpit", cast.county))
    assert "等待审核" not in text_of(get(cast, "sun", "cockpit", cast.county))


def test_without_a_run_it_says_what_to_do(cast, november):
    text = text_of(get(cast, "qian", "cockpit", cast.county))
    assert "还没有读数" in text
    assert "确认" in text
    assert "还没有读数" in text_of(get(cast, "qian", "cockpit-detail", cast.county))
    assert "这一期没有读数" in text_of(get(cast, "li", "cockpit-unit", cast.first))


@pytest.mark.parametrize("name", ["cockpit", "cockpit-detail", "cockpit-unit"])
def test_hidden_from_other_subtrees_and_refused_without_the_right(cast, october, name):
    assert get(cast, "qian", name, cast.county).status_code == 200
    assert get(cast, "qian", name, cast.town).status_code == 200
    assert get(cast, "zhao", name, cast.county).status_code == 404
    assert get(cast, "wang", name, cast.first).status_code == 404
    assert get(cast, "zhou", name, cast.first).status_code == 403
    for who in ("zheng", "feng"):
        assert get(cast, who, name, cast.county).status_code == 403
    assert get(cast, "nobody", name, cast.county).status_code == 404


def test_breadcrumb_ends_where_the_post_does(cast, october):
    text = text_of(get(cast, "qian", "cockpit", cast.town))
    assert f'<a href="{reverse("cockpit", args=[cast.county.pk])}' in text
    assert reverse("cockpit", args=[cast.city.pk]) not in text


def test_no_inline_style_or_script(cast, october):
    text = text_of(get(cast, "wu", "cockpit", cast.city))
    assert "style=" not in text
    assert "<script>" not in text


def _many_branches(cast, count):
    for number in range(count):
        branch = plant(
            f"0101010{number + 3:03}",
            f"第{number + 3}支部",
            OrganizationKind.BRANCH,
            Level.BRANCH,
            cast.town,
            sector=Sector.RURAL,
        )
        if number % 2:
            hold(cast, branch, MeetingKind.PARTY_DAY, date(2026, 10, 10), present=5)


@pytest.mark.parametrize(
    ("who", "name", "at"),
    [("zhao", "cockpit", "town"), ("qian", "cockpit", "county"), ("qian", "cockpit-detail", "county")],
)
def test_queries_do_not_grow_with_the_tree(cast, october, who, name, at):
    few = queries(cast, who, name, getattr(cast, at))
    _many_branches(cast, 30)
    take_readings(OCTOBER)
    assert queries(cast, who, name, getattr(cast, at)) == few <= 32


def test_queries_of_a_unit_do_not_grow_with_its_meetings(cast, october):
    few = queries(cast, "li", "cockpit-unit", cast.first)
    for day in range(1, 31):
        hold(cast, cast.first, MeetingKind.GROUP_MEETING, date(2026, 10, day))
    take_readings(OCTOBER)
    assert queries(cast, "li", "cockpit-unit", cast.first) == few


def test_list_turns_its_pages_without_losing_or_repeating_a_unit(cast, october, monkeypatch):
    _many_branches(cast, 10)
    take_readings(OCTOBER)
    monkeypatch.setattr(units, "PAGE", 5)
    client, seen, query = cast.client("zhao"), [], "level=70"
    while query:
        page = client.get(reverse("cockpit-detail", args=[cast.town.pk]) + f"?{query}").context["page"]
        seen += [line.organization.pk for line in page.lines]
        query = page.next_query
        assert page.total == 12
    assert len(seen) == len(set(seen)) == 12
