from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from branches.access import Actor
from branches.actions.cadence import (
    cancel_cadence_change,
    change_cadence_rule,
    create_cadence_rule,
    load_cadence_starters,
    retire_cadence_rule,
    state_shortfall_reason,
)
from branches.cadence import OrganizationFacts, State, applies, day_problem, done_count, due_count, state_of
from branches.choices import Level, MeetingKind, MeetingStatus, OrganizationKind, Sector
from branches.models import AuditEntry, CadenceRule, Meeting, Organization, Placement, ShortfallReason
from branches.norms import NORMS
from branches.periods import Interval, Period
from branches.queries.cadence import due_counts, obligations_of, preview_change
from tests.conftest import plant

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
BRANCH = OrganizationFacts("BRANCH", Level.BRANCH, "LOCAL", "RURAL", has_committee=True, groups=3)


def actor(cast, who, today=TODAY):
    return Actor(cast.people[who], cast.people[who].appointments.first(), today)


def rule(code="X-01", **values):
    facts = {
        "label": "试行会议",
        "meeting_kind": MeetingKind.PARTY_DAY,
        "interval": "month",
        "source": "试行办法",
        "effective_from": date(2026, 1, 1),
    }
    return CadenceRule(code=code, **facts | values)


def hold(organization, kinds, held_on, status=MeetingStatus.CONFIRMED, group=None):
    """Log a meeting without caring who sat in it."""
    member = organization.members.first()
    start = datetime(held_on.year, held_on.month, held_on.day, 1, tzinfo=UTC)
    counted = start if status == MeetingStatus.CONFIRMED else None
    return Meeting.objects.create(
        organization=organization,
        group=group,
        kinds=kinds,
        held_on=held_on,
        period=Period.month_of(held_on).key,
        title="会议",
        started_at=start,
        ended_at=start.replace(hour=3),
        place="会议室",
        chair=member,
        recorder=member,
        status=status,
        author=member.user,
        entered_on=held_on,
        counted_from=counted,
        confirmed_at=counted,
    )


def found(obligations, code, window):
    return next(each for each in obligations if (each.rule.code, each.window.code) == (code, window))


# Pure rules


def test_a_rule_without_lists_speaks_to_everybody():
    assert applies(rule(), BRANCH)


@pytest.mark.parametrize(
    "restriction",
    [
        {"organization_kinds": ["COMMITTEE"]},
        {"levels": [Level.COUNTY]},
        {"sectors": ["SCHOOL"]},
        {"chain": "OFFICE"},
    ],
)
def test_each_restriction_excludes(restriction):
    assert not applies(rule(**restriction), BRANCH)


def test_no_committee_no_committee_meeting():
    small = OrganizationFacts("BRANCH", Level.BRANCH, "LOCAL", "RURAL")
    assert due_count(rule(applies_when="HAS_COMMITTEE"), small) == 0
    assert due_count(rule(applies_when="HAS_COMMITTEE"), BRANCH) == 1


def test_groups_owe_each_for_itself():
    per_group = rule(is_per_group=True, at_least=2)
    assert due_count(per_group, BRANCH) == 6
    assert done_count(per_group, ["a", "b", "c"], ["a", "a", "a", "b"]) == 3


def test_more_than_due_counts_as_due():
    assert done_count(rule(), [], [None, None, None]) == 1


@pytest.mark.parametrize(
    ("done", "waiting", "today", "state"),
    [
        (1, 0, date(2026, 11, 2), State.DONE),
        (0, 1, date(2026, 11, 2), State.WAITING),
        (0, 0, date(2026, 11, 2), State.NOT_DUE_YET),
        (0, 0, date(2026, 11, 25), State.DUE_SOON),
        (0, 0, date(2026, 11, 30), State.DUE_SOON),
        (0, 0, date(2026, 12, 1), State.OVERDUE),
    ],
)
def test_state_of_a_window(done, waiting, today, state):
    window = Period.parse("2026-11")
    assert state_of(due=1, done=done, waiting=waiting, window=window, today=today) is state


