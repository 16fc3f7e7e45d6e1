import time
from datetime import date, datetime

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accountability.choices import RecordStatus
from accountability.models import (
    AccountabilityCase,
    AppraisalProgramme,
    Deployment,
    DutyList,
    DutyRecord,
    Evaluation,
    ReviewCycle,
    Run,
)
from branches.actions.tree import bulk_plant
from branches.choices import COMMITTEE_KINDS
from branches.models import Appointment, Meeting, Membership, Organization
from supervision.attenuation.engine import close_due_periods, take_readings
from supervision.simulation import appraisals, cases, demo, deployments, duties, evaluations, reviews
from supervision.simulation.city import CITY_CODE


class Command(BaseCommand):
    help = "Load the fictional city of the demo: organisations, people, twelve months of life, readings. Runs once."

    def add_arguments(self, parser):
        parser.add_argument("--logins", action="store_true", help="only print who may sign in")
        parser.add_argument("--seed", type=int, default=1)

    def handle(self, *args, **options):
        if options["logins"]:
            self._print_logins()
            return
        self.started = time.monotonic()
        now = timezone.now()
        self._load(now, options["seed"])

    def _load(self, now: datetime, seed: int) -> None:
        today = timezone.localdate(now)
        if Organization.objects.exclude(code__startswith=CITY_CODE).exists():
            raise CommandError("数据库中已有其他组织，演示数据只装入空库。")
        city = demo.invent_city(today, seed)
        if not Organization.objects.filter(code=CITY_CODE).exists():
            bulk_plant((place.row() for place in city), keep_history=False)
        nodes = {node.code: node for node in Organization.objects.all()}
        self._say(f"组织 {len(nodes)} 个")
        months = demo.last_months(today)
        if not Membership.objects.exists():
            demo.plant_people(city=city, nodes=nodes, today=today, seed=seed)
            demo.introduce_cast(city=city, nodes=nodes, today=today)
            self._say(f"党员 {Membership.objects.count()} 名")
        if not Meeting.objects.exists():
            demo.live(city=city, nodes=nodes, months=months, now=now, seed=seed, say=self._say)
        for opened_on in (months[0].starts_on, date(today.year, 1, 5)):
            if not DutyList.objects.filter(year=opened_on.year).exists():
                duties.issue(nodes=nodes, city=city, opened_on=opened_on)
                self._say(
                    f"{opened_on.year} 年责任清单 {DutyList.objects.filter(year=opened_on.year).count()} 份"
                )
        if not DutyRecord.objects.exclude(status=RecordStatus.OPEN).exists():
            done = duties.fulfil(
                nodes=nodes,
                city=city,
                months=months,
                inspected=demo.inspected_month(today),
                reviewers=demo.reviewers_of(city, nodes, today),
                shown=Appointment.objects.get(user__username="li").organization_id,
                now=now,
                seed=seed,
            )
            self._say(f"已认可的履责 {done} 项")
        if not Deployment.objects.exists():
            lists = deployments.deploy(
                nodes=nodes, city=city, reviewers=demo.reviewers_of(city, nodes, today), now=now, seed=seed
            )
            self._say(f"部署任务清单 {lists} 份")
        for month in months:
            if not Run.objects.filter(period=month.key, is_current=True).exists():
                take_readings(month)
        close_due_periods(today=today, now=now)
        self._say(f"读数 {len(months)} 个月")
        self._judge(now, seed)

    def _judge(self, now: datetime, seed: int) -> None:
        """What is judged by people, in the county, the town and the branch in whose names visitors sign in."""
        branch, town, county = (_organization_of(username) for username in ("li", "zhao", "qian"))
        below = Organization.objects.filter(kind__in=COMMITTEE_KINDS).exclude(pk=town.pk).order_by("path")
        towns = [town, *below.filter(parent=county)]
        if not Evaluation.objects.exists():
            other = below.filter(parent=county.parent_id, level=county.level).exclude(pk=county.pk)[0]
            evaluated = evaluations.evaluate(
                city=county.parent,
                counties=[county, other],
                towns=towns,
                shown=branch,
                now=now,
                seed=seed,
            )
            self._say(f"考核结果 {evaluated} 个")
        if not ReviewCycle.objects.exists():
            reporting = reviews.review(county=county, published=town, shown=branch, now=now, seed=seed)
            self._say(f"述职书记 {reporting} 名")
        if not AppraisalProgramme.objects.exists():
            appraised = appraisals.appraise(branch=branch, now=now, seed=seed)
            beside = Organization.objects.filter(parent=town, has_committee=True).exclude(pk=branch.pk)
            appraisals.dispose(branch=beside.order_by("path")[0], now=now)
            self._say(f"民主评议党员 {appraised} 名")
        if not AccountabilityCase.objects.exists():
            self._say(f"问责 {cases.hold_to_account(county=county, towns=towns, now=now)} 件")

    def _say(self, text: str) -> None:
        self.stdout.write(f"[{time.monotonic() - self.started:5.1f} s] {text}")
        self.stdout.flush()

    def _print_logins(self) -> None:
        self.stdout.write(f"演示账号（密码均为 {demo.PASSWORD}）：")
        for username, (who, where) in demo.CAST.items():
            self.stdout.write(f"  {username:<6} {who}（{where}）")


def _organization_of(username: str) -> Organization:
    """Where somebody of the demo's cast serves."""
    return Appointment.objects.select_related("organization").get(user__username=username).organization
