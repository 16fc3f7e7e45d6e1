"""The import and export pages: what they show, to whom, in how many queries; the whole way through the browser."""

from io import BytesIO

import openpyxl
import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from django.urls import reverse
from kombu.exceptions import OperationalError

from branches import tasks
from branches.choices import ImportStep, TaskState
from branches.models import AuditEntry, ImportJob, Member
from tests.import_sheets import organizations_file, person, roster_file

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def november():
    with time_machine.travel("2026-11-22 10:00 +0800", tick=False):
        yield


def list_url(organization):
    return reverse("import-list", args=[organization.pk])


def upload(client, organization, stream, *, kind="ROSTER", name="名册.xlsx"):
    return client.post(
        reverse("import-upload", args=[organization.pk]),
        {"kind": kind, "file": SimpleUploadedFile(name, stream.getvalue())},
    )


def people(count, start=1):
    return [
        person(number, "第一支部" if number % 2 else "第二支部") for number in range(start, start + count)
    ]


@pytest.fixture
def job(cast):
    """A checked roster of the town with three new rows and one wrong one."""
    upload(cast.client("zhao"), cast.town, roster_file([*people(3), person(9, "第九支部")]))
    return ImportJob.objects.get()


def page_of(client, job, **query):
    return client.get(reverse("import-detail", args=[job.pk]), query)


def test_from_upload_to_result_in_the_browser(cast):
    client = cast.client("zhao")
    response = upload(client, cast.town, roster_file(people(3)))
    job = ImportJob.objects.get()
    assert response.url == reverse("import-detail", args=[job.pk])
    page = page_of(client, job).content.decode()
    assert "共 3 行：新增 3，变更 0，无变化 0" in " ".join(page.split())
    assert "导入 3 行" in page
    response = client.post(reverse("import-apply", args=[job.pk]), {"choice": "all"}, follow=True)
    assert "已导入：新增 3，变更 0" in " ".join(response.content.decode().split())
    assert Member.objects.filter(id_number_index__isnull=False).count() == 3
    assert "已导入" in client.get(list_url(cast.town)).content.decode()


def test_wrong_rows_are_shown_with_their_cell_and_do_not_go_in_unasked(cast, job):
    client = cast.client("zhao")
    page = " ".join(page_of(client, job).content.decode().split())
    assert "<strong>有错误 1</strong>" in page
    assert "没有名为“第九支部”的党支部" in page
    assert "C8" in page
    assert "仅导入正确的 3 行" in page
    response = client.post(reverse("import-apply", args=[job.pk]), {"choice": "all"}, follow=True)
    assert "有 1 行有错误" in response.content.decode()
    response = client.post(reverse("import-apply", args=[job.pk]), {"choice": "nonsense"}, follow=True)
    assert "有 1 行有错误" in response.content.decode()
    response = client.post(reverse("import-apply", args=[job.pk]), {"choice": "partial"}, follow=True)
    assert "略过有错误的 1 行" in response.content.decode()


def test_rows_are_filtered_and_turned(cast):
    client = cast.client("zhao")
    upload(client, cast.town, roster_file([*people(60), person(70, "第九支部")]))
    job = ImportJob.objects.get()
    assert page_of(client, job).context["page"].state == "WRONG"
    page = page_of(client, job, state="NEW").context["page"]
    assert (len(page.rows), page.next_number) == (50, 2)
    page = page_of(client, job, state="NEW", page=2).context["page"]
    assert (len(page.rows), page.next_number) == (10, None)
    assert [(tab.label, tab.count) for tab in page.tabs] == [
        ("有错误", 1),
        ("变更", 0),
        ("新增", 60),
        ("无变化", 0),
        ("有提醒", 0),
    ]
    assert page_of(client, job, state="WARNED", page="x").status_code == 200


def test_changes_are_shown_before_and_after_and_numbers_never_in_full(cast):
    client = cast.client("zhao")
    rows = people(2)
    upload(client, cast.town, roster_file(rows))
    client.post(reverse("import-apply", args=[ImportJob.objects.get().pk]), {"choice": "all"})
    upload(client, cast.town, roster_file([row | {"家庭住址": "<b>新路</b>"} for row in rows]))
    page = page_of(client, ImportJob.objects.get(applied_at__isnull=True), state="CHANGED").content.decode()
    assert "<del>幸福路1号</del> → <ins>&lt;b&gt;新路&lt;/b&gt;</ins>" in page
    assert not any(row["公民身份证号"] in page for row in rows)


def test_a_refused_file_says_why(cast):
    client = cast.client("zhao")
    upload(client, cast.town, BytesIO(b"%PDF-1.7"))
    page = page_of(client, ImportJob.objects.get()).content.decode()
    assert "文件不是 .xlsx 表格" in page
    assert "另选文件" in page
    for name, stream in (("名册.xls", roster_file([])), ("名册.xlsx", BytesIO())):
        response = upload(client, cast.town, stream, name=name)
        assert response.status_code == 422
    assert ImportJob.objects.count() == 1
    assert upload(client, cast.town, roster_file([]), kind="ORGANIZATIONS").status_code == 422


