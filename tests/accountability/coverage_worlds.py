"""Small random worlds of lists in every state, and what a reader with a pencil would find in them."""

from datetime import UTC, date, datetime, timedelta
from random import Random

from accountability.choices import DutyKind, ListStatus, RecordStatus
from accountability.models import Duty, DutyList, DutyRecord, DutyTemplate, DutyTemplateItem
from branches.choices import BRANCH_KINDS, Chain, Level, OrganizationKind, Post
from branches.models import Appointment, Organization, User

TODAY = date(2026, 9, 20)
YEAR = 2026
WORDS = ("基层党建", "作风建设", "联系群众", "安全生产", "制度建设")


class World:
    """A tree of about fifteen organisations, four templates, their lists, duties and records, all by chance."""

    def __init__(self, seed: int):
        self.random = random = Random(seed)
        self.number = 0
        self.author = User.objects.create(username=f"author{seed}", name="填报员")
        self.scope = self.plant(None, OrganizationKind.COMMITTEE, Level.CITY)
        for _ in range(random.randrange(3, 6)):
            town = self.plant(self.scope, OrganizationKind.COMMITTEE, Level.PRIMARY)
            for _ in range(random.randrange(0, 4)):
                branch = self.plant(town, random.choice(BRANCH_KINDS), Level.BRANCH)
                if random.random() < 0.2:
                    self.plant(branch, OrganizationKind.GROUP, Level.GROUP)
        self.plant(self.scope, OrganizationKind.BRANCH, Level.BRANCH)
        self.units = [each for each in Organization.objects.order_by("path") if not each.is_group]
        for each in self.units:
            for post in random.sample(
                [Post.SECRETARY, Post.DEPUTY_SECRETARY, Post.COMMITTEE_MEMBER, Post.MEMBER], 2
            ):
                self.employ(each, post)
        self.templates = [
            self.template("A", DutyKind.PRINCIPAL, kinds=[OrganizationKind.COMMITTEE]),
            self.template("B", DutyKind.PRINCIPAL, kinds=list(BRANCH_KINDS), levels=[Level.BRANCH]),
            self.template("C", DutyKind.FIRST_PERSON, posts=[Post.SECRETARY]),
            self.template("D", DutyKind.FIRST_PERSON, posts=[Post.COMMITTEE_MEMBER, Post.DEPUTY_SECRETARY]),
        ]
        for template in self.templates:
            self.hand_out(template)
        for each in self.units:
            if random.random() < 0.3:
                self.fill(self.duty_list(each, kind=DutyKind.PRINCIPAL), WORDS)
        self.decompose()

    def plant(self, parent, kind, level):
        self.number += 1
        place = parent.children.count() + 1 if parent else 1
        path = (parent.path if parent else "") + f"{place:04d}"
        return Organization.objects.create(
            code=str(self.number),
            name=f"组织{self.number}",
            short_name=f"组织{self.number}",
            kind=kind,
            level=level,
            parent=parent,
            path=path,
            depth=len(path) // 4,
            chain=self.random.choice([Chain.LOCAL, Chain.LOCAL, Chain.OFFICE]),
            founded_on=date(2020, 1, 1),
            dissolved_on=date(2026, 3, 1) if parent and self.random.random() < 0.08 else None,
        )

    def employ(self, organization, post):
        self.number += 1
        user = User.objects.create(username=f"u{self.author.pk}-{self.number}", name=f"同志{self.number}")
        return Appointment.objects.create(
            user=user,
            organization=organization,
            post=post,
            starts_on=date(2024, 1, 1),
            ends_on=date(2026, 8, 1) if self.random.random() < 0.15 else None,
        )

    def template(self, code, kind, kinds=(), levels=(), posts=()):
        template = DutyTemplate.objects.create(
            code=code,
            title=f"清单{code}",
            kind=kind,
            year=YEAR,
            organization_kinds=list(kinds),
            levels=list(levels),
            posts=list(posts),
            chain=self.random.choice(["", "", Chain.LOCAL]),
        )
        headings = self.random.choices(WORDS, k=4)  # some items share a heading
        for number, heading in enumerate(headings, 1):
            DutyTemplateItem.objects.create(
                template=template, number=number, heading=heading, content=f"内容{number}", interval="quarter"
            )
        return template

    def hand_out(self, template):
        for each in self.units:
            fits = (
                (not template.organization_kinds or each.kind in template.organization_kinds)
                and (not template.levels or each.level in template.levels)
                and template.chain in ("", each.chain)
            )
            if not template.posts:
                if fits and self.random.random() < 0.7:
                    self.copy(template, self.duty_list(each, template=template, kind=template.kind))
                continue
            for post in each.appointments.filter(post__in=template.posts):
                if self.random.random() < 0.6:
                    made = self.duty_list(each, template=template, kind=template.kind, appointment=post)
                    self.copy(template, made)

    def duty_list(self, organization, **facts):
        status = self.random.choice(
            [ListStatus.ISSUED, ListStatus.SIGNED, ListStatus.SIGNED, ListStatus.WITHDRAWN]
        )
        issued_on = date(2026, 9, 20) - timedelta(days=self.random.randrange(0, 40))
        signed_at = datetime(issued_on.year, issued_on.month, issued_on.day, 3, tzinfo=UTC) + timedelta(
            days=self.random.randrange(0, 20)
        )
        return DutyList.objects.create(
            title="清单",
            year=YEAR,
            organization=organization,
            issuer=self.scope,
            status=status,
            issued_on=issued_on,
            signed_at=signed_at if status == ListStatus.SIGNED else None,
            **facts,
        )

    def copy(self, template, duty_list):
        for item in template.items.all():
            if self.random.random() < 0.9:
                key = item.pk if self.random.random() < 0.95 else item.pk + 1000  # an item that has gone
                self.duty(duty_list, item.number, item.heading, item.content, item_key=key)
        if self.random.random() < 0.3:
            self.duty(duty_list, 9, "个性条目", "本单位自定")

    def fill(self, duty_list, headings):
        for number, heading in enumerate(self.random.sample(headings, 3), 1):
            self.duty(duty_list, number, heading, f"内容{number}")

    def duty(self, duty_list, number, heading, content, **facts):
        random = self.random
        owner = duty_list.appointment
        posts = list(duty_list.organization.appointments.all())
        if owner is None and posts and random.random() < 0.4:
            owner = random.choice(posts)
        duty = Duty.objects.create(
            duty_list=duty_list,
            organization=duty_list.organization,
            owner=owner,
            number=number,
            heading=heading,
            content=content,
            interval="quarter",
            is_negative=random.random() < 0.1,
            is_withdrawn=random.random() < 0.1,
            **facts,
        )
        if not duty.is_negative:
            for period, due_on in ((202606, date(2026, 6, 30)), (202609, date(2026, 9, 30)))[
                random.randrange(0, 2) :
            ]:
                self.record(duty, period, due_on)
        return duty

    def record(self, duty, period, due_on):
        random = self.random
        status = random.choice(
            [RecordStatus.OPEN, RecordStatus.SUBMITTED, RecordStatus.ACCEPTED, RecordStatus.ACCEPTED]
        )
        is_accepted = status == RecordStatus.ACCEPTED
        at = datetime(2026, 9, 10, tzinfo=UTC)
        return DutyRecord.objects.create(
            duty=duty,
            organization=duty.organization,
            period=period,
            due_on=due_on,
            status=status,
            done_on=due_on + timedelta(days=random.randrange(-9, 9)) if is_accepted else None,
            accepted_at=at if is_accepted else None,
            opened_at=datetime(2026, 1, 1, tzinfo=UTC),
            withdrawn_at=at if random.random() < 0.1 else None,
        )

    def decompose(self):
        """Some duties of committees are handed on, in their words or in others."""
        for duty in list(
            Duty.objects.filter(organization__kind=OrganizationKind.COMMITTEE, duty_list__appointment=None)
        ):
            below = list(duty.organization.children.exclude(kind=OrganizationKind.GROUP))
            if not below or self.random.random() > 0.3:
                continue
            child = self.random.choice(below)
            found = DutyList.objects.filter(
                template=None, appointment=None, organization=child, kind=duty.duty_list.kind, year=YEAR
            ).exclude(status=ListStatus.WITHDRAWN)
            target = found.first() or self.duty_list(child, kind=duty.duty_list.kind)
            if target.status == ListStatus.WITHDRAWN:
                continue
            self.duty(
                target,
                target.duties.count() + 20,
                duty.heading,
                self.random.choice([duty.content, f"{duty.content}以外，走访困难群众三户并登记"]),
                parent=duty,
            )
