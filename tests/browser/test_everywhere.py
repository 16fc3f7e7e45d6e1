"""What every page keeps: it fits a phone and a desktop, axe has nothing serious to say, the keyboard gets around."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from django.utils import timezone

from accountability.actions.lists import issue_lists
from accountability.actions.starters import load_duty_starters
from accountability.actions.templates import change_template
from accountability.models import Duty, DutyList, DutyRecord, DutyTemplate
from branches.access import Actor
from branches.actions.cadence import load_cadence_starters
from branches.choices import Level, MeetingKind, MeetingStatus
from branches.models import CadenceRule
from branches.periods import Period
from supervision.attenuation.engine import take_readings
from tests import test_rights_matrix as matrix
from tests.meetings import record

from .conftest import PHONE

WIDE = {"width": 1440, "height": 900}
#: Colours are the same on both screens and the slowest to judge, so they are judged on the one that shows more.
LOOKS_FOR = {
    PHONE["width"]: {"resultTypes": ["violations"], "rules": {"color-contrast": {"enabled": False}}},
    WIDE["width"]: {"resultTypes": ["violations"]},
}


@pytest.fixture
def world(cast):
    """A unit in the middle of its month: rules, duties, meetings in every state, numbers; returns names → keys."""
    load_cadence_starters()
    now = timezone.now()
    today = timezone.localdate()
    load_duty_starters(year=today.year)
    actor = Actor(cast.people["wu"], cast.people["wu"].appointments.first(), today)
    template = DutyTemplate.objects.get(code="BRANCH", year=today.year)
    issue_lists(actor=actor, template=template, scope=cast.city, now=now)
    items = list(template.items.all())
    items[0].content, items[1].interval = "讲给党员听，也讲给群众听。", "half"
    change_template(actor=actor, template=template, items=items[:-1], version=1, reason="年中减负", now=now)
    kinds = int(MeetingKind.PARTY_DAY)
    made = {
        state: record(cast, status=state, day=today, title=f"{state.label}的主题党日", kinds=kinds)
        for state in (MeetingStatus.CONFIRMED, MeetingStatus.SUBMITTED, MeetingStatus.RETURNED)
    }
    take_readings(Period.month_of(today))
    return {
        "city": cast.city.pk,
        "county": cast.county.pk,
        "town": cast.town.pk,
        "first": cast.first.pk,
        "confirmed": made[MeetingStatus.CONFIRMED].pk,
        "submitted": made[MeetingStatus.SUBMITTED].pk,
        "returned": made[MeetingStatus.RETURNED].pk,
        "template": template.pk,
        "rule": CadenceRule.objects.first().pk,
        "list": DutyList.objects.get(organization=cast.first).pk,
        "duty": Duty.objects.filter(organization=cast.first).first().pk,
        "duty_record": DutyRecord.objects.filter(organization=cast.first).first().pk,
        "member": cast.people["zhou"].member_id,
        "account": cast.people["li"].pk,
        "appointment": cast.people["li"].appointments.get().pk,
        "branch_level": int(Level.BRANCH),
    }


PAGES = {
    "li": [
        "/todo/",
        "/organizations/{first}/meetings/",
        "/organizations/{first}/meetings/new/",
        "/organizations/{first}/meetings/calendar/",
        "/organizations/{first}/meetings/matrix/",
        "/organizations/{first}/obligations/",
        "/organizations/{first}/cockpit/unit/",
        "/meetings/{confirmed}/",
        "/meetings/{returned}/edit/",
        "/meetings/{submitted}/print/",
        "/organizations/{first}/duties/",
        "/duty-lists/{list}/",
        "/duty-lists/{list}/items/new/",
        "/organizations/{first}/duty-records/",
        "/duty-records/{duty_record}/edit/",
        "/organizations/{first}/members/",
        "/help/",
        "/help/numbers/",
        "/password/",
        "/duties/{duty}/decompose/",
        "/duties/{duty}/owner/",
    ],
    "zhao": [
        "/",
        "/organizations/{town}/review/",
        "/meetings/{submitted}/",
        "/organizations/{town}/duty-reviews/",
        "/organizations/{town}/imports/",
        "/organizations/{town}/meetings/matrix/",
        "/organizations/{town}/duties/coverage/",
        "/organizations/{town}/duties/coverage/?of=PRINCIPAL&rows=posts",
        "/organizations/{town}/duties/gaps/",
        "/organizations/{town}/duties/gaps/units/",
        "/organizations/{town}/duties/key-posts/",
        "/organizations/{first}/duties/matrix/",
        "/appointments/{appointment}/duties/",
    ],
    "qian": [
        "/",
        "/organizations/{county}/cockpit/",
        "/organizations/{county}/cockpit/units/?level={branch_level}",
        "/organizations/{first}/cockpit/unit/",
        "/organizations/{county}/meetings/",
        "/my-duties/",
    ],
    "wu": [
        "/",
        "/configuration/",
        "/cadence/",
        "/cadence/{rule}/change/",
        "/cadence/{rule}/history/",
        "/duty-templates/",
        "/duty-templates/{template}/",
        "/duty-templates/{template}/edit/",
        "/duty-templates/{template}/issue/",
        "/duty-templates/{template}/versions/",
        "/duty-templates/{template}/check/",
        "/duty-templates/{template}/update/",
        "/duty-templates/import/",
        "/organizations/{city}/issue-batches/",
        "/organizations/{city}/duties/stricter/",
        "/formulas/",
        "/formulas/change/",
        "/organizations/{city}/",
        "/organizations/{city}/tree/",
        "/organizations/{city}/new/",
        "/organizations/{town}/change/",
        "/organizations/{first}/history/",
        "/organizations/{city}/appointments/",
        "/organizations/{first}/members/new/",
        "/members/{member}/",
        "/organizations/search/?q=支部",
    ],
    "zhou": ["/", "/organizations/{first}/meetings/"],
    "feng": ["/", "/accounts/", "/accounts/new/", "/accounts/{account}/"],
    "zheng": ["/", "/audit/"],
}


#: Pages by name, with what makes the row they are about, when their turn comes.
EVALUATION = {
    "li": [
        ("evaluation-home", matrix.first),
        ("evaluation-fill", matrix.gathered),
        ("evaluation-detail", matrix.shown),
        ("evaluation-comparison", matrix.shown),
        ("evaluation-print", matrix.shown),
        ("plan-detail", matrix.plan),
        ("plan-edit", matrix.plan),
        ("appraisal-list", matrix.first),
        ("appraisal-detail", matrix.programme),
        ("appraisal-peers", matrix.programme),
        ("appraisal-member", matrix.appraised),
        ("appraisal-print", matrix.appraised),
        ("paper-count", matrix.appraisal_poll),
        ("disposition-list", matrix.first),
        ("disposition-step", matrix.disposition),
        ("work-report-edit", matrix.work_report),
        ("my-polls", matrix.nothing),
    ],
    "zhao": [
        ("evaluation-home", matrix.town),
        ("round-detail", matrix.held),
        ("round-items", matrix.held),
        ("round-facts-import", matrix.held),
        ("round-history", matrix.held),
        ("window-list", matrix.held),
        ("window-polls", matrix.window),
        ("dispute-answer", matrix.dispute),
        ("adjustment-list", matrix.first),
        ("adjustment-create", matrix.first),
        ("round-grades", matrix.shown_round),
        ("objection-list", matrix.shown_round),
        ("plan-ask", matrix.shown_round),
        ("plan-list", matrix.first),
        ("appraisal-overview", matrix.town),
        ("review-cycle-list", matrix.town),
        ("review-cycle-detail", matrix.review_cycle),
        ("review-session-detail", matrix.review_session),
        ("work-report-detail", matrix.work_report),
        ("review-problem-detail", matrix.review_problem),
    ],
    "wu": [
        ("scheme-list", matrix.town),
        ("scheme-starters", matrix.town),
        ("scheme-detail", matrix.scheme),
        ("scheme-draft", matrix.scheme_draft),
        ("scheme-head-edit", matrix.scheme_draft),
        ("scheme-line-edit", matrix.scheme_line),
        ("scheme-item-edit", matrix.scheme_item),
        ("scheme-rule-create", matrix.scheme_part),
        ("scheme-rule-edit", matrix.scheme_rule),
        ("scheme-versions", matrix.scheme),
        ("scheme-trial", matrix.scheme),
        ("scheme-import", matrix.town),
    ],
    "sun": [
        ("case-list", matrix.nothing),
        ("case-create", matrix.nothing),
        ("case-detail", matrix.case),
        ("case-decide", matrix.case),
        ("case-readers", matrix.case),
    ],
}


@pytest.mark.parametrize("who", PAGES)
def test_pages_fit_their_screens_and_are_accessible(who, world, open_as):
    page = open_as(who, "/help/", viewport=PHONE)
    look_at(page, [template.format(**world) for template in PAGES[who]])


@pytest.mark.parametrize("who", EVALUATION)
def test_pages_of_evaluation_fit_their_screens_and_are_accessible(who, cast, open_as):
    page = open_as(who, "/help/", viewport=PHONE)
    look_at(page, (reverse(name, args=row(cast)) for name, row in EVALUATION[who]))


def look_at(page, addresses):
    """Every fault of every page is listed at once; script errors and CSP refusals are counted by `open_as`."""
    axe, faults = Axe(), []
    for address in addresses:
        page.set_viewport_size(PHONE)
        answer = page.goto(address)
        if answer.status != 200:
            faults.append(f"{address}: {answer.status}")
            continue
        for screen in (PHONE, WIDE):
            page.set_viewport_size(screen)
            width, room = page.evaluate("[document.scrollingElement.scrollWidth, innerWidth]")
            if width > room:
                faults.append(f"{address} is {width} wide on a screen of {room}")
            for each in axe.run(page, options=LOOKS_FOR[screen["width"]]).response["violations"]:
                if each["impact"] in ("serious", "critical"):
                    nodes = "; ".join(node["html"][:160] for node in each["nodes"][:3])
                    faults.append(f"{address} at {room}: {each['id']} ({each['help']}) {nodes}")
    assert faults == [], "\n".join(["", *faults])


@pytest.mark.parametrize(
    ("who", "address"),
    [
        ("li", "/organizations/{first}/meetings/"),
        ("li", "/organizations/{first}/members/"),
        ("zhao", "/organizations/{town}/review/"),
        ("wu", "/organizations/{city}/tree/"),
        ("feng", "/accounts/"),
    ],
)
def test_a_slash_leads_to_the_search_field_and_stays_a_slash_in_a_field(who, address, world, open_as):
    page = open_as(who, address.format(**world))
    page.keyboard.press("/")
    field = page.locator("main input[type=search]:focus")
    assert field.count() == 1
    assert field.input_value() == ""
    page.keyboard.type("/")
    assert field.input_value() == "/"


def test_ctrl_k_jumps_to_an_organisation_or_a_page_and_escape_closes_it(
    cast, world, open_as, assert_accessible
):
    page = open_as("qian", f"/organizations/{cast.county.pk}/cockpit/", viewport=WIDE)
    page.keyboard.press("Control+k")
    palette = page.get_by_role("dialog", name="跳转到组织或页面")
    palette.get_by_role("searchbox").wait_for()
    assert_accessible(page)
    page.keyboard.press("Escape")
    palette.wait_for(state="hidden")
    page.keyboard.press("Control+k")
    page.keyboard.type("柳汀")
    palette.get_by_role("link", name="柳汀镇党委").wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/organizations/{cast.town.pk}/")
    page.keyboard.press("Control+k")
    page.keyboard.type("我的待办")
    palette.get_by_role("link", name="我的待办").wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/todo/")