def test_a_change_starts_on_a_first_and_never_backwards():
    assert day_problem(date(2026, 12, 1), TODAY) == ""
    assert day_problem(date(2026, 11, 1), TODAY) == ""
    assert "1日" in day_problem(date(2026, 12, 2), TODAY)
    assert "过去的月份" in day_problem(date(2026, 10, 1), TODAY)


# Rows


def test_starters_are_loaded_once_and_never_overwrite(db):
    assert len(load_cadence_starters()) == 16
    edited = CadenceRule.objects.get(code="CAD-04")
    edited.at_least = 3
    edited.save()
    assert load_cadence_starters() == []
    assert CadenceRule.objects.get(code="CAD-04").at_least == 3


def test_starters_and_norms_agree(db):
    load_cadence_starters()
    for each in CadenceRule.objects.filter(quantity="TIMES"):
        assert each.code in NORMS[MeetingKind(each.meeting_kind).name].obligations


def test_core_and_study_rules(db):
    load_cadence_starters()
    codes = CadenceRule.objects.values_list("code", flat=True)
    assert list(codes.filter(counts_as_core=True)) == ["CAD-01", "CAD-02", "CAD-03", "CAD-04", "CAD-06"]
    assert list(codes.filter(counts_as_study=True)) == ["CAD-12", "CAD-13"]


def test_judged_in_takes_the_version_of_the_last_day(db):
    old = rule(interval="quarter", effective_until=date(2026, 11, 1))
    new = rule(interval="month", effective_from=date(2026, 11, 1))
    old.save()
    new.save()
    rules = CadenceRule.objects
    assert list(rules.judged_in(Period.parse("2026-09"))) == [old]
    assert list(rules.judged_in(Period.parse("2026-10"))) == []
    assert list(rules.judged_in(Period.parse("2026-11"))) == [new]
    assert list(rules.judged_in(Period.parse("2026-12"))) == [new]
    assert list(rules.in_force_on(date(2026, 10, 31))) == [old]


def test_a_change_keeps_the_old_version_for_the_months_before(cast):
    old = rule()
    old.save()
    new = change_cadence_rule(
        actor=actor(cast, "wu"),
        rule=old,
        successor=rule(at_least=2, effective_from=date(2027, 1, 1)),
        reason="加强",
        now=NOW,
    )
    old.refresh_from_db()
    assert old.effective_until == date(2027, 1, 1)
    assert list(CadenceRule.objects.in_force_on(date(2026, 12, 31))) == [old]
    assert list(CadenceRule.objects.in_force_on(date(2027, 1, 1))) == [new]
    assert AuditEntry.objects.filter(event="调整频次规则").exists()
    assert old.history.latest().history_change_reason == "加强"


def test_a_closed_version_is_not_changed_again(cast):
    old = rule()
    old.save()
    for day in (date(2027, 1, 1), date(2027, 2, 1)):
        successor = rule(effective_from=day)
        if day.month == 1:
            change_cadence_rule(actor=actor(cast, "wu"), rule=old, successor=successor, reason="一", now=NOW)
        else:
            with pytest.raises(ValidationError):
                change_cadence_rule(
                    actor=actor(cast, "wu"), rule=old, successor=successor, reason="二", now=NOW
                )


def test_cancelling_restores_the_former_version(cast):
    old = rule()
    old.save()
    new = change_cadence_rule(
        actor=actor(cast, "wu"),
        rule=old,
        successor=rule(effective_from=date(2027, 1, 1)),
        reason="一",
        now=NOW,
    )
    assert cancel_cadence_change(actor=actor(cast, "wu"), rule=new, now=NOW) == old
    old.refresh_from_db()
    assert old.effective_until is None
    with pytest.raises(ValidationError):
        cancel_cadence_change(actor=actor(cast, "wu"), rule=old, now=NOW)


