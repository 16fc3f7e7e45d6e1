"""A unit merged in mid-year and a post handed over: what is open passes on, what was done stays, numbers of then too."""

from datetime import UTC, date, datetime
from random import Random

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import call_command
from django.db.models import F

from accountability.actions.decompositions import Share, decompose_duty
from accountability.actions.lists import issue_lists, sign_list
from accountability.actions.records import accept_record, return_record
from accountability.actions.succession import (
    Followed,
    follow_reorganisation,
    hand_over_duties,
    hand_over_posts,
)
from accountability.choices import DutyKind, ListStatus, NoticeKind, RecordStatus
from accountability.models import (
    Duty,
    DutyHandover,
    DutyList,
    DutyRecord,
    EvidenceFile,
    Notice,
    Reading,
)
from accountability.queries.succession import ownerless_duties
from branches.actions.appointments import relieve
from branches.actions.reshaping import dissolve_organization, merge_organizations
from branches.choices import MeetingKind, OrganizationKind, Post
from branches.models import Appointment, AuditEntry, DirtyMark, Organization
from branches.periods import Period
from supervision.attenuation.engine import take_readings
from tests.accountability.conftest import NOW, TODAY
from tests.accountability.test_records import submit
from tests.branches.test_cadence import hold
from tests.conftest import employ, plant

JANUARY = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


def merge(cast, source, into, day=TODAY):
    """Merge and let the duties follow."""
    merge_organizations(actor=None, now=NOW, sources=[source], into=into, effective_on=day, reason="优化设置")
    source.refresh_from_db()
    into.refresh_from_db()
    return follow_reorganisation(today=TODAY, now=LATER)


def owed(organization=None):
    rows = DutyRecord.objects.unfinished()
    return rows if organization is None else rows.filter(organization=organization)


def strip_list(organization, year=2026):
    """The heir has never had the list."""
    DutyRecord.objects.filter(organization=organization).delete()
    Duty.objects.filter(organization=organization).delete()
    DutyList.objects.filter(organization=organization).delete()


# A unit is merged


def test_what_is_open_goes_on_at_the_heir(cast, acting, issued):
    strip_list(cast.second)
    record = DutyRecord.objects.get(organization=cast.first, period=202611)
    handed_in = submit(acting("li"), record)
    accept_record(actor=acting("zhao"), record=handed_in, version=2, now=NOW)
    open_before = set(owed(cast.first).values_list("duty__heading", "period", "due_on"))
    DirtyMark.objects.all().delete()

    followed = merge(cast, cast.first, cast.second)

    assert followed.ended == 0
    assert not owed(cast.first).exists()
    assert set(owed(cast.second).values_list("duty__heading", "period", "due_on")) == open_before
    record.refresh_from_db()
    assert (record.organization, record.status, record.withdrawn_at) == (cast.first, "ACCEPTED", None)
    (made,) = DutyList.objects.in_force().filter(organization=cast.second)
    former = DutyList.objects.get(organization=cast.first)
    assert (made.title, made.template, made.template_version) == (
        former.title,
        former.template,
        former.template_version,
    )
    assert (made.status, made.issued_on) == (ListStatus.ISSUED, TODAY)
    assert former.status == ListStatus.ISSUED
    for duty in made.duties.select_related("continues"):
        assert duty.continues.organization == cast.first
        assert duty.continues.is_withdrawn
        assert duty.requirement() == duty.continues.requirement()
        assert duty.history.get().history_change_reason == "第一支部并入第二支部"
    handovers = DutyHandover.objects.all()
    assert handovers.count() == followed.passed
    assert sum(each.open_records for each in handovers) == len(open_before)
    assert {(each.from_organization, each.to_organization) for each in handovers} == {
        (cast.first, cast.second)
    }
    assert {each.organization_id for each in DirtyMark.objects.all()} >= {cast.first.pk, cast.second.pk}
    assert AuditEntry.objects.filter(event="责任随合并承接").count() == 1


