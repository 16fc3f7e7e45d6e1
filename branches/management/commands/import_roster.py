from branches.choices import ImportKind
from branches.management.imports import ImportCommand


class Command(ImportCommand):
    help = "导入党员名册（全国统一表样的 .xlsx 或 .csv）。有错误时不写入，除非给出 --partial。"
    kind = ImportKind.ROSTER