def test_who_may_open_what(cast, job):
    addresses = [
        "import-detail",
        "import-progress",
        "import-check",
        "import-apply",
        "import-discard",
        "import-wrong-rows",
    ]
    posts = addresses[2:]
    for name in addresses:
        url = reverse(name, args=[job.pk])
        for who, status in {"wang": 404, "li": 404, "nobody": 404, "qian": 403, "sun": 403}.items():
            client = cast.client(who)
            response = client.post(url) if name in posts else client.get(url)
            assert response.status_code == status, (name, who)
        if name in posts:
            assert cast.client("zhao").get(url).status_code == 405
    assert page_of(cast.client("wu"), job).status_code == 200
    for name in ("import-list", "import-upload", "export-download"):
        url = reverse(name, args=[cast.town.pk])
        for who, status in {"wang": 404, "qian": 403, "sun": 403}.items():
            client = cast.client(who)
            response = client.get(url) if name == "import-list" else client.post(url)
            assert response.status_code == status, (name, who)
        assert cast.client("zhao").get(reverse(name, args=[cast.county.pk])).status_code in (404, 405)


def test_kinds_offered_are_those_the_post_maintains(cast):
    officer = cast.client("zhao").get(list_url(cast.town)).context
    assert [value for value, _ in officer["upload"].fields["kind"].choices] == ["ROSTER"]
    assert "with_id_numbers" in officer["export"].fields
    administrator = cast.client("wu").get(list_url(cast.city)).context
    assert [value for value, _ in administrator["upload"].fields["kind"].choices] == [
        "ROSTER",
        "ORGANIZATIONS",
    ]
    assert "with_id_numbers" not in administrator["export"].fields


def test_organizations_through_the_browser(cast):
    client = cast.client("wu")
    rows = [["0101010", "中共柳汀镇新民村支部委员会", "010101", "党支部", "支部", "", "村", None, None]]
    upload(client, cast.city, organizations_file(rows), kind="ORGANIZATIONS", name="组织.xlsx")
    job = ImportJob.objects.get()
    assert "柳汀镇党委" in page_of(client, job, state="NEW").content.decode()
    client.post(reverse("import-apply", args=[job.pk]), {"choice": "all"})
    assert cast.town.children.filter(code="0101010").exists()


def test_while_the_worker_is_busy_the_page_asks_again(cast, job):
    ImportJob.objects.update(state=TaskState.RUNNING)
    client = cast.client("zhao")
    page = page_of(client, job).content.decode()
    assert f'hx-get="{reverse("import-progress", args=[job.pk])}"' in page
    assert "仅导入正确的" not in page
    response = client.get(reverse("import-progress", args=[job.pk]))
    assert "HX-Refresh" not in response
    ImportJob.objects.update(state=TaskState.DONE)
    assert client.get(reverse("import-progress", args=[job.pk]))["HX-Refresh"] == "true"


def test_without_a_broker_the_upload_waits_and_can_be_started_again(cast, monkeypatch):
    client = cast.client("zhao")

    def unreachable(*arguments, **options):
        raise OperationalError("no broker")

    with monkeypatch.context() as patch:
        patch.setattr(tasks.check_import, "apply_async", unreachable)
        response = upload(client, cast.town, roster_file(people(1)))
    job = ImportJob.objects.get()
    assert job.state == TaskState.WAITING
    page = client.get(response.url).content.decode()
    assert "后台任务暂时无法启动" in page
    client.post(reverse("import-check", args=[job.pk]))
    job.refresh_from_db()
    assert job.state == TaskState.DONE


def test_giving_up(cast, job):
    response = cast.client("zhao").post(reverse("import-discard", args=[job.pk]), follow=True)
    assert "没有导入任何内容" in response.content.decode()
    job.refresh_from_db()
    assert job.step == ImportStep.DISCARD
    assert "已放弃" in page_of(cast.client("zhao"), job).content.decode()


def test_wrong_rows_are_downloaded(cast, job):
    response = cast.client("zhao").post(reverse("import-wrong-rows", args=[job.pk]))
    sheet = openpyxl.load_workbook(BytesIO(b"".join(response.streaming_content))).active
    assert sheet.max_row == 2
    assert AuditEntry.objects.filter(event="下载错误行").count() == 1


def test_an_export_is_downloaded_and_asks_for_a_reason(cast):
    client = cast.client("zhao")
    url = reverse("export-download", args=[cast.town.pk])
    response = client.post(url, {"kind": "ROSTER"})
    assert response["Content-Type"].endswith("spreadsheetml.sheet")
    assert openpyxl.load_workbook(BytesIO(b"".join(response.streaming_content))).active.max_row == 4 + 13 + 1
    response = client.post(url, {"kind": "ROSTER", "with_id_numbers": "1"})
    assert response.status_code == 422
    assert "须填写事由" in response.content.decode()
    response = client.post(url, {"kind": "ORGANIZATIONS"})
    assert openpyxl.load_workbook(BytesIO(b"".join(response.streaming_content))).active.max_row == 1 + 3 + 1


@override_settings(DEBUG=False)
@pytest.mark.parametrize("address", ["list", "detail"])
def test_queries_do_not_grow_with_the_rows(cast, address, django_assert_num_queries):
    client = cast.client("zhao")

    def queries():
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        job = ImportJob.objects.first()
        url = (
            list_url(cast.town)
            if address == "list"
            else reverse("import-detail", args=[job.pk]) + "?state=NEW"
        )
        client.get(url)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert client.get(url).status_code == 200
        return len(captured)

    upload(client, cast.town, roster_file(people(1)))
    few = queries()
    for number in range(29 if address == "list" else 1):
        upload(client, cast.town, roster_file(people(1 if address == "list" else 30, start=number + 2)))
    assert queries() == few