def test_repeating_changes_nothing(cast, issued):
    merge(cast, cast.first, cast.second)
    counts = [model.objects.count() for model in (Duty, DutyList, DutyRecord, DutyHandover, Notice)]
    histories = DutyRecord.history.count(), Duty.history.count()
    assert follow_reorganisation(today=TODAY, now=LATER) == Followed()
    call_command("follow_reorganisation")
    assert counts == [model.objects.count() for model in (Duty, DutyList, DutyRecord, DutyHandover, Notice)]
    assert histories == (DutyRecord.history.count(), Duty.history.count())


def test_what_the_heir_owes_already_just_ends(cast, issued):
    own = set(owed(cast.second).values_list("pk", flat=True))
    followed = merge(cast, cast.first, cast.second)
    assert followed == Followed(0, 8)
    assert set(owed(cast.second).values_list("pk", flat=True)) == own
    assert not owed(cast.first).exists()
    assert DutyList.objects.get(organization=cast.first).status == ListStatus.WITHDRAWN
    assert DutyHandover.objects.filter(duty__organization=cast.first).count() == 8


def test_an_item_the_heir_does_not_have_joins_its_list(cast, issued):
    item = Duty.objects.filter(organization=cast.second).order_by("number").last()
    item.records.all().delete()
    item.delete()
    assert merge(cast, cast.first, cast.second) == Followed(1, 7)
    joined = Duty.objects.get(organization=cast.second, continues__isnull=False)
    assert joined.duty_list.duties.count() == 8
    assert DutyList.objects.filter(organization=cast.second).count() == 1


def test_what_was_written_handed_in_and_returned_goes_on_as_it_stands(cast, acting, issued):
    strip_list(cast.second)
    meeting = hold(cast.first, MeetingKind.PARTY_DAY, date(2026, 11, 5))
    quarter = DutyRecord.objects.filter(organization=cast.first, period=202612).first()
    month = DutyRecord.objects.get(organization=cast.first, period=202611)
    waiting = submit(acting("li"), month, meetings=[meeting])
    EvidenceFile.objects.create(
        record=waiting,
        organization=cast.first,
        file="evidence/a",
        file_name="照片说明.docx",
        content_type="text/plain",
        size=1,
        sha256="0" * 64,
        uploaded_by=cast.people["li"],
        uploaded_at=NOW,
    )
    back = submit(acting("li"), quarter)
    return_record(actor=acting("zhao"), record=back, version=2, note="再细一些", now=NOW)
    merge(cast, cast.first, cast.second)
    new = DutyRecord.objects.get(organization=cast.second, period=202611)
    assert (new.status, new.summary, new.author) == ("SUBMITTED", waiting.summary, cast.people["li"])
    assert list(new.meetings.all()) == [meeting]
    assert new.files.get().file_name == "照片说明.docx"
    assert accept_record(actor=acting("zhao"), record=new, version=1, now=LATER).status == "ACCEPTED"
    assert owed(cast.second).get(status=RecordStatus.RETURNED).period == 202612


