from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accountability import scoring
from accountability.actions.appraisals import (
    Choice,
    add_adjustment,
    add_fact,
    advance_programme,
    cancel_programme,
    change_version,
    close_appraisal_poll,
    confirm_seen,
    decide_grades,
    link_meeting,
    open_appraisal_poll,
    start_programme,
    withdraw_fact,
    write_peer_notes,
)
from accountability.actions.polls import cancel_poll, cast_ballot
from accountability.choices import AppraisalStep, PollState
from accountability.models import AppraisalProgramme, MemberAppraisal, Poll
from accountability.queries.appraisal_tasks import appraisal_tasks
from accountability.queries.appraisals import (
    gaps_of,
    overview,
    own_appraisals,
    programme_page,
    version_choices,
)
from branches.choices import MeetingKind, Sector, Standing
from branches.models import AuditEntry, Member, Membership
from tests.accountability.appraising import (
    NOW,
    TODAY,
    advance,
    appraisal_meeting,
    appraisal_of,
    count,
    decide,
    members_scheme,
    start,
    tell,
    to_decide,
    to_poll,
    to_tell,
    write,
)


def refused(error, name=None):
    """The messages of a `ValidationError`, those at a field when it is named."""
    found = error.value
    return " ".join(found.message_dict[name] if name else found.messages)


def test_everybody_takes_part_and_the_probationary_get_no_grade(cast, acting):
    left = Member.objects.get(name="孔华")
    Membership.objects.filter(member=left).update(ends_on=TODAY)  # left this morning
    Member.objects.filter(name="张平").update(standing=Standing.SUSPENDED)
    programme = start(acting, cast)
    rows = {row.member.name: row.is_graded for row in programme.appraisals.select_related("member")}
    assert set(rows) == {"李明", "周兰", "陈强", "何静", "吕伟", "施芳", "严新", "钱峰"}
    assert [name for name, graded in rows.items() if not graded] == ["严新"]
    assert AuditEntry.objects.filter(event="开始民主评议党员").count() == 1
    with pytest.raises(ValidationError, match="已经开始"):
        start(acting, cast)


def test_who_may_start_and_where(cast, acting):
    for who in ("wang", "zhao", "qian", "zhou", "wu"):
        with pytest.raises(PermissionDenied):
            start(acting, cast, who=who)
    with pytest.raises(ValidationError, match="党支部进行"):
        start_programme(actor=acting("zhao"), organization=cast.town, year=2026, now=NOW)
    with pytest.raises(ValidationError, match="2026或2025"):
        start_programme(actor=acting("li"), organization=cast.first, year=2024, now=NOW)


def test_a_table_must_fit_the_branch(cast, acting):
    office = members_scheme(cast.city, sectors=[Sector.OFFICE])
    assert not version_choices(cast.first, [2026], TODAY).exists()
    with pytest.raises(ValidationError, match="不适用"):
        start(acting, cast, office)
    office.scheme.sectors = [Sector.RURAL]
    office.scheme.save()
    assert list(version_choices(cast.first, [2026, 2025], TODAY)) == [office]
    office.scheme.ends_on = date(2026, 11, 19)
    office.scheme.save()
    assert not version_choices(cast.first, [2026], TODAY).exists()


def test_one_writes_for_oneself_and_the_branch_for_those_without_an_account(cast, acting):
    start(acting, cast)
    with pytest.raises(ValidationError) as error:
        write(acting, cast, "周兰", who="zhou", text=" ", grade="BEST")
    assert set(error.value.message_dict) == {"text", "grade"}
    own = write(acting, cast, "周兰", who="zhou", grade="EXCELLENT")
    assert (own.self_grade, own.self_by) == ("EXCELLENT", cast.people["zhou"])
    with pytest.raises(ValidationError, match="不能代为修改"):
        write(acting, cast, "周兰")
    assert write(acting, cast, "陈强").self_by == cast.people["li"]
    assert write(acting, cast, "陈强", text="更正").self_text == "更正"
    assert write(acting, cast, "严新", grade="EXCELLENT").self_grade == ""
    for who in ("zhou", "wang", "zhao"):
        with pytest.raises(PermissionDenied):
            write(acting, cast, "何静", who=who)
    # A county leader is appraised in the branch they live in, whatever post they act in.
    assert write(acting, cast, "钱峰", who="qian").self_at == NOW


