from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accountability.access import require_review
from accountability.actions.records import (
    Outdated,
    accept_record,
    accept_records,
    return_record,
    save_record,
    submit_record,
)
from accountability.filters import DutyRecordFilter
from accountability.forms.records import DutyRecordForm, ReviewForm
from accountability.models import DutyRecord
from accountability.queries.counting import with_counted
from accountability.queries.records import evidence_for, record_detail, record_page, waiting_records
from accountability.views.evidence import Refused, keep_files
from branches.access import Right, door
from branches.models import Organization
from branches.paging import CAP, capped_count
from branches.queries.history import history_page

SAMPLE = 5


@door(Right.VIEW, Organization)
def duty_record_list(request, organization):
    actor = request.actor
    records = DutyRecord.objects.in_force().in_subtree(organization)
    found = DutyRecordFilter(request.GET, records, scope=organization, today=actor.today)
    rows = found.qs if found.is_valid() else records.none()
    page = record_page(with_counted(rows), request.GET.get("after", ""))
    count = capped_count(rows)
    context = {
        "organization": organization,
        "filter": found,
        "page": page,
        "total": f"共 {count} 条",
        "today": actor.today,
    }
    return render(request, "accountability/duty_record_list.html", context | _links(request, page))


@door(Right.VIEW, DutyRecord)
def duty_record_detail(request, record):
    detail = record_detail(record, request.actor)
    context = {
        "organization": record.organization,
        "detail": detail,
        "record": detail.record,
        "form": ReviewForm(initial={"version": record.version}),
        "today": request.actor.today,
    }
    return render(request, "accountability/duty_record_detail.html", context)


@door(Right.RECORD_DUTIES, DutyRecord)
def duty_record_edit(request, record):
    actor = request.actor
    if not record.is_editable:
        messages.warning(request, "这份纪实已提交或已认可，不能再改。")
        return redirect("duty-record-detail", record.pk)
    detail = record_detail(record, actor)
    form = DutyRecordForm(
        request.POST or None,
        request.FILES or None,
        instance=detail.record,
        evidence=evidence_for(detail.record, actor.today),
        today=actor.today,
        progress=detail.progress,
    )
    other = None
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        write = save_record if "save" in request.POST else submit_record
        try:
            keep_files(actor=actor, record=record, uploads=values["files"])
            write(
                actor=actor,
                record=record,
                version=values["version"],
                done_on=values["done_on"],
                summary=values["summary"],
                meetings=values["meetings"],
                counted=values.get("counted"),
                now=timezone.now(),
            )
        except Refused as refused:
            form.add_error("files", str(refused))
        except Outdated as outdated:
            other = outdated.record
        except ValidationError as error:
            form.add_error(None, error)
        else:
            if write is save_record:
                messages.success(request, "已保存，尚未提交。")
                return redirect("duty-record-edit", record.pk)
            messages.success(request, "已提交，等待上级审核；认可后计入本单位。")
            return redirect("duty-record-detail", record.pk)
    context = {
        "organization": record.organization,
        "record": detail.record,
        "detail": detail,
        "form": form,
        "other": other,
        "today": actor.today,
    }
    return render(request, "accountability/duty_record_edit.html", context)


@require_POST
@door(Right.VIEW, DutyRecord)
def duty_record_review(request, record):
    require_review(request.actor, record)
    form = ReviewForm(request.POST)
    if not form.is_valid():
        messages.error(request, "说明请写在500字以内。")
        return redirect("duty-record-detail", record.pk)
    decide, words = (
        (return_record, "已退回。") if "return" in request.POST else (accept_record, "已认可，计入该单位。")
    )
    try:
        decide(
            actor=request.actor,
            record=record,
            version=form.cleaned_data["version"],
            note=form.cleaned_data["note"],
            now=timezone.now(),
        )
    except Outdated:
        messages.error(request, "对方刚刚改动了这份纪实，请看过现在的内容再审核。")
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, words)
        waiting = (
            waiting_records(request.actor.organization, request.actor).order_by("submitted_at", "pk").first()
        )
        if waiting:
            return redirect("duty-review-queue", request.actor.organization.pk)
    return redirect("duty-record-detail", record.pk)


