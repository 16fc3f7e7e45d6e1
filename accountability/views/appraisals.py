from dataclasses import dataclass
from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accountability.actions.appraisal_exports import export_appraisals
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
    tell_members,
    update_roster,
    withdraw_fact,
    write_peer_notes,
    write_self,
)
from accountability.choices import AppraisalGrade, AppraisalStep
from accountability.filling import asks_of, find_ask
from accountability.forms.appraisals import (
    AdvanceForm,
    CancelForm,
    FactForm,
    MeetingForm,
    PeerForm,
    PollForm,
    SelfForm,
    SheetForm,
    StartForm,
    TellForm,
    VersionForm,
    VetoForm,
)
from accountability.models import AppraisalProgramme, MemberAppraisal, SchemeVersion
from accountability.queries.appraisals import (
    MemberRow,
    Show,
    appraisal_meetings,
    member_page,
    newest_year,
    overview,
    own_appraisals,
    own_cases,
    programme_page,
    version_choices,
)
from branches.access import Right, door, open_to_signed_in
from branches.models import Organization
from branches.views.imports import XLSX


@require_safe
@door(Right.VIEW_APPRAISALS, Organization)
def appraisal_list(request, organization):
    if not organization.is_branch:
        return redirect("appraisal-overview", organization.pk)
    programmes = list(
        organization.appraisal_programmes.select_related("version__scheme").order_by("-year", "-pk")
    )
    years = {each.year for each in programmes if each.cancelled_at is None}
    this_year = request.actor.today.year
    context = {
        "organization": organization,
        "programmes": programmes,
        "may_start": request.actor.may(Right.APPRAISE, organization)
        and not {this_year, this_year - 1} <= years,
    }
    return render(request, "accountability/appraisal_list.html", context)


@door(Right.APPRAISE, Organization)
def appraisal_start(request, organization):
    year = request.actor.today.year
    form = StartForm(
        request.POST or None,
        years=(year, year - 1),
        versions=version_choices(organization, (year, year - 1), request.actor.today),
    )
    if request.method == "POST" and form.is_valid():
        try:
            programme = start_programme(
                actor=request.actor, organization=organization, now=timezone.now(), **form.cleaned_data
            )
        except ValidationError as error:
            _blame(form, error)
        else:
            messages.success(request, "民主评议已经开始，党员可以在“我的评议”里写自评。")
            return redirect("appraisal-detail", programme.pk)
    return render(
        request, "accountability/appraisal_start.html", {"organization": organization, "form": form}
    )


@require_safe
@door(Right.VIEW_APPRAISALS, AppraisalProgramme)
def appraisal_detail(request, programme):
    return _programme(request, programme)


@require_POST
@door(Right.APPRAISE, AppraisalProgramme)
def appraisal_advance(request, programme):
    form = AdvanceForm(request.POST)
    if form.is_valid():
        try:
            kept = advance_programme(
                actor=request.actor, programme=programme, now=timezone.now(), **form.cleaned_data
            )
        except ValidationError as error:
            _blame(form, error)
        else:
            messages.success(request, f"已进入“{kept.get_step_display()}”。")
            return redirect("appraisal-detail", programme.pk)
    return _programme(request, programme, advance_form=form)


@require_POST
@door(Right.APPRAISE, AppraisalProgramme)
def appraisal_roster(request, programme):
    """Bring who takes part in line with the roster of today."""
    try:
        joined, left = update_roster(actor=request.actor, programme=programme, now=timezone.now())
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, f"名单已更新：列入{joined}人，移出{left}人。")
    return redirect("appraisal-detail", programme.pk)


@require_POST
@door(Right.APPRAISE, AppraisalProgramme)
def appraisal_meeting(request, programme):
    form = MeetingForm(request.POST, meetings=appraisal_meetings(programme))
    if form.is_valid():
        try:
            link_meeting(actor=request.actor, programme=programme, now=timezone.now(), **form.cleaned_data)
        except ValidationError as error:
            _blame(form, error)
        else:
            messages.success(request, "评议会议已更新。")
            return redirect("appraisal-detail", programme.pk)
    return _programme(request, programme, meeting_form=form)