def test_readings_of_an_earlier_cut_off_stay_the_same(cast, acting, issued):
    """The county's town is merged into another: the pairs below hang on the continued duty from now on."""
    other = plant("010102", "桃坞镇党委", OrganizationKind.COMMITTEE, 50, cast.county)
    duty = Duty.objects.filter(organization=cast.town, interval="quarter").first()
    decompose_duty(
        actor=acting("zhao"),
        duty=duty,
        shares=[Share(cast.first, interval="month"), Share(cast.second)],
        now=NOW,
    )
    child = DutyRecord.objects.get(duty__parent=duty, organization=cast.first, period=202611)
    handed_in = submit(acting("li"), child)
    accept_record(actor=acting("zhao"), record=handed_in, version=2, now=NOW)

    def numbers(cutoff):
        names = [field.attname for field in Reading._meta.concrete_fields if field.attname != "run_id"]
        found = {}
        for month in ("2026-10", "2026-11"):
            run = take_readings(Period.parse(month), cutoff=cutoff)
            found[month] = sorted(Reading.objects.filter(run=run).values_list(*names))
        return found

    merge_organizations(
        actor=None, now=NOW, sources=[cast.town], into=other, effective_on=TODAY, reason="撤并"
    )
    before = numbers(NOW)
    after_merger = numbers(LATER)
    assert follow_reorganisation(today=TODAY, now=LATER).passed == 11
    assert numbers(NOW) == before
    assert numbers(LATER) != after_merger

    continued = Duty.objects.get(continues=duty)
    assert set(duty.children.all()) == set()
    assert {each.organization for each in continued.children.all()} == {cast.first, cast.second}
    terms = DutyRecord.objects.in_force().filter(duty__parent=continued)
    assert terms.exists()
    assert {each.parent.organization for each in terms.select_related("parent__organization")} == {other}


def test_numbers_after_the_parent_is_fulfilled_pair_again(cast, acting, issued):
    other = plant("010102", "桃坞镇党委", OrganizationKind.COMMITTEE, 50, cast.county)
    employ("he", "何镇", (other, Post.SECRETARY))
    cast.people["he"] = employ("xu", "许镇", (other, Post.SECRETARY))
    duty = Duty.objects.filter(organization=cast.town, interval="quarter").first()
    decompose_duty(actor=acting("zhao"), duty=duty, shares=[Share(cast.first)], now=NOW)
    merge(cast, cast.town, other)
    own = DutyRecord.objects.get(duty__continues=duty, period=202612)
    handed_in = submit(acting("he"), own, done_on=date(2026, 11, 3))
    accept_record(actor=acting("qian"), record=handed_in, version=2, now=LATER)
    assert DutyRecord.objects.carried().filter(organization=cast.first, period=202612).count() == 1


def test_a_chain_of_mergers_ends_at_the_last_unit(cast, acting, issued):
    third = plant("01010103", "第三支部", OrganizationKind.BRANCH, 70, cast.town)
    strip_list(cast.second)
    merge_organizations(
        actor=None, now=NOW, sources=[cast.first], into=cast.second, effective_on=TODAY, reason="一"
    )
    cast.second.refresh_from_db()
    merge_organizations(
        actor=None, now=NOW, sources=[cast.second], into=third, effective_on=TODAY, reason="二"
    )
    number = owed(cast.first).count()
    follow_reorganisation(today=TODAY, now=LATER)
    assert owed(third).count() == number
    assert not owed().filter(organization__in=[cast.first, cast.second]).exists()


def test_a_chain_followed_step_by_step_keeps_its_story(cast, issued):
    third = plant("01010103", "第三支部", OrganizationKind.BRANCH, 70, cast.town)
    strip_list(cast.second)
    merge(cast, cast.first, cast.second)
    merge(cast, cast.second, third)
    duty = Duty.objects.filter(organization=third).first()
    assert duty.continues.organization == cast.second
    assert duty.continues.continues.organization == cast.first


def test_a_unit_dissolved_without_heir_owes_nothing_more(cast, acting, issued):
    dissolve_organization(
        actor=None,
        now=NOW,
        organization=cast.second,
        effective_on=TODAY,
        reason="任务完成",
        members_to=cast.first,
    )
    number, elsewhere = owed(cast.second).count(), owed().exclude(organization=cast.second).count()
    assert follow_reorganisation(today=TODAY, now=LATER) == Followed(0, 8)
    assert number
    assert not owed(cast.second).exists()
    assert owed().count() == elsewhere
    ended = DutyRecord.objects.filter(organization=cast.second).first()
    assert ended.history.latest("history_id").history_change_reason == "第二支部已撤销"


