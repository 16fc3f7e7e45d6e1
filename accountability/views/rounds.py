from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from kombu.exceptions import OperationalError

from accountability import tasks
from accountability.actions.evaluating import ask_evaluation
from accountability.actions.rounds import (
    TOO_WIDE,
    add_units,
    change_evaluation,
    change_round,
    create_round,
    move_to_version,
    remove_units,
    set_group,
    withdraw_round,
)
from accountability.choices import RoundState
from accountability.evaluation_access import runs_round
from accountability.forms.rounds import (
    AddUnitsForm,
    CandidateFilterForm,
    EvaluationSettingsForm,
    GroupForm,
    ReasonForm,
    RoundChangeForm,
    RoundFilterForm,
    RoundForm,
)
from accountability.known import NUMBERS
from accountability.models import Evaluation, EvaluationRound, RoundScheme
from accountability.queries.round_plans import is_too_wide, levels_below, plan_round, units_below
from accountability.queries.round_versions import effect_of
from accountability.queries.rounds import (
    candidates_of,
    evaluation_home,
    matching_evaluations,
    round_lines,
    round_page,
    shared_page,
)
from branches.access import Right, door
from branches.models import Organization
from branches.paging import slice_after
from branches.queries.history import history_page

NAMED = 5


@door(Right.VIEW_EVALUATIONS, Organization)
@require_safe
def evaluation_home_page(request, organization):
    actor = request.actor
    context = {
        "organization": organization,
        "page": evaluation_home(organization, actor),
        "today": actor.today,
        "may_run": organization.is_committee and actor.may(Right.EVALUATE, organization),
        "sees_appraisals": actor.may(Right.VIEW_APPRAISALS, organization),
    }
    return render(request, "accountability/evaluation_home.html", context)


@door(Right.VIEW_EVALUATIONS, Organization)
@require_safe
def round_list(request, organization):
    context = {
        "organization": organization,
        "lines": round_lines(organization),
        "may_run": organization.is_committee and request.actor.may(Right.EVALUATE, organization),
    }
    return render(request, "accountability/round_list.html", context)


@door(Right.EVALUATE, Organization)
def round_create(request, organization):
    """One form; whom it comes to is shown beside it as it is filled in, and nothing is made before it is sent."""
    actor, today = request.actor, request.actor.today
    if not organization.is_committee:
        raise PermissionDenied("只有有下级单位的党组织可以组织考核。")
    data = request.POST if request.method == "POST" else request.GET if "year" in request.GET else None
    form = RoundForm(data, organization=organization, today=today)
    schemes, levels, posts = form.chosen
    units = units_below(organization, levels, today)
    too_wide = is_too_wide(units)
    plan = plan_round([] if too_wide else units, schemes, posts, today, form.choices)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                round = create_round(
                    actor=actor,
                    organization=organization,
                    choices=form.choices,
                    now=timezone.now(),
                    **{
                        name: form.cleaned_data[name]
                        for name in (
                            "title", "year", "starts_on", "ends_on", "fill_until",
                            "schemes", "levels", "posts", "leave_out",
                        )
                    },
                )  # fmt: skip
            except ValidationError as error:
                form.add_error(None, error)
            else:
                messages.success(request, f"已组织“{round}”，共{plan.number}个考核对象；系统数据正在带入。")
                _ask(request, round)
                return redirect("round-detail", round.pk)
        status = 422
    context = {
        "organization": organization,
        "form": form,
        "plan": plan,
        "too_wide": TOO_WIDE if too_wide else "",
    }
    return render(request, "accountability/round_create.html", context, status=status)


@door(Right.VIEW_EVALUATIONS, EvaluationRound)
@require_safe
def round_detail(request, round):
    schemes = [(pk, title) for pk, title in round.schemes.values_list("pk", "scheme__title")]
    grades = round.evaluations.exclude(grade="").order_by("grade").values_list("grade", flat=True).distinct()
    groups = round.evaluations.exclude(group="").order_by("group").values_list("group", flat=True).distinct()
    form = RoundFilterForm(request.GET, schemes=schemes, grades=grades, groups=groups)
    page = round_page(round, form.filters, request.GET.get("after", ""), request.actor.today)
    query = urlencode(form.filters)
    context = {
        "organization": round.organization,
        "round": page.round,
        "page": page,
        "form": form,
        "may_run": runs_round(request.actor, round),
        "filters": query,
        **_pager(form.filters, page.after, request),
    }
    return render(request, "accountability/round_detail.html", context)


@door(Right.VIEW_EVALUATIONS, EvaluationRound)
@require_safe
def round_progress(request, round):
    """The part of the page that asks again while a round is computed; once it is done the whole page is loaded."""
    response = render(request, "accountability/round_progress.html", {"round": round})
    if round.run_state not in ("WAITING", "RUNNING"):
        response["HX-Refresh"] = "true"
    return response


@require_POST
@door(Right.EVALUATE, EvaluationRound)
def round_evaluate(request, round):
    _ask(request, round)
    return redirect("round-detail", round.pk)