@require_POST
@door(Right.APPRAISE, AppraisalProgramme)
def appraisal_poll(request, programme):
    """Start the poll, or end it."""
    form = PollForm(request.POST)
    try:
        if "close" in request.POST:
            close_appraisal_poll(actor=request.actor, programme=programme, now=timezone.now())
            messages.success(request, "网上投票已结束。用了纸质票的，请两人分别录入计票。")
            return redirect("appraisal-detail", programme.pk)
        if form.is_valid():
            open_appraisal_poll(
                actor=request.actor,
                programme=programme,
                closes_at=form.cleaned_data["closes_at"],
                now=timezone.now(),
            )
            messages.success(request, "民主测评已开始。")
            return redirect("appraisal-detail", programme.pk)
    except ValidationError as error:
        _blame(form, error)
    return _programme(request, programme, poll_form=form)


@require_POST
@door(Right.APPRAISE, AppraisalProgramme)
def appraisal_version(request, programme):
    """Count by another table."""
    form = VersionForm(request.POST, versions=_versions(programme, request.actor))
    if form.is_valid():
        try:
            change_version(actor=request.actor, programme=programme, now=timezone.now(), **form.cleaned_data)
        except ValidationError as error:
            _blame(form, error)
        else:
            messages.success(request, "评议办法已更新。")
            return redirect("appraisal-detail", programme.pk)
    return _programme(request, programme, version_form=form)


@require_POST
@door(Right.APPRAISE, AppraisalProgramme)
def appraisal_cancel(request, programme):
    """Take back what was started by mistake."""
    form = CancelForm(request.POST)
    if form.is_valid():
        try:
            cancel_programme(
                actor=request.actor, programme=programme, now=timezone.now(), **form.cleaned_data
            )
        except ValidationError as error:
            _blame(form, error)
        else:
            messages.success(request, "这次评议已取消，可以重新开始。")
            return redirect("appraisal-list", programme.organization_id)
    return _programme(request, programme, cancel_form=form)


def _versions(programme, actor):
    """The tables that fit the branch, and the one it counts by now."""
    fitting = version_choices(programme.organization, [programme.year], actor.today)
    return SchemeVersion.objects.filter(
        Q(pk__in=fitting.order_by().values("pk")) | Q(pk=programme.version_id)
    ).select_related("scheme__organization")


def _programme(request, programme, **forms):
    page = programme_page(programme, request.actor)
    programme = page.programme
    context = {
        "organization": programme.organization,
        "programme": programme,
        "page": page,
        "grades": AppraisalGrade.labels,
        "steps": AppraisalStep,
    }
    if page.may_appraise:
        tomorrow = timezone.localtime() + timedelta(days=1)
        context |= {
            "advance_form": AdvanceForm(initial={"step": programme.step}),
            "meeting_form": MeetingForm(
                meetings=appraisal_meetings(programme), initial={"meeting": programme.meeting}
            ),
            "poll_form": PollForm(initial={"closes_at": tomorrow.replace(hour=18, minute=0, second=0)}),
            "version_form": VersionForm(
                versions=_versions(programme, request.actor), initial={"version": programme.version_id}
            )
            if page.is_before_deciding
            else None,
            "cancel_form": CancelForm(),
        } | forms
    return render(request, "accountability/appraisal_detail.html", context)


@dataclass(frozen=True)
class PeerLine:
    appraisal: MemberAppraisal
    text: str
    error: str = ""


@door(Right.APPRAISE, AppraisalProgramme)
def appraisal_peers(request, programme):
    """互评: what was said about everybody, on one page."""
    rows = list(programme.appraisals.select_related("member").order_by("pk"))
    typed = {row.pk: request.POST.get(f"notes_{row.pk}", row.peer_notes) for row in rows}
    too_long = {pk for pk, text in typed.items() if not PeerForm({"peer_notes": text}).is_valid()}
    problem = ""
    if request.method == "POST" and not too_long:
        try:
            number = write_peer_notes(
                actor=request.actor, programme=programme, notes=typed, now=timezone.now()
            )
        except ValidationError as error:
            problem = error.messages[0]
        else:
            messages.success(request, f"已记录，更改{number}人。")
            return redirect("appraisal-detail", programme.pk)
    lines = [
        PeerLine(row, typed[row.pk], "最多500字，请写要点。" if row.pk in too_long else "") for row in rows
    ]
    context = {
        "organization": programme.organization,
        "programme": programme,
        "lines": lines,
        "problem": problem,
    }
    return render(request, "accountability/appraisal_peers.html", context)


