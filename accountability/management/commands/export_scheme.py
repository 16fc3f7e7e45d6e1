"""manage.py export_scheme CODE FILE --organization CODE --year YEAR [--number VERSION]"""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from accountability.models import Scheme
from accountability.scheme_exchange.writing import TooLong, write_spreadsheet


class Command(BaseCommand):
    help = "导出考核办法为 .xlsx 或 .toml（按文件名的扩展名）；原样导入不会产生任何改动。"

    def add_arguments(self, parser):
        parser.add_argument("code", help="办法的编号")
        parser.add_argument("file", help="写到哪里，.xlsx 或 .toml")
        parser.add_argument("--organization", required=True, help="制定单位的编码")
        parser.add_argument("--year", type=int, required=True, help="年度")
        parser.add_argument("--number", type=int, help="第几版，默认现行的一版")

    def handle(self, *args, code, file, organization, year, number=None, **options):
        scheme = Scheme.objects.filter(organization__code=organization, code=code, year=year).first()
        kept = scheme
        if scheme is not None and number is not None:
            kept = scheme.versions.filter(number=number).first()
        if kept is None:
            raise CommandError("没有这份考核办法。", returncode=2)
        place = Path(file)
        if place.suffix.lower() not in (".xlsx", ".toml"):
            raise CommandError(f"{place}：扩展名应为 .xlsx 或 .toml。", returncode=2)
        try:
            with place.open("wb") as stream:
                if place.suffix.lower() == ".toml":
                    stream.write(kept.document.encode())
                else:
                    write_spreadsheet(
                        stream, kept.table, mark=f"导出：{scheme} 第{number or scheme.version}版"
                    )
        except (OSError, TooLong) as error:
            raise CommandError(f"{place}：{error}", returncode=2) from error
        self.stdout.write(f"{scheme} 第{number or scheme.version}版 → {place}")
