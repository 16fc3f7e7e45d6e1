from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import call_command

from accountability.actions.decompositions import Share, decompose_duty
from accountability.actions.lists import issue_list, issue_lists, sign_list, withdraw_list
from accountability.actions.starters import load_duty_starters
from accountability.actions.templates import change_template, copy_template, create_template
from accountability.choices import ListStatus
from accountability.models import Duty, DutyList, DutyRecord, DutyTemplate, DutyTemplateItem
from branches.choices import OrganizationKind, Post
from branches.models import Appointment, AuditEntry, CadenceRule, DirtyMark
from tests.accountability.conftest import NOW


def lists_of(organization):
    return DutyList.objects.in_force().filter(organization=organization)


# Templates


def test_starters_are_loaded_once_and_never_overwrite(db):
    assert {each.code for each in load_duty_starters(year=2026)} == {
        "PRINCIPAL",
        "OVERSIGHT",
        "FIRST",
        "DUAL",
        "BRANCH",
        "SECRETARY",
        "LEADERSHIP-1",
        "LEADERSHIP-2",
        "LEADERSHIP-3",
    }
    edited = DutyTemplate.objects.get(code="BRANCH")
    edited.title = "我县支部任务"
    edited.save()
    assert load_duty_starters(year=2026) == []
    assert DutyTemplate.objects.get(code="BRANCH").title == "我县支部任务"
    assert DutyTemplateItem.objects.filter(legal_basis="").count() == 0
    assert DutyTemplateItem.objects.filter(sunset_on=None).count() == 0


def test_the_command_is_idempotent(db, capsys):
    call_command("load_starters", year=2026)
    call_command("load_starters", year=2026)
    assert CadenceRule.objects.count() == 16
    assert DutyTemplate.objects.count() == 9
    assert "新增 0 条" in capsys.readouterr().out


def item(**values):
    facts = {
        "heading": "联系群众",
        "content": "听取群众意见",
        "interval": "quarter",
        "legal_basis": "试行办法第三条",
        "sunset_on": date(2026, 12, 31),
    }
    return DutyTemplateItem(**facts | values)


def template(**values):
    return DutyTemplate(
        code="LOCAL", title="地方清单", kind="PRINCIPAL", year=2026, source="试行办法", **values
    )


def test_a_forbidden_item_is_refused_with_the_rule(acting, db):
    with pytest.raises(ValidationError, match="打卡"):
        create_template(actor=acting("wu"), template=template(), items=[item(measure="每日打卡")], now=NOW)
    assert not DutyTemplate.objects.exists()


@pytest.mark.parametrize(
    ("lacking", "words"), [({"legal_basis": ""}, "依据条款"), ({"sunset_on": None}, "日落日期")]
)
def test_an_item_stands_on_an_article_and_ends(acting, db, lacking, words):
    with pytest.raises(ValidationError, match=words):
        create_template(actor=acting("wu"), template=template(), items=[item(**lacking)], now=NOW)


def test_items_are_reordered_and_removed(acting, db):
    made = create_template(
        actor=acting("wu"),
        template=template(),
        items=[item(heading="甲"), item(heading="乙"), item(heading="丙")],
        now=NOW,
    )
    first, _, third = made.items.all()
    change_template(
        actor=acting("wu"), template=made, items=[third, first], version=1, reason="精简", now=NOW
    )
    assert [(each.number, each.heading) for each in made.items.all()] == [(1, "丙"), (2, "甲")]
    assert made.history.latest().history_change_reason == "精简"


def test_a_template_is_carried_to_the_next_year(acting, templates):
    copy = copy_template(actor=acting("wu"), template=templates["BRANCH"], year=2027, now=NOW)
    assert copy.items.count() == 8
    assert {each.sunset_on for each in copy.items.all()} == {date(2027, 12, 31)}
    assert templates["BRANCH"].items.count() == 8


def test_only_the_administrator_at_the_top_writes_templates(acting, db):
    for who in ("li", "zhao", "qian", "zheng"):
        with pytest.raises(PermissionDenied):
            create_template(actor=acting(who), template=template(), items=[item()], now=NOW)


# Issuing


def test_issuing_opens_every_term_from_the_month_on(cast, acting, templates):
    issued = issue_list(
        actor=acting("zhao"), template=templates["PRINCIPAL"], organization=cast.town, now=NOW
    )
    records = DutyRecord.objects.filter(duty__duty_list=issued)
    assert issued.issuer == cast.town
    # November: two months, Q4, H2, the year.
    assert sorted(records.filter(duty__interval="month").values_list("period", flat=True)) == [202611, 202612]
    assert set(records.exclude(duty__interval="month").values_list("period", flat=True)) == {202612}
    assert set(records.filter(period=202611).values_list("due_on", flat=True)) == {date(2026, 11, 30)}


