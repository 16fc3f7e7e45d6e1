"""Schemes come in and go out as files, and begin from starters: in the browser and in the shell."""

import json
from dataclasses import replace
from datetime import date
from io import BytesIO, StringIO

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from accountability.actions.scheme_exchange import import_scheme
from accountability.actions.scheme_starters import load_scheme_starters
from accountability.actions.schemes import Outdated, change_scheme, create_scheme
from accountability.models import Scheme, SchemeVersion
from accountability.scheme_exchange.reading import read_spreadsheet
from accountability.scheme_starters import NOTES, starters
from accountability.scheme_tables import carried
from accountability.scoring import read_scheme, to_toml
from branches.choices import Post
from branches.models import AuditEntry
from tests.accountability.conftest import NOW
from tests.conftest import employ
from tests.snapshots import once


@pytest.fixture(autouse=True)
def november():
    with time_machine.travel("2026-11-20 10:00 +0800", tick=False):
        yield


OFFICE = replace(carried(starters()["office"].table, 2026), starts_on=date(2026, 1, 1))


@pytest.fixture
def scheme(cast, acting):
    return once(
        "office scheme",
        [Scheme, SchemeVersion],
        lambda: create_scheme(actor=acting("wu"), organization=cast.town, table=OFFICE, now=NOW),
    )


def text(answer, status=200):
    assert answer.status_code == status, answer.status_code
    return answer.content.decode()


def upload(name, content):
    return {"file": SimpleUploadedFile(name, content)}


def came_out(client, scheme, form, **more):
    answer = client.post(reverse("scheme-export", args=[scheme.pk]), {"format": form, **more})
    assert answer.status_code == 200
    return b"".join(answer.streaming_content), answer["Content-Disposition"]


@pytest.mark.parametrize("form", ["xlsx", "toml"])
def test_a_scheme_goes_out_and_comes_in_as_it_was(cast, scheme, form, django_assert_max_num_queries):
    client = cast.client("wu")
    content, name = came_out(client, scheme, form)
    assert f".{form}" in name
    url = reverse("scheme-import", args=[cast.town.pk])
    client.get(url)
    with django_assert_max_num_queries(9):
        same = client.post(url, upload(f"办法.{form}", content))
    assert "完全相同" in text(same)
    SchemeVersion.objects.all().delete()
    Scheme.objects.all().delete()
    with django_assert_max_num_queries(9):
        answer = client.post(url, upload(f"办法.{form}", content))
    page = text(answer)
    assert "新建一份办法：3 个分类、6 个评价项" in page
    assert "每低1个百分点扣0.5分" in page
    assert not Scheme.objects.exists()
    sent = {"token": answer.context["form"]["token"].value(), "reason": "县委印发"}
    answer = client.post(reverse("scheme-import-apply", args=[cast.town.pk]), sent, follow=True)
    assert "现为第1版" in text(answer)
    made = Scheme.objects.get()
    assert (made.table, made.organization, made.is_starter) == (OFFICE, cast.town, False)
    assert made.versions.get().reason == "县委印发"
    assert AuditEntry.objects.filter(event="导出考核办法", username="wu").count() == 1


def test_a_changed_file_becomes_the_next_version_and_says_what_it_changes(cast, scheme, acting):
    client = cast.client("wu")
    content = came_out(client, scheme, "toml")[0].decode()
    changed = content.replace('title = "党费按月交纳"', 'title = "党费按月足额交纳"').encode()
    answer = client.post(reverse("scheme-import", args=[cast.town.pk]), upload("新.toml", changed))
    page = text(answer)
    assert "第 1 版将改为第 2 版" in page
    assert "修改 <b>1</b> 处" in page
    apply = reverse("scheme-import-apply", args=[cast.town.pk])
    token = answer.context["form"]["token"].value()
    again = client.post(apply, {"token": token, "reason": ""})
    assert "请写明为什么改" in text(again, 422)
    assert token in text(again, 422)
    other = client.post(
        reverse("scheme-import-apply", args=[cast.county.pk]), {"token": token, "reason": "x"}, follow=True
    )
    assert "另一个单位" in text(other)
    moved = replace(OFFICE, basis="别人先改了")
    change_scheme(actor=acting("wu"), scheme=scheme, table=moved, version=1, reason="改依据", now=NOW)
    answer = client.post(apply, {"token": token, "reason": "按会议意见"})
    page = text(answer, 409)
    assert "预览之后有人保存了" in page
    assert "第 2 版将改为第 3 版" in page
    assert "按会议意见" in page
    token = answer.context["form"]["token"].value()
    assert "现为第3版" in text(client.post(apply, {"token": token, "reason": "按会议意见"}, follow=True))
    assert [each.reason for each in scheme.versions.all()] == ["按会议意见", "改依据", "新建"]
    assert "没有改动" not in text(client.post(apply, {"token": token, "reason": "再点一次"}), 409)
    old, name = came_out(client, scheme, "toml", version="1")
    assert read_scheme(old) == OFFICE
    assert "1" in name
    assert client.post(reverse("scheme-export", args=[scheme.pk]), {"version": "9"}).status_code == 404
    text(client.post(apply, {"token": "made:up:token", "reason": "x"}, follow=True))


