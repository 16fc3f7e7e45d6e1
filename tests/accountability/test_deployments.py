from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accountability.actions.decompositions import Share, decompose_duty
from accountability.actions.deployments import (
    Item,
    close_deployment,
    create_deployment,
    extend_deployment,
    hand_down_step,
    withdraw_deployment,
)
from accountability.actions.lists import sign_list
from accountability.actions.records import accept_record, submit_record
from accountability.choices import DeploymentState, ListStatus
from accountability.counts import duty_counts
from accountability.models import Deployment, Duty, DutyList, DutyRecord, IssueBatch
from branches.models import AuditEntry, DirtyMark, Organization
from branches.periods import Period
from tests.accountability.conftest import NOW, TODAY
from tests.conftest import plant

DUE = date(2026, 12, 20)


def deploy(actor, organization, units, **values):
    facts = {
        "title": "冬季安全生产大检查",
        "number": "望县发〔2026〕18号",
        "kind": "CAMPAIGN",
        "theme": "安全生产",
        "source": "县委安全生产工作会议部署",
        "due_on": DUE,
        "items": [
            Item("排查隐患", "逐户排查安全隐患并建立整改清单。", date(2026, 12, 10), "查到一处改一处。"),
            Item("整改销号", "隐患整改完成并复核。", DUE),
        ],
        "units": units,
        "now": NOW,
    }
    return create_deployment(actor=actor, organization=organization, **facts | values)


def lists_of(deployment):
    return {each.organization: each for each in deployment.lists.in_force().select_related("organization")}


def hand_in(actor, record, **values):
    facts = {"done_on": TODAY, "summary": "排查了全部农户，改了两处。", "meetings": [], "now": NOW}
    return submit_record(actor=actor, record=record, version=record.version, **facts | values)


@pytest.fixture
def deployment(cast, acting):
    """From the county to its town."""
    return deploy(acting("qian"), cast.county, [cast.town])


@pytest.fixture
def further(cast, acting, deployment):
    """The same, signed for by the town and decomposed to both branches."""
    given = lists_of(deployment)[cast.town]
    sign_list(actor=acting("zhao"), duty_list=given, now=NOW)
    for duty in given.duties.all():
        decompose_duty(
            actor=acting("zhao"), duty=duty, shares=[Share(cast.first), Share(cast.second)], now=NOW
        )
    return deployment


def record_of(deployment, organization, number=1):
    return DutyRecord.objects.in_force().get(
        duty__duty_list__deployment=deployment, organization=organization, duty__number=number
    )


# Deploying


def test_a_deployment_is_the_own_list_and_one_a_unit(cast, deployment):
    own, given = lists_of(deployment)[cast.county], lists_of(deployment)[cast.town]
    assert (own.status, own.signed_by, own.kind) == ("SIGNED", cast.people["qian"], "DEPLOYMENT")
    assert (given.status, given.issuer, given.title) == ("ISSUED", cast.county, "冬季安全生产大检查")
    roots, shares = list(own.duties.all()), list(given.duties.all())
    assert [each.parent for each in shares] == roots
    assert [(each.heading, each.deadline, each.legal_basis) for each in shares] == [
        ("排查隐患", date(2026, 12, 10), "县委安全生产工作会议部署"),
        ("整改销号", DUE, "县委安全生产工作会议部署"),
    ]
    assert all(each.arranged_at == NOW for each in roots)
    assert all(each.arranged_at is None for each in shares)
    records = DutyRecord.objects.filter(duty__in=shares).order_by("due_on")
    assert [(each.due_on, each.period, each.is_deployment) for each in records] == [
        (date(2026, 12, 10), 202612, True),
        (DUE, 202612, True),
    ]
    assert [each.parent.duty for each in records] == roots
    assert AuditEntry.objects.filter(event="部署工作", object_id=str(deployment.pk)).count() == 1


def test_only_the_units_chosen_get_it(cast, acting):
    other = plant("010102", "石桥镇党委", "COMMITTEE", 50, cast.county)
    made = deploy(acting("qian"), Organization.objects.get(pk=cast.county.pk), [cast.town])
    assert set(lists_of(made)) == {cast.county, cast.town}
    assert not DutyList.objects.filter(organization=other).exists()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"source": " "}, "依据"),
        ({"title": ""}, "名称"),
        ({"items": []}, "1到10项"),
        ({"items": [Item(f"第{n}项", "做", DUE) for n in range(11)]}, "1到10项"),
        ({"items": [Item("学习", "每日签到打卡。", DUE)]}, "打卡"),
        ({"items": [Item("学习", "做", date(2026, 12, 21))]}, "总期限"),
        ({"items": [Item("学习", "做", date(2026, 11, 19))]}, "今天到总期限"),
        ({"due_on": date(2026, 11, 19)}, "不能早于今天"),
        ({"units": []}, "至少选一个"),
    ],
)
def test_what_may_not_be_deployed(cast, acting, values, words):
    with pytest.raises(ValidationError, match=words):
        deploy(acting("qian"), cast.county, **{"units": [cast.town]} | values)
    assert not Deployment.objects.exists()