def test_steps_come_in_order_and_gaps_need_a_reason(cast, acting):
    programme = start(acting, cast)
    with pytest.raises(ValidationError) as error:
        advance(acting, programme, reason=" ")
    assert "10人还没有自评" in refused(error, "reason")
    advance(acting, programme, reason="农忙")
    assert AppraisalProgramme.objects.get().reasons == {"SELF": "农忙"}
    with pytest.raises(ValidationError, match="已经进行到"):
        advance_programme(actor=acting("li"), programme=programme, step="SELF", reason="农忙", now=NOW)
    advance(acting, programme, reason="")
    with pytest.raises(ValidationError, match="还没有进行民主测评"):
        advance(acting, programme)
    open_appraisal_poll(actor=acting("li"), programme=programme, closes_at=NOW + timedelta(1), now=NOW)
    with pytest.raises(ValidationError, match="民主测评还没有结束"):
        advance(acting, programme)
    with pytest.raises(ValidationError, match="已经开始"):
        open_appraisal_poll(actor=acting("li"), programme=programme, closes_at=NOW + timedelta(1), now=NOW)
    close_appraisal_poll(actor=acting("li"), programme=programme, now=NOW)
    with pytest.raises(ValidationError, match="还没有收到选票"):
        advance(acting, programme)
    count(acting, programme, "li")
    with pytest.raises(ValidationError, match="两人一致"):
        advance(acting, programme)
    count(acting, programme, "zhou")
    link_meeting(actor=acting("li"), programme=programme, meeting=appraisal_meeting(cast), now=NOW)
    assert advance(acting, programme, reason="").step == AppraisalStep.DECIDE


def test_the_meeting_is_one_of_the_branch_and_the_year(cast, acting):
    programme = start(acting, cast)
    wrong = [
        appraisal_meeting(cast, kinds=int(MeetingKind.LECTURE)),
        appraisal_meeting(cast, organization=cast.second),
        appraisal_meeting(cast, day=date(2025, 12, 30)),
    ]
    for meeting in wrong:
        with pytest.raises(ValidationError, match="请选择本支部"):
            link_meeting(actor=acting("li"), programme=programme, meeting=meeting, now=NOW)
    life = appraisal_meeting(cast, kinds=int(MeetingKind.ORGANIZATION_LIFE | MeetingKind.LECTURE))
    assert link_meeting(actor=acting("li"), programme=programme, meeting=life, now=NOW).meeting == life


def test_ballots_on_screen_and_on_paper_are_counted_together(cast, acting):
    programme = to_poll(acting, cast)
    numbers = list(programme.poll.subjects.values_list("number", flat=True))
    assert len(numbers) == 9  # the probationary member is not rated
    assert programme.poll.voters.count() == 10  # but takes part
    for who in ("li", "qian"):
        answers = dict.fromkeys(numbers, "优秀")
        cast_ballot(poll=programme.poll, user=cast.people[who], answers=answers, now=NOW)
    with pytest.raises(ValidationError) as error:
        count(acting, programme, "li")
    assert "多于没有在网上投票的8人" in refused(error, "issued")
    for who in ("li", "zhou"):
        count(acting, programme, who, issued=8, returned=7, valid=7, excellent=1)
    close_appraisal_poll(actor=acting("li"), programme=programme, now=NOW)
    # Two ballots on screen would show beside the seven that the tellers know.
    advance(acting, programme)
    page = programme_page(programme, acting("li"))
    assert (page.results.tally.ballots, page.results.is_shown) == (9, False)
    assert all(row.tally is None for row in page.rows)


def test_papers_alone_show_from_five_up(cast, acting):
    programme = to_decide(acting, cast)
    page = programme_page(programme, acting("li"))
    assert page.rows[0].tally == {"优秀": 2, "合格": 7, "基本合格": 0, "不合格": 0}
    assert page.gaps[0].text.startswith("9人还没有评定等次")


def test_people_decide_and_one_third_is_a_warning(cast, acting):
    programme = to_decide(acting, cast)
    best = ("李明", "周兰", "陈强", "何静")
    assert decide(acting, programme, dict.fromkeys(best[:3], "EXCELLENT")) == 3
    assert programme_page(programme, acting("li")).excess == 0
    decide(acting, programme, {"何静": "EXCELLENT"}, excess_reason="防汛表现突出")
    page = programme_page(programme, acting("li"))
    assert (page.most, page.excess, page.explanation) == (3, 1, "防汛表现突出")
    row = appraisal_of(cast, "何静")
    assert (row.decided_by, row.decided_at, row.version) == (cast.people["li"], NOW, 2)
    assert row.history.first().history_change_reason == "综合评定"