@dataclass(frozen=True)
class DecideLine:
    """One member of the sheet, with what was typed and what is wrong with it."""

    row: MemberRow
    version: str
    grade: str
    opinion: str
    grade_error: str = ""
    opinion_error: str = ""


@door(Right.APPRAISE, AppraisalProgramme)
def appraisal_decide(request, programme):
    """综合评定: everything known of each member beside the grade; people decide."""
    is_sent = request.method == "POST"
    form = SheetForm(
        request.POST if is_sent else None,
        initial={"excess_reason": programme.reasons.get(AppraisalGrade.EXCELLENT.value, "")},
    )
    errors: dict[str, list] = {}
    if is_sent and form.is_valid():
        try:
            number = decide_grades(
                actor=request.actor,
                programme=programme,
                choices=_choices(programme, request.POST),
                now=timezone.now(),
                **form.cleaned_data,
            )
        except ValidationError as error:
            if hasattr(error, "error_dict"):
                errors = error.message_dict
            _blame(form, error)
        else:
            messages.success(request, f"已保存，更改{number}人。")
            return redirect("appraisal-decide", programme.pk)
    page = programme_page(programme, request.actor)
    lines = [_decide_line(row, request.POST if is_sent else {}, errors) for row in page.rows]
    context = {
        "organization": page.programme.organization,
        "programme": page.programme,
        "page": page,
        "lines": lines,
        "form": form,
        "choices": AppraisalGrade.choices,
        "grades": AppraisalGrade.labels,
        "is_open": page.programme.step in (AppraisalStep.DECIDE, AppraisalStep.TELL),
    }
    return render(request, "accountability/appraisal_decide.html", context)


def _choices(programme, data) -> dict[int, Choice]:
    """What was sent for each member of the programme; what was not sent stays."""
    found = {}
    for pk in programme.appraisals.values_list("pk", flat=True):
        version = data.get(f"version_{pk}", "")
        if version.isdecimal() and len(version) < 10:
            opinion = data.get(f"opinion_{pk}", "")[:500]
            found[pk] = Choice(int(version), data.get(f"grade_{pk}", ""), opinion)
    return found


def _decide_line(row, data, errors) -> DecideLine:
    kept, pk = row.appraisal, row.appraisal.pk
    return DecideLine(
        row=row,
        version=str(kept.version),
        grade=data.get(f"grade_{pk}", kept.grade),
        opinion=data.get(f"opinion_{pk}", kept.opinion),
        grade_error=" ".join(errors.get(f"grade_{pk}", [])),
        opinion_error=" ".join(errors.get(f"opinion_{pk}", [])),
    )


@door(Right.APPRAISE, AppraisalProgramme)
def appraisal_tell(request, programme):
    """反馈 to those ticked."""
    form = TellForm(request.POST or None)
    chosen = [int(pk) for pk in request.POST.getlist("chosen") if pk.isdecimal() and len(pk) < 19]
    if request.method == "POST" and form.is_valid():
        try:
            number = tell_members(
                actor=request.actor,
                programme=programme,
                appraisals=chosen,
                now=timezone.now(),
                **form.cleaned_data,
            )
        except ValidationError as error:
            _blame(form, error)
        else:
            messages.success(request, f"已反馈{number}人。")
            return redirect("appraisal-tell", programme.pk)
    page = programme_page(programme, request.actor)
    context = {
        "organization": page.programme.organization,
        "programme": page.programme,
        "page": page,
        "form": form,
        "chosen": chosen,
        "is_open": page.programme.step == AppraisalStep.TELL,
    }
    return render(request, "accountability/appraisal_tell.html", context)


