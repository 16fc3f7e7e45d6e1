"""Facts that people state: who, until when, what is refused and where it is said; disputes of what the system knows."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from accountability import filling
from accountability.actions.disputes import answer_dispute, raise_dispute, take_back_objection
from accountability.actions.entries import Evidence, Outdated, add_entry, change_entry, withdraw_entry
from accountability.actions.evidence import add_entry_file
from accountability.choices import EntryOrigin, RoundState
from accountability.filling import asks_of
from accountability.known import filled_in
from accountability.models import EvaluationEntry, Objection
from accountability.queries.entries import fill_page, read_evaluation
from accountability.queries.evaluation_tasks import evaluation_tasks
from accountability.queries.rounds import asked_items
from accountability.scoring import Entry
from branches.choices import MeetingKind, MeetingStatus
from branches.models import AuditEntry
from tests.accountability.conftest import NOW
from tests.accountability.filling_worlds import gathering
from tests.branches.test_cadence import hold

STARTERS = Path(filling.__file__).parent / "starters" / "schemes"
SERVICE = Entry("service", points=Decimal("18.5"), reason="台账齐全")


@pytest.fixture
def evaluation(cast):
    return gathering(cast)


def state(actor, evaluation, entry, *evidence):
    return add_entry(actor=actor, evaluation=evaluation, entry=entry, evidence=evidence, now=NOW)


def test_a_unit_states_a_fact_with_its_post_and_the_total_is_out_of_date(cast, acting, evaluation):
    made = state(acting("li"), evaluation, SERVICE)
    assert (made.origin, made.points, made.author, made.appointment.organization) == (
        EntryOrigin.HAND,
        Decimal("18.5"),
        cast.people["li"],
        cast.first,
    )
    evaluation.refresh_from_db()
    assert evaluation.changed_at == NOW
    assert AuditEntry.objects.get(event="填报考核事实").object_id == str(made.pk)
    assert state(acting("li"), evaluation, SERVICE) == made  # a double click


def test_the_first_screen_asks_for_facts_until_all_are_stated(acting, evaluation):
    def asked():
        return [each.words[:6] for each in evaluation_tasks(acting("li")) if each.action == "去填报"]

    owed = sorted(asked_items(evaluation.scheme))
    assert asked() == [f"还差 {len(owed)} 项"]
    for left, item in zip(range(len(owed) - 1, -1, -1), owed, strict=True):
        state(acting("li"), evaluation, Entry(item, applies=False, reason="今年没有这项工作"))
        assert asked() == ([f"还差 {left} 项"] if left else [])


@pytest.mark.parametrize(
    ("entry", "field", "words"),
    [
        (Entry("service", points=Decimal(21), reason="好"), "points", "应在0到20分之间"),
        (Entry("service", points=Decimal(20)), "reason", "写明理由"),
        (Entry("visits"), "value", "请填数值"),
        (Entry("visits", value=Decimal(90), count=1, due=2), "value", "只填一种"),
        (Entry("late"), "count", "没有的填 0"),
        (Entry("service", applies=False), "reason", "为什么不适用"),
        (Entry("late", count=1, flags=("夜间",)), "__all__", "没有倍数条件"),
        (Entry("nothing"), None, "没有这一项"),
        (Entry("opinion", level="好", by="自评"), None, "评价窗口"),
        (Entry("inspection", level="好"), None, "由柳汀镇党委填"),
        (Entry("meetings", count=4), None, "有异议"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(acting, evaluation, entry, field, words):
    with pytest.raises(ValidationError, match=words) as refused:
        state(acting("li"), evaluation, entry)
    if field:
        assert list(refused.value.error_dict) == [field]
    assert not EvaluationEntry.objects.filter(origin=EntryOrigin.HAND).exists()


def test_one_answer_where_there_is_one_and_every_occurrence_where_there_are_several(acting, evaluation):
    li = acting("li")
    state(li, evaluation, SERVICE)
    with pytest.raises(ValidationError, match=r"李明已填“18\.5分”"):
        state(li, evaluation, replace(SERVICE, points=Decimal(20)))
    state(li, evaluation, Entry("late", count=1, on=date(2026, 3, 1)))
    state(li, evaluation, Entry("late", count=2, on=date(2026, 5, 1), flags=("催办后仍未完成",)))
    assert evaluation.entries.filter(item="late").count() == 2
    with pytest.raises(ValidationError, match="先撤销"):
        state(li, evaluation, Entry("late", applies=False, reason="没有材料"))


def test_what_does_not_apply_closes_the_item_until_it_is_withdrawn(acting, evaluation):
    li = acting("li")
    closed = state(li, evaluation, Entry("service", applies=False, reason="新建支部"))
    with pytest.raises(ValidationError, match="先撤销"):
        state(li, evaluation, SERVICE)
    withdraw_entry(actor=li, entry=closed, now=NOW)
    assert state(li, evaluation, SERVICE).points == Decimal("18.5")


def test_the_committee_states_what_it_looks_into_and_any_other_item(acting, evaluation):
    zhao = acting("zhao")
    state(zhao, evaluation, Entry("inspection", level="好"))
    made = state(zhao, evaluation, SERVICE)
    with pytest.raises(PermissionDenied, match="组织考核的单位填的"):
        change_entry(actor=acting("li"), entry=made, said=replace(SERVICE, points=Decimal(20)), now=NOW)
    other = evaluation.round.evaluations.exclude(pk=evaluation.pk).get()
    state(zhao, other, Entry("meetings", count=2))  # the system has nothing there
    for who in ("wang", "zhou", "wu"):
        with pytest.raises(PermissionDenied):
            state(acting(who), evaluation, Entry("visits", value=Decimal(90)))


def test_after_the_day_the_committee_alone_and_after_showing_nobody(acting, evaluation):
    visits = Entry("visits", value=Decimal(90))
    with pytest.raises(ValidationError, match="截止"):
        state(acting("li", date(2026, 12, 11)), evaluation, visits)
    state(acting("zhao", date(2026, 12, 11)), evaluation, visits)
    evaluation.round.state = RoundState.SHOWN
    evaluation.round.save()
    for who in ("li", "zhao"):
        with pytest.raises(ValidationError, match="不在采集事实阶段"):
            state(acting(who), evaluation, SERVICE)


def test_a_change_withdraws_and_states_anew_and_takes_the_files_along(acting, evaluation, settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    li = acting("li")
    first = state(li, evaluation, SERVICE)
    add_entry_file(
        actor=li, entry=first, name="台账.pdf", content=b"%PDF-1.7 x", content_type="application/pdf", now=NOW
    )
    assert change_entry(actor=li, entry=first, said=SERVICE, now=NOW) == first
    second = change_entry(actor=li, entry=first, said=replace(SERVICE, points=Decimal(17)), now=NOW)
    first.refresh_from_db()
    assert first.withdrawn_at == NOW
    assert [each.sha256 for each in second.files.all()] == [each.sha256 for each in first.files.all()]
    with pytest.raises(Outdated, match="刚刚被他人改动"):
        change_entry(actor=li, entry=first, said=replace(SERVICE, points=Decimal(3)), now=NOW)
    with pytest.raises(ValidationError, match="附在现在的那一条"):
        add_entry_file(
            actor=li,
            entry=first,
            name="台账.pdf",
            content=b"%PDF-1.7 y",
            content_type="application/pdf",
            now=NOW,
        )


def test_evidence_is_a_confirmed_meeting_of_the_unit_or_words(cast, acting, evaluation):
    li = acting("li")
    own = hold(cast.first, MeetingKind.PARTY_DAY, date(2026, 5, 6))
    wrong = [
        hold(cast.second, MeetingKind.PARTY_DAY, date(2026, 5, 6)),
        hold(cast.first, MeetingKind.PARTY_DAY, date(2026, 5, 7), MeetingStatus.SUBMITTED),
    ]
    for meeting in wrong:
        with pytest.raises(ValidationError, match="本单位已确认"):
            state(li, evaluation, SERVICE, Evidence(meeting=meeting))
    made = state(li, evaluation, SERVICE, Evidence(meeting=own), Evidence(words="台账第3册"))
    assert [each.words for each in made.evidence.all()] == ["2026-05-06 会议", "台账第3册"]


def test_what_the_system_filled_in_is_disputed_once_and_corrected(acting, evaluation):
    li, zhao = acting("li"), acting("zhao")
    entry = evaluation.entries.get(origin=EntryOrigin.SYSTEM)
    dispute = raise_dispute(actor=li, entry=entry, reason="十月的大会漏记", now=NOW)
    assert raise_dispute(actor=li, entry=entry, reason="十月的大会漏记", now=NOW) == dispute
    with pytest.raises(PermissionDenied):
        answer_dispute(actor=li, objection=dispute, uphold=True, answer="好", now=NOW)
    with pytest.raises(ValidationError, match="请写明答复"):
        answer_dispute(actor=zhao, objection=dispute, uphold=False, answer=" ", now=NOW)
    with pytest.raises(ValidationError, match="请填写数量"):
        answer_dispute(
            actor=zhao, objection=dispute, uphold=True, answer="属实", said=Entry("meetings"), now=NOW
        )
    answer_dispute(
        actor=zhao,
        objection=dispute,
        uphold=True,
        answer="会议记录属实",
        said=Entry("meetings", count=4, due=4),
        now=NOW,
    )
    entry.refresh_from_db()
    corrected = evaluation.entries.get(origin=EntryOrigin.CORRECTED)
    assert (entry.withdrawn_at, corrected.count, corrected.datum) == (NOW, 4, "党员大会")
    evaluation.refresh_from_db()
    assert evaluation.changed_at == NOW
    with pytest.raises(ValidationError, match="已由赵勇答复"):
        answer_dispute(actor=zhao, objection=dispute, uphold=False, answer="不", now=NOW)


def test_a_dispute_that_is_not_upheld_leaves_the_figure(acting, evaluation):
    entry = evaluation.entries.get(origin=EntryOrigin.SYSTEM)
    dispute = raise_dispute(actor=acting("li"), entry=entry, reason="漏记", now=NOW)
    answer_dispute(actor=acting("zhao"), objection=dispute, uphold=False, answer="没有记录", now=NOW)
    entry.refresh_from_db()
    assert entry.withdrawn_at is None
    assert Objection.objects.get().state == "REJECTED"
    with pytest.raises(PermissionDenied):
        raise_dispute(actor=acting("wang"), entry=entry, reason="漏记", now=NOW)


def test_a_dispute_is_taken_back_as_long_as_nobody_has_answered(cast, acting, evaluation):
    entry = evaluation.entries.get(item="meetings")
    li, zhao = cast.client("li"), cast.client("zhao")
    first = raise_dispute(actor=acting("li"), entry=entry, reason="漏记", now=NOW)
    back = reverse("objection-take-back", args=[first.pk])
    assert back in li.get(reverse("evaluation-fill", args=[evaluation.pk])).content.decode()
    for _ in range(2):
        assert "异议已撤回" in li.post(back, follow=True).content.decode()
    first.refresh_from_db()
    assert (first.state, first.answered_by, first.history.count()) == ("WITHDRAWN", cast.people["li"], 2)
    with pytest.raises(ValidationError, match="已撤回"):
        answer_dispute(actor=acting("zhao"), objection=first, uphold=False, answer="没有", now=NOW)
    for name in ("dispute-answer", "objection-detail"):
        assert "已撤回" in zhao.get(reverse(name, args=[first.pk])).content.decode()
    second = raise_dispute(actor=acting("li"), entry=entry, reason="漏记", now=NOW)
    with pytest.raises(PermissionDenied):
        take_back_objection(actor=acting("zhao"), objection=second, now=NOW)
    answer_dispute(actor=acting("zhao"), objection=second, uphold=False, answer="没有", now=NOW)
    with pytest.raises(ValidationError, match="不能撤回"):
        take_back_objection(actor=acting("li"), objection=second, now=NOW)


def test_who_was_taken_out_of_the_round_states_nothing(acting, evaluation):
    evaluation.round.evaluations.filter(pk=evaluation.pk).update(removed_at=NOW)
    with pytest.raises(ValidationError, match="移出考核"):
        state(acting("li"), evaluation, SERVICE)


@pytest.mark.parametrize("path", sorted(STARTERS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_starter_can_be_filled_in(cast, acting, path):
    evaluation = gathering(cast, path.read_text())
    if evaluation.scheme.version.table.subject == "person":
        evaluation.appointment = cast.people["li"].appointments.get()
        evaluation.save()
    page = cast.client("li").get(reverse("evaluation-fill", args=[evaluation.pk]))
    assert page.status_code == 200
    for ask in asks_of(evaluation.scheme.version.table):
        if ask.item.source == "assessor" or (ask.item.key, ask.fact) in filled_in(
            evaluation.scheme.version.table
        ):
            continue
        _, high = ask.range or (None, None)
        data = {
            "yes": True,
            "level": next(iter(ask.levels), ""),
            "points": high,
            "count": 1,
            "due": 1,
        } | ({"value": Decimal(90)} if "due" not in ask.fields else {})
        said = {name: data[name] for name in ask.fields if name in data}
        of = "李明" if ask.asks_of else ""
        entry = Entry(
            ask.item.key, ask.fact, reason="属实", of=of, matter="一事" if ask.has_matter else "", **said
        )
        state(acting("zhao"), evaluation, entry)


def test_the_page_asks_each_for_their_own(acting, evaluation):
    pages = {who: fill_page(read_evaluation(evaluation.pk), acting(who)) for who in ("li", "zhao", "wu")}
    assert {who: page.owed for who, page in pages.items()} == {"li": 2, "zhao": 3, "wu": 0}
    row = pages["li"].item("meetings")
    assert row.asks[0].entries[0].may_dispute
    assert not pages["zhao"].item("meetings").asks[0].entries[0].may_dispute
    assert pages["li"].item("opinion").waits == "由评价方在评价窗口里评"
