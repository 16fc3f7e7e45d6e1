"""The policy itself: address × person → status. Whoever adds a page adds its row here.

One letter a person: . 200, > 302 (done, or to the login for the visitor), x 403, - 404, ! 405, ? 422 (asks again).
Columns in the order of `PEOPLE`; the row lies in the first branch unless it says otherwise.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accountability.actions.batches import start_batch
from accountability.actions.deployments import Item, create_deployment
from accountability.actions.lists import issue_list
from accountability.actions.personal_items import add_personal_item
from accountability.actions.polls import open_poll
from accountability.actions.review_cycles import start_cycle
from accountability.actions.scheme_drafts import begin_draft
from accountability.actions.schemes import create_scheme
from accountability.actions.starters import load_duty_starters
from accountability.choices import NoticeKind, PollPurpose, RoundState
from accountability.models import (
    AccountabilityCase,
    Adjustment,
    AssessorWindow,
    Deployment,
    Duty,
    DutyList,
    DutyRecord,
    DutyTemplate,
    DutyTemplateItem,
    DutyTemplateVersion,
    DutyTrigger,
    Evaluation,
    EvaluationEntry,
    ImprovementPlan,
    Notice,
    Objection,
    QualityCheck,
    ReviewCycle,
    ReviewProblem,
    ReviewSession,
    RoundScheme,
    SchemeDraft,
    WorkReport,
)
from accountability.scoring import read_scheme
from branches.access import Actor
from branches.actions.cadence import load_cadence_starters
from branches.actions.imports import check_import, upload_import
from branches.choices import ImportKind, MeetingKind, MeetingStatus
from branches.models import CadenceRule, ImportJob, Meeting, MeetingDraft
from tests.accountability import appraising
from tests.accountability.evaluating import make_round, make_scheme, said
from tests.accountability.filling_worlds import gathering
from tests.import_sheets import person, roster_file
from tests.snapshots import once
from tests.test_doors import OPEN_TO_ALL, WITHOUT_DOOR, addresses

PEOPLE = ("li", "wang", "zhao", "qian", "sun", "zhou", "wu", "zheng", "feng", "nobody", None)
LETTERS = {200: ".", 302: ">", 403: "x", 404: "-", 405: "!", 422: "?"}


def first(cast):
    return [cast.first.pk]


def town(cast):
    return [cast.town.pk]


def member(cast):
    return [cast.people["zhou"].member.pk]


def appointment(cast):
    return [cast.people["li"].appointments.get().pk]


def account(cast):
    return [cast.people["li"].pk]


def nothing(cast):
    return []


def chapter(cast):
    return ["numbers"]


def rule(cast):
    once("cadence rules", [CadenceRule], load_cadence_starters)
    return [CadenceRule.objects.get(code="CAD-01").pk]


def usual_shortfall(cast):
    load_cadence_starters()
    return [cast.first.pk, "CAD-01", "2026-Q3"]


def template(cast):
    once(
        "templates",
        [DutyTemplate, DutyTemplateItem, DutyTemplateVersion],
        lambda: load_duty_starters(year=timezone.localdate().year),
    )
    return [DutyTemplate.objects.get(code="BRANCH").pk]


def kept_scheme(cast):
    """A scheme of the town, under whose eyes the branches work."""
    return [make_scheme(cast.town).pk]


def starter(cast):
    return [cast.first.pk, "village"]


def duty_list(cast):
    """A list of the first branch, issued by the city."""
    if issued := DutyList.objects.filter(organization=cast.first).first():
        return [issued.pk]
    officer = cast.people["wu"].appointments.get()
    issued = issue_list(
        actor=Actor(officer.user, officer, timezone.localdate()),
        template=DutyTemplate.objects.get(pk=template(cast)[0]),
        organization=cast.first,
        now=timezone.now(),
    )
    return [issued.pk]


def duty(cast):
    return [Duty.objects.filter(duty_list__in=duty_list(cast)).first().pk]


def personal_item(cast):
    """An item that the secretary of the first branch has added to its list."""
    if found := Duty.objects.filter(added_by=cast.first).first():
        return [found.pk]
    officer = cast.people["li"].appointments.get()
    made = add_personal_item(
        actor=Actor(officer.user, officer, timezone.localdate()),
        duty_list=DutyList.objects.get(pk=duty_list(cast)[0]),
        item=Duty(heading="路灯", content="把村口的路灯修好", interval="year"),
        now=timezone.now(),
    )
    return [made.pk]


def duty_record(cast):
    return [DutyRecord.objects.filter(duty__in=duty(cast)).first().pk]


def negative_duty(cast):
    """An item of the 负面清单 on the list of the first branch."""
    first_one = Duty.objects.get(pk=duty(cast)[0])
    if not first_one.is_negative:
        first_one.is_negative = True
        first_one.save()
    return [first_one.pk]


def trigger(cast):
    """Something that touched the 负面清单 of the first branch, not yet answered."""
    item = Duty.objects.get(pk=negative_duty(cast)[0])
    made, _ = DutyTrigger.objects.get_or_create(
        duty=item,
        organization=cast.first,
        happened_on=date(2026, 10, 12),
        note="收了工本费",
        reporter=cast.people["li"],
        defaults={"reported_at": timezone.now()},
    )
    return [made.pk]


def evidence(cast):
    return [*duty_record(cast), 1]


def one_gap(cast):
    return [cast.first.pk, "posts"]


def upload(cast):
    """A roster that the officer of the town has sent in, checked."""
    if job := ImportJob.objects.first():
        return [job.pk]
    officer = cast.people["zhao"].appointments.get()
    actor = Actor(officer.user, officer, timezone.localdate())
    file = SimpleUploadedFile("名册.xlsx", roster_file([person(1, "第九支部")]).getvalue())
    job = upload_import(
        actor=actor, organization=cast.town, kind=ImportKind.ROSTER, upload=file, now=timezone.now()
    )
    check_import(job=job, now=timezone.now())
    return [job.pk]


def meeting(cast, status=MeetingStatus.SUBMITTED):
    """A record of the first branch, written by its secretary and sent in."""
    if found := Meeting.objects.filter(organization=cast.first).first():
        return [found.pk]
    writer = cast.people["li"]
    made = Meeting.objects.create(
        organization=cast.first,
        title="十月主题党日",
        kinds=MeetingKind.PARTY_DAY,
        held_on=date(2026, 10, 12),
        period=202610,
        started_at=timezone.make_aware(datetime(2026, 10, 12, 9)),
        ended_at=timezone.make_aware(datetime(2026, 10, 12, 10)),
        place="会议室",
        chair=writer.member,
        recorder=writer.member,
        author=writer,
        entered_on=date(2026, 10, 13),
        expected=10,
        present=10,
        status=status,
        submitted_at=timezone.make_aware(datetime(2026, 10, 13, 9)),
    )
    return [made.pk]


def meeting_draft(cast):
    return meeting(cast, MeetingStatus.DRAFT)


def meeting_confirmed(cast):
    key = meeting(cast)
    now = timezone.now()
    Meeting.objects.filter(pk=key[0]).update(
        status=MeetingStatus.CONFIRMED, confirmed_at=now, counted_from=now
    )
    return key


def resolution(cast):
    return [*meeting(cast), 1]


def kept_draft(cast):
    draft, _ = MeetingDraft.objects.get_or_create(author=cast.people["li"], organization=cast.first)
    return [draft.pk]


def batch(cast):
    """What the officer of the town issued there."""
    officer = cast.people["zhao"].appointments.get()
    asked = start_batch(
        actor=Actor(officer.user, officer, timezone.localdate()),
        template=DutyTemplate.objects.get(pk=template(cast)[0]),
        scope=cast.town,
        reach="subtree",
        now=timezone.now(),
    )
    return [asked.pk]


def deployment(cast):
    """Of the town to the first branch, made by the officer of the town."""
    if made := Deployment.objects.first():
        return [made.pk]
    officer = cast.people["zhao"].appointments.get()
    today = timezone.localdate()
    made = create_deployment(
        actor=Actor(officer.user, officer, today),
        organization=cast.town,
        title="冬季安全检查",
        kind="CAMPAIGN",
        source="镇党委会议",
        due_on=today,
        items=[Item("排查隐患", "逐户排查。", today)],
        units=[cast.first],
        now=timezone.now(),
    )
    return [made.pk]


def deployed_list(cast):
    return [DutyList.objects.get(deployment__in=deployment(cast), organization=cast.first).pk]


def deployed_duty(cast):
    return [Duty.objects.get(duty_list__in=deployed_list(cast)).pk]


def quality_check(cast):
    """Drawn by the officer of the town, of a record of the first branch."""
    check, _ = QualityCheck.objects.get_or_create(
        record_id=duty_record(cast)[0],
        defaults={
            "organization": cast.first,
            "drawn_by": cast.people["zhao"],
            "drawn_at": timezone.now(),
        },
    )
    return [check.pk]


def notice(cast):
    """What 李 is told about a list of the first branch."""
    row = f"list:{duty_list(cast)[0]}"
    told, _ = Notice.objects.get_or_create(
        user=cast.people["li"],
        kind=NoticeKind.TO_SIGN,
        row=row,
        defaults={"subject": "待签收", "body": "请签收", "link": "/", "created_at": timezone.now()},
    )
    return [told.pk]


def notice_kind(cast):
    return [NoticeKind.OVERDUE]


def case(cast):
    """问责 of the first branch, drafted by the discipline secretary of the county."""
    made, _ = AccountabilityCase.objects.get_or_create(
        handler=cast.county,
        organization=cast.first,
        defaults={
            "situation": "STYLE",
            "facts": "经提醒仍未整改",
            "basis": "第七条",
            "measures": ["INSPECT"],
            "drafted_by": cast.people["sun"],
            "drafted_at": timezone.now(),
        },
    )
    return [made.pk]


def gathered(cast):
    """The evaluation of the first branch in a round of the town, while facts are gathered."""
    return [(Evaluation.objects.filter(organization=cast.first).first() or gathering(cast)).pk]


def stated(cast):
    return [*gathered(cast), 0]


def filled_in(cast):
    """What the system has filled into it."""
    key = gathered(cast)
    return [*key, EvaluationEntry.objects.get(evaluation__in=key).pk]


def dispute(cast):
    """What the first branch has against it."""
    key, entry = filled_in(cast)
    made, _ = Objection.objects.get_or_create(
        evaluation_id=key,
        entry_id=entry,
        defaults={
            "organization": cast.first,
            "item": "meetings",
            "reason": "漏记",
            "author": cast.people["li"],
            "raised_at": timezone.now(),
        },
    )
    return [made.pk]


def held(cast):
    """The round of the town itself."""
    return [Evaluation.objects.get(pk__in=gathered(cast)).round_id]


def in_round_above(cast):
    """The units at and below the first branch in the round of the town."""
    return [cast.first.pk, *held(cast)]


def pinned_scheme(cast):
    """The scheme of the round of the town."""
    key = held(cast)
    return [*key, RoundScheme.objects.get(round__in=key).pk]


def window(cast):
    """In which the units of the round score themselves, open today."""
    round_key = held(cast)[0]
    today = timezone.localdate()
    made, _ = AssessorWindow.objects.get_or_create(
        round_id=round_key,
        by="自评",
        defaults={"role": "SELF", "opens_on": today, "closes_on": today, "author": cast.people["zhao"]},
    )
    return [round_key, made.pk]


def own_window(cast):
    return window(cast)[1:]


def no_sheet(cast):
    return [*window(cast), 0]


def assessment(cast):
    return [window(cast)[1], *gathered(cast)]


def adjustment(cast):
    """What was added to the first branch."""
    made, _ = Adjustment.objects.get_or_create(
        organization=cast.first,
        kind="BONUS",
        defaults={
            "points": 1,
            "reason": "经验推广",
            "on": date(2026, 6, 1),
            "source": "柳汀镇党委登记",
            "created_at": timezone.now(),
        },
    )
    return [made.pk]


def shown(cast):
    """The result of the first branch in a round of the town, shown and not yet published."""
    if found := Evaluation.objects.filter(round__state=RoundState.SHOWN).first():
        return [found.pk]
    marks = {cast.first: said(4, "55")}
    scheme = make_scheme(cast.town, code="SHOWN")
    made = make_round(cast.town, cast.people["zhao"], scheme, marks, state=RoundState.SHOWN)
    made.objections_until = date(2099, 12, 31)
    made.save()
    return [made.evaluations.get().pk]


def shown_round(cast):
    return [Evaluation.objects.get(pk=shown(cast)[0]).round_id]


def objection(cast):
    made, _ = Objection.objects.get_or_create(
        evaluation_id=shown(cast)[0],
        organization=cast.first,
        entry=None,
        defaults={"reason": "少计一次", "author": cast.people["li"], "raised_at": timezone.now()},
    )
    return [made.pk]


def plan(cast):
    """Asked of the first branch, and written."""
    made, _ = ImprovementPlan.objects.get_or_create(
        evaluation_id=shown(cast)[0],
        organization=cast.first,
        defaults={"quarter": "LAST", "state": "RUNNING", "created_at": timezone.now()},
    )
    return [made.pk]


def plan_step(cast):
    return [*plan(cast), 1]


def scheme(cast):
    """The scoring table of the town."""
    return [scheme_draft_row(cast).scheme_id]


def scheme_draft_row(cast):
    """The draft of the table of the town."""
    if found := SchemeDraft.objects.first():
        return found
    officer = cast.people["wu"].appointments.get()
    actor = Actor(officer.user, officer, timezone.localdate())
    text = Path("accountability/starters/schemes/village.toml").read_bytes()
    made = create_scheme(
        actor=actor,
        organization=cast.town,
        table=replace(read_scheme(text), year=actor.today.year),
        now=timezone.now(),
    )
    return begin_draft(actor=actor, scheme=made, now=timezone.now())


def scheme_draft(cast):
    return [scheme_draft_row(cast).pk]


def scheme_line(cast):
    return [*scheme_draft(cast), "basic"]


def scheme_item(cast):
    return [*scheme_draft(cast), "place"]


def scheme_rule(cast):
    return [*scheme_draft(cast), 1, "scheme"]


def scheme_part(cast):
    return [*scheme_draft(cast), "line:basic"]


def programme(cast):
    """民主评议 of the first branch, in its poll."""
    return [appraising.standing(cast)[0].pk]


def appraised(cast):
    return [appraising.standing(cast)[1].pk]


def appraisal_poll(cast):
    return [appraising.standing(cast)[0].poll_id]


def disposition(cast):
    """A case on 周 of the first branch."""
    return [appraising.standing(cast)[2].pk]


def review_cycle(cast):
    """Started by the officer of the town, where the secretaries of both branches report."""
    if found := ReviewCycle.objects.first():
        return [found.pk]
    officer, today = cast.people["zhao"].appointments.get(), timezone.localdate()
    made = start_cycle(
        actor=Actor(officer.user, officer, today),
        organization=cast.town,
        title="述职评议",
        year=today.year,
        starts_on=today,
        ends_on=today,
        reports_due_on=today,
        sessions_due_on=today,
        now=timezone.now(),
    )
    return [made.pk]


def review_session(cast):
    return [ReviewSession.objects.get(cycle__in=review_cycle(cast)).pk]


def work_report(cast):
    return [WorkReport.objects.get(session__in=review_session(cast), organization=cast.first).pk]


def review_problem(cast):
    """Of the first branch, published."""
    report = WorkReport.objects.get(pk=work_report(cast)[0])
    ReviewSession.objects.filter(pk=report.session_id).update(state="PUBLISHED")
    today = timezone.localdate()
    return [
        ReviewProblem.objects.create(report=report, organization=cast.first, content="少", due_on=today).pk
    ]


def poll(cast):
    """Of the town, in which 李 votes."""
    officer, now = cast.people["zhao"].appointments.get(), timezone.now()
    made = open_poll(
        actor=Actor(officer.user, officer, timezone.localdate()),
        organization=cast.town,
        purpose=PollPurpose.REVIEW,
        title="测评",
        choices=["好", "差"],
        categories={},
        subjects=["第一支部"],
        voters=[(cast.people["li"], None, "")],
        opens_at=now,
        closes_at=now + timedelta(days=1),
        now=now,
    )
    return [made.pk]


# One column each: li wang zhao qian sun zhou wu zheng feng nobody, and a visitor without an account.
MATRIX = [
    # Organisations
    ("get", "organization-detail", first, ".-.....xx->"),
    ("get", "organization-detail", town, "--...-.xx->"),
    ("get", "organization-tree", first, ".-.....xx->"),
    ("get", "organization-history", first, ".-.....xx->"),
    ("get", "organization-search", nothing, "..........>"),
    ("get", "organization-options", nothing, "..........>"),
    ("get", "organization-create", town, "--xxx-.xx->"),
    ("get", "organization-change", first, "x-xxxx.xx->"),
    ("get", "organization-move", first, "x-xxxx.xx->"),
    ("get", "organization-merge", first, "x-xxxx.xx->"),
    ("get", "organization-dissolve", first, "x-xxxx.xx->"),
    # People
    ("get", "member-list", first, ".-..xx.xx->"),
    ("get", "member-detail", member, ".-..xx.xx->"),
    ("get", "member-history", member, ".-..xx.xx->"),
    ("get", "member-create", first, ".-.xxx.xx->"),
    ("get", "member-change", member, ".-.xxx.xx->"),
    ("get", "member-transfer", member, ".-.xxx.xx->"),
    ("post", "member-reveal", member, "?-??xxxxx->"),
    ("get", "group-list", first, ".-..xx.xx->"),
    ("post", "group-create", first, ">->xxx>xx->"),
    ("post", "group-assign", first, ">->xxx>xx->"),
    ("get", "appointment-list", first, ".-.....xx->"),
    ("get", "appointment-create", first, "x-xxxx.xx->"),
    ("get", "appointment-relieve", appointment, "x-xxxx.xx->"),
    ("get", "appointment-history", appointment, ".-.....xx->"),
    # Accounts and the log
    ("get", "account-list", nothing, "xxxxxxxx.x>"),
    ("get", "account-create", nothing, "xxxxxxxx.x>"),
    ("get", "account-detail", account, "xxxxxxxx.x>"),
    ("post", "account-reset", account, "xxxxxxxx.x>"),
    ("post", "account-active", account, "xxxxxxxx>x>"),
    ("post", "account-appoint", account, "xxxxxxxx?x>"),
    ("post", "account-relieve", account, "xxxxxxxx-x>"),
    ("get", "audit-list", nothing, "xxxxxxx.xx>"),
    ("get", "password-change", nothing, "..........>"),
    ("post", "appointment-switch", appointment, ">--------->"),
    ("post", "logout", nothing, ">>>>>>>>>>>"),
    # Meetings
    ("get", "meeting-list", first, ".-.....xx->"),
    ("get", "meeting-calendar", first, ".-.....xx->"),
    ("get", "meeting-matrix", first, ".-.....xx->"),
    ("get", "meeting-create", first, ".-xxxxxxx->"),
    ("post", "meeting-panel", first, ".-.....xx->"),
    ("post", "meeting-vote", first, ".-.....xx->"),
    ("post", "meeting-draft", first, ".-xxxxxxx->"),
    ("post", "meeting-draft-discard", kept_draft, ">--------->"),
    ("get", "review-queue", first, ".-..xxxxx->"),
    ("get", "review-queue", town, "--..x-xxx->"),
    ("post", "review-bulk", town, "-->>x-xxx->"),
    ("get", "meeting-detail", meeting, ".-.....xx->"),
    ("get", "meeting-detail", meeting_draft, ".------xx->"),
    ("get", "meeting-history", meeting, ".-.....xx->"),
    ("get", "meeting-history", meeting_draft, ".------xx->"),
    ("get", "meeting-edit", meeting_draft, ".-xxxxxxx->"),
    ("get", "meeting-copy", meeting, ">-xxxxxxx->"),
    ("get", "meeting-correct", meeting, ">->>>>>xx->"),
    ("get", "meeting-correct", meeting_confirmed, ">-..>>>xx->"),
    ("get", "meeting-submitted", meeting, ".-xxxxxxx->"),
    ("post", "meeting-withdraw", meeting, ">-xxxxxxx->"),
    ("post", "meeting-confirm", meeting, "x->>xxxxx->"),
    ("post", "meeting-return", meeting, "x-??xxxxx->"),
    ("get", "meeting-print", meeting, ".-.....xx->"),
    ("get", "meeting-docx", meeting, ".-.....xx->"),
    ("post", "resolution-complete", resolution, "-------xx->"),
    ("post", "attachment-add", meeting_draft, ">-xxxxxxx->"),
    ("get", "attachment-download", resolution, "-------xx->"),
    ("post", "attachment-remove", resolution, "--xxxxxxx->"),
    # Import and export
    ("get", "import-list", first, "x-.xxx.xx->"),
    ("post", "import-upload", first, "x-?xxx?xx->"),
    ("post", "export-download", first, "x-?xxx?xx->"),
    ("get", "import-detail", upload, "--.xx-.xx->"),
    ("get", "import-progress", upload, "--.xx-.xx->"),
    ("post", "import-check", upload, "-->xx->xx->"),
    ("post", "import-apply", upload, "-->xx->xx->"),
    ("post", "import-discard", upload, "-->xx->xx->"),
    ("post", "import-wrong-rows", upload, "--.xx-.xx->"),
    # Cadence
    ("get", "configuration", nothing, "xxxxxx.xxx>"),
    ("get", "cadence-list", nothing, "xxxxxx.xxx>"),
    ("get", "cadence-create", nothing, "xxxxxx.xxx>"),
    ("get", "cadence-change", rule, "xxxxxx.xxx>"),
    ("post", "cadence-cancel", rule, "xxxxxx>xxx>"),
    ("get", "cadence-history", rule, "xxxxxx.xxx>"),
    ("get", "obligation-list", first, ".-.....xx->"),
    ("get", "shortfall-reason", usual_shortfall, ".-xxxxxxx->"),
    # Duties
    ("get", "duty-list-index", first, ".-.....xx->"),
    ("get", "duty-list-detail", duty_list, ".-.....xx->"),
    ("post", "duty-list-sign", duty_list, ">-xxxxxxx->"),
    ("get", "duty-list-withdraw", duty_list, "x-xxxx.xx->"),
    ("get", "duty-decompose", duty, ".-xxxxxxx->"),
    ("get", "duty-record-list", first, ".-.....xx->"),
    ("get", "duty-record-detail", duty_record, ".-.....xx->"),
    ("get", "duty-record-edit", duty_record, ".-xxxxxxx->"),
    ("post", "duty-record-review", duty_record, "x->>>xxxx->"),
    ("get", "duty-record-history", duty_record, ".-.....xx->"),
    ("get", "duty-review-queue", first, ".-...xxxx->"),
    ("post", "duty-review-bulk", first, ">->>>xxxx->"),
    ("get", "template-list", nothing, "....xx.xxx>"),
    ("get", "template-detail", template, "....xx.xxx>"),
    ("get", "template-create", nothing, "xxxxxx.xxx>"),
    ("get", "template-edit", template, "xxxxxx.xxx>"),
    ("post", "template-copy", template, "xxxxxx>xxx>"),
    ("get", "template-history", template, "xxxxxx.xxx>"),
    # Versions, updates and exchange of templates; 个性 items
    ("get", "template-versions", template, "....xx.xxx>"),
    ("get", "template-check", template, "....xx.xxx>"),
    ("get", "template-update", template, "....xx.xxx>"),
    ("post", "template-export", template, "....xx.xxx>"),
    ("get", "template-import", nothing, "xxxxxx.xxx>"),
    ("post", "template-import-apply", nothing, "xxxxxx>xxx>"),
    ("get", "personal-item-add", duty_list, ".-xxxx.xx->"),
    ("get", "personal-item-withdraw", personal_item, ".-..xx.xx->"),
    ("get", "template-issue", template, "....xx.xxx>"),
    # Issuing in batches, owners, 层层加码
    ("get", "batch-list", first, ".-..xx.xx->"),
    ("get", "batch-detail", batch, "--..x-.xx->"),
    ("get", "batch-progress", batch, "--..x-.xx->"),
    ("get", "batch-withdraw", batch, "--..x-.xx->"),
    ("post", "batch-resume", batch, "-->>x->xx->"),
    ("post", "duty-claim", duty, ">-xxxxxxx->"),
    ("get", "duty-owner", duty, ".-xxxxxxx->"),
    ("get", "duty-stricter", first, ".-...x.xx->"),
    # Evidence of duties, the 负面清单
    ("post", "evidence-add", duty_record, ">-xxxxxxx->"),
    ("get", "evidence-download", evidence, "-------xx->"),
    ("post", "evidence-remove", evidence, "--xxxxxxx->"),
    ("get", "duty-trigger-list", first, ".-.....xx->"),
    ("get", "duty-trigger-create", negative_duty, ".-...xxxx->"),
    ("get", "duty-trigger-detail", trigger, ".-.....xx->"),
    ("post", "duty-trigger-detail", trigger, ".-...xxxx->"),
    # Coverage, gaps, officers
    ("get", "coverage-matrix", first, ".-.....xx->"),
    ("get", "coverage-matrix", town, "--...-.xx->"),
    ("get", "duty-gaps", first, ".-.....xx->"),
    ("get", "duty-gap-list", one_gap, ".-.....xx->"),
    ("get", "key-posts", first, ".-...x.xx->"),
    ("get", "key-posts", town, "--...-.xx->"),
    ("get", "responsibility-matrix", first, ".-.....xx->"),
    ("post", "responsibility-matrix-export", first, ".-.....xx->"),
    ("get", "my-duties", nothing, "..........>"),
    ("get", "officer-duties", appointment, ".-.....xx->"),
    # Ballots
    ("get", "my-polls", nothing, "..........>"),
    ("get", "poll-vote", poll, ".--------->"),
    ("get", "poll-detail", poll, "--..---xx->"),
    ("post", "poll-close", poll, "-->>---xx->"),
    ("post", "poll-extend", poll, "--..---xx->"),
    ("post", "poll-cancel", poll, "--..---xx->"),
    # 述职评议
    ("get", "review-cycle-list", first, ".-...x.xx->"),
    ("get", "review-cycle-create", first, "x-xxxxxxx->"),
    ("get", "review-cycle-create", town, "--..x-xxx->"),
    ("get", "review-cycle-detail", review_cycle, "--..x-xxx->"),
    ("post", "review-cycle-take-in", review_cycle, "-->>x-xxx->"),
    ("post", "review-cycle-close", review_cycle, "-->>x-xxx->"),
    ("post", "review-cycle-withdraw", review_cycle, "--..x-xxx->"),
    ("get", "review-session-list", review_cycle, "--..x-xxx->"),
    ("get", "review-report-list", review_cycle, "--..x-xxx->"),
    ("get", "review-session-detail", review_session, "--..x-xxx->"),
    ("post", "review-session-arrange", review_session, "-->>x-xxx->"),
    ("get", "review-session-rate", review_session, "--..x-xxx->"),
    ("post", "review-session-grade", review_session, "-->>x-xxx->"),
    ("post", "review-session-publish", review_session, "-->>x-xxx->"),
    ("get", "work-report-detail", work_report, ".-...x.xx->"),
    ("get", "work-report-print", work_report, ".-...x.xx->"),
    ("get", "work-report-edit", work_report, ".-xxxxxxx->"),
    ("post", "work-report-return", work_report, "x-..xxxxx->"),
    ("post", "work-report-comment", work_report, "x-..xxxxx->"),
    ("post", "work-report-grade", work_report, "x-..xxxxx->"),
    ("post", "work-report-leave-out", work_report, "x-..xxxxx->"),
    ("post", "work-report-acknowledge", work_report, ">-xxxxxxx->"),
    ("post", "review-problem-add", work_report, "x-..xxxxx->"),
    ("get", "review-problem-list", first, ".-...x.xx->"),
    ("get", "review-problem-detail", review_problem, ".-...x.xx->"),
    ("post", "review-problem-report", review_problem, ".-xxxxxxx->"),
    ("post", "review-problem-check", review_problem, "x-..xxxxx->"),
    # Deployments and quality checks
    ("get", "deployment-list", first, ".-.....xx->"),
    ("get", "deployment-create", town, "--.xx-xxx->"),
    ("get", "deployment-detail", deployment, "--...-.xx->"),
    ("get", "deployment-extend", deployment, "--..x-.xx->"),
    ("get", "deployment-close", deployment, "--..x-.xx->"),
    ("get", "deployment-withdraw", deployment, "--..x-.xx->"),
    ("get", "deployment-part", deployed_list, ".-.....xx->"),
    ("get", "deployment-units", deployed_list, ".-.....xx->"),
    ("get", "deployment-chain", deployed_duty, ".-.....xx->"),
    ("get", "quality-list", first, ".-.....xx->"),
    ("get", "quality-draw", first, ".-...xxxx->"),
    ("get", "quality-detail", quality_check, ".-.....xx->"),
    ("post", "quality-judge", quality_check, "x-...xxxx->"),
    ("post", "quality-answer", quality_check, ">-xxxxxxx->"),
    # Scoring tables: read by whom they judge, written by who configures there
    ("get", "scheme-list", first, ".-...x.xx->"),
    ("get", "scheme-create", town, "--xxx-.xx->"),
    ("get", "scheme-detail", scheme, ".....x.xxx>"),
    ("get", "scheme-versions", scheme, ".....x.xxx>"),
    ("get", "scheme-trial", scheme, ".....x.xxx>"),
    ("post", "scheme-edit", scheme, "--xxx->xx->"),
    ("post", "scheme-copy", scheme, "--xxx->xx->"),
    ("post", "scheme-end", scheme, "--xxx->xx->"),
    ("get", "scheme-history", scheme, "--xxx-.xx->"),
    ("get", "scheme-draft", scheme_draft, "--xxx-.xx->"),
    ("get", "scheme-draft-trial", scheme_draft, "--xxx-.xx->"),
    ("post", "scheme-draft-save", scheme_draft, "--xxx-?xx->"),
    ("post", "scheme-draft-rebase", scheme_draft, "--xxx->xx->"),
    ("get", "scheme-draft-discard", scheme_draft, "--xxx-.xx->"),
    ("get", "scheme-head-edit", scheme_draft, "--xxx-.xx->"),
    ("get", "scheme-line-create", scheme_draft, "--xxx-.xx->"),
    ("get", "scheme-line-edit", scheme_line, "--xxx-.xx->"),
    ("get", "scheme-item-create", scheme_line, "--xxx-.xx->"),
    ("get", "scheme-item-edit", scheme_item, "--xxx-.xx->"),
    ("get", "scheme-rule-create", scheme_part, "--xxx-.xx->"),
    ("get", "scheme-rule-edit", scheme_rule, "--xxx-.xx->"),
    ("post", "scheme-part-move", scheme_draft, "--xxx->xx->"),
    ("get", "scheme-part-remove", scheme_part, "--xxx-.xx->"),
    # Reminders and handing over
    ("get", "notice-list", nothing, "..........>"),
    ("get", "notice-settings", nothing, "..........>"),
    ("get", "notice-open", notice, ">--------->"),
    ("post", "notice-read", notice, ">--------->"),
    ("post", "notice-read-all", nothing, ">>>>>>>>>>>"),
    ("get", "wording-list", nothing, "xxxxxx.xxx>"),
    ("get", "wording-edit", notice_kind, "xxxxxx.xxx>"),
    ("post", "wording-reset", notice_kind, "xxxxxx>xxx>"),
    ("get", "duty-handover", first, ".-xxxx.xx->"),
    # Facts of an evaluation
    ("get", "evaluation-fill", gathered, ".-...x.xx->"),
    ("post", "entry-save", gathered, "-----x-xx->"),
    ("post", "entry-withdraw", stated, "-----x-xx->"),
    ("get", "entry-file", stated, "-----x-xx->"),
    ("post", "entry-file-remove", stated, "-----x-xx->"),
    ("get", "dispute-raise", filled_in, ".-xxxxxxx->"),
    ("post", "objection-take-back", dispute, ">-xxxxxxx->"),
    ("get", "dispute-answer", dispute, "x-..xxxxx->"),
    ("get", "assessment-list", nothing, ".....x.xxx>"),
    ("get", "assessment-edit", assessment, ".----x-xxx>"),
    ("get", "assessment-grid", own_window, "..---x-xxx>"),
    ("get", "window-list", held, "--..x-xxx->"),
    ("get", "window-change", window, "--..x-xxx->"),
    ("get", "window-sheets", window, "--..x-xxx->"),
    ("post", "sheet-return", no_sheet, "----x-xxx->"),
    ("get", "window-polls", window, "--..x-xxx->"),
    ("post", "window-close", window, "-->>x-xxx->"),
    ("get", "round-items", held, "--..x-xxx->"),
    ("get", "round-facts-import", held, "--..x-xxx->"),
    ("post", "round-facts-apply", held, "-->>x-xxx->"),
    ("post", "round-facts-sheet", held, "--..x-xxx->"),
    ("get", "round-item-fill", held, "----x-xxx->"),
    # Rounds
    ("get", "evaluation-home", first, ".-...x.xx->"),
    ("get", "evaluation-home", town, "--...-.xx->"),
    ("get", "round-list", town, "--...-.xx->"),
    ("get", "round-create", town, "--..x-xxx->"),
    ("get", "round-create", first, "x-xxxxxxx->"),
    ("get", "round-share", in_round_above, ".-...x.xx->"),
    ("get", "round-detail", held, "--...-.xx->"),
    ("get", "round-progress", held, "--...-.xx->"),
    ("post", "round-evaluate", held, "-->>x-xxx->"),
    ("get", "round-units", held, "--..x-xxx->"),
    ("get", "round-change", held, "--..x-xxx->"),
    ("get", "round-history", held, "--...-.xx->"),
    ("get", "round-withdraw", held, "--..x-xxx->"),
    ("get", "round-version", pinned_scheme, "--..x-xxx->"),
    ("get", "evaluation-settings", gathered, "x-..xxxxx->"),
    ("get", "adjustment-list", first, ".-...x.xx->"),
    ("get", "adjustment-create", first, "x-..xxxxx->"),
    ("get", "adjustment-withdraw", adjustment, "x-..xxxxx->"),
    # Scoring tables as files and from starters
    ("get", "scheme-import", first, "x-xxxx.xx->"),
    ("post", "scheme-import-apply", first, "x-xxxx>xx->"),
    ("post", "scheme-blank", first, "x-xxxx.xx->"),
    ("post", "scheme-export", kept_scheme, ".....x.xxx>"),
    ("get", "scheme-starters", first, "x-xxxx.xx->"),
    ("get", "scheme-starter", starter, "x-xxxx.xx->"),
    ("post", "scheme-starter-adopt", starter, "x-xxxx?xx->"),
    # 问责: its body alone knows of it
    ("get", "case-list", nothing, "---..----->"),
    ("get", "case-create", nothing, "xxx..xxxxx>"),
    ("get", "case-detail", case, "---..----->"),
    ("get", "case-edit", case, "---x.----->"),
    ("post", "case-propose", case, "--->>----->"),
    ("get", "case-decide", case, "--->>----->"),
    ("get", "case-drop", case, "---..----->"),
    ("get", "case-announce", case, "--->>----->"),
    ("get", "case-appeal", case, "--->>----->"),
    ("get", "case-answer", case, "--->>----->"),
    ("post", "case-close", case, "--->>----->"),
    ("get", "case-readers", case, "---..----->"),
    ("get", "case-print", case, "---..----->"),
    ("get", "case-history", case, "---..----->"),
    # Results, objections, publication, plans
    ("get", "evaluation-detail", shown, ".-...x.xx->"),
    ("get", "evaluation-print", shown, ".-...x.xx->"),
    ("post", "evaluation-export", shown, ".-...x.xx->"),
    ("get", "evaluation-comparison", shown, ".-...x.xx->"),
    ("post", "evaluation-agree", shown, ">-xxxxxxx->"),
    ("get", "objection-raise", shown, ".-xxxxxxx->"),
    ("get", "objection-list", shown_round, "--...-.xx->"),
    ("get", "objection-detail", objection, ".-...x.xx->"),
    ("post", "objection-answer", objection, "x-??xxxxx->"),
    ("get", "round-show", shown_round, "--..x-xxx->"),
    ("get", "round-publish", shown_round, "--..x-xxx->"),
    ("get", "round-reopen", shown_round, "--..x-xxx->"),
    ("get", "round-grades", shown_round, "--...-.xx->"),
    ("post", "round-export", shown_round, "--..x-xxx->"),
    ("get", "plan-ask", shown_round, "--..x-xxx->"),
    ("get", "plan-list", first, ".-...x.xx->"),
    ("get", "plan-detail", plan, ".-...x.xx->"),
    ("get", "plan-edit", plan, ".-xxxxxxx->"),
    ("post", "plan-step", plan_step, "?-xxxxxxx->"),
    ("post", "plan-report", plan, "?-xxxxxxx->"),
    ("post", "plan-review", plan, "x-??xxxxx->"),
    # 民主评议党员, paper ballots, 组织处置
    ("get", "appraisal-list", first, ".-..xxxxx->"),
    ("get", "appraisal-start", first, ".-xxxxxxx->"),
    ("get", "appraisal-overview", town, "--..x-xxx->"),
    ("get", "appraisal-detail", programme, ".-..xxxxx->"),
    ("post", "appraisal-advance", programme, ".-xxxxxxx->"),
    ("post", "appraisal-version", programme, ">-xxxxxxx->"),
    ("post", "appraisal-cancel", programme, ".-xxxxxxx->"),
    ("post", "appraisal-roster", programme, ">-xxxxxxx->"),
    ("post", "appraisal-meeting", programme, ">-xxxxxxx->"),
    ("post", "appraisal-poll", programme, ".-xxxxxxx->"),
    ("get", "appraisal-peers", programme, ".-xxxxxxx->"),
    ("get", "appraisal-decide", programme, ".-xxxxxxx->"),
    ("get", "appraisal-tell", programme, ".-xxxxxxx->"),
    ("post", "appraisal-export", programme, ".-..xxxxx->"),
    ("get", "appraisal-member", appraised, ".-xxxxxxx->"),
    ("post", "appraisal-self", appraised, ".-xxxxxxx->"),
    ("post", "appraisal-fact", appraised, ">-xxxxxxx->"),
    ("get", "appraisal-print", appraised, ".--------->"),
    ("get", "my-appraisal", nothing, "..........>"),
    ("get", "paper-count", appraisal_poll, ".-x.x.xxx->"),
    ("get", "disposition-list", first, ".-..xxxxx->"),
    ("get", "disposition-create", first, ".-xxxxxxx->"),
    ("get", "disposition-detail", disposition, ".-..-.---->"),
    ("get", "disposition-step", disposition, ".-xx-x---->"),
    ("post", "disposition-stop", disposition, ".-xx-x---->"),
    # First screens, the cockpit, the formula, help
    ("get", "home", nothing, ">>>>>>>>>.>"),
    ("get", "todo", nothing, ".......xxx>"),
    ("get", "cockpit", first, ">->>>x>xx->"),
    ("get", "cockpit", town, "--...-.xx->"),
    ("get", "cockpit-detail", first, ".-...x.xx->"),
    ("get", "cockpit-unit", first, ".-...x.xx->"),
    ("get", "formula-list", nothing, "xxxxxx.xxx>"),
    ("get", "formula-change", nothing, "xxxxxx.xxx>"),
    ("get", "help", nothing, "..........>"),
    ("get", "help-page", chapter, "..........>"),
]


@pytest.mark.parametrize(
    ("method", "name", "row", "expected"), MATRIX, ids=[f"{row[1]}-{row[2].__name__}" for row in MATRIX]
)
def test_matrix(cast, method, name, row, expected):
    address = reverse(name, args=row(cast))
    found = ""
    for who in PEOPLE:
        client = Client() if who is None else cast.client(who)
        found += LETTERS.get(getattr(client, method)(address).status_code, "E")
    assert found == expected, f"{name}: {dict(zip(PEOPLE, zip(expected, found, strict=True), strict=True))}"


def test_a_superuser_is_no_shortcut(cast):
    user = cast.people["nobody"]
    user.is_superuser = user.is_staff = True
    user.save()
    client = cast.client("nobody")
    for method, name, row, expected in MATRIX:
        if expected[PEOPLE.index("nobody")] in "x-":
            assert getattr(client, method)(reverse(name, args=row(cast))).status_code in (403, 404), name


def test_every_page_is_in_the_matrix():
    missing = {pattern.name for _, pattern in addresses()} - {name for _, name, _, _ in MATRIX}
    assert missing == WITHOUT_DOOR | OPEN_TO_ALL
