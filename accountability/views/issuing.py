from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from kombu.exceptions import OperationalError

from accountability import tasks
from accountability.actions.batches import may_withdraw_batch, resume_batch, start_batch, withdraw_batch
from accountability.choices import IssueReach
from accountability.forms.issuing import IssueForm, words_of_filters
from accountability.forms.records import WithdrawForm
from accountability.models import DutyTemplate, IssueBatch
from accountability.queries.issuing import (
    batch_line,
    batch_lines,
    batch_page,
    issue_preview,
    issue_targets,
    reach_words,
)
from branches.access import Right, door
from branches.models import Organization


@door(Right.ISSUE_DUTIES, DutyTemplate)
def template_issue(request, template):
    """The filter lives in the address; what is ticked, or all that match, is confirmed and becomes a batch."""
    if request.method == "POST":
        return _confirm(request, template)
    actor = request.actor
    form = _form(request, template, request.GET if "organization" in request.GET else None)
    is_ready = form.is_bound and form.is_valid()
    scope, reach, filters = _asked(form) if is_ready else (actor.organization, IssueReach.SUBTREE, {})
    page = issue_targets(template, scope, reach, actor.today, filters, request.GET.get("after", ""))
    query = request.GET.copy()
    query.pop("after", None)
    context = {
        "template": template,
        "form": form,
        "scope": scope,
        "reach": reach,
        "active": words_of_filters(filters),
        "preview": issue_preview(template, scope, reach, actor.today, filters),
        "page": page,
        "filters": urlencode({"organization": scope.pk, "reach": reach} | filters),
        "next_url": f"?{urlencode({'after': page.after})}&{query.urlencode()}" if page.after else "",
        "first_url": f"?{query.urlencode()}" if request.GET.get("after") else "",
    }
    return render(request, "accountability/template_issue.html", context)


def _confirm(request, template):
    """First show how many, a sample and the burden, then ask for exactly that."""
    actor, sent = request.actor, request.POST.get("filters", "")
    page = reverse("template-issue", args=[template.pk]) + (f"?{sent}" if sent else "")
    form = _form(request, template, QueryDict(sent))
    if not form.is_valid():
        messages.error(request, "下发范围不对，请重新选择。")
        return redirect("template-issue", template.pk)
    scope, reach, filters = _asked(form)
    if "all_matching" not in request.POST:
        chosen = request.POST["pks"].split(",") if "pks" in request.POST else request.POST.getlist("chosen")
        filters["chosen"] = sorted({int(pk) for pk in chosen if pk.isdecimal() and len(pk) < 19})
        if not filters["chosen"]:
            messages.warning(request, "没有选中要下发的单位。")
            return redirect(page)
    if "confirmed" in request.POST:
        try:
            batch = start_batch(
                actor=actor, template=template, scope=scope, reach=reach, filters=filters, now=timezone.now()
            )
        except ValidationError as error:
            messages.error(request, error.messages[0])
            return redirect(page)
        publish(request, batch)
        return redirect("batch-detail", batch.pk)
    preview = issue_preview(template, scope, reach, actor.today, filters)
    if not preview.new:
        messages.warning(request, "这些单位都已有这份清单，没有要下发的。")
        return redirect(page)
    picked = (
        [("pks", ",".join(map(str, filters["chosen"])))] if "chosen" in filters else [("all_matching", "1")]
    )
    context = {
        "title": f"下发：{template.title}（{template.year}）",
        "question": f"将下发 {preview.new} 份清单，每份打开 {preview.records_each} 期履责，共 {preview.records} 期。",
        "facts": [
            "、".join(f"{level} {number} 份" for level, number in preview.levels),
            f"增加的负担：每份{preview.added}。",
            *([f"另有 {preview.already} 个已有这份清单，保持不变。"] if preview.already else []),
            "在后台逐批下发，可以离开页面；下发后可以整批撤回。",
        ],
        "sample": preview.sample,
        "total": preview.new,
        "hidden": [("filters", sent), *picked],
        "action": f"下发 {preview.new} 份",
        "cancel_url": page,
    }
    return render(request, "components/confirm.html", context)


def _form(request, template, data):
    own = request.actor.organization
    # The unit that is asked for may be chosen although it is no direct child.
    asked = (data or {}).get("organization", "")
    units = (
        Organization.objects.in_subtree(own)
        .active_on(request.actor.today)
        .filter(
            pk__in=[
                own.pk,
                *own.children.values_list("pk", flat=True),
                *([asked] if asked.isdecimal() and len(asked) < 19 else []),
            ]
        )
    )
    return IssueForm(data, units=units, template=template, initial={"organization": own.pk})


def _asked(form):
    return form.cleaned_data["organization"], form.cleaned_data["reach"], form.filters


@door(Right.ISSUE_DUTIES, Organization)
@require_safe
def batch_list(request, organization):
    context = {"organization": organization, "lines": batch_lines(organization)}
    return render(request, "accountability/batch_list.html", context)


@door(Right.ISSUE_DUTIES, IssueBatch)
@require_safe
def batch_detail(request, batch):
    status = request.GET.get("status", "")
    page = batch_page(batch, status, request.GET.get("after", ""))
    batch = page.line.batch
    query = {"status": page.status} if page.status else {}
    context = {
        "organization": batch.organization,
        "batch": batch,
        "page": page,
        "line": page.line,
        "reach": reach_words(batch),
        "words": [words for _name, words in words_of_filters(batch.filters)],
        "may_withdraw": batch.withdrawn_at is None and may_withdraw_batch(request.actor, batch),
        "next_url": f"?{urlencode(query | {'after': page.after})}" if page.after else "",
        "first_url": f"?{urlencode(query)}" if request.GET.get("after") else "",
    }
    return render(request, "accountability/batch_detail.html", context)


@door(Right.ISSUE_DUTIES, IssueBatch)
@require_safe
def batch_progress(request, batch):
    """The part of the page that asks again while work is under way; once it is done the whole page is loaded."""
    context = {"batch": batch, "line": batch_line(batch)}
    response = render(request, "accountability/batch_progress.html", context)
    if not batch.is_busy:
        response["HX-Refresh"] = "true"
    return response


@door(Right.ISSUE_DUTIES, IssueBatch)
def batch_withdraw(request, batch):
    if not may_withdraw_batch(request.actor, batch):
        raise PermissionDenied("只有下发单位或其上级可以撤回这一批清单。")
    form = WithdrawForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            batch = withdraw_batch(
                actor=request.actor, batch=batch, reason=form.cleaned_data["reason"], now=timezone.now()
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            publish(request, batch)
            return redirect("batch-detail", batch.pk)
    context = {
        "organization": batch.organization,
        "batch": batch,
        "form": form,
        "number": batch.lists.in_force().count(),
    }
    return render(request, "accountability/batch_withdraw.html", context)


@door(Right.ISSUE_DUTIES, IssueBatch)
@require_POST
def batch_resume(request, batch):
    try:
        batch = resume_batch(actor=request.actor, batch=batch)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        publish(request, batch)
    return redirect("batch-detail", batch.pk)


def publish(request, batch):
    """Hand the work to a worker; while none can be reached the batch waits, and the clock takes it up."""
    try:
        tasks.issue_batch.delay(str(batch.pk))
    except OperationalError:
        messages.warning(
            request, "已登记，但后台任务暂时无法启动；恢复后会自动继续，也可以稍后在本页点“继续”。"
        )
