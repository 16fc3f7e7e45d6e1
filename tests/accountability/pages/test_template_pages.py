"""The pages around a template: rows, versions, the check, files, the update, and 个性 items."""

from datetime import date
from io import BytesIO

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accountability.actions.lists import issue_lists
from accountability.actions.templates import create_template
from accountability.editions import ITEM, edition_of
from accountability.exchange.toml import write_toml
from accountability.forms.templates import _raw
from accountability.models import Duty, DutyList, DutyTemplate
from branches.models import AuditEntry
from tests.accountability.conftest import NOW
from tests.accountability.template_shapes import SHAPES, shaped


@pytest.fixture(autouse=True)
def november():
    with time_machine.travel("2026-11-20 10:00 +0800", tick=False):
        yield


def text(answer, status=200):
    assert answer.status_code == status, answer.status_code
    return answer.content.decode()


def written(acting, number=3, **facts):
    template, items = shaped(number)
    for name, value in facts.items():
        setattr(template, name, value)
    return create_template(actor=acting("wu"), template=template, items=items, now=NOW)


def sent(template, **changes):
    """What the browser sends for a template as it stands."""
    edition = edition_of(template, template.items.all())
    rows = {name: _raw(name, value) for name, value in edition["facts"].items()}
    rows |= {
        "reason": ["修订"],
        "version": [template.version],
        "items-TOTAL_FORMS": [len(edition["items"])],
        "items-INITIAL_FORMS": [len(edition["items"])],
    }
    for place, item in enumerate(edition["items"]):
        rows[f"items-{place}-id"] = [item["key"]]
        rows[f"items-{place}-ORDER"] = [place + 1]
        for name in ITEM:
            rows[f"items-{place}-{name}"] = [value.replace("\n", "\r\n") for value in _raw(name, item[name])]
    return rows | changes


def edit(template):
    return reverse("template-edit", args=[template.pk])


# The editor


@pytest.mark.parametrize("number", SHAPES)
def test_long_templates_go_through_the_editor(cast, acting, number, django_assert_max_num_queries):
    template = written(acting, number)
    client = cast.client("wu")
    client.get(edit(template))
    with django_assert_max_num_queries(8):
        page = text(client.get(edit(template)))
    assert page.count('class="panel item-row"') == number + 2  # an empty one, and the blank for new rows
    with CaptureQueriesContext(connection) as same:
        page = text(client.post(edit(template), sent(template), follow=True))
    assert "版次不变" in page
    assert len(same) < 45
    answer = client.post(edit(template), sent(template, **{"items-0-content": "换了一种说法"}), follow=True)
    assert "已保存为第2版" in text(answer)
    assert template.items.first().content == "换了一种说法"


def test_every_field_is_kept(cast, acting):
    template = written(acting, 8)
    before = edition_of(template, template.items.all())
    rows = sent(template, **{"items-0-legal_basis": "新的依据"})
    assert cast.client("wu").post(edit(template), rows).status_code == 302
    after = edition_of(template, template.items.all())
    assert after["items"][0] == before["items"][0] | {"legal_basis": "新的依据"}
    assert after["items"][1:] == before["items"][1:]


def test_rows_are_moved_added_and_struck_out(cast, acting):
    template = written(acting, 5)
    rows = sent(template)
    fresh = {f"items-5-{name}": rows[f"items-0-{name}"] for name in ITEM}
    rows |= fresh | {
        "items-5-id": "",
        "items-5-ORDER": "3",
        "items-5-heading": "新来的",
        "items-4-ORDER": "1",
        "items-1-DELETE": "on",
        "items-TOTAL_FORMS": "6",
    }
    assert cast.client("wu").post(edit(template), rows).status_code == 302
    assert [each.heading[:3] for each in template.items.all()] == [
        "第5项",
        "第1项",
        "新来的",
        "第3项",
        "第4项",
    ]


def test_mistakes_are_said_next_to_the_field_and_nothing_is_lost(cast, acting):
    template = written(acting, 8)
    client = cast.client("wu")
    for change, words in (
        ({"items-0-target": "2"}, "请选按什么计数"),
        ({"items-0-counted_by": "HAND"}, "请填每期至少多少"),
        ({"items-0-counted_by": "MEETINGS", "items-0-target": "1"}, "请勾选哪些会议计入"),
        ({"items-0-interval": "year", "items-0-deadline": "2027-02-01"}, "须在2026年之内"),
        ({"items-1-deadline": "2026-06-01"}, "周期请选“年”"),
        ({"items-0-is_negative": "on", "items-0-counted_by": "HAND", "items-0-target": "1"}, "不计数"),
        ({"items-0-measure": "每次拍照留痕"}, "2023年12月"),
        ({"items-0-sunset_on": ""}, "请写明日落日期"),
        ({"year": "1999"}, "2019"),
    ):
        rows = sent(template, **change, **{"items-7-heading": "只在这里写过"})
        page = text(client.post(edit(template), rows))
        assert words in page, change
        assert "只在这里写过" in page
    assert "没有保存" in page or "2019" in page
    template.refresh_from_db()
    assert template.version == 1


