"""manage.py import_scheme FILE --organization CODE [--reason TEXT] [--dry-run] [--json]"""

import json
from io import BytesIO
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accountability.actions.scheme_exchange import write_scheme
from accountability.queries.scheme_imports import scheme_import_preview
from accountability.scheme_exchange.drafts import LARGEST, Draft
from accountability.scheme_exchange.reading import read_spreadsheet
from accountability.scheme_exchange.toml import read_toml
from branches.imports.problems import FileRefused
from branches.models import Organization


class Command(BaseCommand):
    help = "导入考核办法（.xlsx 或 .toml）：编号、年度与该单位现有办法相同的成为下一版，否则新建；写法见 docs/scoring.md。"

    def add_arguments(self, parser):
        parser.add_argument("file", help="考核办法，.xlsx 或 .toml")
        parser.add_argument("--organization", required=True, help="制定单位的编码")
        parser.add_argument("--reason", default="", help="修改原因，默认“导入 文件名”")
        parser.add_argument("--dry-run", action="store_true", help="只检查和比较，不写入")
        parser.add_argument("--json", action="store_true", help="输出机器可读的结果")

    def handle(self, *args, **options):
        place = Path(options["file"])
        organization = Organization.objects.filter(code=options["organization"]).first()
        if organization is None:
            raise CommandError(f"没有编码为“{options['organization']}”的党组织。", returncode=2)
        draft = read(place)
        told = {"faults": [each.as_dict() for each in draft.faults]}
        if draft.faults:
            self._tell(told, options)
            raise CommandError("\n".join(f"{place}：{each}" for each in draft.faults), returncode=2)
        preview = scheme_import_preview(organization, draft.table)
        version = preview.stored.version if preview.stored else 0
        told |= {
            "scheme": draft.table.code,
            "year": draft.table.year,
            "version": version,
            "new": preview.stored is None,
            "changed": not preview.is_unchanged,
            "differences": list(_differences(preview)),
            "warnings": [each.as_dict() for each in draft.warnings],
        }
        if not options["dry_run"]:
            try:
                scheme, _ = write_scheme(
                    organization=organization,
                    table=draft.table,
                    version=preview.stored.version if preview.stored else None,
                    reason=options["reason"] or f"导入 {place.name}",
                    now=timezone.now(),
                )
            except ValidationError as error:
                raise CommandError("\n".join(error.messages), returncode=2) from error
            told["version"] = scheme.version
        self._tell(told, options)

    def _tell(self, told, options):
        if options["json"]:
            self.stdout.write(json.dumps(told, ensure_ascii=False, indent=2))
            return
        if told["faults"]:
            return
        what = "新建" if told["new"] else "修改" if told["changed"] else "没有改动"
        done = "（只检查，没有写入）" if options["dry_run"] else f"，现为第{told['version']}版"
        self.stdout.write(f"{told['scheme']} {told['year']}：{what}{done}")
        for each in told["differences"]:
            self.stdout.write(f"  {each}")
        for each in told["warnings"]:
            self.stdout.write(f"  提醒：{each['sheet']} {each['place']} {each['message']}".replace("  ", " "))


def read(place: Path) -> Draft:
    """The scheme in a file; a `CommandError` when it cannot be read."""
    try:
        with place.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise CommandError(f"{place}：打不开文件：{error.strerror or error}", returncode=2) from error
    if len(content) > LARGEST:
        raise CommandError(f"{place}：文件超过 {LARGEST // 1024 // 1024} MB。", returncode=2)
    if place.suffix.lower() == ".toml":
        return read_toml(content)
    if place.suffix.lower() != ".xlsx":
        raise CommandError(f"{place}：只接受 .xlsx 或 .toml 文件。", returncode=2)
    try:
        return read_spreadsheet(BytesIO(content))
    except FileRefused as refused:
        raise CommandError(f"{place}：{refused.message}", returncode=2) from refused


def _differences(preview):
    if preview.difference is None:
        return
    for each in preview.difference.head:
        yield f"办法 {preview.table.title}：{each.label}"
    words = {"added": "新增", "removed": "删去", "changed": "修改"}
    for piece in preview.difference.pieces:
        fields = "" if piece.kind == "removed" else "：" + "、".join(each.label for each in piece.fields)
        yield f"{words[piece.kind]}{piece.what} {piece.title}{fields}"
    if preview.difference.is_reordered:
        yield "先后次序"
