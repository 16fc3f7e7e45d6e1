"""Facts of a round are filled in as a spreadsheet: out, by hand, and in again as entries."""

from io import BytesIO

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import load_workbook

from accountability.actions.fact_sheets import import_facts
from accountability.choices import EntryOrigin, RoundState
from accountability.models import EvaluationEntry
from accountability.queries.fact_sheets import fact_pages
from accountability.scoring import Entry
from branches.models import AuditEntry
from tests.accountability.conftest import NOW
from tests.accountability.filling_worlds import gathering


@pytest.fixture(autouse=True)
def november():
    with time_machine.travel("2026-11-20 10:00 +0800", tick=False):
        yield


@pytest.fixture
def evaluation(cast):
    return gathering(cast)


def text(answer, status=200):
    assert answer.status_code == status, answer.status_code
    return answer.content.decode()


def sheet_of(client, round):
    answer = client.post(reverse("round-facts-sheet", args=[round.pk]))
    assert answer.status_code == 200
    return load_workbook(BytesIO(b"".join(answer.streaming_content)))


def filled(workbook, **cells):
    for place, value in cells.items():
        workbook.worksheets[0][place] = value
    file = BytesIO()
    workbook.save(file)
    return {"file": SimpleUploadedFile("填报表.xlsx", file.getvalue())}


def sent(client, round, workbook, **cells):
    return client.post(reverse("round-facts-import", args=[round.pk]), filled(workbook, **cells))


def applied(client, round, answer):
    token = answer.context["form"]["token"].value()
    return client.post(reverse("round-facts-apply", args=[round.pk]), {"token": token}, follow=True)


def test_what_a_clerk_fills_in_becomes_entries(cast, evaluation, django_assert_max_num_queries):
    client, round = cast.client("zhao"), evaluation.round
    workbook = sheet_of(client, round)
    sheet = workbook.worksheets[0]
    assert [sheet[f"{column}2"].value for column in "BCDEFG"] == [
        "名称", "1. 联系服务群众", "2. 走访率", "3. 材料迟报", "4. 督查情况", None,
    ]  # fmt: skip
    assert [sheet[f"B{row}"].value for row in (3, 4)] == ["第一支部", "第二支部"]
    client.get(reverse("round-facts-import", args=[round.pk]))
    with django_assert_max_num_queries(13):
        answer = sent(
            client, round, workbook,
            C3="１８．５（台账齐全）", D3="38 / 40", E3=2.0, F3=" 好 ", C4="不适用（没有服务对象）", D4="90%", E4="1；2次（三月）",
        )  # fmt: skip
    page = text(answer)
    assert "将为 <b>2</b> 个单位增加 <b>8</b> 条事实" in page
    assert not EvaluationEntry.objects.filter(origin=EntryOrigin.HAND).exists()
    assert "已导入 8 条事实" in text(applied(client, round, answer))
    said = {
        (
            each.evaluation.organization.name,
            each.item,
            each.count,
            each.due,
            each.value,
            each.level,
            each.points,
            each.applies,
        )
        for each in EvaluationEntry.objects.filter(origin=EntryOrigin.HAND)
    }
    assert said == {
        ("第一支部", "service", None, None, None, "", 18.5, True),
        ("第一支部", "visits", 38, 40, None, "", None, True),
        ("第一支部", "late", 2, None, None, "", None, True),
        ("第一支部", "inspection", None, None, None, "好", None, True),
        ("第二支部", "service", None, None, None, "", None, False),
        ("第二支部", "visits", None, None, 90, "", None, True),
        ("第二支部", "late", 1, None, None, "", None, True),
        ("第二支部", "late", 2, None, None, "", None, True),
    }
    assert evaluation.entries.get(item="service").reason == "台账齐全"
    assert AuditEntry.objects.filter(event="导入考核填报表", username="zhao").exists()
    again = sent(client, round, sheet_of(client, round))
    assert "没有要增加的" in text(again)
    more = sent(client, round, sheet_of(client, round), E3="2；1（补记）")
    assert "增加 <b>1</b> 条" in text(more)


def test_what_is_wrong_is_told_cell_by_cell(cast, evaluation):
    client, round = cast.client("zhao"), evaluation.round
    page = text(
        sent(
            client,
            round,
            sheet_of(client, round),
            C3="25（很好）",
            D3=0.95,
            E3="若干",
            F3="优",
            C4="18",
            D4="3/0",
            B4="第三支部",
        )
    )
    for words in ("应在0到20分之间", "95% 请填 95", "应为数，现为“若干”", "应填：好、一般", "请核对"):
        assert words in page, words
    workbook = sheet_of(client, round)
    workbook.worksheets[0]["A3"], workbook.worksheets[0]["G2"] = "99999", "5. 加的一列"
    page = text(sent(client, round, workbook, G3="2", C4="18"))
    for words in ("没有编号为“99999”的单位", "没有这一列", "酌情评分请写明理由"):
        assert words in page, words
    assert EvaluationEntry.objects.filter(origin=EntryOrigin.HAND).count() == 0
    url = reverse("round-facts-import", args=[round.pk])
    assert "请选择文件" in text(client.post(url, {}), 422)
    assert "扩展名不符" in text(client.post(url, {"file": SimpleUploadedFile("x.xlsx", b"PK\x03\x04")}), 422)
    assert "只接受" in text(client.post(url, {"file": SimpleUploadedFile("x.csv", b"a")}), 422)


def test_an_import_never_changes_what_is_stated(cast, evaluation, acting):
    client, round = cast.client("zhao"), evaluation.round
    workbook = sheet_of(client, round)
    first = sent(client, round, workbook, D3="38/40", E3="1")
    import_facts(
        actor=acting("zhao"),
        round=round,
        stated=[(evaluation.pk, Entry("visits", count=30, due=40))],
        now=NOW,
    )
    answer = applied(client, round, first)
    assert "预览之后有变动，没有导入" in text(answer)
    assert list(evaluation.entries.filter(origin=EntryOrigin.HAND).values_list("item", "count")) == [
        ("visits", 30)
    ]
    assert "已填“30／40”，导入只增加、不改动" in text(sent(client, round, workbook, D3="38/40"))
    assert "不必再填" not in text(sent(client, round, workbook, D3="30/40"))


def test_only_the_committee_and_only_while_facts_are_gathered(cast, evaluation, acting):
    round = evaluation.round
    stated = [(evaluation.pk, Entry("late", count=1))]
    for who in ("li", "wu"):
        with pytest.raises(PermissionDenied):
            import_facts(actor=acting(who), round=round, stated=stated, now=NOW)
    assert cast.client("li").post(reverse("round-facts-sheet", args=[round.pk])).status_code == 404
    with pytest.raises(ValidationError, match="重新下载"):
        import_facts(actor=acting("zhao"), round=round, stated=[(0, Entry("late"))], now=NOW)
    token = {"token": "made:up:token"}
    answer = cast.client("zhao").post(reverse("round-facts-apply", args=[round.pk]), token, follow=True)
    assert "预览已经失效" in text(answer)
    round.state = RoundState.SHOWN
    round.save()
    assert "不能再导入" in text(cast.client("zhao").get(reverse("round-facts-import", args=[round.pk])))
    with pytest.raises(ValidationError):
        import_facts(actor=acting("zhao"), round=round, stated=stated, now=NOW)


def test_the_sheets_are_read_in_a_constant_number_of_queries(cast, evaluation, django_assert_num_queries):
    with django_assert_num_queries(3):
        (page,) = fact_pages(evaluation.round)
    assert list(page.names.values()) == ["第一支部", "第二支部"]
