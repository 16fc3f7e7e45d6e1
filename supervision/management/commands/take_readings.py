"""manage.py take_readings 2026-10 [--fan-out]"""

import time

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accountability.models import Run
from branches.periods import Interval, Period
from supervision.attenuation import engine, fanout
from supervision.tasks import take_part


class Command(BaseCommand):
    help = "计算一个月的读数与各级汇总；已封存的月份产生新的轮次。"

    def add_arguments(self, parser):
        parser.add_argument("period", nargs="+", help="月份，如 2026-10；可写多个")
        parser.add_argument("--fan-out", action="store_true", help="按子树分给 Celery 工作进程并行计算")
        parser.add_argument("--parts", type=int, default=fanout.PARTS, help="分片数（默认 %(default)s）")
        parser.add_argument("--no-wait", action="store_true", help="分片任务发出后不等待")
        parser.add_argument("--timeout", type=int, default=3600, help="最多等待秒数（默认 %(default)s）")

    def handle(self, *args, **options):
        for code in options["period"]:
            month = parse_month(code)
            started = time.monotonic()
            if options["fan_out"]:
                run = self.fan_out(month, options)
                if run is None:
                    continue
            else:
                run = engine.take_readings(month)
            self.stdout.write(
                f"{month.label}：第 {run.number} 轮，{run.formula}，{run.organizations} 个组织，"
                f"写入 {run.written} 行，数据截止 {timezone.localtime(run.cutoff):%Y-%m-%d %H:%M:%S}，"
                f"用时 {time.monotonic() - started:.1f} 秒"
            )

    def fan_out(self, month, options):
        """Publish the parts and wait for the run to become current; None when told not to wait."""
        run = fanout.start(
            month, cutoff=timezone.now(), publish=lambda part: take_part.delay(part), parts=options["parts"]
        )
        number = run.number
        if options["no_wait"]:
            self.stdout.write(f"{month.label}：第 {number} 轮已分片，由工作进程计算")
            return None
        deadline = time.monotonic() + options["timeout"]
        while Run.objects.filter(pk=run.pk, is_current=False).exists():
            if time.monotonic() > deadline:
                left = run.parts.filter(done_at=None).count()
                raise CommandError(
                    f"{month.label} 第 {number} 轮还有 {left} 个分片没有完成；工作进程恢复后再执行一次即可续算。"
                )
            time.sleep(0.2)
        return Run.objects.select_related("formula").get(period=month.key, is_current=True)


def parse_month(code):
    try:
        month = Period.parse(code)
    except ValueError as error:
        raise CommandError(str(error)) from error
    if month.interval is not Interval.MONTH:
        raise CommandError(f"读数按月计算，请写成 2026-10；季度和年度由各月相加（{code}）。")
    return month