@require_safe
@door(Right.APPRAISE, MemberAppraisal)
def appraisal_member(request, appraisal):
    return _member(request, appraisal)


@require_POST
@door(Right.APPRAISE, MemberAppraisal)
def appraisal_self(request, appraisal):
    """The self-appraisal of a member who handed it in on paper."""
    form = SelfForm(request.POST, is_graded=appraisal.is_graded)
    if form.is_valid():
        try:
            _write_self(request, appraisal, form)
        except ValidationError as error:
            _blame(form, error)
        else:
            messages.success(request, "自评已录入。")
            return redirect("appraisal-member", appraisal.pk)
    return _member(request, appraisal, self_form=form)


@require_POST
@door(Right.APPRAISE, MemberAppraisal)
def appraisal_fact(request, appraisal):
    """A fact that counts, one that is struck out again, or a veto."""
    table = member_page(appraisal).table
    if table is None:
        messages.error(request, "这次评议没有选用评议办法，不登记计分事实。")
        return redirect("appraisal-member", appraisal.pk)
    if pk := request.POST.get("withdraw", ""):
        entry = get_object_or_404(appraisal.entries, pk=pk if pk.isdecimal() and len(pk) < 19 else 0)
        try:
            withdraw_fact(actor=request.actor, entry=entry, now=timezone.now())
        except ValidationError as error:
            messages.error(request, error.messages[0])
        return redirect(_facts_url(appraisal))
    if "veto" in request.POST:
        form = VetoForm(request.POST, conditions=_conditions(table))
        if form.is_valid() and _saved(
            form,
            add_adjustment,
            actor=request.actor,
            appraisal=appraisal,
            now=timezone.now(),
            **form.cleaned_data,
        ):
            return redirect(_facts_url(appraisal))
        return _member(request, appraisal, veto_form=form)
    ask = find_ask(table, request.POST.get("item", ""), request.POST.get("fact", ""))
    if ask is None:
        raise Http404
    form = FactForm(request.POST, ask=ask)
    if form.is_valid() and _saved(
        form, add_fact, actor=request.actor, appraisal=appraisal, entry=form.said(), now=timezone.now()
    ):
        return redirect(_facts_url(appraisal))
    return _member(request, appraisal, fact_form=form)


def _facts_url(appraisal) -> str:
    return reverse("appraisal-member", args=[appraisal.pk]) + "#facts"


def _conditions(table) -> list[str]:
    return [rule["condition"] for rule in table.of_kind("VETO") if not rule.params.get("of")]


def _member(request, appraisal, self_form=None, fact_form=None, veto_form=None):
    page = member_page(appraisal)
    kept, table = page.appraisal, page.table
    counts = table is not None and kept.is_graded
    asked = request.GET.get("item", "").partition("|")
    ask = fact_form.ask if fact_form else find_ask(table, asked[0], asked[2]) if counts else None
    context = {
        "organization": kept.organization,
        "page": page,
        "programme": page.programme,
        "appraisal": kept,
        "grades": AppraisalGrade.labels,
        "may_write_self": page.programme.cancelled_at is None
        and page.programme.step in (AppraisalStep.SELF, AppraisalStep.PEERS, AppraisalStep.POLL)
        and (kept.self_by_id is None or page.row.is_entered),
        "self_form": self_form
        or SelfForm(is_graded=kept.is_graded, initial={"text": kept.self_text, "grade": kept.self_grade}),
        "may_count": counts
        and page.programme.cancelled_at is None
        and page.programme.step not in (AppraisalStep.TELL, AppraisalStep.DONE),
        "asks": asks_of(table) if counts else [],
        "ask": ask,
        "fact_form": fact_form or (FactForm(ask=ask) if ask else None),
        "veto_form": veto_form
        or (VetoForm(conditions=_conditions(table)) if counts and _conditions(table) else None),
    }
    return render(request, "accountability/appraisal_member.html", context)