def test_issuing_marks_the_months_that_have_begun(cast, acting, templates):
    issue_list(actor=acting("zhao"), template=templates["PRINCIPAL"], organization=cast.town, now=NOW)
    assert list(DirtyMark.objects.values_list("organization", "period")) == [(cast.town.pk, 202611)]


def test_issuing_to_a_subtree_twice_is_issuing_once(cast, acting, templates):
    officer = acting("wu")
    assert issue_lists(actor=officer, template=templates["PRINCIPAL"], scope=cast.city, now=NOW) == 6
    assert issue_lists(actor=officer, template=templates["PRINCIPAL"], scope=cast.city, now=NOW) == 0
    assert issue_lists(actor=officer, template=templates["BRANCH"], scope=cast.town, now=NOW) == 2
    assert Duty.objects.filter(organization=cast.first).count() == 8
    assert DutyList.history.filter(history_change_reason="下发").count() == 8
    assert AuditEntry.objects.filter(event="批量下发责任清单").count() == 3


def test_reach_own_leaves_the_subtree_alone(cast, acting, templates):
    assert (
        issue_lists(
            actor=acting("wu"), template=templates["PRINCIPAL"], scope=cast.county, reach="own", now=NOW
        )
        == 1
    )
    assert not lists_of(cast.town).exists()


def test_number_of_queries_does_not_follow_the_units(cast, acting, templates, django_assert_max_num_queries):
    with django_assert_max_num_queries(30):
        issue_lists(actor=acting("wu"), template=templates["PRINCIPAL"], scope=cast.city, now=NOW)


def test_lists_for_officers(cast, acting, templates):
    assert issue_lists(actor=acting("wu"), template=templates["FIRST"], scope=cast.city, now=NOW) == 1
    made = lists_of(cast.county).get()
    assert made.appointment.user == cast.people["qian"]
    assert issue_lists(actor=acting("wu"), template=templates["OVERSIGHT"], scope=cast.city, now=NOW) == 1
    assert lists_of(cast.county).get(kind="OVERSIGHT").appointment.user == cast.people["sun"]


def test_issuing_twice_to_one_unit_is_refused(cast, acting, templates):
    issue_list(actor=acting("zhao"), template=templates["BRANCH"], organization=cast.first, now=NOW)
    with pytest.raises(ValidationError, match="已下发"):
        issue_list(actor=acting("zhao"), template=templates["BRANCH"], organization=cast.first, now=NOW)


def test_last_years_template_is_not_issued(cast, acting, db):
    load_duty_starters(year=2025)
    with pytest.raises(ValidationError, match="往年"):
        issue_list(
            actor=acting("zhao"),
            template=DutyTemplate.objects.get(code="BRANCH"),
            organization=cast.first,
            now=NOW,
        )


def test_nobody_issues_outside_their_subtree(cast, acting, templates):
    for who, where in (("zhao", cast.county), ("li", cast.second), ("sun", cast.town), ("zhou", cast.first)):
        with pytest.raises(PermissionDenied):
            issue_list(actor=acting(who), template=templates["BRANCH"], organization=where, now=NOW)


def test_a_secretary_does_not_take_back_what_the_committee_issued(cast, acting, issued):
    duty_list = lists_of(cast.first).get()
    with pytest.raises(PermissionDenied):
        withdraw_list(actor=acting("li"), duty_list=duty_list, reason="太多", now=NOW)


def test_withdrawing_ends_what_is_open_and_may_be_issued_again(cast, acting, issued):
    duty_list = lists_of(cast.first).get()
    DirtyMark.objects.all().delete()
    ended = withdraw_list(actor=acting("wu"), duty_list=duty_list, reason="调整", now=NOW)
    assert ended == DutyRecord.objects.filter(organization=cast.first).count() > 0
    assert not DutyRecord.objects.unfinished().filter(organization=cast.first).exists()
    marked = set(DirtyMark.objects.values_list("organization", "period"))
    assert (cast.first.pk, 202606) in marked
    assert (cast.first.pk, 202612) not in marked
    issue_list(actor=acting("wu"), template=issued["BRANCH"], organization=cast.first, now=NOW)