def test_what_is_wrong_is_listed_and_nothing_is_written(cast, scheme):
    client, url = cast.client("wu"), reverse("scheme-import", args=[cast.town.pk])
    table = to_toml(OFFICE).replace("党费按月交纳", "网站点赞数量").replace("full = 20", 'full = "二十"', 1)
    page = text(client.post(url, upload("办法.toml", table.encode())))
    assert "1 处需要改正" in page
    assert "“二十”不是数" in page
    assert "分类 1、评价项 2" in page
    assert '<button class="btn btn-primary">导入' not in page
    refused = to_toml(OFFICE).replace("党费按月交纳", "网站点赞数量")
    page = text(client.post(url, upload("办法.toml", refused.encode())))
    assert "不予采用的指标" in page
    assert "网站点赞" in page
    content, _ = came_out(client, scheme, "xlsx")
    broken = client.post(url, upload("办法.xlsx", content[: len(content) // 2]))
    assert "损坏" in text(broken, 422)
    assert "请选择文件" in text(client.post(url, {}), 422)
    assert "只接受" in text(client.post(url, upload("办法.xls", b"x")), 422)
    assert "不会这样大" in text(client.post(url, upload("办法.toml", b"#" * (2 * 1024 * 1024 + 1))), 422)
    assert "扩展名不符" in text(client.post(url, upload("办法.xlsx", b"<html>" * 10)), 422)
    assert Scheme.objects.get().version == 1


def test_the_blank_sheets_open_and_ask_for_what_they_lack(cast):
    client = cast.client("wu")
    answer = client.post(reverse("scheme-blank", args=[cast.town.pk]))
    content = b"".join(answer.streaming_content)
    draft = read_spreadsheet(BytesIO(content))
    assert {(each.sheet, each.column) for each in draft.faults} >= {("办法", "编号"), ("办法", "满分")}
    page = text(client.post(reverse("scheme-import", args=[cast.town.pk]), upload("空.xlsx", content)))
    assert "没有分类" in page


def test_who_reads_a_scheme_takes_it_along_and_only_who_configures_brings_one(cast, scheme, acting):
    for who in ("li", "zhao", "qian"):
        assert b"OFFICE" in came_out(cast.client(who), scheme, "toml")[0]
        assert cast.client(who).get(reverse("scheme-import", args=[cast.town.pk])).status_code in (403, 404)
        with pytest.raises(PermissionDenied):
            import_scheme(
                actor=acting(who), organization=cast.town, table=OFFICE, version=1, reason="x", now=NOW
            )
    assert cast.client("feng").post(reverse("scheme-export", args=[scheme.pk])).status_code == 403
    cast.people["yu"] = employ("yu", "于管", (cast.county, Post.ADMINISTRATOR))
    text(cast.client("yu").get(reverse("scheme-import", args=[cast.town.pk])))
    assert cast.client("yu").get(reverse("scheme-import", args=[cast.city.pk])).status_code == 404


def test_an_import_that_was_overtaken_writes_nothing(cast, scheme, acting):
    facts = {"actor": acting("wu"), "organization": cast.town, "reason": "导入", "now": NOW}
    with pytest.raises(Outdated):
        import_scheme(table=OFFICE, version=None, **facts)
    with pytest.raises(ValidationError, match="已经不在"):
        import_scheme(table=replace(OFFICE, code="OTHER"), version=1, **facts)
    with pytest.raises(ValidationError, match="年度"):
        import_scheme(table=replace(OFFICE, year=None), version=None, **facts)
    again, has_changed = import_scheme(table=OFFICE, version=1, **facts)
    assert (again, has_changed, again.version) == (scheme, False, 1)


# Starters


def test_the_starters_are_loaded_once_and_leave_alone_what_is_there(cast, scheme):
    made = load_scheme_starters(organization=cast.town, year=2026)
    assert len(made) == len(NOTES) - 1
    assert all(each.is_starter and each.versions.count() == 1 for each in made)
    assert load_scheme_starters(organization=cast.town, year=2026) == []
    assert len(load_scheme_starters(organization=cast.town, year=2027)) == len(NOTES)
    assert Scheme.objects.get(code="OFFICE", year=2026).table == OFFICE
    out = StringIO()
    call_command("load_starters", year=2026, organization=cast.county.code, stdout=out)
    assert f"考核办法新增 {len(NOTES)} 份" in out.getvalue()
    with pytest.raises(CommandError, match="没有编码"):
        call_command("load_starters", organization="没有", stdout=out)


@pytest.mark.parametrize("slug", NOTES)
def test_a_starter_shows_its_example_to_the_point(cast, slug, django_assert_max_num_queries):
    client, starter = cast.client("wu"), starters()[slug]
    assert starter.differences == []
    url = reverse("scheme-starter", args=[cast.town.pk, slug])
    client.get(url)
    with django_assert_max_num_queries(8):
        page = text(client.get(url))
    assert page.count(">一致<") == len(starter.facts.units)
    assert "不一致" not in page
    assert "须改" not in page
    for worked in starter.worked:
        assert worked.unit.name in page
    assert starter.note in page
    for line, item in starter.table.items():
        assert line.title in page
        assert item.title in page


def test_a_starter_becomes_a_scheme_once_a_year(cast, django_assert_max_num_queries):
    client = cast.client("wu")
    client.get(reverse("scheme-starters", args=[cast.town.pk]))
    with django_assert_max_num_queries(8):
        page = text(client.get(reverse("scheme-starters", args=[cast.town.pk])))
    assert all(starter.table.title in page for starter in starters().values())
    adopt = reverse("scheme-starter-adopt", args=[cast.town.pk, "village"])
    assert "请按本地的办法修改" in text(client.post(adopt, {"year": "2027"}, follow=True))
    made = Scheme.objects.get()
    assert (made.code, made.year, made.is_starter, made.organization) == ("VILLAGE", 2027, True, cast.town)
    assert AuditEntry.objects.filter(event="新建考核办法", username="wu").exists()
    assert "已有编号" in text(client.post(adopt, {"year": "2027"}), 422)
    assert "年度" in text(client.post(adopt, {"year": "明年"}), 422)
    assert client.get(reverse("scheme-starter", args=[cast.town.pk, "nothing"])).status_code == 404


# The shell


def test_the_shell_brings_a_scheme_in_and_takes_it_out(cast, tmp_path):
    place = tmp_path / "办法.toml"
    place.write_text(to_toml(OFFICE))
    out = StringIO()
    call_command("import_scheme", str(place), organization=cast.town.code, dry_run=True, stdout=out)
    assert "新建" in out.getvalue()
    assert not Scheme.objects.exists()
    call_command("import_scheme", str(place), organization=cast.town.code, stdout=out)
    assert Scheme.objects.get().table == OFFICE
    for form in ("xlsx", "toml"):
        target = tmp_path / f"出.{form}"
        call_command(
            "export_scheme", "OFFICE", str(target), organization=cast.town.code, year=2026, stdout=out
        )
        told = StringIO()
        call_command("import_scheme", str(target), organization=cast.town.code, json=True, stdout=told)
        assert json.loads(told.getvalue()) == {
            "scheme": "OFFICE",
            "year": 2026,
            "version": 1,
            "new": False,
            "changed": False,
            "differences": [],
            "warnings": [],
            "faults": [],
        }
    place.write_text(to_toml(replace(OFFICE, basis="试行")))
    told = StringIO()
    call_command(
        "import_scheme", str(place), organization=cast.town.code, json=True, reason="改", stdout=told
    )
    assert json.loads(told.getvalue())["differences"] == ["办法 机关党支部双向考核：依据"]
    assert Scheme.objects.get().versions.first().reason == "改"


def test_the_shell_says_what_is_wrong_and_leaves(cast, tmp_path):
    place = tmp_path / "办法.toml"
    place.write_text(to_toml(replace(OFFICE, year=None)))
    with pytest.raises(CommandError, match="请写明年度") as raised:
        call_command("import_scheme", str(place), organization=cast.town.code, stdout=StringIO())
    assert raised.value.returncode == 2
    told = StringIO()
    with pytest.raises(CommandError):
        call_command("import_scheme", str(place), organization=cast.town.code, json=True, stdout=told)
    assert json.loads(told.getvalue())["faults"][0]["message"] == "请写明年度。"
    for arguments in (
        {"file": str(tmp_path / "没有.toml"), "organization": cast.town.code},
        {"file": str(place), "organization": "没有"},
    ):
        with pytest.raises(CommandError):
            call_command("import_scheme", arguments.pop("file"), stdout=StringIO(), **arguments)
    with pytest.raises(CommandError, match="没有这份"):
        call_command("export_scheme", "X", str(place), organization=cast.town.code, year=2026)