def test_two_units_share_a_duty_of_one_parent_and_become_one(cast, acting, issued):
    duty = Duty.objects.filter(organization=cast.town, interval="quarter").first()
    decompose_duty(actor=acting("zhao"), duty=duty, shares=[Share(cast.first), Share(cast.second)], now=NOW)
    merge(cast, cast.first, cast.second)
    assert [each.organization for each in duty.children.in_force()] == [cast.second]


def test_a_unit_merged_into_its_superior_leaves_its_duties_to_it(cast, acting, issued):
    """The town's share of the county's duty ends; what the town handed on hangs on the county's own duty."""
    above = Duty.objects.filter(organization=cast.county, interval="quarter").first()
    decompose_duty(actor=acting("qian"), duty=above, shares=[Share(cast.town)], now=NOW)
    share = Duty.objects.get(parent=above)
    decompose_duty(actor=acting("zhao"), duty=share, shares=[Share(cast.first)], now=NOW)
    below = Duty.objects.get(parent=share)
    merge(cast, cast.town, cast.county)
    below.refresh_from_db()
    assert below.parent == above
    term = below.records.get(period=202612)
    assert term.parent.duty == above
    assert not owed(cast.town).exists()


def test_the_new_unit_signs_and_its_people_are_told(cast, acting, issued):
    strip_list(cast.second)
    merge(cast, cast.first, cast.second)
    notice = Notice.objects.get(kind=NoticeKind.HANDED_OVER)
    assert notice.user == cast.people["wang"]
    assert "第一支部" in notice.body
    sign_list(actor=acting("wang"), duty_list=DutyList.objects.get(organization=cast.second), now=LATER)


def test_an_officers_list_goes_to_the_same_post_at_the_heir(cast, acting, templates):
    other = plant("010102", "桃坞镇党委", OrganizationKind.COMMITTEE, 50, cast.county)
    old = employ("old", "旧书记", (cast.town, Post.SECRETARY))
    new = employ("new", "新书记", (other, Post.SECRETARY))
    template = templates["FIRST"]
    template.levels = []
    template.save()
    issue_lists(actor=acting("wu", date(2026, 1, 5)), template=template, scope=cast.town, now=JANUARY)
    number = owed(cast.town).count()
    merge(cast, cast.town, other)
    made = DutyList.objects.in_force().get(organization=other)
    assert made.appointment == new.appointments.get()
    assert owed(other).count() == number
    assert {each.owner for each in made.duties.all()} == {new.appointments.get()}
    assert {each.from_appointment for each in DutyHandover.objects.all()} == {old.appointments.get()}


def test_without_the_post_at_the_heir_it_is_the_units_and_shows_as_a_gap(cast, acting, templates):
    other = plant("010102", "桃坞镇党委", OrganizationKind.COMMITTEE, 50, cast.county)
    employ("old", "旧书记", (cast.town, Post.SECRETARY))
    template = templates["FIRST"]
    template.levels = []
    template.save()
    issue_lists(actor=acting("wu", date(2026, 1, 5)), template=template, scope=cast.town, now=JANUARY)
    merge(cast, cast.town, other)
    assert ownerless_duties(other, TODAY).count() == Duty.objects.in_force().count() > 0
    assert hand_over_posts(today=TODAY, now=LATER) == Followed()
    heir = employ("new", "新书记", (other, Post.SECRETARY))
    hand_over_posts(today=TODAY, now=LATER)
    assert not ownerless_duties(other, TODAY).exists()
    assert {each.owner.user for each in Duty.objects.in_force()} == {heir}


# A post is handed over


@pytest.fixture
def personal(cast, acting, templates):
    """第一责任人 made out to the county's secretary since January, one term accepted."""
    issue_lists(
        actor=acting("wu", date(2026, 1, 5)), template=templates["FIRST"], scope=cast.county, now=JANUARY
    )
    made = DutyList.objects.get(organization=cast.county)
    sign_list(actor=acting("qian"), duty_list=made, now=JANUARY)
    cast.people["shi"] = employ("shi", "史明", (cast.city, Post.SECRETARY))
    term = DutyRecord.objects.filter(organization=cast.county, due_on__lte=TODAY).order_by("due_on").last()
    handed_in = submit(acting("qian"), term, done_on=term.due_on)
    accept_record(actor=acting("shi"), record=handed_in, version=2, now=NOW)
    return made


