"""问责: people draft, decide, announce and answer; nobody else learns of it, and nothing happens by itself."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accountability.actions.cases import (
    CaseMoved,
    Draft,
    add_readers,
    announce_case,
    answer_appeal,
    close_case,
    correct_case,
    decide_case,
    drop_case,
    file_appeal,
    last_day_of_appeal,
    open_case,
    propose_case,
    remove_reader,
    save_case,
)
from accountability.choices import CaseState
from accountability.models import AccountabilityCase, CaseAppeal
from branches.choices import Post
from branches.models import Appointment, AuditEntry
from tests.accountability.conftest import NOW, TODAY
from tests.conftest import employ

UNIT = Draft("ORGANIZATION", "半年未换届，经提醒仍未整改。", "第七条第四项", ("INSPECT", "CIRCULATE"))
PERSON = Draft("PRINCIPAL", "三次未研究党建工作。", "第七条第八项", ("CIRCULATE", "ADMONISH"), "MAIN")


@pytest.mark.parametrize(
    ("announced", "last"),
    [
        (date(2026, 1, 31), date(2026, 2, 28)),
        (date(2028, 1, 31), date(2028, 2, 29)),
        (date(2028, 1, 30), date(2028, 2, 29)),
        (date(2026, 1, 28), date(2026, 2, 28)),
        (date(2026, 2, 28), date(2026, 3, 28)),
        (date(2026, 3, 31), date(2026, 4, 30)),
        (date(2026, 12, 31), date(2027, 1, 31)),
        (date(2026, 11, 20), date(2026, 12, 20)),
    ],
)
def test_a_month_to_appeal(announced, last):
    assert last_day_of_appeal(announced) == last


def drafted(acting, organization, who="sun", draft=UNIT, **values):
    return open_case(actor=acting(who), organization=organization, draft=draft, now=NOW, **values)


def officer_of(cast, who="li"):
    return cast.people[who].appointments.get()


def proposed(acting, organization, **values):
    case = drafted(acting, organization, **values)
    return propose_case(actor=acting("sun"), case=case, version=case.version, now=NOW)


def announced(acting, organization, on=TODAY, **values):
    case = proposed(acting, organization, **values)
    early = {"decided_on": on, "now": NOW}
    case = decide_case(
        actor=acting("qian"), case=case, version=case.version, number="望纪〔2026〕3号", **early
    )
    return announce_case(actor=acting("sun"), case=case, version=case.version, announced_on=on, now=NOW)


def test_from_the_draft_to_the_end(cast, acting):
    case = announced(acting, cast.town, on=date(2026, 10, 19))
    assert (case.decided_by, case.appeal_until) == (cast.people["qian"], date(2026, 11, 19))
    with pytest.raises(ValidationError, match="2026-11-19（含当日）"):
        close_case(actor=acting("sun", date(2026, 11, 19)), case=case, version=case.version, now=NOW)
    closed = close_case(actor=acting("sun"), case=case, version=case.version, now=NOW)
    assert closed.state == CaseState.CLOSED
    reasons = [each.history_change_reason for each in case.history.order_by("history_id")]
    assert reasons == ["起草", "提请决定", "决定", "宣布", "办结"]


def test_an_appeal_is_filed_within_the_month_and_answered_by_another(cast, acting):
    case = announced(acting, cast.town, on=date(2026, 10, 19))
    sun, qian = acting("sun"), acting("qian")
    for day, words in ((date(2026, 10, 18), "不能早于"), (date(2026, 11, 20), "已经过了")):
        with pytest.raises(ValidationError, match=words):
            file_appeal(actor=sun, case=case, version=case.version, filed_on=day, reason="有误。", now=NOW)
    last = date(2026, 11, 19)
    appeal = file_appeal(
        actor=sun, case=case, version=case.version, filed_on=last, reason="已按期换届。", now=NOW
    )
    case.refresh_from_db()
    answer = {
        "case": case,
        "version": case.version,
        "answer": "查明已换届。",
        "answered_on": TODAY,
        "now": NOW,
    }
    with pytest.raises(PermissionDenied, match="起草人以外"):
        answer_appeal(actor=sun, upheld=False, **answer)
    with pytest.raises(ValidationError, match="变更或者撤销"):
        answer_appeal(actor=qian, upheld=True, measures=["CIRCULATE", "INSPECT"], **answer)
    with pytest.raises(ValidationError, match="2026-11-19到今天"):
        answer_appeal(actor=qian, upheld=False, **answer | {"answered_on": date(2026, 11, 18)})
    answer_appeal(actor=qian, upheld=True, measures=["INSPECT"], **answer)
    appeal.refresh_from_db()
    case.refresh_from_db()
    assert (appeal.upheld, appeal.measures, case.state) == (True, ["INSPECT"], CaseState.CLOSED)
    assert case.measures == ["INSPECT", "CIRCULATE"], "what was decided stays on record"


@pytest.mark.parametrize(("upheld", "measures"), [(False, ["INSPECT"]), (True, [])])
def test_an_appeal_may_be_rejected_and_a_decision_withdrawn(cast, acting, upheld, measures):
    case = announced(acting, cast.town)
    appeal = file_appeal(
        actor=acting("sun"), case=case, version=case.version, filed_on=TODAY, reason="有误。", now=NOW
    )
    answer_appeal(
        actor=acting("qian"),
        case=case,
        version=case.version + 1,
        upheld=upheld,
        measures=measures,
        answer="已复查。",
        answered_on=TODAY,
        now=NOW,
    )
    appeal.refresh_from_db()
    assert (appeal.upheld, appeal.measures) == (upheld, [])


def test_the_drafter_does_not_decide(cast, acting):
    case = proposed(acting, cast.town)
    with pytest.raises(PermissionDenied, match="其他同志"):
        decide_case(actor=acting("sun"), case=case, version=case.version, decided_on=TODAY, now=NOW)
    with pytest.raises(PermissionDenied, match="起草人"):
        save_case(actor=acting("qian"), case=case, version=case.version, draft=PERSON, now=NOW)
    with pytest.raises(ValidationError, match="不能这样办"):
        announce_case(actor=acting("qian"), case=case, version=case.version, announced_on=TODAY, now=NOW)


def test_what_is_not_pursued_says_why(cast, acting):
    case = proposed(acting, cast.town)
    with pytest.raises(ValidationError, match="理由"):
        drop_case(actor=acting("qian"), case=case, version=case.version, reason=" ", now=NOW)
    dropped = drop_case(
        actor=acting("qian"), case=case, version=case.version, reason="情节轻微，已改正。", now=NOW
    )
    assert (dropped.state, dropped.decided_by) == (CaseState.DROPPED, cast.people["qian"])
    own = drafted(acting, cast.first)
    assert drop_case(actor=acting("sun"), case=own, version=1, reason="重复。", now=NOW).decided_by is None


@pytest.mark.parametrize("who", ["li", "zhao", "zhou", "wu", "zheng", "feng", "nobody"])
def test_nobody_else_drafts(cast, acting, who):
    with pytest.raises(PermissionDenied):
        drafted(acting, cast.first, who=who)


def test_only_strictly_below_and_never_oneself(cast, acting):
    for unit in (cast.county, cast.city, cast.department):
        with pytest.raises(PermissionDenied):
            drafted(acting, unit)
    second = Appointment.objects.create(
        user=cast.people["sun"],
        organization=cast.town,
        post=Post.DISCIPLINE_SECRETARY,
        starts_on=date(2026, 1, 1),
    )
    with pytest.raises(PermissionDenied, match="回避"):
        drafted(acting, cast.town)
    second.ends_on = date(2026, 3, 1)
    second.save()
    drafted(acting, cast.town)
    with pytest.raises(PermissionDenied, match="回避"):
        drafted(acting, cast.town, draft=PERSON, appointment=second)


def test_a_person_of_the_body_with_a_post_in_the_unit_does_not_decide(cast, acting):
    case = proposed(acting, cast.town)
    Appointment.objects.create(
        user=cast.people["qian"], organization=cast.town, post=Post.SECRETARY, starts_on=date(2026, 1, 1)
    )
    with pytest.raises(PermissionDenied, match="回避"):
        decide_case(actor=acting("qian"), case=case, version=case.version, decided_on=TODAY, now=NOW)


@pytest.mark.parametrize(
    ("draft", "of_person", "field"),
    [
        (Draft("STYLE", "事实", "第七条", ("ADMONISH",)), False, "measures"),
        (Draft("STYLE", "事实", "第七条", ("REORGANISE",), "MAIN"), True, "measures"),
        (Draft("STYLE", "事实", "第七条", ("ADMONISH",)), True, "part"),
        (Draft("STYLE", " ", "第七条", ("INSPECT",)), False, "facts"),
        (Draft("STYLE", "事实", "", ("INSPECT",)), False, "basis"),
        (Draft("STYLE", "事实", "第七条", ()), False, "measures"),
        (Draft("WEATHER", "事实", "第七条", ("INSPECT",)), False, "situation"),
    ],
)
def test_what_a_case_must_say(cast, acting, draft, of_person, field):
    appointment = officer_of(cast) if of_person else None
    with pytest.raises(ValidationError) as refused:
        drafted(acting, cast.first, draft=draft, appointment=appointment)
    assert list(refused.value.error_dict) == [field]


def test_a_person_is_one_of_the_units_committee(cast, acting):
    case = drafted(acting, cast.first, draft=PERSON, appointment=officer_of(cast))
    assert (case.part, case.measures) == ("MAIN", ["CIRCULATE", "ADMONISH"])
    for who, words in (("zhou", "班子成员"), ("wang", "不在")):
        with pytest.raises(ValidationError, match=words):
            drafted(acting, cast.first, draft=PERSON, appointment=officer_of(cast, who))


def test_a_second_press_makes_no_second_case(cast, acting):
    drafted(acting, cast.town)
    with pytest.raises(ValidationError, match="已起草过"):
        drafted(acting, cast.town)
    assert AccountabilityCase.objects.count() == 1


def test_who_read_an_older_version_is_told(cast, acting):
    case = drafted(acting, cast.town)
    save_case(actor=acting("sun"), case=case, version=1, draft=PERSON_ON_UNIT, now=NOW)
    with pytest.raises(CaseMoved):
        propose_case(actor=acting("sun"), case=case, version=1, now=NOW)


PERSON_ON_UNIT = Draft("STYLE", "改过的事实。", "第七条第五项", ("CIRCULATE",))


def test_words_are_corrected_with_a_reason_and_measures_are_not(cast, acting):
    case = announced(acting, cast.town, on=date(2026, 10, 31))
    common = {"actor": acting("qian"), "case": case, "version": case.version, "number": "", "now": NOW}
    with pytest.raises(ValidationError, match="原因"):
        correct_case(draft=UNIT, reason="", **common)
    with pytest.raises(ValidationError, match="申诉复查"):
        correct_case(draft=PERSON_ON_UNIT, reason="写错了", **common)
    mended = Draft("ORGANIZATION", "七个月未换届。", UNIT.basis, UNIT.measures)
    kept = correct_case(draft=mended, reason="月数有误", announced_on=date(2026, 11, 1), **common)
    assert (kept.facts, kept.appeal_until) == ("七个月未换届。", date(2026, 12, 1))
    latest, former = case.history.order_by("-history_id")[:2]
    assert latest.history_change_reason == "更正：月数有误"
    assert former.facts == UNIT.facts


def seen_by(cast, acting):
    return {who for who in cast.people if AccountabilityCase.objects.visible_to(acting(who, TODAY)).exists()}


def test_a_case_is_seen_by_its_body_and_by_who_is_named(cast, acting):
    case = drafted(acting, cast.first, draft=PERSON, appointment=officer_of(cast))
    assert seen_by(cast, acting) == {"qian", "sun"}
    deputy = employ("han", "韩副", (cast.city, Post.DEPUTY_SECRETARY))
    cast.people["han"] = deputy
    readers = [officer_of(cast), deputy.appointments.get()]
    case = add_readers(
        actor=acting("sun"), case=case, version=1, appointments=readers, reason="分管领导和本人", now=NOW
    )
    assert seen_by(cast, acting) == {"qian", "sun", "han"}, "not the person before it is announced"
    case = propose_case(actor=acting("sun"), case=case, version=case.version, now=NOW)
    case = decide_case(actor=acting("qian"), case=case, version=case.version, decided_on=TODAY, now=NOW)
    assert "li" not in seen_by(cast, acting)
    case = announce_case(actor=acting("sun"), case=case, version=case.version, announced_on=TODAY, now=NOW)
    assert seen_by(cast, acting) == {"qian", "sun", "han", "li"}
    with pytest.raises(PermissionDenied):
        file_appeal(
            actor=acting("han"), case=case, version=case.version, filed_on=TODAY, reason="不服", now=NOW
        )
    case = remove_reader(
        actor=acting("qian"),
        case=case,
        version=case.version,
        appointment=readers[1],
        reason="工作调整",
        now=NOW,
    )
    assert seen_by(cast, acting) == {"qian", "sun", "li"}
    appeal = file_appeal(
        actor=acting("li"), case=case, version=case.version, filed_on=TODAY, reason="不服", now=NOW
    )
    assert appeal.author == cast.people["li"]
    reasons = [each.history_change_reason for each in case.history.order_by("history_id")]
    assert reasons[1] == "增加知悉人李明、韩副：分管领导和本人"
    assert "移除知悉人韩副：工作调整" in reasons
    assert len(reasons) == 7, "one line a change"


def test_a_member_or_an_administrator_is_not_let_in(cast, acting):
    case = drafted(acting, cast.first)
    for who in ("zhou", "wu", "zheng"):
        with pytest.raises(ValidationError, match="知悉人只能是"):
            add_readers(
                actor=acting("sun"),
                case=case,
                version=1,
                appointments=[officer_of(cast, who)],
                reason="看看",
                now=NOW,
            )


def test_the_log_says_which_case_and_nothing_of_it(cast, acting):
    case = announced(acting, cast.first, draft=PERSON, appointment=officer_of(cast))
    told = AuditEntry.objects.filter(object_type="accountability.AccountabilityCase")
    assert {each.summary for each in told} == {f"问责第{case.pk}号"}
    assert told.count() == 4
    assert not CaseAppeal.objects.exists()
