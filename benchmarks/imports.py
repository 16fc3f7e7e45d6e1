"""A roster of forty thousand previewed as the page does it, and the whole country's tree imported from the shell."""

import csv
import gzip
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from stdnum.cn import ric

from branches.access import Actor
from branches.actions.imports import check_import, upload_import
from branches.choices import ImportKind, Post, TaskState
from branches.imports.roster import LAYOUT
from branches.models import ImportJob, Organization

from . import databases, world
from .report import Goal, Section, Table, figure
from .servers import ROOT

DIVISIONS = "divisions"


def measure(members: int, divisions: int, now, say) -> Section:
    """Preview a roster of `members`; import the file named by DIVISIONS, or an invented tree of that many nodes."""
    section = Section("Imports")
    _preview(section, members, now)
    say(f"roster: {section.tables[0].rows[0][1]:.1f} s")
    _divisions(section, divisions, say)
    return section


def _preview(section: Section, members: int, now) -> None:
    databases.create("roster")
    databases.use(databases.name_of("roster"))
    world.bulk_plant(world.tree(1000, own_names=True), keep_history=False)
    top = Organization.objects.order_by("path").first()
    user = world.appoint("clerk", top, Post.ADMINISTRATOR)
    content = _roster(members, list(Organization.objects.branches().values_list("name", flat=True)))
    actor = Actor(
        user=user, appointment=user.appointments.select_related("organization").get(), today=now.date()
    )
    began = time.monotonic()
    upload = SimpleUploadedFile("名册.xlsx", content)
    job = upload_import(actor=actor, organization=top, kind=ImportKind.ROSTER, upload=upload, now=now)
    check_import(job=ImportJob.objects.select_related("organization").get(pk=job.pk), now=now)
    took = time.monotonic() - began
    job.refresh_from_db()
    if job.state != TaskState.DONE or job.counts["new"] != members:
        raise RuntimeError(f"the preview says {job.state}: {job.message} {job.counts}")
    connection.close()
    section.tables.append(
        Table(
            ["roster, members", "seconds", "file"], [(members, took, f"{len(content) / 2**20:.1f} MB .xlsx")]
        )
    )
    section.notes.append(
        "A roster in the national layout (.xlsx), from the upload to the stored preview of every row: reading, "
        "judging, comparing with the database."
    )
    section.goals.append(
        Goal(f"roster of {members:,} members previewed", "< 20 s", f"{figure(took)} s", took < 20)
    )


def _roster(members: int, branches: list[str]) -> bytes:
    """The file: four rows of heading, one row a member, all of them right."""
    stream = BytesIO()
    book = xlsxwriter.Workbook(stream, {"constant_memory": True})
    sheet = book.add_worksheet("党员基本信息汇总表")
    sheet.write_row(0, 0, ["党员基本信息汇总表"])
    sheet.write_row(2, 0, ["序号", *(column.title for column in LAYOUT)])
    for number in range(members):
        born_on = date(1950, 1, 1) + timedelta(days=number % 15000)
        male = number % 3 > 0
        body = f"710000{born_on:%Y%m%d}{number // 15000 * 2 + male:03d}"
        joined_on, full_on = (born_on + timedelta(days=days) for days in (9000, 9366))
        cells = {
            "name": "赵钱孙李周吴郑王"[number % 8] + "平安和顺康宁"[number % 6],
            "branch": branches[number % len(branches)],
            "id_number": body + ric.calc_check_digit(body + "0"),
            "gender": "男" if male else "女",
            "ethnicity": "汉族",
            "born_on": f"{born_on:%Y年%m月%d日}",
            "education": "大学",
            "category": "正式党员",
            "joined_on": f"{joined_on:%Y年%m月%d日}",
            "full_on": f"{full_on:%Y年%m月%d日}",
            "occupation": "农牧渔民",
            "mobile": f"199{number:08d}",
            "address": f"幸福路{number}号",
            "standing": "正常",
            "is_lost": "否",
            "is_floating": "否",
        }
        sheet.write_row(number + 4, 0, [number + 1, *(cells.get(column.field, "") for column in LAYOUT)])
    book.close()
    return stream.getvalue()


def _divisions(section: Section, size: int, say) -> None:
    """Import in a process of its own, into the world `divisions`, which the other measurements may use."""
    given = os.environ.get("DIVISIONS", "")
    with tempfile.TemporaryDirectory(prefix="gauge-divisions-") as folder:
        path = Path(given) if given else _invented(Path(folder) / "divisions.csv.gz", size)
        databases.create(DIVISIONS)
        command = [sys.executable, "manage.py", "import_organizations", str(path)]
        command += ["--columns", "code=code,parent=parent,name=name,level=level"]
        environment = os.environ | {"DATABASE_URL": databases.address(databases.name_of(DIVISIONS))}
        began = time.monotonic()
        child = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        said = child.stdout.read()
        _pid, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        took = time.monotonic() - began
    if child.returncode:
        raise RuntimeError(f"import_organizations ended with {child.returncode}: {said[-1000:]}")
    databases.use(databases.name_of(DIVISIONS))
    imported = Organization.objects.count()
    connection.close()
    what = (
        f"the file {path.name} given by DIVISIONS"
        if given
        else "an invented tree of the same shape, as DIVISIONS named no file"
    )
    section.notes.append(
        f"`manage.py import_organizations` with {what}, from the start of the process to its end."
    )
    section.tables.append(
        Table(
            ["organisations imported", "seconds", "organisations a second", "peak memory of the process"],
            [(imported, took, imported / took, f"{_memory(used):.0f} MB")],
        )
    )
    section.goals.append(
        Goal(f"tree of {imported:,} imported", "minutes", f"{took / 60:.1f} min", took < 600)
    )
    say(f"{imported:,} organisations imported in {took:.0f} s")


def _invented(path: Path, size: int) -> Path:
    """The same columns and levels as the file of divisions, with numbers for names."""
    with gzip.open(path, "wt", encoding="utf-8", newline="", compresslevel=1) as file:
        writer = csv.writer(file)
        writer.writerow(["code", "parent", "name", "level"])
        for row in world.tree(size, own_names=True):
            step = 1 + [rung[0] for rung in world.RUNGS].index(row["level"])
            writer.writerow([row["code"], row["parent_code"], row["name"], step])
    return path


def _memory(used: resource.struct_rusage) -> float:
    return used.ru_maxrss / (1024 if sys.platform == "linux" else 2**20)
