"""Rounds: whom they evaluate by which scheme, and what changes while facts are gathered."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accountability.actions.rounds import (
    add_units,
    change_evaluation,
    change_round,
    create_round,
    move_to_version,
    remove_units,
    set_group,
    withdraw_round,
)
from accountability.choices import EntryOrigin, RoundState, Subject
from accountability.models import Evaluation, EvaluationEntry, RoundScheme, SchemeVersion
from accountability.queries.round_plans import levels_below, plan_round, units_below, usable_schemes
from branches.choices import Level, OrganizationKind, Post
from branches.models import AuditEntry
from tests.accountability.evaluating import NOW, TABLE, TODAY, make_scheme
from tests.conftest import employ

BRANCH_LEVELS = [Level.BRANCH]


def scheme_of(organization, code, *, kinds=(), sectors=(), subject=Subject.UNIT, **facts):
    table = TABLE.replace('code = "LIFE"', f'code = "{code}"')
    made = make_scheme(organization, code=code, table=table, **facts)
    made.kinds, made.sectors, made.subject = list(kinds), list(sectors), subject
    made.save()
    return made


@pytest.fixture
def scheme(cast):
    return scheme_of(cast.county, "BRANCHES", kinds=[OrganizationKind.BRANCH])


def start(actor, cast, *schemes, **values):
    facts = {
        "organization": cast.town,
        "title": "2026年度支部考核",
        "year": 2026,
        "starts_on": date(2026, 1, 1),
        "ends_on": date(2026, 12, 31),
        "fill_until": date(2026, 12, 20),
        "now": NOW,
    }
    return create_round(actor=actor, schemes=schemes, **facts | values)


def named(round):
    return [str(each) for each in round.evaluations.select_related("organization")]


def test_a_round_takes_in_everything_below_that_its_schemes_fit(cast, acting, scheme):
    round = start(acting("zhao"), cast, scheme)
    assert named(round) == ["第一支部", "第二支部"]
    pinned = round.schemes.get()
    assert (pinned.scheme, pinned.version.number) == (scheme, 1)
    assert round.state == RoundState.COLLECTING
    assert AuditEntry.objects.filter(event="组织考核", summary__contains="2个考核对象").exists()


def test_schemes_of_committees_above_may_be_used_and_those_of_others_not(cast, acting, scheme):
    other = scheme_of(cast.work_committee, "OFFICE")
    of_year = scheme_of(cast.city, "OLD", year=2025)
    assert list(usable_schemes(cast.town, 2026, TODAY)) == [scheme]
    assert list(usable_schemes(cast.town, 2025, TODAY)) == [of_year]
    with pytest.raises(ValidationError, match="至少一份考核办法"):
        start(acting("zhao"), cast, other)


def test_only_those_who_conduct_evaluations_may_start_one(cast, acting, scheme):
    for who in ("li", "wu", "sun"):
        with pytest.raises(PermissionDenied):
            start(acting(who), cast, scheme)


def test_pressing_twice_makes_one(cast, acting, scheme):
    start(acting("zhao"), cast, scheme)
    with pytest.raises(ValidationError, match="已有"):
        start(acting("zhao"), cast, scheme)


def test_units_that_two_schemes_fit_are_settled_first(cast, acting, scheme):
    rural = scheme_of(cast.county, "RURAL", sectors=["RURAL"])
    units = list(units_below(cast.town, BRANCH_LEVELS, TODAY))
    plan = plan_round(units, [scheme, rural], [], TODAY)
    (clash,) = plan.open_clashes
    assert ([str(unit) for unit in clash.units], plan.number) == (["第一支部", "第二支部"], 0)
    with pytest.raises(ValidationError, match="同时适用"):
        start(acting("zhao"), cast, scheme, rural)
    round = start(acting("zhao"), cast, scheme, rural, choices={clash.key: rural.pk})
    assert [each.scheme.scheme for each in round.evaluations.all()] == [rural, rural]


def test_units_that_nothing_fits_are_shown_and_stay_out(cast, acting, scheme):
    plan = plan_round(units_below(cast.county, (), TODAY), [scheme], [], TODAY)
    assert [str(unit) for unit in plan.without] == ["柳汀镇党委"]
    assert levels_below(cast.county, TODAY) == [Level.PRIMARY, Level.BRANCH]
    with pytest.raises(ValidationError, match="1个单位没有适用的办法"):
        start(acting("qian"), cast, scheme, organization=cast.county)
    with pytest.raises(ValidationError, match="没有考核对象"):
        start(acting("qian"), cast, scheme, organization=cast.county, levels=[Level.PRIMARY])


def test_officers_are_evaluated_in_their_posts_once_each(cast, acting):
    personal = scheme_of(cast.county, "SECRETARIES", subject=Subject.PERSON)
    employ("he", "何静", (cast.first, Post.DEPUTY_SECRETARY), (cast.first, Post.PUBLICITY_MEMBER))
    posts = [Post.SECRETARY, Post.DEPUTY_SECRETARY, Post.PUBLICITY_MEMBER]
    round = start(acting("zhao"), cast, personal, posts=posts)
    assert sorted(each.appointment.post for each in round.evaluations.all()) == [
        Post.DEPUTY_SECRETARY,
        Post.SECRETARY,
        Post.SECRETARY,
    ]
    vacant = plan_round(units_below(cast.county, (), TODAY), [personal], [Post.SECRETARY], TODAY).vacant
    assert [str(unit) for unit in vacant] == ["柳汀镇党委"]


def test_whoever_is_taken_out_comes_back_with_the_facts(cast, acting, scheme):
    round = start(acting("zhao"), cast, scheme)
    second = round.evaluations.get(organization=cast.second)
    entry = EvaluationEntry.objects.create(
        evaluation=second, item="meetings", origin=EntryOrigin.HAND, count=3, created_at=NOW
    )
    with pytest.raises(ValidationError, match="移出的原因"):
        remove_units(actor=acting("zhao"), round=round, evaluations=[second], reason=" ", now=NOW)
    assert (
        remove_units(actor=acting("zhao"), round=round, evaluations=[second], reason="今年新建", now=NOW) == 1
    )
    assert named(round) == ["第一支部"]
    assert Evaluation.everything.filter(round=round).count() == 2
    assert add_units(actor=acting("zhao"), round=round, units=[cast.second], now=NOW) == 1
    assert round.evaluations.get(organization=cast.second).entries.get() == entry
    assert add_units(actor=acting("zhao"), round=round, units=[cast.second], now=NOW) == 0


def test_a_unit_that_no_scheme_of_the_round_fits_needs_one(cast, acting, scheme):
    round = start(acting("qian"), cast, scheme, organization=cast.county, leave_out=True)
    with pytest.raises(ValidationError, match="没有适用于柳汀镇党委"):
        add_units(actor=acting("qian"), round=round, units=[cast.town], now=NOW)
    with pytest.raises(ValidationError, match="不适用于柳汀镇党委"):
        add_units(actor=acting("qian"), round=round, units=[cast.town], scheme=scheme, now=NOW)
    towns = scheme_of(cast.county, "TOWNS", kinds=[OrganizationKind.COMMITTEE])
    assert add_units(actor=acting("qian"), round=round, units=[cast.town], scheme=towns, now=NOW) == 1
    with pytest.raises(ValidationError, match="请选择"):
        add_units(actor=acting("qian"), round=round, units=[cast.city], now=NOW)


def test_group_difficulty_and_charge_are_said_of_a_unit(cast, acting, scheme):
    round = start(acting("qian"), cast, scheme, organization=cast.county, leave_out=True)
    first = round.evaluations.get(organization=cast.first)
    changed = change_evaluation(
        actor=acting("qian"),
        evaluation=first,
        group="山区",
        coefficient=Decimal("1.05"),
        numbers={"网格": 3},
        in_charge_of=[cast.second],
        now=NOW,
    )
    assert (changed.group, str(changed.coefficient), changed.numbers) == ("山区", "1.05", {"网格": 3})
    assert list(changed.in_charge_of.all()) == [cast.second]
    with pytest.raises(ValidationError, match="只能选"):
        change_evaluation(
            actor=acting("qian"),
            evaluation=first,
            group="",
            coefficient=None,
            in_charge_of=[cast.city],
            now=NOW,
        )
    assert (
        set_group(
            actor=acting("qian"),
            round=round,
            evaluations=round.evaluations.values_list("pk", flat=True),
            group="甲",
            now=NOW,
        )
        == 2
    )


def test_more_time_is_given_while_facts_are_gathered(cast, acting, scheme):
    round = start(acting("zhao"), cast, scheme)
    changed = change_round(
        actor=acting("zhao"), round=round, title=round.title, fill_until=date(2027, 1, 5), now=NOW
    )
    assert changed.fill_until == date(2027, 1, 5)
    assert AuditEntry.objects.get(event="修改考核").summary.endswith("2026-12-20→2027-01-05")


def new_version(scheme, before, after):
    document = scheme.document.replace(before, after)
    scheme.version += 1
    return SchemeVersion.objects.create(scheme=scheme, number=scheme.version, document=document, made_at=NOW)


def test_a_scheme_changed_in_mid_cycle_moves_a_round_only_expressly(cast, acting, scheme):
    round = start(acting("zhao"), cast, scheme)
    pinned = round.schemes.get()
    entry = EvaluationEntry.objects.create(
        evaluation=round.evaluations.first(),
        item="meetings",
        origin=EntryOrigin.HAND,
        count=3,
        created_at=NOW,
    )
    version = new_version(scheme, 'key = "meetings"', 'key = "life-of-the-branch"')
    pinned.refresh_from_db()
    assert pinned.version.number == 1
    with pytest.raises(ValidationError, match="请写明为什么"):
        move_to_version(actor=acting("zhao"), pinned=pinned, version=version, reason="", now=NOW)
    moved = move_to_version(actor=acting("zhao"), pinned=pinned, version=version, reason="上级调整", now=NOW)
    assert moved.version == version
    assert RoundScheme.history.filter(history_change_reason__contains="上级调整").exists()
    entry.refresh_from_db()
    assert (entry.withdrawn_at, entry.withdraw_reason) == (NOW, "办法第2版没有此项")
    assert AuditEntry.objects.filter(event="改用办法版次", summary__contains="第1版→第2版").exists()


def test_a_round_is_called_off_until_it_is_published(cast, acting, scheme):
    round = start(acting("zhao"), cast, scheme)
    withdraw_round(actor=acting("zhao"), round=round, reason="重新组织", now=NOW)
    with pytest.raises(ValidationError, match="已经撤销"):
        add_units(actor=acting("zhao"), round=round, units=[cast.second], now=NOW)
    again = start(acting("zhao"), cast, scheme)
    again.state = RoundState.PUBLISHED
    again.save()
    with pytest.raises(ValidationError, match="已经公布"):
        withdraw_round(actor=acting("zhao"), round=again, reason="重新组织", now=NOW)
