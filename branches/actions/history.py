"""Who changed what, and whether somebody else did so meanwhile."""

from django.core.exceptions import ValidationError
from django.utils import timezone


class ChangedMeanwhile(ValidationError):
    """Somebody saved the row after it was shown; the message says who, when and what."""


def version_of(row) -> int:
    """The number of the row's last change; 0 when none is on record. A form carries it and gives it back."""
    return row.history.order_by("-history_id").values_list("history_id", flat=True).first() or 0


def check_version(row, seen: int | None) -> None:
    """Raise `ChangedMeanwhile` when the row was saved after version `seen`; None asks nothing. The row is locked."""
    if seen is None or version_of(row) == seen:
        return
    latest = row.history.select_related("history_user").order_by("-history_id").first()
    who = latest.history_user or "系统"
    when = timezone.localtime(latest.history_date)
    raise ChangedMeanwhile(
        f"您填写期间，{who}于{when:%Y年%m月%d日 %H:%M}修改了这条记录{_differences(row, seen, latest)}。"
        "您填写的内容仍在下方，请核对后再次保存。"
    )


def save_with_trail(row, *, actor, now, reason: str = "") -> None:
    """Save the row with who, when and why in its history."""
    row._history_user = actor.user if actor else None
    row._history_date = now
    row._change_reason = reason[:100]
    row.save()


def _differences(row, seen: int, latest) -> str:
    shown = row.history.filter(history_id=seen).first()
    if shown is None:
        return ""
    changes = latest.diff_against(shown).changes
    words = [
        f"{row._meta.get_field(each.field).verbose_name}：{_text(each.old)} → {_text(each.new)}"
        for each in changes
    ]
    return f"（{'；'.join(words)}）" if words else ""


def _text(value) -> str:
    return "（空）" if value in (None, "") else str(value)