def test_signing(cast, acting, issued, templates):
    duty_list = lists_of(cast.first).get()
    assert sign_list(actor=acting("li"), duty_list=duty_list, now=NOW).status == ListStatus.SIGNED
    with pytest.raises(ValidationError):
        sign_list(actor=acting("li"), duty_list=duty_list, now=NOW)
    with pytest.raises(PermissionDenied):
        sign_list(actor=acting("wang"), duty_list=duty_list, now=NOW)


def test_an_officers_list_is_signed_by_the_officer(cast, acting, templates):
    issue_lists(actor=acting("wu"), template=templates["FIRST"], scope=cast.city, now=NOW)
    duty_list = lists_of(cast.county).get()
    with pytest.raises(PermissionDenied):
        sign_list(actor=acting("sun"), duty_list=duty_list, now=NOW)
    sign_list(actor=acting("qian"), duty_list=duty_list, now=NOW)


# Decomposing


def duty_of(organization, interval):
    return Duty.objects.filter(organization=organization, interval=interval, parent=None).first()


def test_shares_hang_on_the_parents_terms(cast, acting, issued):
    duty = duty_of(cast.county, "quarter")
    made = decompose_duty(
        actor=acting("qian"),
        duty=duty,
        shares=[Share(cast.town, measure="每月去一个支部", interval="month")],
        now=NOW,
    )
    assert made == 1
    child = Duty.objects.get(parent=duty)
    assert (child.measure, child.interval, child.duty_list.issuer) == ("每月去一个支部", "month", cast.county)
    parent_record = duty.records.get(period=202612)
    assert list(child.records.order_by("period").values_list("period", "parent")) == [
        (202611, parent_record.pk),
        (202612, parent_record.pk),
    ]


def test_decomposing_twice_makes_one_share(cast, acting, issued):
    shares = [Share(cast.first), Share(cast.second)]
    duty = duty_of(cast.town, "quarter")
    assert decompose_duty(actor=acting("zhao"), duty=duty, shares=shares[:1], now=NOW) == 1
    assert decompose_duty(actor=acting("zhao"), duty=duty, shares=shares, now=NOW) == 1
    assert decompose_duty(actor=acting("zhao"), duty=duty, shares=shares, now=NOW) == 0
    other = Duty.objects.filter(organization=cast.town, interval="quarter").exclude(pk=duty.pk).first()
    decompose_duty(actor=acting("zhao"), duty=other, shares=shares, now=NOW)
    decomposed = lists_of(cast.first).get(template=None)
    assert sorted(decomposed.duties.values_list("number", flat=True)) == [1, 2]


def test_a_share_is_for_a_child_that_is_there(cast, acting, issued):
    duty = duty_of(cast.county, "quarter")
    elsewhere = Appointment.objects.get(user=cast.people["li"])
    for share, words in (
        (Share(cast.first), "直接下级"),
        (Share(cast.town, owner=elsewhere), "任职"),
        (Share(cast.town, interval="year"), "周期"),
    ):
        with pytest.raises(ValidationError, match=words):
            decompose_duty(actor=acting("qian"), duty=duty, shares=[share], now=NOW)
    with pytest.raises(PermissionDenied):
        decompose_duty(actor=acting("wu"), duty=duty, shares=[Share(cast.town)], now=NOW)


def test_withdrawing_follows_the_shares_down(cast, acting, issued):
    duty = duty_of(cast.county, "quarter")
    decompose_duty(actor=acting("qian"), duty=duty, shares=[Share(cast.town)], now=NOW)
    share = Duty.objects.get(parent=duty)
    decompose_duty(actor=acting("zhao"), duty=share, shares=[Share(cast.first)], now=NOW)
    withdraw_list(actor=acting("wu"), duty_list=lists_of(cast.county).get(), reason="重排", now=NOW)
    assert Duty.objects.filter(is_withdrawn=True, organization__in=[cast.town, cast.first]).count() == 2
    assert not DutyRecord.objects.unfinished().filter(duty__parent=share).exists()


def test_groups_get_no_list(cast, acting, templates):
    from tests.conftest import plant

    plant("0101010101", "一组", OrganizationKind.GROUP, 80, cast.first)
    open_to_all = create_template(actor=acting("wu"), template=template(), items=[item()], now=NOW)
    assert issue_lists(actor=acting("wu"), template=open_to_all, scope=cast.first, now=NOW) == 1


def test_an_ended_appointment_gets_no_list(cast, acting, templates):
    Appointment.objects.filter(post=Post.SECRETARY, organization=cast.county).update(ends_on=date(2026, 6, 1))
    assert issue_lists(actor=acting("wu"), template=templates["FIRST"], scope=cast.city, now=NOW) == 0
