from branches.choices import ImportKind
from branches.imports.organizations import layout_of
from branches.management.imports import ImportCommand, parse_columns


class Command(ImportCommand):
    help = "导入党组织（.xlsx、.csv、.csv.gz）。有错误时不写入，除非给出 --partial。"
    kind = ImportKind.ORGANIZATIONS

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument(
            "--columns",
            type=parse_columns,
            metavar="code=code,parent=parent,name=name,level=level",
            help="栏目=表头，逗号分隔；没有组织类别而层级为 1–6 时，按行政区划逐级设党委，第 6 级设党支部",
        )

    def options_of(self, given):
        return {"layout": layout_of(given["columns"])}