def test_retiring_ends_the_rule(cast):
    old = rule()
    old.save()
    retire_cadence_rule(
        actor=actor(cast, "wu"), rule=old, effective_from=date(2027, 1, 1), reason="减负", now=NOW
    )
    assert not CadenceRule.objects.in_force_on(date(2027, 1, 1)).exists()


def test_only_the_administrator_at_the_top_changes_rules(cast):
    from branches.models import Appointment

    for who in ("li", "qian", "zheng"):
        with pytest.raises(PermissionDenied):
            create_cadence_rule(
                actor=actor(cast, who), rule=rule(effective_from=date(2027, 1, 1)), reason="一", now=NOW
            )
    county = Appointment.objects.create(
        user=cast.people["nobody"],
        organization=cast.county,
        post="ADMINISTRATOR",
        starts_on=date(2025, 1, 1),
    )
    with pytest.raises(PermissionDenied):
        create_cadence_rule(
            actor=Actor(county.user, county, TODAY),
            rule=rule(effective_from=date(2027, 1, 1)),
            reason="一",
            now=NOW,
        )


# What one unit owes


def test_three_things_never_confused(cast):
    load_cadence_starters()
    hold(cast.first, MeetingKind.PARTY_DAY | MeetingKind.LECTURE, date(2026, 11, 5))
    hold(cast.first, MeetingKind.COMMITTEE_MEETING, date(2026, 11, 6), MeetingStatus.SUBMITTED)
    hold(cast.first, MeetingKind.GENERAL_MEETING, date(2026, 9, 6))
    owed = obligations_of(cast.first, TODAY)
    assert found(owed, "CAD-06", "2026-11").state is State.DONE
    assert found(owed, "CAD-04", "2026-Q4").state is State.DONE
    assert found(owed, "CAD-02", "2026-11").state is State.WAITING
    assert found(owed, "CAD-02", "2026-10").state is State.OVERDUE
    assert found(owed, "CAD-01", "2026-Q4").state is State.NOT_DUE_YET
    assert found(owed, "CAD-03", "2026-11").state is State.NOT_APPLICABLE
    assert found(owed, "CAD-03", "2026-11").note == "未设党小组"
    assert not any(each.rule.code == "CAD-10" for each in owed)
    assert not any((each.rule.code, each.window.code) == ("CAD-01", "2026-Q3") for each in owed)


def test_groups_missing_are_named(cast):
    load_cadence_starters()
    one = plant("0101010101", "一组", OrganizationKind.GROUP, Level.GROUP, cast.first)
    plant("0101010102", "二组", OrganizationKind.GROUP, Level.GROUP, cast.first)
    hold(cast.first, MeetingKind.GROUP_MEETING, date(2026, 11, 5), group=one)
    hold(cast.first, MeetingKind.GROUP_MEETING, date(2026, 11, 12), group=one)
    owed = found(obligations_of(cast.first, TODAY), "CAD-03", "2026-11")
    assert (owed.due, owed.done, owed.remaining, owed.missing) == (2, 1, 1, ("二组",))


def test_a_past_window_is_judged_by_how_the_branch_stood_then(cast):
    load_cadence_starters()
    Placement.objects.create(
        organization=cast.first,
        ends_on=date(2026, 11, 10),
        parent=cast.town,
        kind=OrganizationKind.BRANCH,
        level=Level.BRANCH,
        chain="LOCAL",
        sector=Sector.RURAL,
        has_committee=False,
    )
    owed = obligations_of(cast.first, TODAY)
    assert not any((each.rule.code, each.window.code) == ("CAD-02", "2026-10") for each in owed)
    assert found(owed, "CAD-02", "2026-11").due == 1