def test_what_is_wrong_stands_at_its_member(cast, acting):
    programme = to_decide(acting, cast)
    keys = {name: appraisal_of(cast, name).pk for name in ("陈强", "何静", "严新")}
    with pytest.raises(ValidationError) as error:
        decide(acting, programme, {"陈强": "UNQUALIFIED", "何静": "BARELY", "严新": "QUALIFIED"})
    assert set(error.value.message_dict) == {
        f"opinion_{keys['陈强']}",
        f"opinion_{keys['何静']}",
        f"grade_{keys['严新']}",
    }
    assert not MemberAppraisal.objects.exclude(grade="").exists()
    decide(acting, programme, {"陈强": "UNQUALIFIED"}, opinion="长期不参加组织生活")


def test_of_two_who_decide_the_second_is_told(cast, acting):
    programme = to_decide(acting, cast)
    stale = appraisal_of(cast, "陈强")
    decide(acting, programme, {"陈强": "QUALIFIED"})
    again = {stale.pk: Choice(stale.version, "EXCELLENT", "")}
    with pytest.raises(ValidationError, match="其他同志改过"):
        decide_grades(actor=acting("li"), programme=programme, choices=again, now=NOW)
    same = {stale.pk: Choice(stale.version, "QUALIFIED", "")}
    assert decide_grades(actor=acting("li"), programme=programme, choices=same, now=NOW) == 0


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 9))
def test_the_overview_finds_those_over_one_third(cast, acting, number):
    programme = AppraisalProgramme.objects.first() or to_decide(acting, cast)
    graded = list(programme.appraisals.filter(is_graded=True).order_by("pk").values_list("pk", flat=True))
    MemberAppraisal.objects.filter(pk__in=graded).update(grade="QUALIFIED")
    MemberAppraisal.objects.filter(pk__in=graded[:number]).update(grade="EXCELLENT")
    found = overview(cast.county, 2026, "over", "", TODAY)
    assert found.over == (number > 3)
    assert [line.branch for line in found.lines] == ([cast.first] if number > 3 else [])
    assert found.counts.grades.get("EXCELLENT", 0) == number


def test_the_overview_counts_and_lists_nobody(cast, acting):
    to_tell(acting, cast, 周兰="EXCELLENT")
    found = overview(cast.city, 2026, "", "", TODAY)
    assert (found.counts.branches, found.counts.running, found.counts.missing) == (3, 1, 2)
    assert [(line.unit, line.counts.branches) for line in found.units] == [
        (cast.county, 2),
        (cast.work_committee, 1),
    ]
    assert [line.branch for line in found.lines] == [cast.second, cast.office_branch]
    assert overview(cast.city, 2026, "running", "", TODAY).lines[0].by_grade[:2] == [("优秀", 1), ("合格", 8)]
    assert overview(cast.city, 2025, "", "", TODAY).counts.missing == 3


def test_each_is_told_and_confirms(cast, acting):
    programme = to_tell(acting, cast, 周兰="EXCELLENT")
    with pytest.raises(ValidationError) as error:
        tell(acting, programme, "周兰", "陈强", how="")
    assert "没有账号" in refused(error, "how")
    own = own_appraisals(cast.people["zhou"])[0]
    with pytest.raises(ValidationError, match="还没有反馈"):
        confirm_seen(actor=acting("zhou"), appraisal=own, now=NOW)
    assert tell(acting, programme, "周兰", how="") == 1
    with pytest.raises(PermissionDenied):
        confirm_seen(actor=acting("li"), appraisal=own, now=NOW)
    assert confirm_seen(actor=acting("zhou"), appraisal=own, now=NOW).seen_at == NOW
    later = NOW + timedelta(hours=1)
    assert confirm_seen(actor=acting("zhou"), appraisal=own, now=later).seen_at == NOW
    with pytest.raises(ValidationError) as error:
        advance(acting, programme, reason="")
    assert "8人还没有反馈" in refused(error, "reason")
    assert tell(acting, programme) == 9  # the probationary member too
    row = appraisal_of(cast, "陈强")
    assert (row.told_by, row.told_how) == (cast.people["li"], "支部书记当面反馈")
    done = advance(acting, programme, reason="")
    assert (done.step, done.finished_at) == (AppraisalStep.DONE, NOW)
    with pytest.raises(ValidationError, match="已经完成"):
        decide(acting, programme, {"陈强": "BARELY"}, opinion="晚了")