def test_only_to_direct_children(cast, acting):
    with pytest.raises(ValidationError, match="不是直接下级"):
        deploy(acting("qian"), cast.county, [cast.first])
    Organization.objects.filter(pk=cast.town.pk).update(dissolved_on=TODAY)
    with pytest.raises(ValidationError, match="已撤销"):
        deploy(acting("qian"), cast.county, [Organization.objects.get(pk=cast.town.pk)])


def test_an_item_may_have_its_owner_in_the_committee(cast, acting):
    qian = cast.people["qian"].appointments.get()
    made = deploy(acting("qian"), cast.county, [cast.town], items=[Item("排查", "做", DUE, owner=qian)])
    assert lists_of(made)[cast.county].duties.get().owner == qian
    zhao = cast.people["zhao"].appointments.get()
    with pytest.raises(ValidationError, match="不在望川县委任职"):
        deploy(
            acting("qian"),
            cast.county,
            [cast.town],
            title="另一项",
            items=[Item("查", "做", DUE, owner=zhao)],
        )


def test_who_may_deploy(cast, acting):
    for who, organization, units in (
        ("li", cast.first, [cast.second]),
        ("zhao", cast.county, [cast.town]),
        ("sun", cast.county, [cast.town]),
        ("wu", cast.county, [cast.town]),
        ("zheng", cast.city, [cast.county]),
        ("nobody", cast.county, [cast.town]),
    ):
        with pytest.raises(PermissionDenied):
            deploy(acting(who), organization, units)
    assert deploy(acting("zhao"), cast.town, [cast.first, cast.second]).lists.count() == 3


def test_pressing_twice_deploys_once(cast, acting, deployment):
    with pytest.raises(ValidationError, match="同名"):
        deploy(acting("qian"), cast.county, [cast.town])
    close_deployment(actor=acting("qian"), deployment=deployment, note="全部完成", now=NOW)
    assert deploy(acting("qian"), cast.county, [cast.town]).pk != deployment.pk


def test_the_year_may_turn_before_the_last_day(cast, acting):
    late = date(2027, 2, 10)
    made = deploy(
        acting("qian"),
        cast.county,
        [cast.town],
        due_on=late,
        items=[Item("排查", "做", late), Item("改", "做", DUE)],
    )
    given = lists_of(made)[cast.town]
    sign_list(actor=acting("zhao"), duty_list=given, now=NOW)
    for duty in given.duties.all():
        decompose_duty(actor=acting("zhao"), duty=duty, shares=[Share(cast.first)], now=NOW)
    record = record_of(made, cast.first)
    assert (record.due_on, record.parent.organization) == (late, cast.town)
    # Carried out at once, in the year before the one it is judged in.
    assert hand_in(acting("li"), record).done_on == TODAY
    again = record_of(made, cast.first, 2)
    with pytest.raises(ValidationError, match="不能早于"):
        hand_in(acting("li"), again, done_on=date(2025, 12, 31))


# Handing in: received and arranged first


def test_a_committee_signs_and_arranges_before_it_hands_in(cast, acting, deployment):
    record = record_of(deployment, cast.town)
    with pytest.raises(ValidationError, match="还没有签收"):
        hand_in(acting("zhao"), record)
    given = lists_of(deployment)[cast.town]
    sign_list(actor=acting("zhao"), duty_list=given, now=NOW)
    with pytest.raises(ValidationError, match="还没有分解"):
        hand_in(acting("zhao"), record)
    record.refresh_from_db()
    assert (record.status, record.version) == ("OPEN", 1)
    decompose_duty(actor=acting("zhao"), duty=record.duty, shares=[Share(cast.first)], now=NOW)
    assert hand_in(acting("zhao"), record).status == "SUBMITTED"