def test_a_new_branch_owes_nothing_from_before(cast):
    load_cadence_starters()
    cast.first.founded_on = date(2026, 11, 3)
    cast.first.save()
    assert all(each.window.ends_on >= TODAY for each in obligations_of(cast.first, TODAY))


def test_queries_do_not_grow(cast, django_assert_num_queries):
    load_cadence_starters()
    for day in range(1, 20):
        hold(cast.first, MeetingKind.PARTY_DAY, date(2026, 11, day))
    with django_assert_num_queries(5):
        obligations_of(cast.first, TODAY)


def test_committees_owe_study(cast):
    load_cadence_starters()
    codes = {each.rule.code for each in obligations_of(cast.county, TODAY)}
    assert {"CAD-05", "CAD-10", "CAD-12", "CAD-13", "CAD-14"} <= codes
    assert "CAD-10" not in {each.rule.code for each in obligations_of(cast.town, TODAY)}


# What everybody owes


def test_set_based_counts_equal_the_pure_rule(cast):
    load_cadence_starters()
    plant("0101010101", "一组", OrganizationKind.GROUP, Level.GROUP, cast.first)
    plant("0101010102", "二组", OrganizationKind.GROUP, Level.GROUP, cast.first)
    for code in ("2026-10", "2026-12", "2026-Q3", "2026"):
        period = Period.parse(code)
        rules = list(CadenceRule.objects.counted_in_times())
        for row in due_counts(rules, Organization.objects.all(), period):
            facts = OrganizationFacts(
                row.kind,
                row.level,
                row.chain,
                row.sector,
                row.has_committee,
                row.children.groups().count(),
            )
            expected = sum(
                due_count(each, facts)
                for month in period.months
                for each in rules
                if each in CadenceRule.objects.judged_in(month)
            )
            assert row.due == expected, (row, code)


def test_preview_names_who_changes(cast):
    before = rule(organization_kinds=["BRANCH"])
    after = rule(organization_kinds=["BRANCH"], sectors=[Sector.RURAL], at_least=2)
    preview = preview_change([before], [after], date(2026, 12, 1))
    assert (preview.units, preview.before, preview.after) == (3, 36, 48)
    rural = next(group for group in preview.groups if group.sector == "农村")
    assert (rural.units, rural.before, rural.after, rural.sample) == (2, 24, 48, ["第一支部", "第二支部"])


def test_preview_is_empty_when_nothing_changes(cast):
    preview = preview_change([rule()], [rule(label="别名")], date(2026, 12, 1))
    assert preview.units == 0


# Reasons


def test_a_reason_is_kept_beside_the_shortfall(cast):
    load_cadence_starters()
    usual = CadenceRule.objects.get(code="CAD-02")
    for text in ("书记外出学习", "委员抗汛"):
        state_shortfall_reason(
            actor=actor(cast, "li"),
            organization=cast.first,
            rule=usual,
            window=Period.parse("2026-10"),
            reason=text,
            now=NOW,
        )
    assert ShortfallReason.objects.get().reason == "委员抗汛"
    owed = found(obligations_of(cast.first, TODAY), "CAD-02", "2026-10")
    assert owed.shortfall.reason == "委员抗汛"
    assert owed.state is State.OVERDUE


def test_a_firm_rule_takes_no_reason(cast):
    load_cadence_starters()
    with pytest.raises(ValidationError):
        state_shortfall_reason(
            actor=actor(cast, "li"),
            organization=cast.first,
            rule=CadenceRule.objects.get(code="CAD-06"),
            window=Period(2026, Interval.MONTH, 10),
            reason="忙",
            now=NOW,
        )


def test_nobody_states_a_reason_for_the_neighbours(cast):
    load_cadence_starters()
    with pytest.raises(PermissionDenied):
        state_shortfall_reason(
            actor=actor(cast, "wang"),
            organization=cast.first,
            rule=CadenceRule.objects.get(code="CAD-02"),
            window=Period.parse("2026-10"),
            reason="忙",
            now=NOW,
        )