def test_a_result_that_was_told_changes_only_with_a_reason_and_is_told_anew(cast, acting):
    programme = to_tell(acting, cast)
    tell(acting, programme, "周兰")
    with pytest.raises(ValidationError) as error:
        decide(acting, programme, {"周兰": "EXCELLENT"}, opinion="意见")
    assert "已经知道原来的结果" in refused(error, "reason")
    decide(acting, programme, {"周兰": "EXCELLENT"}, opinion="意见", reason="计票有误")
    assert appraisal_of(cast, "周兰").told_at is None


def test_peer_notes_are_kept_where_something_was_said(cast, acting):
    programme = start(acting, cast)
    notes = {appraisal_of(cast, "周兰").pk: "帮带新党员 ", appraisal_of(cast, "陈强").pk: ""}
    values = {"actor": acting("li"), "programme": programme, "notes": notes, "now": NOW}
    with pytest.raises(ValidationError, match="还在自评阶段"):
        write_peer_notes(**values)
    advance(acting, programme)
    assert write_peer_notes(**values) == 1
    assert write_peer_notes(**values) == 0
    assert appraisal_of(cast, "周兰").peer_notes == "帮带新党员"


def test_points_are_counted_from_facts_and_explained(cast, acting):
    programme = start(acting, cast, members_scheme(cast.city))
    assert {row.total for row in programme.appraisals.filter(is_graded=True)} == {80}
    assert appraisal_of(cast, "严新").total is None
    zhou = appraisal_of(cast, "周兰")

    def add(**fact):
        return add_fact(actor=acting("li"), appraisal=zhou, entry=scoring.Entry(**fact), now=NOW)

    add(item="volunteer", count=2, note="防汛值守")
    wrong = add(item="life", count=1)
    add(item="absent", count=1)
    zhou.refresh_from_db()
    assert (zhou.total, zhou.suggested) == (80 + 10 - 10 - 4, "合格")
    withdraw_fact(actor=acting("li"), entry=wrong, now=NOW)
    zhou.refresh_from_db()
    assert (zhou.total, zhou.suggested) == (86, "合格")
    assert zhou.result["items"]["volunteer"] == "10"
    assert zhou.entries.count() == 3
    # What was counted is explained by the engine alone: the same facts give the same again.
    table = programme.version.table
    entries = tuple(each.as_entry() for each in zhou.entries.filter(withdrawn_at=None))
    again = scoring.evaluate(table, scoring.Facts((scoring.Unit(str(zhou.pk), "周兰", entries=entries),)))
    assert again.results[0].as_dict() == zhou.result
    with pytest.raises(ValidationError) as error:
        add(item="volunteer")
    assert refused(error, "count")
    with pytest.raises(ValidationError, match="没有这一项"):
        add(item="nothing", count=1)
    with pytest.raises(ValidationError, match="不计分"):
        add_fact(
            actor=acting("li"),
            appraisal=appraisal_of(cast, "严新"),
            entry=scoring.Entry(item="volunteer", count=1),
            now=NOW,
        )


def test_a_veto_lowers_what_is_suggested_and_decides_nothing(cast, acting):
    start(acting, cast, members_scheme(cast.city))
    chen, condition = appraisal_of(cast, "陈强"), "无故不参加组织生活六个月"
    values = {"actor": acting("li"), "appraisal": chen, "now": NOW}
    with pytest.raises(ValidationError, match="请选择评议办法"):
        add_adjustment(condition="别的", reason="x", **values)
    with pytest.raises(ValidationError, match="事实和依据"):
        add_adjustment(condition=condition, reason=" ", **values)
    add_adjustment(condition=condition, reason="考勤记录", on=date(2026, 9, 1), **values)
    chen.refresh_from_db()
    assert (chen.suggested, chen.grade, chen.total) == ("不合格", "", 80)
    with pytest.raises(ValidationError, match="已经登记"):
        add_adjustment(condition=condition, reason="再记一次", **values)


