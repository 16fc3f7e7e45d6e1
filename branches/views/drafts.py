"""What is typed is kept: by the page itself, by a button, and even after the session has ended."""

import functools
import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core import signing
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from branches.access import Right, door
from branches.actions.drafts import discard_draft, save_draft
from branches.forms.typed import typed_lists
from branches.models import Meeting, MeetingDraft, Organization, User
from branches.queries.meetings import drafts_of

_SALT = "branches.meeting-draft"
_TICKET_AGE = 24 * 3600


def ticket_for(user, entry, meeting) -> str:
    """What allows this page, and no other, to leave a draft of this user after their session has ended."""
    return signing.dumps(
        [user.pk, entry.organization.pk, meeting.pk if meeting else None, str(entry.entry_key)], salt=_SALT
    )


def keeps_typed(view):
    """Keep what arrives after the session has ended: it becomes a draft of whom the page was given to.

    The page carries a signed ticket that allows exactly that. Whoever has no session is then sent to the login and
    back to the draft.
    """

    @functools.wraps(view)
    def kept(request, *args, **kwargs):
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        draft = _keep(request)
        back = request.get_full_path()
        if draft is not None:
            name = "meeting-edit" if draft.meeting_id else "meeting-create"
            back = (
                f"{reverse(name, args=[draft.meeting_id or draft.organization_id])}?draft={draft.entry_key}"
            )
            if request.htmx:
                context = {"login_url": f"{reverse('login')}?next={back}"}
                return render(request, "branches/parts/draft_state.html", context)
        return redirect_to_login(back)

    return login_not_required(kept)


def _keep(request) -> MeetingDraft | None:
    try:
        author, organization, meeting, entry_key = signing.loads(
            request.POST.get("ticket", ""), salt=_SALT, max_age=_TICKET_AGE
        )
    except signing.BadSignature:
        return None
    author = User.objects.filter(pk=author, is_active=True).first()
    organization = Organization.objects.filter(pk=organization).first()
    if author is None or organization is None:
        return None
    meeting = Meeting.objects.filter(pk=meeting).first()
    typed = typed_lists(request.POST)
    if not save_draft(
        author=author,
        organization=organization,
        meeting=meeting,
        entry_key=entry_key,
        typed=typed,
        now=timezone.now(),
    ):
        return None
    return MeetingDraft.objects.get(author=author, entry_key=entry_key)


@keeps_typed
@require_POST
@door(Right.LOG_MEETINGS, Organization)
def meeting_draft(request, organization):
    """Keep what has been typed so far; called by the page itself every few seconds of typing."""
    kept = keep_typed(request, organization, None)
    context = {"saved_at": timezone.localtime() if kept else None, "is_too_long": not kept}
    return render(request, "branches/parts/draft_state.html", context)


@require_POST
@door(Right.LOG_MEETINGS, MeetingDraft)
def meeting_draft_discard(request, draft):
    draft = get_object_or_404(drafts_of(request.user), pk=draft.pk)
    discard_draft(author=request.user, draft=draft)
    messages.success(request, "草稿已删除。")
    return redirect("meeting-list", draft.organization_id)


def keep_typed(request, organization, meeting, entry_key=None) -> bool:
    """Keep what the page sent as the user's draft; False when it is too long."""
    typed = typed_lists(request.POST)
    if meeting is None and not entry_key:
        meeting = Meeting.objects.filter(
            organization=organization, entry_key=read_key(request.POST.get("entry_key", ""))
        ).first()
    if meeting is not None:
        entry_key = meeting.entry_key
    entry_key = entry_key or read_key(request.POST.get("entry_key", ""))
    return save_draft(
        author=request.user,
        organization=organization,
        meeting=meeting,
        entry_key=entry_key,
        typed=typed | {"entry_key": [str(entry_key)]},
        now=timezone.now(),
    )


def read_key(text) -> uuid.UUID:
    """The entry key in `text`, a new one when there is none."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.uuid4()
