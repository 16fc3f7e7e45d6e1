"""What has been typed so far is kept, valid or not, until it is submitted."""

from django.db import IntegrityError, transaction

from branches.models import Meeting, MeetingDraft, Organization, User

#: Characters of one draft; a long record of a meeting has some tens of thousands.
DRAFT_LIMIT = 300_000


def save_draft(
    *,
    author: User,
    organization: Organization,
    entry_key,
    typed: dict[str, list[str]],
    now,
    meeting: Meeting | None = None,
) -> bool:
    """Keep what `author` has typed under its entry key; False when it is larger than a draft may be.

    It is not an event of the log: nothing has been said to anybody yet.
    """
    if sum(len(text) for values in typed.values() for text in values) > DRAFT_LIMIT:
        return False
    mine = MeetingDraft.objects.filter(author=author, entry_key=entry_key)
    with transaction.atomic():
        if mine.update(typed=typed, saved_at=now):
            return True
    try:
        with transaction.atomic():
            MeetingDraft.objects.create(
                author=author, organization=organization, meeting=meeting, entry_key=entry_key, typed=typed
            )
    except IntegrityError:  # saved by another window a moment ago
        mine.update(typed=typed, saved_at=now)
    return True


@transaction.atomic
def discard_draft(*, author: User, draft: MeetingDraft) -> None:
    """Throw away one's own draft."""
    MeetingDraft.objects.filter(pk=draft.pk, author=author).delete()
