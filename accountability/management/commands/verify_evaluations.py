"""manage.py verify_evaluations"""

from django.core.management.base import BaseCommand, CommandError

from accountability.actions.evaluating import reproduce
from accountability.models import RoundScheme


class Command(BaseCommand):
    help = "用保存的事实和办法版次重算每个考核结果，与保存的结果逐项核对；有不一致的以状态码 1 结束。"

    def add_arguments(self, parser):
        parser.add_argument("--year", type=int, help="只核对这一年度")

    def handle(self, *args, **options):
        rows = RoundScheme.objects.select_related("round", "scheme").order_by("pk")
        if options["year"]:
            rows = rows.filter(round__year=options["year"])
        checked = 0
        different = []
        for pinned in rows:
            for evaluation in reproduce(pinned):
                different.append(f"{pinned.round} {evaluation}")
            checked += 1
        for each in different:
            self.stdout.write(f"不一致：{each}")
        if different:
            raise CommandError(f"{len(different)}个结果与保存的不一致。")
        self.stdout.write(f"已核对{checked}份办法的结果，全部一致。")
