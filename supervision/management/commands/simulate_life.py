import time
from collections import defaultdict
from itertools import islice
from random import Random

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from branches.choices import MemberCategory, OrganizationKind
from branches.models import Meeting, Member, Membership, Organization, User
from branches.periods import Interval, Period
from supervision.simulation.character import GOOD, Character
from supervision.simulation.life import Person, Unit, month_of_life
from supervision.simulation.writer import meeting_row, write_events

#: organisations a batch: memory does not grow with the tree
CHUNK = 5000
STAND_IN = "simulated-life"


class Command(BaseCommand):
    help = (
        "Give every organisation a month of confirmed meetings, for benchmarks. The same seed gives the same month; "
        "organisations without members get an expected number and a stand-in chair. Not for a database in use."
    )

    def add_arguments(self, parser):
        parser.add_argument("--period", required=True, help="a month, like 2026-09")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument(
            "--under", help="code of the organisation whose subtree lives; default: everything"
        )

    def handle(self, *args, **options):
        try:
            month = Period.parse(options["period"])
        except ValueError as error:
            raise CommandError(str(error)) from error
        if month.interval is not Interval.MONTH:
            raise CommandError("期须为一个月，例如 2026-09。")
        organizations = Organization.objects.active_on(month.ends_on).exclude(kind=OrganizationKind.GROUP)
        if options["under"]:
            top = Organization.objects.filter(code=options["under"]).first()
            if top is None:
                raise CommandError(f"没有编码为 {options['under']} 的组织。")
            organizations = organizations.in_subtree(top)
        first = organizations.order_by("path").first()
        if first is None:
            raise CommandError("没有组织，请先导入。")
        if Meeting.objects.filter(period=month.key).exists():
            raise CommandError(f"{month.label}已有会议，模拟只写入空的月份。")
        started = time.monotonic()
        author, member = self._stand_ins(first)
        written, last_path = 0, ""
        while chunk := list(
            organizations.filter(path__gt=last_path)
            .order_by("path")
            .values_list("pk", "code", "kind", "has_committee", "path")[:CHUNK]
        ):
            last_path = chunk[-1][4]
            written += self._live(chunk, month, options["seed"], author, member)
        self.stdout.write(f"{month.label}：{written} 场会议，用时 {time.monotonic() - started:.1f} 秒")

    def _stand_ins(self, top):
        """Return the keys of the account and the member under whose names simulated meetings stand."""
        user, _made = User.objects.get_or_create(
            username=STAND_IN, defaults={"name": "模拟", "is_active": False}
        )
        member = Member.objects.filter(name="模拟", organization=top).first()
        if member is None:
            member = Member.objects.create(name="模拟", organization=top)
        return user.pk, member.pk

    def _live(self, chunk, month, seed, author, stand_in) -> int:
        members = defaultdict(list)
        rows = Membership.objects.on(month.ends_on).filter(organization_id__in=[row[0] for row in chunk])
        for organization_id, member_id, category in rows.values_list(
            "organization_id", "member_id", "member__category"
        ):
            members[organization_id].append(Person(member_id, category == MemberCategory.FULL))
        now, zone = timezone.now(), timezone.get_current_timezone()
        pairs = []
        for pk, code, kind, has_committee, _path in chunk:
            random = Random(f"{seed}/{code}")
            people = members[pk] or [Person(-number) for number in range(1, random.randrange(5, 40))]
            unit = Unit(
                pk, code, kind, has_committee, people, [Person(p.pk, True, True) for p in people[:5]], ()
            )
            for event in month_of_life(unit, month, _character(random), f"life/{seed}"):
                row = meeting_row(
                    event, author_id=author, chair_id=stand_in, recorder_id=stand_in, now=now, zone=zone
                )
                pairs.append((event, row))
        chunks = iter(pairs)
        return sum(write_events(part) for part in iter(lambda: list(islice(chunks, CHUNK)), []))


def _character(random: Random) -> Character:
    return GOOD.scaled(0.6 + 0.5 * random.random())