@require_safe
@open_to_signed_in
def appraisal_print(request, pk):
    """登记表 A4: for those who conduct it, and of one's own once it was told."""
    appraisal = get_object_or_404(MemberAppraisal.objects.select_related("organization", "programme"), pk=pk)
    actor = request.actor
    is_own = request.user.member_id is not None and appraisal.member_id == request.user.member_id
    if not (is_own and appraisal.told_at) and not actor.may(Right.APPRAISE, appraisal.organization):
        raise Http404
    page = member_page(appraisal)
    context = {
        "organization": page.appraisal.organization,
        "page": page,
        "appraisal": page.appraisal,
        "programme": page.programme,
        "is_own": is_own and not actor.may(Right.APPRAISE, appraisal.organization),
    }
    return render(request, "accountability/appraisal_print.html", context)


@require_POST
@door(Right.VIEW_APPRAISALS, AppraisalProgramme)
def appraisal_export(request, programme):
    file, name = export_appraisals(actor=request.actor, programme=programme, now=timezone.now())
    return FileResponse(file, as_attachment=True, filename=name, content_type=XLSX)


@require_safe
@door(Right.VIEW_APPRAISALS, Organization)
def appraisal_overview(request, organization):
    if not organization.is_committee:
        return redirect("appraisal-list", organization.pk)
    today = request.actor.today
    typed = request.GET.get("year", "")
    year = int(typed) if typed.isdecimal() and len(typed) == 4 else newest_year(organization, today)
    show, after = request.GET.get("show", ""), request.GET.get("after", "")
    page = overview(organization, year, show, after, today)
    context = {
        "organization": organization,
        "page": page,
        "years": sorted({today.year, today.year - 1, year}, reverse=True),
        "grades": AppraisalGrade.labels,
        "show": Show,
        "next_url": f"?year={year}&show={page.show}&after={page.after}" if page.after else "",
        "first_url": f"?year={year}&show={page.show}" if after else "",
    }
    return render(request, "accountability/appraisal_overview.html", context)


@open_to_signed_in
def my_appraisal(request):
    """What one says of oneself, and what came of it; nobody else's."""
    rows = own_appraisals(request.user)
    asked = request.POST.get("appraisal", "")
    target = next((row for row in rows if str(row.pk) == asked), None)
    form = None
    if request.method == "POST":
        if target is None:
            raise Http404
        if "seen" in request.POST:
            try:
                confirm_seen(actor=request.actor, appraisal=target, now=timezone.now())
                messages.success(request, "已确认阅知。")
            except ValidationError as error:
                messages.error(request, error.messages[0])
            return redirect("my-appraisal")
        form = SelfForm(request.POST, is_graded=target.is_graded)
        if form.is_valid():
            try:
                _write_self(request, target, form)
            except ValidationError as error:
                _blame(form, error)
            else:
                messages.success(request, "自评已提交；综合评定之前还可以修改。")
                return redirect("my-appraisal")
    current = target or (rows[0] if rows else None)
    may_write = current is not None and current.programme.step in (
        AppraisalStep.SELF,
        AppraisalStep.PEERS,
        AppraisalStep.POLL,
    )
    context = {
        "rows": rows,
        "current": current,
        "older": [row for row in rows if row != current],
        "may_write": may_write,
        "form": form
        or (
            SelfForm(
                is_graded=current.is_graded,
                initial={"text": current.self_text, "grade": current.self_grade},
            )
            if may_write
            else None
        ),
        "cases": own_cases(request.user),
    }
    return render(request, "accountability/my_appraisal.html", context)


def _write_self(request, appraisal, form) -> None:
    write_self(
        actor=request.actor,
        appraisal=appraisal,
        text=form.cleaned_data["text"],
        grade=form.cleaned_data.get("grade", ""),
        now=timezone.now(),
    )


def _saved(form, action, **values) -> bool:
    """Whether the action went through; what stood in its way is on the form."""
    try:
        action(**values)
    except ValidationError as error:
        _blame(form, error)
        return False
    return True


def _blame(form, error) -> None:
    """Put an error beside the fields it names; what the form does not have stands above it."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, found in error.error_dict.items():
        form.add_error(name if name in form.fields else None, found)
