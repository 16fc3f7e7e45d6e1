"""Small random worlds: a tree with everything that can happen to it, meetings, corrections and duties."""

from datetime import UTC, date, datetime, timedelta
from random import Random

from accountability.choices import DeploymentKind, DutyKind, RecordStatus
from accountability.models import Deployment, Duty, DutyList, DutyRecord, Reading, RollUp
from branches.choices import (
    Applicability,
    Chain,
    Level,
    MeetingKind,
    MeetingStatus,
    OrganizationKind,
    Post,
    Sector,
)
from branches.models import (
    Appointment,
    CadenceRule,
    FormerMeeting,
    Meeting,
    Member,
    Organization,
    Placement,
    User,
)
from branches.periods import Interval, Period

MONTH = Period.parse("2026-09")
NOW = datetime(2026, 10, 5, 4, 0, tzinfo=UTC)
_STEP = 4


class Planter:
    """Builds a world row by row from one source of randomness."""

    def __init__(self, seed: int, organizations: int = 24):
        self.random = Random(seed)
        self.sequence = 0
        self.user = User.objects.create(username=f"author{seed}", name="填报员")
        self.organizations: list[Organization] = []
        self.children: dict[int | None, int] = {}
        self.city = self.plant(OrganizationKind.COMMITTEE, Level.CITY, None)
        for _ in range(organizations):
            self.grow()
        self.member = Member.objects.create(name="甲", organization=self.city)
        self.rules()
        for each in self.organizations:
            if self.random.random() < 0.25:
                self.happen(each)

    def plant(self, kind, level, parent, **facts):
        self.sequence += 1
        position = self.children[parent and parent.pk] = self.children.get(parent and parent.pk, 0) + 1
        path = (parent.path if parent else "") + f"{position:04d}"
        each = Organization.objects.create(
            code=f"{self.sequence}",
            name=f"组织{self.sequence}",
            short_name=f"组织{self.sequence}",
            kind=kind,
            level=level,
            parent=parent,
            path=path,
            depth=len(path) // _STEP,
            chain=facts.pop("chain", Chain.OFFICE if self.random.random() < 0.2 else Chain.LOCAL),
            sector=self.random.choice([Sector.RURAL, Sector.COMMUNITY, Sector.OFFICE]),
            has_committee=self.random.random() < 0.5,
            founded_on=date(2020, 1, 1),
            **facts,
        )
        self.organizations.append(each)
        return each

    def grow(self):
        kinds = OrganizationKind
        parent = self.random.choice(self.organizations)
        if parent.kind == kinds.GROUP:
            return
        if parent.kind in (kinds.BRANCH, kinds.JOINT_BRANCH):
            self.plant(kinds.GROUP, Level.GROUP, parent)
        elif self.random.random() < 0.35:
            level = self.random.choice([Level.COUNTY, Level.PRIMARY, Level.OFFICE_WORK_COMMITTEE])
            self.plant(
                self.random.choice([kinds.COMMITTEE, kinds.GENERAL_BRANCH, kinds.LEADING_GROUP]),
                level,
                parent,
            )
        elif self.random.random() < 0.1:
            self.plant(kinds.DISCIPLINE_COMMISSION, parent.level, parent)
        else:
            self.plant(self.random.choice([kinds.BRANCH, kinds.JOINT_BRANCH]), Level.BRANCH, parent)

    def rules(self):
        kinds, random = OrganizationKind, self.random
        branch = [kinds.BRANCH, kinds.JOINT_BRANCH]
        committee = [kinds.COMMITTEE, kinds.LEADING_GROUP, kinds.GENERAL_BRANCH]
        for code, kind, interval, facts in (
            ("A1", MeetingKind.GENERAL_MEETING, Interval.QUARTER, {"organization_kinds": branch}),
            (
                "A2",
                MeetingKind.COMMITTEE_MEETING,
                Interval.MONTH,
                {"applies_when": Applicability.HAS_COMMITTEE},
            ),
            (
                "A3",
                MeetingKind.GROUP_MEETING,
                Interval.MONTH,
                {"applies_when": Applicability.HAS_GROUPS, "is_per_group": True, "at_least": 2},
            ),
            ("A4", MeetingKind.PARTY_DAY, Interval.MONTH, {"sectors": [Sector.RURAL, Sector.OFFICE]}),
            ("A5", MeetingKind.LECTURE, Interval.QUARTER, {"chain": Chain.LOCAL, "at_least": 2}),
            (
                "A6",
                MeetingKind.GROUP_MEETING,
                Interval.QUARTER,
                {"is_per_group": True, "levels": [Level.BRANCH]},
            ),
            ("A7", MeetingKind.GROUP_MEETING, Interval.MONTH, {"applies_when": Applicability.HAS_GROUPS}),
            ("A8", MeetingKind.LECTURE, Interval.YEAR, {}),
            ("S1", MeetingKind.STUDY_GROUP, Interval.QUARTER, {"organization_kinds": committee}),
            (
                "S2",
                MeetingKind.SPECIAL_STUDY,
                Interval.MONTH,
                {"organization_kinds": committee, "at_least": 2},
            ),
            ("O1", MeetingKind.TALK, Interval.MONTH, {}),
        ):
            CadenceRule.objects.create(
                code=code,
                label=code,
                meeting_kind=kind,
                interval=interval,
                counts_as_core=code.startswith("A"),
                counts_as_study=code.startswith("S"),
                effective_from=date(2024, 1, 1),
                effective_until=random.choice([None, None, None, date(2026, 10, 1), date(2026, 9, 30)]),
                **facts,
            )

        # The rules are older than every run, or a refresh would compute everybody again.
        CadenceRule.objects.update(created_at=datetime(2024, 1, 1, tzinfo=UTC))
        CadenceRule.history.update(history_date=datetime(2024, 1, 1, tzinfo=UTC))

    def happen(self, organization):
        """Something dated befalls an organisation: founded late, dissolved, moved or changed in a past stretch."""
        days = [date(2026, 7, 15), date(2026, 9, 1), date(2026, 9, 30), date(2026, 10, 1)]
        what = self.random.choice(["found", "dissolve", "place", "place", "twice"])
        if what == "found":
            organization.founded_on = self.random.choice(days)
        elif what == "dissolve":
            organization.dissolved_on = self.random.choice(days)
        else:
            first, last = sorted(self.random.sample(days, 2))
            starts = first if what == "twice" else None
            if what == "twice":
                self.place(organization, None, first)
            self.place(organization, starts, last)
        organization.save()

    def place(self, organization, starts_on, ends_on):
        outside = [
            each
            for each in self.organizations
            if not each.path.startswith(organization.path)
            and each.kind
            not in (OrganizationKind.GROUP, OrganizationKind.BRANCH, OrganizationKind.JOINT_BRANCH)
            and each.path < organization.path  # earlier in the tree only, so that no ring can come about
        ]
        if organization.kind == OrganizationKind.GROUP:
            outside = [each for each in self.organizations if each.kind == OrganizationKind.BRANCH]
        parent = organization.parent
        if outside and parent and self.random.random() < 0.8:
            parent = self.random.choice(outside)
        Placement.objects.create(
            organization=organization,
            starts_on=starts_on,
            ends_on=ends_on,
            parent=parent,
            kind=organization.kind,
            level=organization.level,
            chain=self.random.choice(Chain.values),
            sector=self.random.choice([Sector.RURAL, Sector.SCHOOL]),
            has_committee=self.random.random() < 0.5,
        )

    def moment(self):
        return NOW - timedelta(days=self.random.randrange(0, 20), seconds=self.random.randrange(86400))

    def counts(self, organization):
        random = self.random
        expected = random.randrange(0, 30)
        excused = random.randrange(0, expected + 1) // 3
        key_due, dual_due = random.randrange(0, 4), random.randrange(0, 2)
        day = date(2026, random.choice([1, 7, 8, 9, 9, 9, 9, 10]), random.randrange(1, 29))
        kinds = MeetingKind.mask(random.sample(list(MeetingKind), random.choice([1, 1, 2, 3])))
        if random.random() < 0.3:
            kinds |= MeetingKind.GROUP_MEETING
        groups = [each for each in self.organizations if each.kind == OrganizationKind.GROUP]
        own = [each for each in groups if each.parent_id == organization.pk]
        group = None
        if kinds & MeetingKind.GROUP_MEETING and (own or groups):
            group = random.choice(own or groups)
        return {
            "organization": organization,
            "group": group,
            "kinds": kinds,
            "held_on": day,
            "period": Period.month_of(day).key,
            "expected": expected,
            "excused": excused,
            "present": random.randrange(0, expected - excused + 1),
            "key_due": key_due,
            "key_done": random.randrange(0, key_due + 1),
            "dual_due": dual_due,
            "dual_done": random.randrange(0, dual_due + 1),
        }

    def meeting(self, organization=None):
        random = self.random
        organization = organization or random.choice(self.organizations)
        counted = self.counts(organization)
        confirmed = random.random() < 0.8
        at = self.moment()
        started = datetime(2026, 9, 1, 1, tzinfo=UTC)
        meeting = Meeting.objects.create(
            title="会议",
            started_at=started,
            ended_at=started + timedelta(hours=1),
            place="会议室",
            chair=self.member,
            recorder=self.member,
            author=self.user,
            entered_on=counted["held_on"],
            status=MeetingStatus.CONFIRMED if confirmed else random.choice(MeetingStatus.values[:3]),
            confirmed_at=at if confirmed else None,
            counted_from=at if confirmed else None,
            **counted,
        )
        if confirmed and random.random() < 0.2:
            FormerMeeting.objects.create(
                meeting=meeting,
                counted_from=at - timedelta(days=random.randrange(1, 10)),
                counted_until=at,
                **self.counts(organization),
            )
        return meeting

    def duty(self, parent=None, organization=None, *, deployment=None):
        """The record of a duty: of its own, a share of the record `parent`, or of a deployment."""
        random = self.random
        organization = organization or random.choice(self.organizations)
        if parent:
            deployment = parent.duty.duty_list.deployment
        self.sequence += 1
        kind = DutyKind.DEPLOYMENT if deployment else DutyKind.PRINCIPAL
        duties, _ = DutyList.objects.get_or_create(
            kind=kind,
            year=2026,
            organization=organization,
            deployment=deployment,
            defaults={"title": "清单", "issuer": organization, "issued_on": date(2026, 1, 1)},
        )
        is_personal = parent is not None and parent.organization_id == organization.pk
        has_deadline = random.random() < 0.3
        duty = Duty.objects.create(
            duty_list=duties,
            organization=organization,
            parent=parent and parent.duty,
            number=self.sequence,
            heading="条目",
            content="内容",
            interval=Interval.YEAR if has_deadline else Interval.MONTH,
            deadline=date(2026, 9, 25) if has_deadline else None,
            is_personal=is_personal,
            owner=self.officer(organization) if is_personal else None,
        )
        accepted = random.random() < 0.6
        period = parent.period if parent else random.choice([202608, 202609, 202609, 202609, 202612])
        if parent and random.random() < 0.3:
            # A parent's deadline may lie in any month of the year; a share is judged by its own.
            period = 202609
        return DutyRecord.objects.create(
            duty=duty,
            organization=organization,
            parent=parent,
            is_deployment=deployment is not None,
            period=period,
            due_on=date(2026, 9, 25),
            status=RecordStatus.ACCEPTED if accepted else RecordStatus.OPEN,
            done_on=date(2026, 9, random.randrange(15, 31)) if accepted else None,
            accepted_at=self.moment() if accepted else None,
            opened_at=self.moment() if random.random() < 0.3 else datetime(2026, 1, 1, tzinfo=UTC),
            withdrawn_at=self.moment() if random.random() < 0.1 else None,
        )

    def officer(self, organization):
        """Somebody new who serves at the organisation."""
        self.sequence += 1
        user = User.objects.create(username=f"officer{self.sequence}", name="干部")
        return Appointment.objects.create(
            user=user, organization=organization, post=Post.DEPUTY_SECRETARY, starts_on=date(2024, 1, 1)
        )

    def deployment(self):
        """A deployment by one of the organisations, and the record of its root duty."""
        self.sequence += 1
        made = Deployment.objects.create(
            organization=self.random.choice(self.organizations),
            title=f"部署{self.sequence}",
            kind=DeploymentKind.CAMPAIGN,
            source="依据",
            issued_on=date(2026, 1, 1),
            due_on=date(2026, 12, 31),
            author=self.user,
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
        return self.duty(organization=made.organization, deployment=made)

    def share(self, parent):
        """Hand the duty of a record on, to another organisation or to an officer of its own; None if it has it."""
        organization = self.random.choice([*self.organizations, parent.organization])
        shares = Duty.objects.filter(parent=parent.duty, organization=organization, is_personal=False)
        return None if shares.exists() else self.duty(parent, organization)

    def live(self, meetings=60, duties=20, deployments=3):
        for _ in range(meetings):
            self.meeting()
        records = [self.deployment() for _ in range(deployments)]
        for _ in range(duties + 4 * deployments):
            parent = self.random.choice(records) if records and self.random.random() < 0.6 else None
            made = self.share(parent) if parent else self.duty()
            records += [made] if made else []
        return self


def stored_readings(run):
    """Organisation key → the columns of its stored reading."""
    names = [field.attname for field in Reading._meta.concrete_fields if field.attname != "run_id"]
    rows = Reading.objects.filter(run=run).values(*names)
    return {row.pop("organization_id"): row for row in rows}


def stored_rollups(run):
    """(scope, level, chain, sector) → the columns of its stored sums."""
    keys = ("scope_id", "level", "chain", "sector")
    names = [field.attname for field in RollUp._meta.concrete_fields if field.attname != "run_id"]
    rows = RollUp.objects.filter(run=run).values(*names)
    return {tuple(row.pop(key) for key in keys): row for row in rows}