def test_a_cancelled_poll_is_held_again(cast, acting):
    programme = to_poll(acting, cast)
    first = programme.poll
    cancel_poll(actor=acting("li"), poll=first, reason="停电", now=NOW)
    programme.refresh_from_db()
    assert gaps_of(programme)[0].blocks
    open_appraisal_poll(actor=acting("li"), programme=programme, closes_at=NOW + timedelta(1), now=NOW)
    programme.refresh_from_db()
    assert (programme.poll.state, programme.poll == first) == (PollState.OPEN, False)
    assert appraisal_of(cast, "李明").subject.poll == programme.poll


def test_what_was_started_by_mistake_is_cancelled_and_the_year_started_anew(cast, acting):
    programme = to_poll(acting, cast)
    for who in ("zhou", "zhao", "qian"):
        with pytest.raises(PermissionDenied):
            cancel_programme(actor=acting(who), programme=programme, reason="年度选错", now=NOW)
    with pytest.raises(ValidationError, match="写明取消的原因"):
        cancel_programme(actor=acting("li"), programme=programme, reason=" ", now=NOW)
    kept = cancel_programme(actor=acting("li"), programme=programme, reason="年度选错", now=NOW)
    assert kept.poll.voters.count() == 10
    assert (kept.cancelled_for, Poll.objects.get().state) == ("年度选错", PollState.CANCELLED)
    assert own_appraisals(cast.people["zhou"]) == []
    assert appraisal_tasks(acting("zhou")) == []
    for refused_now in (
        lambda: advance(acting, programme),
        lambda: write(acting, cast, "周兰", who="zhou"),
        lambda: cancel_programme(actor=acting("li"), programme=programme, reason="再次", now=NOW),
    ):
        with pytest.raises(ValidationError, match="已经取消"):
            refused_now()
    page = overview(cast.town, 2026, "", "", TODAY)
    assert page.counts.started == 0
    assert start(acting, cast).pk != programme.pk
    with pytest.raises(ValidationError, match="已经开始"):
        start(acting, cast)


def test_a_programme_with_votes_or_papers_is_not_cancelled(cast, acting):
    programme = to_poll(acting, cast)
    cast_ballot(
        poll=programme.poll, user=cast.people["zhou"], answers=dict.fromkeys(range(1, 10), "合格"), now=NOW
    )
    with pytest.raises(ValidationError, match="已经有人投票"):
        cancel_programme(actor=acting("li"), programme=programme, reason="年度选错", now=NOW)
    # The vote is void with its poll, and the next one is counted on paper.
    cancel_poll(actor=acting("li"), poll=programme.poll, reason="名单有误", now=NOW)
    open_appraisal_poll(actor=acting("li"), programme=programme, closes_at=NOW + timedelta(1), now=NOW)
    count(acting, programme, "li")
    with pytest.raises(ValidationError, match="录入了纸质票"):
        cancel_programme(actor=acting("li"), programme=programme, reason="年度选错", now=NOW)
    close_appraisal_poll(actor=acting("li"), programme=programme, now=NOW)
    count(acting, programme, "zhou")
    advance(acting, programme, reason="会议记录随后补")
    with pytest.raises(ValidationError, match="已经进入综合评定"):
        cancel_programme(actor=acting("li"), programme=programme, reason="年度选错", now=NOW)


def test_the_table_is_changed_while_no_fact_counts(cast, acting):
    table = members_scheme(cast.city)
    programme = start(acting, cast)

    def change(version, who="li"):
        return change_version(actor=acting(who), programme=programme, version=version, now=NOW)

    with pytest.raises(PermissionDenied):
        change(table, who="zhou")
    assert change(table).version == table
    assert appraisal_of(cast, "周兰").total == 80
    other = members_scheme(cast.town, year=2025)
    with pytest.raises(ValidationError, match="不适用"):
        change(other)
    entry = add_fact(
        actor=acting("li"),
        appraisal=appraisal_of(cast, "周兰"),
        entry=scoring.Entry(item="life", count=1),
        now=NOW,
    )
    with pytest.raises(ValidationError, match="逐条撤销"):
        change(None)
    withdraw_fact(actor=acting("li"), entry=entry, now=NOW)
    assert change(None).version is None
    row = appraisal_of(cast, "周兰")
    assert (row.result, row.total, row.suggested) == (None, None, "")
    assert AuditEntry.objects.filter(event="更换评议办法").count() == 2