def test_a_branch_signs_and_takes_it_on_by_handing_in(cast, acting, further):
    handed_in = hand_in(acting("li"), record_of(further, cast.first))
    signed = lists_of(further)[cast.first]
    assert (signed.status, signed.signed_at, signed.signed_by) == ("SIGNED", NOW, cast.people["li"])
    duty = Duty.objects.get(pk=handed_in.duty_id)
    assert (duty.owner, duty.arranged_at) == (acting("li").appointment, NOW)
    assert signed.history.first().history_change_reason == "提交时签收"
    other = record_of(further, cast.first, 2)
    assert hand_in(acting("li"), other).status == "SUBMITTED"
    assert lists_of(further)[cast.first].history.count() == 2


def test_an_officers_share_is_signed_for_by_the_officer(cast, acting, deployment):
    from tests.conftest import employ

    cast.people["he"] = employ("he", "何静", (cast.town, "DEPUTY_SECRETARY"))
    he = acting("he").appointment
    given = lists_of(deployment)[cast.town]
    decompose_duty(
        actor=acting("zhao"),
        duty=given.duties.first(),
        shares=[Share(cast.town, owner=he, is_personal=True)],
        now=NOW,
    )
    record = DutyRecord.objects.get(duty__is_personal=True)
    with pytest.raises(ValidationError, match="责任人本人"):
        hand_in(acting("zhao"), record)
    assert hand_in(acting("he"), record).status == "SUBMITTED"
    assert record.duty.duty_list.deployment == deployment
    signed = DutyList.objects.get(appointment=he)
    assert (signed.status, signed.signed_by) == ("SIGNED", cast.people["he"])


def test_other_duties_ask_for_no_stages(cast, acting, issued):
    record = DutyRecord.objects.get(organization=cast.first, period=202611)
    assert hand_in(acting("li"), record, done_on=date(2026, 11, 12)).status == "SUBMITTED"
    assert DutyList.objects.get(organization=cast.first).status == ListStatus.ISSUED


# Extending, closing, withdrawing


def test_extending_moves_what_is_open_and_keeps_what_is_stricter(cast, acting, deployment):
    given = lists_of(deployment)[cast.town]
    sign_list(actor=acting("zhao"), duty_list=given, now=NOW)
    duty = given.duties.get(number=2)
    strict = Share(cast.first, deadline=date(2026, 12, 15))
    decompose_duty(actor=acting("zhao"), duty=duty, shares=[strict], now=NOW)
    done = hand_in(acting("zhao"), record_of(deployment, cast.town, 2))
    accept_record(actor=acting("qian"), record=done, version=done.version, now=NOW)
    DirtyMark.objects.all().delete()
    number = extend_deployment(
        actor=acting("qian"), deployment=deployment, due_on=date(2027, 1, 9), reason="雨雪封路", now=NOW
    )
    assert number == 4  # two of the county, one of the town, one of the branch
    deployment.refresh_from_db()
    assert deployment.due_on == date(2027, 1, 9)
    assert record_of(deployment, cast.town, 2).due_on == DUE
    assert record_of(deployment, cast.town, 1).due_on == date(2026, 12, 30)
    branch = DutyRecord.objects.in_force().select_related("duty").get(organization=cast.first)
    assert (branch.due_on, branch.period, branch.duty.deadline) == (
        date(2027, 1, 4),
        202701,
        date(2027, 1, 4),
    )
    assert branch.history.first().history_change_reason == "延期：雨雪封路"
    # Decomposed after the year has turned, it still opens its term.
    sent = decompose_duty(
        actor=acting("zhao"), duty=given.duties.get(number=1), shares=[Share(cast.second)], now=NOW
    )
    assert sent == 1
    assert DutyRecord.objects.get(organization=cast.second).due_on == date(2026, 12, 30)


def owed(month, cutoff):
    rows = duty_counts(Period.parse(month), cutoff).values_list("organization_id", "deployments_due")
    return dict(rows)


def test_a_past_cut_off_still_sees_what_was_owed_before_an_extension(cast, acting, further):
    before, later = NOW + timedelta(hours=1), NOW + timedelta(days=2)
    december = owed("2026-12", before)
    assert december == dict.fromkeys([cast.county.pk, cast.town.pk, cast.first.pk, cast.second.pk], 2)
    extend_deployment(
        actor=acting("qian"),
        deployment=further,
        due_on=date(2027, 1, 9),
        reason="雨雪封路",
        now=NOW + timedelta(days=1),
    )
    assert owed("2026-12", before) == december
    assert owed("2027-01", before) == {}
    assert owed("2026-12", later) == owed("2027-01", later) == dict.fromkeys(december, 1)


