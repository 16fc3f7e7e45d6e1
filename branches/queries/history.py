"""Before, after, reason, user, time of every change of one row, from its history."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import models
from django.utils import timezone

from branches.choices import Level, MeetingKind, OrganizationKind, Post, Sector
from branches.identity import mask_phone
from branches.paging import slice_before

#: Columns that follow from others or say nothing to a reader.
_HIDDEN = {"id", "pinyin", "initials", "updated_at", "version", "entry_key", "period", "counted_from"}
_KINDS_OF_CHANGE = {"+": "新增", "~": "修改", "-": "删除"}


@dataclass(frozen=True)
class FieldChange:
    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Change:
    at: datetime
    who: str
    reason: str
    kind: str
    fields: list[FieldChange]


@dataclass(frozen=True)
class HistoryPage:
    changes: list[Change]
    before: str | None  # key of the next page


#: Lists of choices kept as JSON → what their entries are called.
_WORDS = {"organization_kinds": OrganizationKind, "levels": Level, "sectors": Sector, "posts": Post}


def history_page(row, *, before: str = "", size: int = 30, words: dict | None = None) -> HistoryPage:
    """The changes of `row`, newest first, each compared with the state before it; a constant number of queries.

    `words`: further lists of choices kept as JSON, field → what their entries are called.
    """
    records = row.history.select_related("history_user")
    page = slice_before(records, "history_id", before, size)
    if not page.rows:
        return HistoryPage([], None)
    former = list(records.filter(history_id__lt=page.rows[-1].history_id).order_by("-history_id")[:1])
    chain = [*page.rows, *former]
    fields = [field for field in type(chain[0]).tracked_fields if field.name not in _HIDDEN]
    names = _names(fields, chain) | _WORDS | (words or {})
    changes = [
        _change(record, chain[place + 1] if place + 1 < len(chain) else None, fields, names)
        for place, record in enumerate(page.rows)
    ]
    return HistoryPage(changes, page.after)


def _change(record, former, fields, names) -> Change:
    found = []
    for field in fields:
        new = getattr(record, field.attname)
        old = getattr(former, field.attname) if former is not None else None
        if old != new and (former is not None or new not in (None, "", False)):
            found.append(
                FieldChange(str(field.verbose_name), _text(field, old, names), _text(field, new, names))
            )
    return Change(
        at=record.history_date,
        who=str(record.history_user or "系统"),
        reason=record.history_change_reason or "",
        kind=_KINDS_OF_CHANGE[record.history_type],
        fields=found,
    )


def _names(fields, chain) -> dict[str, dict]:
    """The names of all rows that foreign keys point at, one query a model."""
    wanted: dict[type, set] = {}
    for field in fields:
        if isinstance(field, models.ForeignKey):
            keys = {getattr(record, field.attname) for record in chain} - {None}
            wanted.setdefault(field.related_model, set()).update(keys)
    return {model: model._base_manager.in_bulk(keys) for model, keys in wanted.items()}


def _text(field, value, names) -> str:
    if value in (None, ""):
        return "—"
    if isinstance(field, models.ForeignKey):
        return str(names[field.related_model].get(value, value))
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, list):
        words = dict(names[field.name].choices) if field.name in names else {}
        return "、".join(str(words.get(each, each)) for each in value) or "不限"
    if isinstance(value, bool):
        return "是" if value else "否"
    if field.name == "kinds":
        return "、".join(kind.label for kind in MeetingKind.unpack(value))
    if field.name in ("mobile", "landline", "address"):
        return mask_phone(value)
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return f"{value:%Y-%m-%d}"
    return str(dict(field.flatchoices).get(value, value))