def leave(cast, who="qian", day=TODAY):
    appointment = cast.people[who].appointments.get()
    relieve(actor=None, now=NOW, appointment=appointment, ends_on=day, reason="调离")
    appointment.refresh_from_db()
    return appointment


def test_a_post_handed_over_takes_what_is_open_along(cast, personal):
    done = DutyRecord.objects.get(status=RecordStatus.ACCEPTED)
    versions = dict(DutyRecord.objects.values_list("pk", "version"))
    giver = leave(cast)
    receiver = employ("new", "新书记", (cast.county, Post.SECRETARY)).appointments.get()
    followed = hand_over_posts(today=TODAY, now=LATER)
    assert followed.passed == personal.duties.count()
    personal.refresh_from_db()
    assert personal.appointment == receiver
    assert personal.signed_by == cast.people["qian"]
    assert {each.owner for each in personal.duties.all()} == {receiver}
    assert personal.history.latest("history_id").history_change_reason == "钱峰不再担任书记，由新书记接任"
    # Who did what stays.
    done.refresh_from_db()
    assert done.author == cast.people["qian"]
    assert dict(DutyRecord.objects.values_list("pk", "version")) == versions
    handovers = DutyHandover.objects.all()
    assert {(each.from_appointment, each.to_appointment) for each in handovers} == {(giver, receiver)}
    assert sum(each.open_records for each in handovers) == owed(cast.county).count()
    assert Notice.objects.get(kind=NoticeKind.HANDED_OVER).user == receiver.user
    assert hand_over_posts(today=TODAY, now=LATER) == Followed()
    assert DutyHandover.objects.count() == len(handovers)


def test_without_a_successor_it_stays_and_is_a_gap(cast, personal):
    leave(cast)
    assert hand_over_posts(today=TODAY, now=LATER) == Followed()
    assert ownerless_duties(cast.city, TODAY).count() == personal.duties.count()
    assert not ownerless_duties(cast.town, TODAY).exists()


def test_one_of_several_deputies_is_no_successor_by_himself(cast, personal):
    duty = personal.duties.first()
    deputy = employ("a", "甲副", (cast.county, Post.DEPUTY_SECRETARY)).appointments.get()
    employ("b", "乙副", (cast.county, Post.DEPUTY_SECRETARY))
    duty.owner = deputy
    duty.save()
    deputy.ends_on = TODAY
    deputy.save()
    assert hand_over_posts(today=TODAY, now=LATER) == Followed()
    Appointment.objects.create(
        user=employ("c", "丙副"),
        organization=cast.county,
        post=Post.DEPUTY_SECRETARY,
        starts_on=TODAY,
    )
    assert hand_over_posts(today=TODAY, now=LATER) == Followed(1, 0)


def test_a_successor_with_the_list_keeps_one(cast, acting, personal, templates):
    leave(cast)
    receiver = employ("new", "新书记", (cast.county, Post.SECRETARY)).appointments.get()
    issue_lists(actor=acting("wu"), template=templates["FIRST"], scope=cast.county, now=NOW)
    own = DutyList.objects.get(appointment=receiver)
    number = owed().filter(duty__duty_list=own).count()
    followed = hand_over_posts(today=TODAY, now=LATER)
    assert followed == Followed(0, personal.duties.count())
    assert owed(cast.county).count() == number
    assert DutyRecord.objects.filter(status=RecordStatus.ACCEPTED, duty__duty_list=personal).exists()


