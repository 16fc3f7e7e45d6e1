from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accountability.actions.scheme_starters import load_scheme_starters
from accountability.actions.starters import load_duty_starters
from branches.actions.cadence import load_cadence_starters
from branches.models import Organization


class Command(BaseCommand):
    help = "载入示例频次规则和责任清单模板；已有的不覆盖，可重复运行。"

    def add_arguments(self, parser):
        parser.add_argument("--year", type=int, help="模板年度，默认今年")
        parser.add_argument(
            "--organization", metavar="CODE", help="同时给这个编码的党组织载入八份示例考核办法"
        )

    def handle(self, *args, year=None, organization=None, **options):
        year = year or timezone.localdate().year
        owner = Organization.objects.filter(code=organization).first() if organization else None
        if organization and owner is None:
            raise CommandError(f"没有编码为“{organization}”的党组织。")
        rules = load_cadence_starters()
        templates = load_duty_starters(year=year)
        said = f"频次规则新增 {len(rules)} 条，清单模板新增 {len(templates)} 份"
        if owner is not None:
            said += f"，考核办法新增 {len(load_scheme_starters(organization=owner, year=year))} 份"
        self.stdout.write(f"{said}。")
