"""A duty handed on: to child units and to officers of the own unit, with days, targets and lists of their own."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from accountability.actions.decompositions import Share, decompose_duty
from accountability.actions.lists import issue_list
from accountability.choices import CountedBy, DutyKind
from accountability.models import Deployment, Duty, DutyList, DutyTemplate, DutyTemplateItem
from branches.choices import Post
from branches.models import Appointment, AuditEntry
from tests.accountability.conftest import NOW, TODAY
from tests.conftest import employ


@pytest.fixture
def duty(cast, acting, db):
    """A duty of the town, made to measure: `duty(interval="year", deadline=…)`."""

    def make(**values):
        template = DutyTemplate.objects.create(
            code=f"T{DutyTemplate.objects.count()}", title="镇党委清单", kind=DutyKind.PRINCIPAL, year=2026
        )
        facts = {"heading": "走访", "content": "走访困难户", "interval": "quarter", "evidence": "OPTIONAL"}
        DutyTemplateItem.objects.create(template=template, number=1, **facts | values)
        issued = issue_list(actor=acting("wu"), template=template, organization=cast.town, now=NOW)
        return issued.duties.get()

    return make


@pytest.fixture
def officer(cast):
    """The publicity member of the town."""
    cast.people["xu"] = employ("xu", "许文", (cast.town, Post.PUBLICITY_MEMBER))
    return cast.people["xu"].appointments.get()


def hand_on(acting, duty, *shares):
    return decompose_duty(actor=acting("zhao"), duty=duty, shares=list(shares), now=NOW)


def test_an_officer_gets_a_share_in_a_list_of_their_own(cast, acting, duty, officer):
    above, other = duty(), duty(heading="研究")
    mine = Share(cast.town, owner=officer, is_personal=True)
    assert hand_on(acting, above, mine, Share(cast.first)) == 2
    assert hand_on(acting, above, mine) == 0
    assert hand_on(acting, other, mine) == 1
    personal = DutyList.objects.get(appointment=officer)
    assert (personal.title, personal.organization, personal.issuer) == (
        "主体责任分工清单",
        cast.town,
        cast.town,
    )
    assert [each.number for each in personal.duties.all()] == [1, 2]
    share = personal.duties.get(parent=above)
    assert (share.is_personal, share.owner, share.arranged_at) == (True, officer, NOW)
    assert [each.parent for each in share.records.all()] == list(above.records.all())
    assert AuditEntry.objects.filter(event="分解责任", summary__contains="1个下级单位、1名班子成员").exists()


def test_decomposing_arranges_the_duty_once_and_a_named_owner_arranges_the_share(cast, acting, duty):
    above = duty()
    owner = cast.people["li"].appointments.get()
    hand_on(acting, above, Share(cast.first, owner=owner))
    later = NOW.replace(hour=5)
    decompose_duty(actor=acting("zhao"), duty=above, shares=[Share(cast.second)], now=later)
    above.refresh_from_db()
    assert above.arranged_at == NOW
    assert above.history.latest().history_change_reason == "分解"
    assert dict(above.children.values_list("organization", "arranged_at")) == {
        cast.first.pk: NOW,
        cast.second.pk: None,
    }


def test_a_trigger_is_not_decomposed(cast, acting, duty):
    with pytest.raises(ValidationError, match="负面清单"):
        hand_on(acting, duty(is_negative=True), Share(cast.first))


def test_an_officers_share_is_for_an_officer_of_the_own_unit(cast, acting, duty, officer):
    above = duty()
    member = Appointment.objects.create(
        user=cast.people["nobody"], organization=cast.town, post=Post.MEMBER, starts_on=TODAY
    )
    elsewhere = cast.people["li"].appointments.get()
    for share, words in (
        (Share(cast.town, is_personal=True), "由谁承担"),
        (Share(cast.first, owner=elsewhere, is_personal=True), "自己的班子成员"),
        (Share(cast.town, owner=elsewhere, is_personal=True), "不在柳汀镇党委任职"),
        (Share(cast.town, owner=member, is_personal=True), "党员不填写"),
        (Share(cast.town, owner=officer), "直接下级"),
    ):
        with pytest.raises(ValidationError, match=words):
            hand_on(acting, above, share)
    Appointment.objects.filter(pk=officer.pk).update(ends_on=TODAY)
    officer.refresh_from_db()
    with pytest.raises(ValidationError, match="已经结束"):
        hand_on(acting, above, Share(cast.town, owner=officer, is_personal=True))
    assert not Duty.objects.filter(parent=above).exists()


def test_what_is_borne_by_a_person_goes_no_further(cast, acting, duty, officer):
    above = duty()
    hand_on(acting, above, Share(cast.town, owner=officer, is_personal=True))
    with pytest.raises(ValidationError, match="已分到个人"):
        hand_on(acting, above.children.get(), Share(cast.first))


def test_the_day_of_a_share_is_the_parents_or_an_earlier_one(cast, acting, duty):
    above = duty(interval="year", deadline=date(2026, 12, 20))
    hand_on(acting, above, Share(cast.first), Share(cast.second, deadline=date(2026, 12, 10)))
    days = {each.organization: each.records.get() for each in above.children.all()}
    assert days[cast.first].due_on == date(2026, 12, 20)
    assert days[cast.second].due_on == date(2026, 12, 10)
    assert {each.parent for each in days.values()} == {above.records.get()}


@pytest.mark.parametrize(
    ("item", "day", "words"),
    [
        ({"interval": "year", "deadline": date(2026, 12, 20)}, date(2026, 12, 21), "晚于本级的2026-12-20"),
        ({"interval": "year", "deadline": date(2026, 12, 20)}, date(2026, 11, 19), "已经过去"),
        ({"interval": "month", "deadline": date(2026, 12, 20)}, date(2026, 11, 25), "2026年12月"),
        ({"interval": "month"}, date(2026, 12, 1), "只定一个日期"),
        ({"interval": "year"}, date(2027, 1, 5), "晚于本级"),
    ],
)
def test_a_day_that_does_not_fit_is_refused_in_words(cast, acting, duty, item, day, words):
    with pytest.raises(ValidationError, match=words):
        hand_on(acting, duty(**item), Share(cast.first, deadline=day))


def test_a_target_counted_by_hand_is_split_without_remainder(cast, acting, duty, officer):
    above = duty(counted_by=CountedBy.HAND, target=12)
    with pytest.raises(ValidationError, match="要12次，分下去合计只有9次，还差3次"):
        hand_on(acting, above, Share(cast.first, target=5), Share(cast.second, target=4))
    shares = [
        Share(cast.first, target=5),
        Share(cast.second, target=1, interval="month"),
        Share(cast.town, target=4, owner=officer, is_personal=True),
    ]
    assert hand_on(acting, above, *shares) == 3
    assert sorted(above.children.values_list("target", flat=True)) == [1, 4, 5]
    other = duty(counted_by=CountedBy.HAND, target=12)
    hand_on(acting, other, Share(cast.first))
    assert other.children.get().target == 12


def test_what_is_not_counted_has_no_target(cast, acting, duty):
    with pytest.raises(ValidationError, match="不计数"):
        hand_on(acting, duty(), Share(cast.first, target=2))


def test_a_deployment_goes_down_in_lists_of_its_own(cast, acting, duty, officer):
    deployments = [
        Deployment.objects.create(
            organization=cast.town,
            title=title,
            kind="THEME",
            source="文件",
            issued_on=TODAY,
            due_on=date(2026, 12, 20),
            author=cast.people["zhao"],
            created_at=NOW,
        )
        for title in ("安全生产", "作风建设")
    ]
    for deployment in deployments:
        above = duty(interval="year", deadline=date(2026, 12, 20))
        DutyList.objects.filter(pk=above.duty_list_id).update(
            deployment=deployment, kind=DutyKind.DEPLOYMENT, template=None
        )
        hand_on(acting, above, Share(cast.first), Share(cast.town, owner=officer, is_personal=True))
    made = DutyList.objects.exclude(organization=cast.town, appointment=None).order_by("pk")
    assert [(each.deployment, each.title, each.kind) for each in made] == [
        (deployments[0], "安全生产", "DEPLOYMENT"),
        (deployments[0], "安全生产分工清单", "DEPLOYMENT"),
        (deployments[1], "作风建设", "DEPLOYMENT"),
        (deployments[1], "作风建设分工清单", "DEPLOYMENT"),
    ]
    assert all(each.duties.get().records.get().is_deployment for each in made)