def test_a_share_passes_into_the_successors_own_list(cast, acting, issued):
    leader = employ("leader", "镇书记", (cast.town, Post.SECRETARY)).appointments.get()
    employ("deputy", "副书记", (cast.town, Post.DEPUTY_SECRETARY))
    first, second = Duty.objects.filter(organization=cast.town, interval="quarter")[:2]
    actor = acting("zhao")
    decompose_duty(
        actor=actor, duty=first, shares=[Share(cast.town, owner=leader, is_personal=True)], now=NOW
    )
    leader.ends_on = TODAY
    leader.save()
    new = employ("new", "新书记", (cast.town, Post.SECRETARY)).appointments.get()
    decompose_duty(actor=actor, duty=second, shares=[Share(cast.town, owner=new, is_personal=True)], now=NOW)
    decompose_duty(actor=actor, duty=first, shares=[], now=NOW)
    assert hand_over_posts(today=TODAY, now=LATER) == Followed(1, 0)
    (own,) = DutyList.objects.in_force().filter(appointment__isnull=False)
    assert own.appointment == new
    assert own.duties.in_force().count() == 2


def test_a_leader_hands_over_by_hand_with_a_reason(cast, acting, personal):
    giver = cast.people["qian"].appointments.get()
    receiver = cast.people["sun"].appointments.get()
    facts = {"organization": cast.county, "giver": giver, "receiver": receiver, "now": LATER}
    with pytest.raises(ValidationError, match="原因"):
        hand_over_duties(actor=acting("qian"), reason=" ", **facts)
    for who in ("zhao", "sun", "li", "zheng"):
        with pytest.raises(PermissionDenied):
            hand_over_duties(actor=acting(who), reason="分工调整", **facts)
    followed = hand_over_duties(actor=acting("qian"), reason="分工调整", **facts)
    assert followed.passed
    assert DutyHandover.objects.first().reason == "分工调整"
    assert Notice.objects.get(kind=NoticeKind.HANDED_OVER).user == cast.people["sun"]
    assert AuditEntry.objects.filter(event="移交职责").count() == 1
    with pytest.raises(ValidationError, match="没有未完成"):
        hand_over_duties(actor=acting("qian"), reason="再来", **facts)


def test_nobody_outside_the_unit_receives(cast, acting, personal):
    giver = cast.people["qian"].appointments.get()
    for receiver in (cast.people["wu"].appointments.get(), giver):
        with pytest.raises(ValidationError):
            hand_over_duties(
                actor=acting("qian"),
                organization=cast.county,
                giver=giver,
                receiver=receiver,
                reason="分工调整",
                now=LATER,
            )


# Whatever happens