@pytest.mark.parametrize(
    ("due_on", "reason", "words"),
    [
        (DUE, "延", "往后延"),
        (date(2026, 12, 1), "延", "往后延"),
        (date(2027, 1, 9), " ", "延期原因"),
    ],
)
def test_extending_only_later_and_with_a_reason(acting, deployment, due_on, reason, words):
    with pytest.raises(ValidationError, match=words):
        extend_deployment(actor=acting("qian"), deployment=deployment, due_on=due_on, reason=reason, now=NOW)


def test_withdrawing_takes_everything_back_but_what_was_accepted(cast, acting, further):
    done = hand_in(acting("li"), record_of(further, cast.first))
    accept_record(actor=acting("zhao"), record=done, version=done.version, now=NOW)
    ended = withdraw_deployment(actor=acting("qian"), deployment=further, reason="并入专项行动", now=NOW)
    assert ended == 7  # eight were given, one is done
    assert set(further.lists.values_list("status", flat=True)) == {"WITHDRAWN"}
    assert not Duty.objects.in_force().filter(duty_list__deployment=further).exists()
    assert DutyRecord.objects.in_force().get().pk == done.pk
    further.refresh_from_db()
    assert further.state == DeploymentState.WITHDRAWN
    with pytest.raises(ValidationError, match="已经办结或撤回"):
        withdraw_deployment(actor=acting("qian"), deployment=further, reason="再撤", now=NOW)


def test_who_may_change_it(cast, acting, deployment):
    for who in ("zhao", "li", "sun", "zheng", "nobody"):
        with pytest.raises(PermissionDenied):
            withdraw_deployment(actor=acting(who), deployment=deployment, reason="撤", now=NOW)
        with pytest.raises(PermissionDenied):
            close_deployment(actor=acting(who), deployment=deployment, note="完", now=NOW)
    for action, values in (
        (withdraw_deployment, {"reason": " "}),
        (close_deployment, {"note": ""}),
    ):
        with pytest.raises(ValidationError):
            action(actor=acting("qian"), deployment=deployment, now=NOW, **values)
    closed = close_deployment(actor=acting("wu"), deployment=deployment, note="完成", now=NOW)
    assert closed.state == "CLOSED"
    # Nothing closes itself with a zero.
    assert DutyRecord.objects.unfinished().count() == 4


# Straight to the last branch


def test_a_direct_one_goes_down_level_by_level(cast, acting):
    from tests.conftest import employ

    cast.people["shi"] = employ("shi", "史明", (cast.city, "SECRETARY"))
    actor = acting("shi")
    made = deploy(actor, cast.city, [cast.county], is_direct=True)
    batch = IssueBatch.objects.get(deployment=made)
    assert (batch.total, batch.reach, batch.author) == (3, "subtree", cast.people["shi"])
    steps = [hand_down_step(batch=batch, now=NOW) for _ in range(3)]
    assert steps == [1, 2, 0]
    assert set(lists_of(made)) == {cast.city, cast.county, cast.town, cast.first, cast.second}
    assert set(made.lists.filter(batch=batch).values_list("organization", flat=True)) == {
        cast.town.pk,
        cast.first.pk,
        cast.second.pk,
    }
    for number in (1, 2):
        record = record_of(made, cast.first, number)
        assert record.parent == record_of(made, cast.town, number)
        assert record.parent.parent.parent == record_of(made, cast.city, number)
        assert record.parent.duty.arranged_at == NOW
        assert record.duty.arranged_at is None
    assert not DutyList.objects.filter(organization__in=[cast.work_committee, cast.department]).exists()


def test_a_direct_one_goes_on_where_it_stopped_and_never_twice(cast, acting):
    from tests.conftest import employ

    cast.people["shi"] = employ("shi", "史明", (cast.city, "SECRETARY"))
    made = deploy(acting("shi"), cast.city, [cast.county], is_direct=True)
    batch = IssueBatch.objects.get(deployment=made)
    hand_down_step(batch=batch, now=NOW)
    # Meanwhile the town has decomposed one item by hand.
    given = lists_of(made)[cast.town]
    decompose_duty(actor=acting("zhao"), duty=given.duties.first(), shares=[Share(cast.first)], now=NOW)
    assert hand_down_step(batch=batch, now=NOW) == 1
    assert hand_down_step(batch=batch, now=NOW) == 0
    assert lists_of(made)[cast.first].duties.count() == 1
    assert lists_of(made)[cast.second].duties.count() == 2
    withdraw_deployment(actor=acting("shi"), deployment=made, reason="撤", now=NOW)
    assert (
        hand_down_step(batch=IssueBatch.objects.get(pk=batch.pk), now=datetime(2026, 11, 21, tzinfo=UTC)) == 0
    )