def test_a_leadership_template_can_be_made_and_a_deployment_not(cast, acting):
    page = text(cast.client("wu").get(reverse("template-create")))
    assert "机关党建领导责任" in page
    assert "部署任务" not in page
    rows = sent(written(acting), code="OTHER", kind="DEPLOYMENT")
    assert "选择一个有效的选项" in text(cast.client("wu").post(reverse("template-create"), rows))


def test_two_administrators_at_once(cast, acting):
    template = written(acting, 4)
    first = sent(template, **{"items-0-content": "先到的人改了第一条"})
    second = sent(template, **{"items-1-content": "后到的人改了第二条"})
    first["items-4-id"], first["items-TOTAL_FORMS"] = "", "5"
    first |= {f"items-4-{name}": first[f"items-3-{name}"] for name in ITEM}
    first["items-4-heading"] = "先到的人加的"
    first["items-2-DELETE"] = "on"
    client = cast.client("wu")
    assert client.post(edit(template), first).status_code == 302
    answer = client.post(edit(template), second)
    page = text(answer, 409)
    assert "已保存第 2 版" in page
    assert "后到的人改了第二条" in page  # nothing typed is lost
    assert "先到的人改了第一条" in page
    assert "先到的人加的" in page
    template.refresh_from_db()
    assert template.version == 2
    again = {
        **{name: each.value() for name, each in ((f.html_name, f) for f in answer.context["form"])},
        "reason": "合并",
    }
    for row in answer.context["items"]:
        for bound in row:
            value = bound.value()
            if value not in (None, False, ""):
                again[bound.html_name] = "on" if value is True else value
    management = answer.context["items"].management_form
    again |= {bound.html_name: bound.value() for bound in management}
    again = {name: value for name, value in again.items() if value is not None}
    assert client.post(edit(template), again).status_code == 302
    template.refresh_from_db()
    assert template.version == 3
    assert [each.content for each in template.items.all()][:2] == ["先到的人改了第一条", "后到的人改了第二条"]
    assert [each.heading[:4] for each in template.items.all()][2:] == ["第4项帮", "先到的人"]


def test_a_form_of_an_unknown_version_asks_to_begin_again(cast, acting):
    template = written(acting)
    assert "重新打开" in text(cast.client("wu").post(edit(template), sent(template, version=7)), 409)


def test_a_datum_that_is_held_is_pointed_out_after_saving(cast, acting):
    template = written(acting)
    rows = sent(template, **{"items-0-measure": "每季度报送党员人数"})
    page = text(cast.client("wu").post(edit(template), rows, follow=True))
    assert "1处要求的数据系统里已经有" in page


# Versions, the check


def test_versions_are_laid_side_by_side(cast, acting, django_assert_max_num_queries):
    template = written(acting, 79)
    client = cast.client("wu")
    client.post(edit(template), sent(template, **{"items-0-content": "换了一种说法", "items-1-DELETE": "on"}))
    client.post(reverse("template-copy", args=[template.pk]), {"year": 2027})
    url = reverse("template-versions", args=[template.pk])
    client.get(url)
    with django_assert_max_num_queries(11):
        page = text(client.get(url))
    assert "删去 <b>1</b> 条，修改 <b>1</b> 条；77 条未变" in page
    assert "<ins>" in page
    assert "<del>" in page
    page = text(client.get(url, {"before": "2026.1", "after": "2026.1"}))
    assert "请选两个不同的版次" in page
    page = text(client.get(url, {"before": "2026.2", "after": "2027.1"}))
    assert "两版内容相同" in page
    assert "修改" in text(client.get(url, {"before": "nonsense", "after": "2026.2"}))
    assert text(cast.client("li").get(url))
    assert cast.client("sun").get(url).status_code == 403


def test_texts_are_escaped_in_a_difference(cast, acting):
    template = written(acting)
    client = cast.client("wu")
    client.post(edit(template), sent(template, **{"items-0-content": "<script>alert(1)</script>"}))
    page = text(client.get(reverse("template-versions", args=[template.pk])))
    assert "<script>alert(1)" not in page
    assert "&lt;" in page


