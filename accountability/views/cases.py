"""问责: seen by the body that handles a case and by those it let in; for everybody else there is no such page."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accountability.access import case_door, handler_door, handles_cases, must_stand_aside
from accountability.actions import cases
from accountability.choices import CaseMeasure, CaseState
from accountability.filters import CaseFilter
from accountability.forms.cases import (
    AnnounceForm,
    AnswerForm,
    AppealForm,
    CaseCorrectForm,
    CaseEditForm,
    CaseForm,
    DecideForm,
    DropForm,
    ReadersForm,
    RemoveReaderForm,
    TargetForm,
    UnitForm,
)
from accountability.models import Evaluation
from accountability.queries.cases import case_detail, case_numbers, cases_seen, knows_of_cases, labels_of
from branches.access import Right, door, open_to_signed_in
from branches.models import Organization
from branches.paging import capped_count, slice_before
from branches.queries.history import history_page


@open_to_signed_in
@require_safe
def case_list(request):
    actor = request.actor
    if not knows_of_cases(actor):
        raise Http404
    seen = cases_seen(actor)
    found = CaseFilter(request.GET, seen)
    rows = found.qs if found.is_valid() else seen.none()
    after = request.GET.get("after", "")
    page = slice_before(rows, "pk", after if after.isascii() and after.isdigit() and len(after) < 19 else "")
    query = request.GET.copy()
    query.pop("after", None)
    handles = handles_cases(actor)
    context = {
        "page": page,
        "rows": [(each, labels_of(each.measures)) for each in page.rows],
        "filter": found,
        "handles": handles,
        "numbers": case_numbers(actor.organization, actor.today.year) if handles else [],
        "year": actor.today.year,
        "total": f"共 {capped_count(rows)} 件",
        "next_url": f"?{urlencode({'after': page.after})}&{query.urlencode()}" if page.after else "",
        "first_url": f"?{query.urlencode()}" if after else "",
    }
    return render(request, "accountability/case_list.html", context)


@door(Right.HANDLE_CASES)
def case_create(request):
    """Three questions one after the other: which unit, the unit or whom of it, and what happened."""
    actor = request.actor
    if not handles_cases(actor):
        raise PermissionDenied("问责由党委（党组）、纪委对下级单位及其班子成员办理。")
    below = Organization.objects.filter(actor.within(Right.HANDLE_CASES, prefix="")).exclude(kind="GROUP")
    evaluation = _evaluation(request, actor)
    typed = {"unit": request.GET["unit"]} if "unit" in request.GET else None
    unit_form = UnitForm(typed, rows=below)
    organization = evaluation.organization if evaluation else None
    if organization is None and unit_form.is_bound and unit_form.is_valid():
        organization = unit_form.cleaned_data["unit"]
    if organization is None:
        return render(request, "accountability/case_unit.html", {"form": unit_form})
    target_form = TargetForm(request.GET, organization=organization)
    appointment = target_form.cleaned_data["appointment"] if target_form.is_valid() else None
    if must_stand_aside(actor, organization, appointment):
        raise PermissionDenied("涉及您本人或您任职的单位，请回避，由其他同志办理。")
    context = {
        "organization": organization,
        "evaluation": evaluation,
        "appointment": appointment,
        "target_form": target_form,
        "unit_text": unit_form.fields["unit"].prepare_value(organization),
        "stage": "draft" if "appointment" in request.GET and target_form.is_valid() else "target",
    }
    if context["stage"] == "draft":
        form = CaseForm(request.POST or None, appointment=appointment)
        if request.method == "POST" and form.is_valid():
            try:
                case = cases.open_case(
                    actor=actor,
                    organization=organization,
                    appointment=appointment,
                    evaluation=evaluation,
                    draft=form.draft,
                    now=timezone.now(),
                )
            except ValidationError as error:
                _show(form, error)
            else:
                messages.success(request, "已起草，只有本单位办理问责的同志和您指定的知悉人看得到。")
                return redirect("case-detail", case.pk)
        context["form"] = form
    return render(request, "accountability/case_create.html", context)


@case_door
@require_safe
def case_detail_page(request, case):
    return render(request, "accountability/case_detail.html", _context(request, case))


@case_door
@require_safe
def case_print(request, case):
    return render(request, "accountability/case_print.html", _context(request, case))


@handler_door
@require_safe
def case_history(request, case):
    """Earlier wordings, and who was let in and why: for the body that handles it alone."""
    context = {
        "row": case,
        "title": f"问责第{case.pk}号",
        "label": case._meta.verbose_name,
        "organization": request.actor.organization,
        "page": history_page(case, before=request.GET.get("before", ""), words={"measures": CaseMeasure}),
        "back": "case-detail",
        "back_pk": case.pk,
    }
    return render(request, "branches/history.html", context)


@handler_door
def case_edit(request, case):
    """Before the decision its drafter rewrites it; after it anybody of the body mends the words, with the reason."""
    actor = request.actor
    if not _may(request, case, "edit"):
        raise PermissionDenied("决定之前由起草人修改；不予问责的不再修改。")
    is_decided = case.state not in (CaseState.DRAFT, CaseState.PROPOSED)
    said = {
        name: getattr(case, name)
        for name in ("situation", "part", "facts", "basis", "measures", "number", "announced_on", "version")
    }
    if is_decided:
        form = CaseCorrectForm(request.POST or None, case=case, initial=said)
    else:
        form = CaseEditForm(
            request.POST or None,
            appointment=case.appointment,
            needs_reason=case.state == CaseState.PROPOSED,
            initial=said,
        )
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        common = {
            "actor": actor,
            "case": case,
            "version": values["version"] or 0,
            "draft": form.draft,
            "reason": values["reason"],
            "now": timezone.now(),
        }
        try:
            if is_decided:
                cases.correct_case(**common, number=values["number"], announced_on=values.get("announced_on"))
            else:
                cases.save_case(**common)
        except cases.CaseMoved as moved:
            form.add_error(None, str(moved))
            form.data = form.data.copy()
            form.data["version"] = moved.case.version
        except ValidationError as error:
            _show(form, error)
        else:
            messages.success(request, "已更正，原来的内容在变更记录里。" if is_decided else "已保存。")
            return redirect("case-detail", case.pk)
    context = _context(request, case) | {"form": form, "is_decided": is_decided}
    return render(request, "accountability/case_edit.html", context)


@require_POST
@handler_door
def case_propose(request, case):
    return _at_once(request, case, cases.propose_case, "已提请决定，由起草人以外的同志作出决定。")


@require_POST
@handler_door
def case_close(request, case):
    return _at_once(request, case, cases.close_case, "已办结。")


@handler_door
def case_decide(request, case):
    form = DecideForm(
        request.POST or None, initial={"version": case.version, "decided_on": request.actor.today}
    )
    return _step(request, case, form, cases.decide_case, step="decide", done="决定已记下，还没有宣布。")


@handler_door
def case_drop(request, case):
    form = DropForm(request.POST or None, initial={"version": case.version})
    return _step(request, case, form, cases.drop_case, step="drop", done="已记为不予问责。")


@handler_door
def case_announce(request, case):
    form = AnnounceForm(
        request.POST or None, initial={"version": case.version, "announced_on": request.actor.today}
    )
    return _step(
        request, case, form, cases.announce_case, step="announce", done="宣布日期已记下，申诉期限已算出。"
    )


@case_door
def case_appeal(request, case):
    form = AppealForm(
        request.POST or None, initial={"version": case.version, "filed_on": request.actor.today}
    )
    return _step(request, case, form, cases.file_appeal, step="appeal", done="申诉已登记，等待复查。")


@handler_door
def case_answer(request, case):
    form = AnswerForm(
        request.POST or None, case=case, initial={"version": case.version, "answered_on": request.actor.today}
    )

    def answer(*, outcome, **values):
        return cases.answer_appeal(upheld=outcome != "reject", **values)

    return _step(request, case, form, answer, step="answer", done="复查决定已记下，本件办结。")


@handler_door
def case_readers(request, case):
    """Who knows of the case by name; officers are let in unit by unit, and taken out one by one, with the reason."""
    actor = request.actor
    if not _may(request, case, "readers"):
        raise PermissionDenied("涉及您本人或您任职的单位，请回避，由其他同志办理。")
    around = Organization.objects.in_subtree(actor.organization) | Organization.objects.above(
        actor.organization
    )
    typed = {"unit": request.GET["unit"]} if "unit" in request.GET else None
    unit_form = UnitForm(typed, rows=around.exclude(kind="GROUP"))
    unit = unit_form.cleaned_data["unit"] if unit_form.is_bound and unit_form.is_valid() else None
    is_removal = "remove" in request.POST
    initial = {"version": case.version}
    form = removal = None
    if unit is not None:
        data = request.POST if request.method == "POST" and not is_removal else None
        form = ReadersForm(data, unit=unit, case=case, today=actor.today, initial=initial)
    if is_removal:
        removal = RemoveReaderForm(request.POST, case=case)
    sent = removal or form
    if request.method == "POST" and sent is not None and sent.is_valid():
        change = cases.remove_reader if is_removal else cases.add_readers
        try:
            change(actor=actor, case=case, now=timezone.now(), **sent.cleaned_data)
        except cases.CaseMoved as moved:
            messages.warning(request, str(moved))
        except ValidationError as error:
            messages.error(request, error.messages[0])
        else:
            messages.success(request, "已移除。" if is_removal else "已增加知悉人。")
        return redirect("case-readers", case.pk)
    context = _context(request, case) | {
        "unit_form": unit_form,
        "unit": unit,
        "form": form,
        "removal": removal,
        "removal_for": request.POST.get("appointment", "") if is_removal else "",
    }
    return render(request, "accountability/case_readers.html", context)


def _evaluation(request, actor) -> Evaluation | None:
    """The result a case is drafted beside, if the actor handles cases there and may see it."""
    key = request.GET.get("evaluation", "")
    if not (key.isascii() and key.isdigit() and len(key) < 19):
        return None
    rows = Evaluation.objects.filter(
        actor.within(Right.HANDLE_CASES), actor.within(Right.VIEW_EVALUATIONS)
    ).select_related("organization", "round")
    return get_object_or_404(rows, pk=key)


def _context(request, case) -> dict:
    return {
        "case": case,
        "detail": case_detail(case, request.actor),
        "measures": labels_of(case.measures),
        "handles": handles_cases(request.actor, case),
        "today": request.actor.today,
    }


def _may(request, case, step) -> bool:
    return step in case_detail(case, request.actor).steps


def _at_once(request, case, action, words):
    version = request.POST.get("version", "")
    try:
        action(
            actor=request.actor,
            case=case,
            version=int(version) if version.isascii() and version.isdigit() else 0,
            now=timezone.now(),
        )
    except cases.CaseMoved as moved:
        messages.warning(request, str(moved))
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, words)
    return redirect("case-detail", case.pk)


#: Step → heading, words of its button, what it means.
STEPS = {
    "decide": ("作出决定", "作出决定", "按上面的内容作出问责决定；决定与起草须是两个人。"),
    "drop": ("不予问责", "不予问责", "本件到此为止，理由记在案内，仍然只有办理的同志和知悉人看得到。"),
    "announce": ("宣布决定", "记下宣布日期", "向被问责的单位或个人宣布之后，在这里记下日期。"),
    "appeal": ("申诉", "提交申诉", "申诉期间由承办单位复查，起草人不作复查决定。"),
    "answer": ("复查申诉", "作出复查决定", "看过申诉理由，作出维持、变更或撤销的决定；作出后本件办结。"),
}


def _step(request, case, form, action, *, step: str, done: str):
    """Show the case with the form of one step, and take the step."""
    if request.method == "POST" and form.is_valid():
        try:
            action(actor=request.actor, case=case, now=timezone.now(), **form.cleaned_data)
        except cases.CaseMoved as moved:
            messages.warning(request, str(moved))
            return redirect("case-detail", case.pk)
        except ValidationError as error:
            _show(form, error)
        else:
            messages.success(request, done)
            return redirect("case-detail", case.pk)
    elif not _may(request, case, step):
        return _refuse(request, case)
    heading, button, meaning = STEPS[step]
    context = _context(request, case) | {
        "form": form,
        "heading": heading,
        "button": button,
        "meaning": meaning,
    }
    return render(request, "accountability/case_step.html", context)


def _refuse(request, case):
    messages.warning(request, f"本件现在是“{case.get_state_display()}”，这一步不能由您现在办理。")
    return redirect(reverse("case-detail", args=[case.pk]))


def _show(form, error: ValidationError) -> None:
    """Put what an action refused beside the fields the form has."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for field, errors in error.error_dict.items():
        form.add_error(field if field in form.fields else None, errors)
