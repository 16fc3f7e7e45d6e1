"""manage.py close_period 2026-09"""

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from supervision.attenuation import engine

from .take_readings import parse_month


class Command(BaseCommand):
    help = "封存一个月的读数：封存后不再改写，更正另起一轮。"

    def add_arguments(self, parser):
        parser.add_argument("period", help="月份，如 2026-09")

    def handle(self, *args, **options):
        month = parse_month(options["period"])
        run = engine.close_period(month, now=timezone.now())
        if run is None:
            raise CommandError(f"{month.label}没有可封存的读数：尚未计算，或已经封存。")
        self.stdout.write(f"{month.label}第 {run.number} 轮已封存。")