def test_the_check_names_rules_holdings_and_weight(cast, acting, django_assert_max_num_queries):
    template = written(acting, 131)
    item = template.items.first()
    item.measure = "每天打卡，并报送党员花名册"
    item.save()
    client, url = cast.client("wu"), reverse("template-check", args=[template.pk])
    client.get(url)
    with django_assert_max_num_queries(7):
        page = text(client.get(url))
    for words in ("2023年12月", "2024年8月", "2026年1月", "打卡", "名册可以随时导出", "每月约", "自动计数"):
        assert words in page, words
    assert "须改正" in page
    assert "请考虑删去" in page


# Files


def upload(name, content):
    return {"file": SimpleUploadedFile(name, content)}


@pytest.mark.parametrize("number", SHAPES)
@pytest.mark.parametrize("form", ["xlsx", "toml"])
def test_a_template_goes_out_and_comes_in(cast, acting, number, form):
    template = written(acting, number)
    client = cast.client("wu")
    answer = client.post(reverse("template-export", args=[template.pk]), {"format": form})
    assert f".{form}" in answer["Content-Disposition"]
    content = b"".join(answer.streaming_content)
    DutyTemplate.objects.all().delete()
    answer = client.post(reverse("template-import"), upload(f"清单.{form}", content))
    page = text(answer)
    assert f"共 <b>{number}</b> 个条目" in page
    assert not DutyTemplate.objects.exists()
    token = answer.context["form"]["token"].value()
    answer = client.post(
        reverse("template-import-apply"), {"token": token, "reason": "市里下发"}, follow=True
    )
    assert f"第1版，{number}个条目" in text(answer)
    made = DutyTemplate.objects.get()
    assert made.items.count() == number
    assert made.versions.get().reason == "市里下发"
    assert issue_lists(actor=acting("wu"), template=made, scope=cast.city, now=NOW) == 3
    assert AuditEntry.objects.filter(event="新建清单模板").count() == 2


def test_wrong_rows_are_listed_and_nothing_is_written(cast, acting):
    template, items = shaped(2)
    items[1].measure = "按积分排名"
    content = write_toml(edition_of(template, items)).encode()
    page = text(cast.client("wu").post(reverse("template-import"), upload("清单.toml", content)))
    assert "1 处需要改正" in page
    assert "第2个 [[item]]" in page
    assert "不得用积分表" in page
    assert '<button class="btn btn-primary">导入' not in page
    assert not DutyTemplate.objects.exists()


def test_an_existing_template_is_laid_beside_the_file(cast, acting):
    template = written(acting, 3)
    items = list(template.items.all())
    items[0].content = "换了一种说法"
    content = write_toml(edition_of(template, items)).encode()
    client = cast.client("wu")
    answer = client.post(reverse("template-import"), upload("清单.toml", content))
    page = text(answer)
    assert "第 1 版将改为第 2 版" in page
    assert "修改 <b>1</b> 条" in page
    token = answer.context["form"]["token"].value()
    client.post(edit(template), sent(template, **{"items-2-content": "别人先改了"}))
    answer = client.post(reverse("template-import-apply"), {"token": token})
    page = text(answer, 409)
    assert "预览之后有人保存了" in page
    assert "第 2 版将改为第 3 版" in page
    token = answer.context["form"]["token"].value()
    assert "第3版" in text(client.post(reverse("template-import-apply"), {"token": token}, follow=True))
    token = "made:up:token"
    answer = client.post(reverse("template-import-apply"), {"token": token}, follow=True)
    assert "预览已经失效" in text(answer)


def test_files_of_another_kind_are_refused(cast, acting):
    client, url = cast.client("wu"), reverse("template-import")
    text(client.get(url))
    assert "只接受" in text(client.post(url, upload("清单.doc", b"x")), 422)
    assert "请选择文件" in text(client.post(url, {}), 422)
    assert "不是有效的 TOML" in text(client.post(url, upload("清单.toml", b"a = ")), 422)
    assert "已损坏" in text(client.post(url, upload("清单.xlsx", b"PK\x03\x04nothing")), 422)
    assert "不会这样大" in text(client.post(url, upload("清单.toml", b"#" * (2 * 1024 * 1024 + 1))), 422)
    for who in ("li", "qian", "zhao", "zheng"):
        assert cast.client(who).get(url).status_code == 403


