"""What the two import commands share: their options, their report, their exit code."""

import json
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from ..actions.import_files import import_file
from ..choices import ImportKind, RowState
from ..imports.problems import KINDS, FileRefused
from ..models import Organization

SHOWN = 50  # problems listed for people; --json lists all


class ImportCommand(BaseCommand):
    """Read a file, report row by row, write when all rows are right; exit code 1 when some are not."""

    kind: ImportKind

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, help="文件")
        parser.add_argument("--dry-run", action="store_true", help="只检查，不写入")
        parser.add_argument("--json", action="store_true", help="以 JSON 输出：计数和逐行的问题")
        parser.add_argument("--partial", action="store_true", help="略过有错误的行，导入其余各行")
        parser.add_argument("--accept-corrections", action="store_true", help="采用空格、全角数字的自动更正")
        parser.add_argument(
            "--under", metavar="CODE", help="只在此编码的党组织之下导入；没有上级的新组织设在其下"
        )

    def options_of(self, given) -> dict:
        """Further options of this kind of file; ValueError with a sentence for people."""
        return {}

    def handle(self, **given):
        path = given["file"]
        if not path.is_file():
            raise CommandError(f"没有这个文件：{path}")
        under = None
        if given["under"]:
            under = Organization.objects.filter(code=given["under"]).first()
            if under is None:
                raise CommandError(f"没有编码为“{given['under']}”的党组织。")
        try:
            result = import_file(
                path=path,
                kind=self.kind,
                now=timezone.now(),
                under=under,
                is_dry_run=given["dry_run"],
                partial=given["partial"],
                accepts_corrections=given["accept_corrections"],
                progress=self._progress if self.stderr.isatty() else lambda percent: None,
                **self.options_of(given),
            )
        except FileRefused as refusal:
            self._refuse(given["json"], refusal)
        except ValueError as error:
            raise CommandError(str(error)) from error
        else:
            self._report(given, result)

    def _progress(self, percent: int) -> None:
        self.stderr.write(f"\r{percent:3d}%", ending="" if percent < 100 else "\n")

    def _refuse(self, as_json: bool, refusal: FileRefused) -> None:
        if as_json:
            problem = {
                "row": None,
                "column": None,
                "kind": refusal.kind,
                "message": refusal.message,
                "severity": "error",
            }
            self.stdout.write(
                json.dumps(
                    {"counts": {}, "errors": [problem], "warnings": [], "applied": None}, ensure_ascii=False
                )
            )
            raise SystemExit(1)
        raise CommandError(refusal.message)

    def _report(self, given, result: dict) -> None:
        errors = [each for each in result["problems"] if each.is_error]
        warnings = [each for each in result["problems"] if not each.is_error]
        if given["json"]:
            report = {
                "counts": result["counts"],
                "errors": [each.as_dict() for each in errors],
                "warnings": [each.as_dict() for each in warnings],
                "notes": result["notes"],
                "applied": result["applied"],
            }
            self.stdout.write(json.dumps(report, ensure_ascii=False, indent=1))
        else:
            self._tell(given, result, errors, warnings)
        if errors and (given["dry_run"] or not given["partial"]):
            raise SystemExit(1)

    def _tell(self, given, result: dict, errors: list, warnings: list) -> None:
        counts = result["counts"]
        words = "，".join(f"{state.label} {counts[state.value.lower()]}" for state in RowState)
        self.stdout.write(f"{given['file'].name}：共 {counts['rows']} 行，{words}")
        for note in result["notes"]:
            self.stdout.write(f"  {note}")
        for each in errors[:SHOWN]:
            self.stdout.write(
                f"  第 {each.row} 行 {each.column}（{each.cell}）{KINDS[each.kind]}：{each.message}"
            )
        if len(errors) > SHOWN:
            self.stdout.write(f"  ……另有 {len(errors) - SHOWN} 处错误，可用 --json 全部列出")
        if warnings:
            self.stdout.write(f"  另有 {len(warnings)} 处提醒（不影响导入）")
        if result["applied"]:
            self.stdout.write(f"已导入：新增 {result['applied']['new']}，变更 {result['applied']['changed']}")
        elif given["dry_run"]:
            self.stdout.write("只检查，没有写入。")
        else:
            self.stdout.write("有错误，没有写入；改正后再导入，或用 --partial 只导入正确的行。")


def parse_columns(text: str) -> dict[str, str]:
    """{"code": "编码", …} from "code=编码,…"."""
    pairs = [each.partition("=") for each in text.split(",") if each]
    if any(not field.strip() or not title.strip() for field, _, title in pairs):
        raise ValueError(text)
    return {field.strip(): title.strip() for field, _, title in pairs}
