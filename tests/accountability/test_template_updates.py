"""A template changes in the middle of the year, and the lists that were issued from it follow."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accountability.actions.decompositions import Share, decompose_duty
from accountability.actions.lists import issue_lists
from accountability.actions.personal_items import add_personal_item
from accountability.actions.records import save_record
from accountability.actions.template_updates import update_lists
from accountability.actions.templates import change_template
from accountability.choices import ListStatus, RecordStatus
from accountability.models import Duty, DutyList, DutyRecord, DutyTemplate, DutyTemplateItem
from accountability.queries.template_updates import Effect, update_preview
from branches.models import AuditEntry, DirtyMark
from tests.accountability.conftest import NOW
from tests.accountability.template_shapes import SHAPES
from tests.accountability.test_template_versions import written

JUNE = datetime(2026, 6, 10, 2, 0, tzinfo=UTC)
BEFORE = JUNE - timedelta(seconds=1)


@pytest.fixture
def template(cast, acting):
    """Eight items, issued in January to the three committees that it is made for."""
    january = acting("wu", date(2026, 1, 5))
    made = written(january, 8)
    issue_lists(actor=january, template=made, scope=cast.city, now=datetime(2026, 1, 5, 1, 0, tzinfo=UTC))
    return made


@pytest.fixture
def june(acting):
    return acting("wu", date(2026, 6, 10))


def change(june, template, *, place=0, drop=None, add=None, **values):
    """Save the next version: one item changed, perhaps one dropped and one added in front."""
    items = list(template.items.all())
    for name, value in values.items():
        setattr(items[place], name, value)
    if drop is not None:
        del items[drop]
    if add is not None:
        items.insert(0, add)
    return change_template(
        actor=june, template=template, items=items, version=template.version, reason="年中调整", now=JUNE
    )


def new_item(**values):
    facts = {
        "heading": "新增事项",
        "content": "年中新增的一件事",
        "interval": "quarter",
        "legal_basis": "年中通知",
        "sunset_on": date(2026, 12, 31),
    }
    return DutyTemplateItem(**facts | values)


def update(june, template):
    return update_lists(actor=june, template=template, reason="年中调整", now=JUNE)


def at(cast, heading):
    return Duty.objects.filter(organization=cast.county, heading__startswith=heading)


def periods(duty):
    return list(duty.records.in_force().order_by("due_on").values_list("period", flat=True))


def test_the_preview_says_exactly_what_happens(cast, june, template):
    change(june, template, interval="month", drop=1, add=new_item())
    preview = update_preview(june, template)
    assert preview.effect == update(june, template)
    (group,) = preview.groups
    assert group.version == 1
    assert (len(group.difference.added), len(group.difference.removed)) == (1, 1)
    lists = DutyList.objects.count()
    assert preview.effect.lists == preview.effect.added == lists == 3
    assert set(DutyList.objects.values_list("template_version", flat=True)) == {2}


def test_a_list_bears_the_version_whose_items_it_has(cast, acting, june, template):
    stale = DutyTemplate.objects.get(pk=template.pk)
    change(june, template, add=new_item())
    DutyList.objects.filter(organization=cast.county).update(status=ListStatus.WITHDRAWN)
    issue_lists(actor=june, template=stale, scope=cast.county, reach="own", now=JUNE)
    fresh = DutyList.objects.in_force().get(organization=cast.county)
    assert (fresh.template_version, fresh.duties.count()) == (2, 9)
    assert update(june, template).lists == 2


def test_repeating_it_changes_nothing(cast, june, template):
    change(june, template, interval="month", drop=1, add=new_item())
    update(june, template)
    records = DutyRecord.objects.count()
    assert update(june, template) == Effect()
    assert DutyRecord.objects.count() == records
    assert update_preview(june, template).groups == []
    assert AuditEntry.objects.filter(event="更新已下发清单").count() == 1


def test_a_new_item_gets_a_duty_and_its_terms_from_now_on(cast, june, template):
    change(june, template, add=new_item())
    update(june, template)
    duty = at(cast, "新增事项").get()
    assert duty.number == 9
    assert periods(duty) == [202606, 202609, 202612]
    assert duty.item_key == template.items.get(heading="新增事项").pk
    assert duty.records.known_at(BEFORE).count() == 0
    assert DirtyMark.objects.filter(organization=cast.county, period=202606).exists()


def test_words_and_targets_change_and_terms_stay(cast, june, template):
    item = template.items.get(number=2)
    duty = at(cast, "第2项").get()
    terms = list(duty.records.values_list("pk", flat=True))
    change(june, template, place=1, content="改成这样说", target=item.target + 2)
    effect = update(june, template)
    assert (effect.changed, effect.opened, effect.ended) == (3, 0, 0)
    duty.refresh_from_db()
    assert (duty.content, duty.target) == ("改成这样说", item.target + 2)
    assert list(duty.records.in_force().values_list("pk", flat=True)) == terms
    assert duty.history.latest().history_change_reason == "更新到第2版：年中调整"
    assert duty.history.latest().history_user.username == "wu"


def test_a_longer_interval_ends_terms_to_come(cast, june, template):
    duty = at(cast, "第1项").get()  # every month
    assert len(periods(duty)) == 12
    change(june, template, interval="quarter")
    update(june, template)
    # What was owed up to May stays owed; June, September and December end a quarter as they ended a month.
    assert periods(duty) == [202601, 202602, 202603, 202604, 202605, 202606, 202609, 202612]
    assert duty.records.known_at(BEFORE).count() == 12
    assert duty.records.known_at(JUNE).count() == 8
    ended = duty.records.exclude(withdrawn_at=None).first()
    assert (ended.version, ended.history.latest().history_change_reason) == (2, "更新到第2版：年中调整")


def test_a_shorter_interval_opens_others(cast, june, template):
    duty = at(cast, "第4项").get()  # every quarter
    assert periods(duty) == [202603, 202606, 202609, 202612]
    change(june, template, place=3, interval="month")
    update(june, template)
    assert periods(duty) == [202603, 202606, 202607, 202608, 202609, 202610, 202611, 202612]


@pytest.fixture
def deadline(cast, june, template):
    """The one duty of the county with a deadline, moved from December into June."""
    duty = at(cast, "第3项").get()
    assert periods(duty) == [202612]
    return duty


def test_a_deadline_that_moves_ends_one_term_and_opens_another(cast, june, template, deadline):
    change(june, template, place=2, deadline=date(2026, 12, 20))
    effect = update(june, template)
    assert (effect.ended, effect.opened) == (3, 3)
    record = deadline.records.in_force().get()
    assert record.due_on == date(2026, 12, 20)
    assert [each.due_on for each in deadline.records.known_at(BEFORE)] == [date(2026, 12, 10)]


def test_what_was_handed_in_is_not_asked_again(cast, acting, june, template, deadline):
    record = deadline.records.get()
    DutyRecord.objects.filter(pk=record.pk).update(
        status=RecordStatus.SUBMITTED, done_on=date(2026, 6, 1), summary="办完了", submitted_at=BEFORE
    )
    change(june, template, place=2, deadline=date(2026, 9, 20))
    effect = update(june, template)
    assert (effect.ended, effect.opened) == (2, 2)
    assert deadline.records.get().pk == record.pk


def test_an_accepted_quarter_covers_its_months(cast, june, template):
    duty = at(cast, "第4项").get()
    DutyRecord.objects.filter(duty=duty, period=202609).update(
        status=RecordStatus.ACCEPTED, done_on=date(2026, 6, 1), accepted_at=BEFORE
    )
    change(june, template, place=3, interval="month")
    update(june, template)
    assert periods(duty) == [202603, 202606, 202609, 202610, 202611, 202612]


def test_a_draft_goes_on_in_the_new_term(cast, acting, june, template, deadline):
    record = deadline.records.get()
    save_record(
        actor=acting("qian", date(2026, 6, 10)),
        record=record,
        version=1,
        done_on=date(2026, 6, 1),
        summary="写了一半",
        meetings=[],
        now=BEFORE,
    )
    change(june, template, place=2, deadline=date(2026, 9, 20))
    update(june, template)
    record = deadline.records.in_force().get()
    assert (record.due_on, record.summary, record.done_on) == (
        date(2026, 9, 20),
        "写了一半",
        date(2026, 6, 1),
    )
    assert record.author == cast.people["qian"]


def test_an_item_that_becomes_a_trigger_owes_nothing_more(cast, june, template):
    change(june, template, interval="year", is_negative=True)
    update(june, template)
    assert periods(at(cast, "第1项").get()) == [202601, 202602, 202603, 202604, 202605]
    assert at(cast, "第1项").get().is_negative


def test_an_earlier_sunset_ends_what_comes_after(cast, june, template):
    change(june, template, sunset_on=date(2026, 8, 31))
    update(june, template)
    assert periods(at(cast, "第1项").get())[-1] == 202608


def test_a_removed_item_ends_with_what_came_from_it(cast, acting, june, template):
    duty = at(cast, "第1项").get()
    decompose_duty(
        actor=acting("qian", date(2026, 6, 10)), duty=duty, shares=[Share(organization=cast.town)], now=BEFORE
    )
    first = duty.records.order_by("due_on").first()
    DutyRecord.objects.filter(pk=first.pk).update(
        status=RecordStatus.ACCEPTED, done_on=date(2026, 1, 20), accepted_at=BEFORE
    )
    change(june, template, drop=0)
    assert update_preview(june, template).shared == 1
    effect = update(june, template)
    assert effect.removed == 3
    duty.refresh_from_db()
    assert duty.is_withdrawn
    assert periods(duty) == [first.period]
    share = Duty.objects.get(parent=duty)
    assert share.is_withdrawn
    assert share.records.known_at(BEFORE).exists()
    assert not share.records.in_force().exists()


def test_shares_hang_on_the_new_terms(cast, acting, june, template):
    duty = at(cast, "第4项").get()
    decompose_duty(
        actor=acting("qian", date(2026, 6, 10)),
        duty=duty,
        shares=[Share(organization=cast.town, interval="month")],
        now=BEFORE,
    )
    change(june, template, place=3, interval="half")
    update(june, template)
    assert periods(duty) == [202603, 202606, 202612]
    share = Duty.objects.get(parent=duty)
    july = share.records.get(period=202607)
    assert july.parent.period == 202612
    assert share.records.get(period=202606).parent.period == 202606
    assert july.history.latest().history_change_reason == "更新到第2版：年中调整"


def test_personal_items_and_other_lists_are_left_alone(cast, acting, june, template):
    county = DutyList.objects.get(organization=cast.county)
    own = add_personal_item(
        actor=acting("qian", date(2026, 6, 10)),
        duty_list=county,
        item=Duty(heading="本县自加", content="本县自己加的一件事", interval="quarter"),
        now=BEFORE,
    )
    change(june, template, drop=0, add=new_item())
    update(june, template)
    own.refresh_from_db()
    assert not own.is_withdrawn
    assert periods(own) == [202606, 202609, 202612]
    assert at(cast, "新增事项").get().number == own.number + 1


def test_lists_of_two_versions_come_to_the_same(cast, acting, june, template):
    change(june, template, content="第二版的说法")
    county = DutyList.objects.get(organization=cast.county)
    DutyList.objects.exclude(pk=county.pk).update(template_version=2)
    Duty.objects.filter(number=1).exclude(duty_list=county).update(content="第二版的说法")
    change(june, template, place=1, content="第三版的说法")
    preview = update_preview(june, template)
    assert [group.version for group in preview.groups] == [1, 2]
    assert preview.effect == update(june, template)
    assert set(Duty.objects.filter(number=1).values_list("content", flat=True)) == {"第二版的说法"}
    assert set(Duty.objects.filter(number=2).values_list("content", flat=True)) == {"第三版的说法"}


def test_who_may_update_and_which_lists(cast, acting, june, template):
    change(june, template, content="第二版的说法")
    county = acting("qian", date(2026, 6, 10))
    assert update_preview(county, template).groups == []  # the city issued them
    assert update_lists(actor=county, template=template, reason="试试", now=JUNE) == Effect()
    with pytest.raises(PermissionDenied):
        update_lists(actor=acting("sun", date(2026, 6, 10)), template=template, reason="试试", now=JUNE)
    DutyList.objects.filter(organization=cast.town).update(issuer=cast.county)
    assert update_lists(actor=county, template=template, reason="县里的", now=JUNE).lists == 1
    with pytest.raises(ValidationError, match="往年"):
        update_lists(actor=acting("wu", date(2027, 1, 5)), template=template, reason="晚了", now=NOW)


def test_lists_from_before_versions_are_named_and_left(cast, june, template):
    change(june, template, content="第二版的说法")
    DutyList.objects.filter(organization=cast.county).update(template_version=None)
    preview = update_preview(june, template)
    assert (preview.unknown, preview.effect.lists) == (1, 2)


@pytest.mark.parametrize("number", SHAPES)
def test_long_lists_follow(cast, acting, june, number):
    january = acting("wu", date(2026, 1, 5))
    made = written(january, number)
    issue_lists(actor=january, template=made, scope=cast.city, now=datetime(2026, 1, 5, 1, 0, tzinfo=UTC))
    assert Duty.objects.count() == 3 * number
    change(june, made, interval="quarter", drop=number - 1, add=new_item())
    preview = update_preview(june, made)
    assert preview.effect == update(june, made)
    assert Duty.objects.in_force().count() == 3 * number


def test_the_statements_follow_the_items_and_not_the_lists(cast, acting, june, template):
    change(june, template, interval="quarter", drop=1, add=new_item())
    others = DutyList.objects.exclude(organization=cast.county)
    others.update(template_version=2)
    with CaptureQueriesContext(connection) as for_one:
        assert update(june, template).lists == 1
    others.update(template_version=1)
    with CaptureQueriesContext(connection) as for_two:
        assert update_lists(actor=june, template=template, reason="其余", now=JUNE).lists == 2
    assert len(for_two) == len(for_one)