@door(Right.VIEW, DutyRecord)
def duty_record_history(request, record):
    return render(
        request,
        "branches/history.html",
        {
            "row": record,
            "label": record._meta.verbose_name,
            "organization": record.organization,
            "page": history_page(record, before=request.GET.get("before", "")),
            "back": "duty-record-detail",
            "back_pk": record.pk,
        },
    )


@door(Right.VIEW, Organization)
def duty_review_queue(request, organization):
    _require_reviewer(request.actor)
    waiting = waiting_records(organization, request.actor)
    found = _waiting_filter(request, request.GET, waiting, organization)
    rows = found.qs if found.is_valid() else waiting.none()
    page = record_page(rows, request.GET.get("after", ""), by="submitted_at")
    count = capped_count(rows)
    context = {
        "organization": organization,
        "filter": found,
        "page": page,
        "count": count,
        "total": f"共 {count} 条",
        "today": request.actor.today,
    }
    return render(request, "accountability/duty_review_queue.html", context | _links(request, page))


@require_POST
@door(Right.VIEW, Organization)
def duty_review_bulk(request, organization):
    """First show how many and a sample, then accept exactly those."""
    actor = request.actor
    _require_reviewer(actor)
    filters = request.POST.get("filters", "")
    queue = reverse("duty-review-queue", args=[organization.pk]) + (f"?{filters}" if filters else "")
    pks = _chosen(request, organization, filters)
    if not pks:
        messages.warning(request, "没有选中待审核的纪实。")
        return redirect(queue)
    if "confirmed" in request.POST:
        number = accept_records(actor=actor, pks=pks, now=timezone.now())
        left = len(pks) - number
        messages.success(
            request, f"已认可{number}份。" + (f"另有{left}份已被处理或退回，未作更改。" if left else "")
        )
        return redirect(queue)
    rows = waiting_records(organization, actor).filter(pk__in=pks)
    sample = rows.select_related("organization", "duty").order_by("submitted_at", "pk")[:SAMPLE]
    short = rows.short().count()
    context = {
        "title": "批量认可履责纪实",
        "question": f"将认可 {len(pks)} 份履责纪实，认可后计入各单位的数据。",
        "facts": [
            "认可后不能再改。",
            "本人填报的纪实不在其中。",
            *([f"其中 {short} 份计数不足，请先看过写明的原因。"] if short else []),
        ],
        "sample": [f"{each.organization} · {each.duty.heading}（{each.window.label}）" for each in sample],
        "total": len(pks),
        "hidden": [("filters", filters), ("pks", ",".join(map(str, pks)))],
        "action": f"认可 {len(pks)} 份",
        "cancel_url": queue,
    }
    return render(request, "components/confirm.html", context)


def _chosen(request, organization, filters) -> list[int]:
    """The records meant, by key: what is confirmed is exactly what was shown."""
    waiting = waiting_records(organization, request.actor)
    if "pks" in request.POST:
        return [int(pk) for pk in request.POST["pks"].split(",") if pk.isdecimal() and len(pk) < 19][:CAP]
    if "all_matching" in request.POST:
        found = _waiting_filter(request, QueryDict(filters), waiting, organization)
        waiting = found.qs if found.is_valid() else waiting.none()
    else:
        waiting = waiting.filter(
            pk__in=[pk for pk in request.POST.getlist("chosen") if pk.isdecimal() and len(pk) < 19]
        )
    return list(waiting.order_by("submitted_at", "pk").values_list("pk", flat=True)[:CAP])


def _waiting_filter(request, query, waiting, organization):
    # Everything here waits, so that there is no state to choose.
    return DutyRecordFilter(
        query, waiting, scope=organization, today=request.actor.today, without=["only", "status"]
    )


def _require_reviewer(actor):
    if not actor.has(Right.REVIEW_DUTIES):
        raise PermissionDenied(f"您当前的任职没有“{Right.REVIEW_DUTIES.value}”的权限。")


def _links(request, page) -> dict:
    query = request.GET.copy()
    query.pop("after", None)
    filters = query.urlencode()
    rest = f"&{filters}" if filters else ""
    return {
        "filters": filters,
        "next_url": f"?{urlencode({'after': page.after})}{rest}" if page.after else "",
        "first_url": f"?{filters}" if request.GET.get("after") else "",
    }