def test_an_export_is_written_down(cast, acting):
    template = written(acting)
    answer = cast.client("qian").post(reverse("template-export", args=[template.pk]), {"format": "exe"})
    assert BytesIO(b"".join(answer.streaming_content)).read(2) == b"PK"
    assert AuditEntry.objects.filter(event="导出清单模板", username="qian").exists()


# The update


def test_lists_are_updated_after_a_look(cast, acting):
    template = written(acting, 4)
    client = cast.client("wu")
    issue_lists(actor=acting("wu", date(2026, 1, 5)), template=template, scope=cast.city, now=NOW)
    url = reverse("template-update", args=[template.pk])
    assert "都是最新的一版" in text(client.get(url))
    client.post(edit(template), sent(template, **{"items-0-DELETE": "on", "items-1-content": "新的说法"}))
    page = text(client.get(reverse("template-detail", args=[template.pk])))
    assert "有 3 份清单由较早的版次下发" in page
    page = text(client.get(url))
    assert "<b>3</b> 份清单更新" in page
    assert "由第 1 版下发的 3 份" in page
    assert "必填" in text(client.post(url, {"reason": ""}))
    page = text(client.post(url, {"reason": "减负"}, follow=True))
    assert "已更新3份清单" in page
    assert "由较早的版次下发" not in page
    assert Duty.objects.filter(content="新的说法").count() == 3
    page = text(cast.client("qian").get(url))
    assert "都是最新的一版" in page


def test_the_preview_asks_the_same_queries_whatever_the_lists(cast, acting):
    template = written(acting, 8)
    january = acting("wu", date(2026, 1, 5))
    issue_lists(actor=january, template=template, scope=cast.city, reach="own", now=NOW)
    client = cast.client("wu")
    client.post(edit(template), sent(template, **{"items-0-interval": "quarter", "items-1-DELETE": "on"}))
    url = reverse("template-update", args=[template.pk])
    client.get(url)
    with CaptureQueriesContext(connection) as for_one:
        text(client.get(url))
    version = template.versions.get(number=1)
    template.refresh_from_db()
    issue_lists(actor=january, template=template, scope=cast.city, now=NOW)
    DutyList.objects.update(template_version=version.number)
    with CaptureQueriesContext(connection) as for_all:
        assert "<b>3</b> 份清单更新" in text(client.get(url))
    assert len(for_all) == len(for_one)


# 1+X


def test_a_unit_adds_an_item_and_takes_it_back(cast, issued):
    duty_list = DutyList.objects.get(organization=cast.first)
    client, url = cast.client("li"), reverse("duty-list-detail", args=[duty_list.pk])
    assert "增列个性条目" in text(client.get(url))
    add = reverse("personal-item-add", args=[duty_list.pk])
    assert "李明 书记" in text(client.get(add))
    rows = {"heading": "修路灯", "content": "把村口的路灯修好", "interval": "quarter"}
    page = text(client.post(add, rows | {"measure": "每天打卡"}))
    assert "不得以打卡" in page
    assert "把村口的路灯修好" in page
    assert "请填每期至少多少" in text(client.post(add, rows | {"counted_by": "HAND"}))
    owner = cast.people["li"].appointments.get().pk
    page = text(client.post(add, rows | {"owner": owner}, follow=True))
    assert "修路灯" in page
    assert "第一支部增列" in page
    duty = Duty.objects.get(is_common=False)
    back = reverse("personal-item-withdraw", args=[duty.pk])
    assert back in page
    assert "1</b> 期未完成" in text(client.get(back))
    assert "已撤回“修路灯”" in text(client.post(back, {"reason": "修好了"}, follow=True))
    assert client.get(back).status_code == 403


def test_an_issuer_adds_to_one_list_on_an_article(cast, issued):
    duty_list = DutyList.objects.get(organization=cast.first)
    client, add = cast.client("wu"), reverse("personal-item-add", args=[duty_list.pk])
    rows = {"heading": "修路灯", "content": "把村口的路灯修好", "interval": "quarter"}
    assert "须有依据" in text(client.post(add, rows))
    assert client.post(add, rows | {"legal_basis": "市委通知"}).status_code == 302
    duty = Duty.objects.get(is_common=False)
    page = text(cast.client("li").get(reverse("duty-list-detail", args=[duty_list.pk])))
    assert "云汀市委增列" in page
    back = reverse("personal-item-withdraw", args=[duty.pk])
    assert back not in page
    assert cast.client("li").post(back, {"reason": "不想要"}).status_code == 403
    for who, status in (("qian", 403), ("wang", 404), ("zheng", 403)):
        assert cast.client(who).get(add).status_code == status, who