def _ask(request, round) -> None:
    """Hand the work to a worker; while none can be reached the round waits, and the clock takes it up."""
    try:
        asked = ask_evaluation(actor=request.actor, round=round, now=timezone.now())
    except ValidationError as error:
        messages.error(request, error.messages[0])
        return
    if not asked:
        messages.info(request, "这次考核正在计算，不用重复点。")
        return
    try:
        tasks.evaluate_round.delay(round.pk)
    except OperationalError:
        messages.warning(request, "已登记，但后台任务暂时无法启动；恢复后会自动计算。")


@door(Right.EVALUATE, EvaluationRound)
def round_change(request, round):
    form = RoundChangeForm(request.POST or None, instance=round)
    if request.method == "POST" and form.is_valid():
        try:
            change_round(actor=request.actor, round=round, now=timezone.now(), **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "已修改。")
            return redirect("round-detail", round.pk)
    return _step(
        request, round, form, title="修改考核", action="保存", words="改名称，或延长、提前填报截止。"
    )


@door(Right.VIEW_EVALUATIONS, EvaluationRound)
@require_safe
def round_history(request, round):
    context = {
        "row": round,
        "label": round._meta.verbose_name,
        "organization": round.organization,
        "page": history_page(round, before=request.GET.get("before", "")),
        "back": "round-detail",
        "back_pk": round.pk,
    }
    return render(request, "branches/history.html", context)


@door(Right.EVALUATE, EvaluationRound)
def round_withdraw(request, round):
    form = ReasonForm(request.POST or None, label="撤销原因")
    if request.method == "POST" and form.is_valid():
        try:
            withdraw_round(
                actor=request.actor, round=round, reason=form.cleaned_data["reason"], now=timezone.now()
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "已撤销，被考核单位不再看到这次考核。")
            return redirect("round-detail", round.pk)
    return _step(
        request,
        round,
        form,
        title="撤销考核",
        action="撤销这次考核",
        words="撤销后不能恢复；已填的事实留在这里可查，但不再计算和公布。",
    )


def _step(request, round, form, **words):
    context = {"organization": round.organization, "round": round, "form": form, **words}
    status = 422 if request.method == "POST" else 200
    return render(request, "accountability/round_form.html", context, status=status)


# units


@door(Right.EVALUATE, EvaluationRound)
def round_units(request, round):
    """Units below that are not evaluated yet, to take in; those that are, to group or to take out."""
    if request.method == "POST":
        return _confirm_units(request, round)
    today = request.actor.today
    form = CandidateFilterForm(request.GET, levels=levels_below(round.organization, today))
    rows = candidates_of(round, form.filters, units_below(round.organization, (), today))
    page = slice_after(rows, "path", request.GET.get("after", ""))
    context = {
        "organization": round.organization,
        "round": round,
        "form": form,
        "rows": page.rows,
        "matching": rows.count(),
        "filters": urlencode(form.filters),
        **_pager(form.filters, page.after, request),
    }
    return render(request, "accountability/round_units.html", context)


def _confirm_units(request, round):
    """First show how many and a sample, then do exactly that."""
    bulk = request.POST.get("bulk", "")
    if bulk not in _BULK:
        raise Http404
    sent = request.POST.get("filters", "")
    rows = _picked(request, round, bulk, QueryDict(sent).dict())
    page = reverse("round-units" if bulk == "add" else "round-detail", args=[round.pk])
    page += f"?{sent}" if sent else ""
    number = rows.count()
    if not number:
        messages.warning(request, "没有选中单位。")
        return redirect(page)
    is_confirmed = "confirmed" in request.POST
    form = _BULK[bulk](request.POST if is_confirmed else None, round, request.actor.today)
    if is_confirmed and form.is_valid():
        try:
            done = _carry_out(request.actor, round, bulk, rows, form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, done)
            return redirect("round-detail", round.pk)
    words = {"add": "加入考核", "remove": "移出考核", "group": "设定组别"}[bulk]
    context = {
        "title": f"{words}：{round}",
        "question": f"将把 {number} 个{'单位加入' if bulk == 'add' else '考核对象'}"
        + {"add": "这次考核。", "remove": "移出这次考核，已填的事实保留。", "group": "放进同一组别。"}[bulk],
        "facts": [],
        "sample": [str(row) for row in rows[:NAMED]],
        "total": number,
        "hidden": [("bulk", bulk), ("filters", sent), *_kept(request)],
        "action": f"{words}（{number}）",
        "cancel_url": page,
        "form": form,
    }
    return render(request, "accountability/round_confirm.html", context, status=422 if is_confirmed else 200)


_BULK = {
    "add": lambda data, round, today: AddUnitsForm(data, round=round, today=today),
    "remove": lambda data, round, today: ReasonForm(data, label="移出原因"),
    "group": lambda data, round, today: GroupForm(data),
}


def _kept(request) -> list[tuple[str, str]]:
    if "all_matching" in request.POST:
        return [("all_matching", "1")]
    return [("chosen", pk) for pk in request.POST.getlist("chosen")]


