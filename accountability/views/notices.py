from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accountability.actions.digests import set_mail
from accountability.actions.notices import mark_read
from accountability.actions.wordings import change_wording, reset_wording
from accountability.choices import NoticeKind
from accountability.forms.notices import MailForm, WordingForm
from accountability.models import Notice, NoticeWording
from accountability.queries.notices import PERSONAL, inbox, post_for, unread, wordings
from accountability.wording import ALLOWED, GAPS, SAMPLE, Wording, fill
from branches.access import Right, door, open_to_signed_in
from branches.actions.accounts import switch_appointment
from branches.paging import CappedPaginator

PAGE = 50
ONLY = {"": "待处理", "unread": "只看未读", "ended": "已结束"}


@require_safe
@open_to_signed_in
def notice_list(request):
    only = request.GET.get("only", "")
    only = only if only in ONLY else ""
    pages = CappedPaginator(inbox(request.user, only), PAGE)
    page = pages.get_page(request.GET.get("page"))
    kept = f"&only={only}" if only else ""
    context = {
        "notices": page.object_list,
        "only": only,
        "choices": ONLY.items(),
        "today": timezone.localdate(),
        "total": f"共 {pages.total} 条",
        "next_url": f"?page={page.next_page_number()}{kept}" if page.has_next() else "",
        "first_url": f"?{kept[1:]}" if page.number > 1 else "",
        "has_unread": only != "ended" and unread(request.user).exists(),
    }
    return render(request, "accountability/notice_list.html", context)


@require_safe
@open_to_signed_in
def notice_open(request, pk):
    """Go to what a notice is about, in the post that can see it, and have it read."""
    notice = get_object_or_404(Notice, pk=pk, user=request.user)
    actor = request.actor
    mark_read(user=request.user, notice=notice, now=timezone.now())
    if notice.thing[0] == "poll" and notice.ended_at:
        return redirect("my-polls")  # one that was cancelled cannot be opened any more
    if notice.thing[0] in PERSONAL:
        return redirect(notice.link)
    appointment = post_for(notice, request.user, actor.today)
    if appointment is None:
        messages.info(request, "您现在的任职已看不到这件事。")
        return redirect("notice-list")
    if not appointment.organization.path.startswith(actor.organization.path):
        switch_appointment(session=request.session, actor=actor, appointment=appointment, now=timezone.now())
        messages.info(request, f"已切换到{appointment.organization}{appointment.get_post_display()}。")
    return redirect(notice.link)


@require_POST
@open_to_signed_in
def notice_read(request, pk):
    notice = get_object_or_404(Notice, pk=pk, user=request.user)
    mark_read(user=request.user, notice=notice, now=timezone.now())
    return redirect(_back(request))


@require_POST
@open_to_signed_in
def notice_read_all(request):
    number = mark_read(user=request.user, now=timezone.now())
    messages.success(request, f"{number}条提醒已标为已读；事情没办完的，仍在这里。")
    return redirect(_back(request))


def _back(request) -> str:
    """The tab of the inbox the button stood on."""
    only = request.POST.get("only", "")
    return reverse("notice-list") + (f"?only={only}" if only and only in ONLY else "")


@open_to_signed_in
def notice_settings(request):
    form = MailForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        set_mail(
            user=request.user,
            email=form.cleaned_data["email"],
            wants_mail=form.cleaned_data["wants_mail"],
            now=timezone.now(),
            actor=request.actor,
        )
        messages.success(request, "已保存。")
        return redirect("notice-settings")
    return render(request, "accountability/notice_settings.html", {"form": form})


@require_safe
@door(Right.CONFIGURE)
def wording_list(request):
    context = {
        "wordings": wordings().values(),
        "may_change": request.actor.may_everywhere(Right.CONFIGURE),
    }
    return render(request, "accountability/wording_list.html", context)


@door(Right.CONFIGURE)
def wording_edit(request, kind):
    request.actor.require_everywhere(Right.CONFIGURE)
    said = _said(kind)
    row = said.row or NoticeWording(
        kind=kind, subject=said.wording.subject, body=said.wording.body, is_active=True
    )
    form = WordingForm(request.POST or None, instance=row)
    shown = said.wording
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        shown = Wording(values["subject"], values["body"])
        if "preview" not in request.POST:
            try:
                change_wording(actor=request.actor, kind=kind, now=timezone.now(), **values)
            except ValidationError as error:
                form.add_error(None, error)
            else:
                messages.success(request, "已保存；从下一次提醒起使用新的文字。")
                return redirect("wording-list")
    context = {
        "kind": said.kind,
        "form": form,
        "is_own": said.row is not None,
        "gaps": [(f"{{{name}}}", GAPS[name]) for name in ALLOWED[kind]],
        "sample": Wording(fill(shown.subject, SAMPLE), fill(shown.body, SAMPLE)),
    }
    return render(request, "accountability/wording_edit.html", context)


@require_POST
@door(Right.CONFIGURE)
def wording_reset(request, kind):
    reset_wording(actor=request.actor, kind=_said(kind).kind, now=timezone.now())
    messages.success(request, "已恢复系统自带的文字。")
    return redirect("wording-list")


def _said(kind):
    if kind not in NoticeKind.values:
        raise Http404
    return wordings()[kind]
