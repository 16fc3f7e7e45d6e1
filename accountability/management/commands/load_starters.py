from django.core.management.base import BaseCommand
from django.utils import timezone

from accountability.actions.starters import load_duty_starters
from branches.actions.cadence import load_cadence_starters


class Command(BaseCommand):
    help = "载入示例频次规则和责任清单模板；已有的不覆盖，可重复运行。"

    def add_arguments(self, parser):
        parser.add_argument("--year", type=int, help="模板年度，默认今年")

    def handle(self, *args, year=None, **options):
        rules = load_cadence_starters()
        templates = load_duty_starters(year=year or timezone.localdate().year)
        self.stdout.write(f"频次规则新增 {len(rules)} 条，清单模板新增 {len(templates)} 份。")