def _picked(request, round, bulk, filters):
    """The rows that were ticked, or all that match the filter of the page."""
    chosen = [int(pk) for pk in request.POST.getlist("chosen") if pk.isdecimal() and len(pk) < 19]
    if bulk == "add":
        rows = candidates_of(round, filters, units_below(round.organization, (), request.actor.today))
    else:
        rows = matching_evaluations(round, filters).select_related(
            "organization", "appointment__user", "appointment__organization"
        )
        rows = rows.order_by("organization__path", "pk")
    return rows if "all_matching" in request.POST else rows.filter(pk__in=chosen)


def _carry_out(actor, round, bulk, rows, values) -> str:
    now = timezone.now()
    match bulk:
        case "add":
            number = add_units(
                actor=actor,
                round=round,
                units=list(rows),
                scheme=values["scheme"],
                posts=values.get("posts", ()),
                now=now,
            )
            return f"已加入{number}个考核对象；请再计算一次，带入系统数据。"
        case "remove":
            number = remove_units(
                actor=actor, round=round, evaluations=list(rows), reason=values["reason"], now=now
            )
            return f"已移出{number}个考核对象。"
    number = set_group(
        actor=actor,
        round=round,
        evaluations=rows.order_by().values_list("pk", flat=True),
        group=values["group"],
        now=now,
    )
    return f"已设定{number}个考核对象的组别。"


@door(Right.VIEW_EVALUATIONS, Evaluation)
def evaluation_settings(request, evaluation):
    evaluation = get_object_or_404(
        Evaluation.objects.select_related(
            "round__organization",
            "organization",
            "appointment__user",
            "appointment__organization",
            "scheme__version",
        ),
        pk=evaluation.pk,
    )
    if not runs_round(request.actor, evaluation.round):
        raise PermissionDenied("只有组织考核的单位可以设定。")
    rules = [rule for _, item in evaluation.scheme.version.table.items() for rule in item.rules]
    asked = {rule.params["per"] for rule in rules if rule.params.get("per")}
    form = EvaluationSettingsForm(
        request.POST or None, instance=evaluation, sizes=sorted(asked.difference(NUMBERS))
    )
    if request.method == "POST" and form.is_valid():
        try:
            change_evaluation(
                actor=request.actor,
                evaluation=evaluation,
                group=form.cleaned_data["group"],
                coefficient=form.cleaned_data["coefficient"],
                numbers=form.numbers,
                in_charge_of=form.cleaned_data["charges"],
                now=timezone.now(),
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "已设定，请再计算一次。")
            return redirect("round-detail", evaluation.round_id)
    round = evaluation.round
    words = {
        "title": f"设定：{evaluation}",
        "action": "保存",
        "words": "组别、难度系数和分管单位，计算时使用。",
    }
    if round.state != RoundState.COLLECTING:
        words["words"] = f"这次考核现在是“{round.get_state_display()}”，不能再改。"
    return _step(request, round, form, **words)


# versions


@door(Right.EVALUATE, EvaluationRound)
def round_version(request, round, number):
    """Another version of a scheme beside the one the round goes by: what differs, and whose total would change."""
    pinned = get_object_or_404(
        RoundScheme.objects.select_related("round__organization", "scheme", "version"), pk=number, round=round
    )
    versions = list(pinned.scheme.versions.all())
    asked = request.POST.get("version") or request.GET.get("version", "")
    version = next((each for each in versions if str(each.number) == asked), versions[0])
    form = ReasonForm(request.POST or None, label="改用这一版的原因")
    if request.method == "POST" and form.is_valid():
        try:
            move_to_version(
                actor=request.actor,
                pinned=pinned,
                version=version,
                reason=form.cleaned_data["reason"],
                now=timezone.now(),
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, f"已改用“{pinned.scheme.title}”第{version.number}版，正在重新计算。")
            _ask(request, round)
            return redirect("round-detail", round.pk)
    effect = effect_of(pinned, version, timezone.now()) if version.pk != pinned.version_id else None
    context = {
        "organization": round.organization,
        "round": round,
        "pinned": pinned,
        "versions": versions,
        "version": version,
        "effect": effect,
        "form": form,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "accountability/round_version.html", context, status=status)


# rounds of committees above


@door(Right.VIEW_EVALUATIONS, Organization)
@require_safe
def round_share(request, organization, number):
    """The units below an organisation in a round of a committee above."""
    round = get_object_or_404(
        EvaluationRound.objects.exclude(state=RoundState.WITHDRAWN).select_related("organization"), pk=number
    )
    page = shared_page(organization, round, request.actor, request.GET.get("after", ""))
    if not page.rows:
        raise Http404
    context = {
        "organization": organization,
        "round": round,
        "page": page,
        **_pager({}, page.after, request),
    }
    return render(request, "accountability/round_share.html", context)


def _pager(filters, after, request) -> dict[str, str]:
    """The addresses of the next and of the first page under the same filter."""
    return {
        "next_url": f"?{urlencode({**filters, 'after': after})}" if after else "",
        "first_url": f"?{urlencode(filters)}" if request.GET.get("after") else "",
    }