class World:
    """A county of towns and branches with lists and shares, in which units merge at random."""

    def __init__(self, cast, acting, templates, seed):
        self.random = Random(seed)
        self.acting = acting
        self.units = [cast.county, cast.town, cast.first, cast.second]
        for number in range(3):
            town = plant(f"0101{number + 11}", f"镇{number}", OrganizationKind.COMMITTEE, 50, cast.county)
            employ(f"t{number}", f"书记{number}", (town, self.random.choice([Post.SECRETARY, Post.LIAISON])))
            self.units.append(town)
            for branch in range(self.random.randint(1, 3)):
                self.units.append(
                    plant(f"{town.code}{branch}", f"支部{number}{branch}", OrganizationKind.BRANCH, 70, town)
                )
        january = acting("wu", date(2026, 1, 5))
        templates["FIRST"].levels = []
        templates["FIRST"].save()
        for code in ("PRINCIPAL", "BRANCH", "FIRST"):
            for unit in self.units:
                if self.random.random() < 0.7:
                    issue_lists(actor=january, template=templates[code], scope=unit, reach="own", now=JANUARY)
        for _ in range(2):
            for unit in self.units:
                self.share(unit)
        self.finish()

    def share(self, unit):
        duties = [
            each
            for each in Duty.objects.in_force().filter(organization=unit, is_personal=False)
            if not each.is_negative and each.duty_list.appointment_id is None
        ]
        children = list(Organization.objects.filter(parent=unit, dissolved_on=None))
        officers = list(Appointment.objects.on(TODAY).filter(organization=unit, post=Post.SECRETARY))
        for duty in self.random.sample(duties, min(3, len(duties))):
            for child in children:
                if self.random.random() < 0.6:
                    self.give(duty, Share(child))
            for officer in officers:
                self.give(duty, Share(unit, owner=officer, is_personal=True))

    def give(self, duty, share):
        """As `decompose_duty` does, for whoever may."""
        kind = {"actor": self.leader(duty.organization), "duty": duty, "shares": [share], "now": JANUARY}
        decompose_duty(**kind)

    def leader(self, unit):
        leader = Appointment.objects.filter(organization=unit, post=Post.ORGANIZATION_OFFICER).first()
        if leader is None:
            leader = employ(f"o{unit.pk}", "干事", (unit, Post.ORGANIZATION_OFFICER)).appointments.get()
        return type(self.acting("wu"))(leader.user, leader, date(2026, 1, 5))

    def finish(self):
        author = self.acting("wu").user
        for record in DutyRecord.objects.all():
            if self.random.random() < 0.3:
                record.status, record.author = RecordStatus.ACCEPTED, author
                record.done_on, record.accepted_at, record.submitted_at = record.due_on, JANUARY, JANUARY
                record.save()

    def reshape(self):
        """Merge or move one unit, if it can be; whether it could."""
        standing = list(
            Organization.objects.filter(pk__in=[each.pk for each in self.units], dissolved_on=None)
        )
        source, into = self.random.sample(standing, 2)
        try:
            merge_organizations(
                actor=None, now=NOW, sources=[source], into=into, effective_on=TODAY, reason="撤并"
            )
        except ValidationError:
            return False
        return True


@pytest.mark.parametrize("seed", range(6))
def test_after_any_mergers_nothing_open_is_left_behind_or_asked_twice(cast, acting, templates, seed):
    world = World(cast, acting, templates, seed)
    total, accepted = owed().count(), DutyRecord.objects.filter(status=RecordStatus.ACCEPTED).count()
    month = Period.parse("2026-09")
    names = [
        field.attname
        for field in Reading._meta.concrete_fields
        if "due" in field.attname or "done" in field.attname
    ]
    for _ in range(12):
        world.reshape()
        if world.random.random() < 0.5:
            before = list(
                Reading.objects.filter(run=take_readings(month, cutoff=NOW))
                .values_list("organization", *names)
                .order_by("organization")
            )
            follow_reorganisation(today=TODAY, now=LATER)
            after = list(
                Reading.objects.filter(run=take_readings(month, cutoff=NOW))
                .values_list("organization", *names)
                .order_by("organization")
            )
            assert before == after
    follow_reorganisation(today=TODAY, now=LATER)
    hand_over_posts(today=TODAY, now=LATER)
    assert not owed().filter(organization__dissolved_on__isnull=False).exists()
    assert owed().count() <= total
    assert DutyRecord.objects.filter(status=RecordStatus.ACCEPTED).count() == accepted
    histories = DutyRecord.history.count(), Duty.history.count(), DutyHandover.objects.count()
    assert follow_reorganisation(today=TODAY, now=LATER) == Followed()
    assert hand_over_posts(today=TODAY, now=LATER) == Followed()
    assert histories == (DutyRecord.history.count(), Duty.history.count(), DutyHandover.objects.count())
    in_force = Duty.objects.in_force()
    assert not in_force.filter(is_personal=False, parent__organization=F("organization")).exists()
    going = in_force.filter(records__in=owed())
    assert not going.filter(
        parent__organization__dissolved_on__isnull=False, parent__records__in=owed()
    ).exists()
    for kind in DutyKind.values:
        lists = DutyList.objects.in_force().filter(kind=kind, template=None, organization__dissolved_on=None)
        assert lists.count() == lists.values("organization", "appointment", "year").distinct().count()
