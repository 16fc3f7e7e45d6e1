"""The only writers of `parent`, `path`, `depth` and `numchild`; they always write them together.

Whoever writes the shape of the tree holds the lock of its roots, so two administrators at once queue up instead
of corrupting it. Paths are treebeard's: steps of four characters, children in the order of their planting.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from django.core.exceptions import ValidationError
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Count, Exists, F, Max, OuterRef, Subquery, Value
from django.db.models.functions import Concat, Substr
from django.utils import timezone
from treebeard.exceptions import PathOverflow

from branches.identity import pinyin_of
from branches.models import Organization

STEP = Organization.steplen
_DERIVED = ("pinyin", "initials")


def lock_tree() -> None:
    """Hold every other writer of the tree's shape until this transaction ends; readers and records go on."""
    list(
        Organization.objects.select_for_update(no_key=True)
        .filter(depth=1)
        .order_by("pk")
        .values_list("pk", flat=True)
    )


def lock_organization(pk: int) -> Organization:
    """Return the organisation as it is now, locked; the roots are locked first, so nobody moves it meanwhile."""
    lock_tree()
    return Organization.objects.select_for_update(no_key=True).get(pk=pk)


def next_path(parent: Organization | None) -> str:
    """The path of the next child of `parent` (of the next root for None); read under the lock of the tree."""
    children = Organization.objects.filter(parent=parent) if parent else Organization.objects.filter(depth=1)
    last = children.aggregate(last=Max("path"))["last"]
    return _path(parent.path if parent else "", _position(last) + 1 if last else 1)


def plant(organization: Organization, parent: Organization | None) -> Organization:
    """Save a new organisation as the last child of `parent`, with its search keys; the caller is in a transaction."""
    lock_tree()
    organization.parent = parent
    organization.path = next_path(parent)
    organization.depth = len(organization.path) // STEP
    organization.pinyin, organization.initials = search_keys(organization.name)
    organization.save()
    _recount(parent)
    return organization


def transplant(organization: Organization, parent: Organization) -> None:
    """Hang `organization` with everything below it under `parent`, whose row is fresh.

    ValidationError when `parent` is `organization` itself or lies below it. Rewrites the paths of the subtree in
    one statement and leaves everything but parent, path and depth alone.
    """
    lock_tree()
    organization.refresh_from_db(fields=["path", "depth", "parent"])
    parent.refresh_from_db(fields=["path", "depth"])
    if parent.path.startswith(organization.path):
        raise ValidationError(f"“{organization}”不能移到自己或自己的下级之下。")
    former, old, new = organization.parent, organization.path, next_path(parent)
    _fits(
        new,
        Organization.objects.in_subtree(organization).aggregate(deepest=Max("depth"))["deepest"]
        - organization.depth,
    )
    Organization.objects.in_subtree(organization).update(
        path=Concat(Value(new), Substr("path", len(old) + 1)),
        depth=F("depth") + (len(new) - len(old)) // STEP,
    )
    Organization.objects.filter(pk=organization.pk).update(parent=parent)
    organization.parent = parent
    organization.path, organization.depth = new, len(new) // STEP
    for each in (former, parent):
        _recount(each)


@dataclass(slots=True)
class _Spot:
    pk: int
    path: str
    last: int  # position of the last child


@transaction.atomic
def bulk_plant(
    rows: Iterable[Mapping],
    *,
    batch: int = 5000,
    progress: Callable[[int], None] | None = None,
    keep_history: bool = True,
    author=None,
    reason: str = "批量导入",
) -> dict[str, int]:
    """Plant many organisations at once and return their keys by code; paths are computed in memory.

    A row is a mapping of the fields of `Organization` with `code`, `name`, `kind`, `level` and `parent_code` ("" or
    absent for a root; a code of an earlier row or of an organisation that exists already); `short_name` defaults to
    the name. A row may come before its parent. `progress` is called with the number planted after each batch.
    ValueError when a code occurs twice or a parent is never found. Nothing is validated beyond that, no rights are
    asked and no event is written: the caller does both.
    """
    lock_tree()
    spots: dict[str, _Spot] = {}
    roots = _Spot(
        0, "", _position(Organization.objects.filter(depth=1).aggregate(last=Max("path"))["last"] or "")
    )
    start = next_pk = (Organization.objects.aggregate(last=Max("pk"))["last"] or 0) + 1
    keys: dict[str, int] = {}
    waiting: dict[str, list[Mapping]] = {}
    pending: list[Organization] = []
    planted = 0

    def flush():
        nonlocal planted
        Organization.objects.bulk_create(pending, batch_size=1000)
        planted += len(pending)
        pending.clear()
        if progress:
            progress(planted)

    queue: list[Mapping] = []
    for incoming in rows:
        queue.append(incoming)
        while queue:
            row = queue.pop()
            code, parent_code = row["code"], row.get("parent_code") or ""
            if code in keys:
                raise ValueError(f"组织编码“{code}”重复。")
            parent = roots if not parent_code else spots.get(parent_code) or _existing(parent_code, spots)
            if parent is None:
                waiting.setdefault(parent_code, []).append(row)
                continue
            parent.last += 1
            path = _path(parent.path, parent.last)
            pending.append(_sprout(row, next_pk, path, parent.pk or None))
            spots[code] = _Spot(next_pk, path, 0)
            keys[code] = next_pk
            next_pk += 1
            if len(pending) >= batch:
                flush()
            queue.extend(reversed(waiting.pop(code, ())))
    if waiting:
        missing = "、".join(list(waiting)[:5])
        raise ValueError(f"找不到上级组织编码：{missing}。")
    if pending:
        flush()
    _recount_parents_of(start)
    if keep_history:
        _remember(start, author, reason)
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [Organization]):
            cursor.execute(statement)
    return keys


@lru_cache(maxsize=50_000)
def search_keys(name: str) -> tuple[str, str]:
    """Pinyin and initials of an organisation's name, cut to their columns."""
    pinyin, initials = pinyin_of(name, person=False)
    return (
        pinyin[: Organization._meta.get_field("pinyin").max_length],
        initials[: Organization._meta.get_field("initials").max_length],
    )


def _sprout(row: Mapping, pk: int, path: str, parent_id: int | None) -> Organization:
    facts = {key: value for key, value in row.items() if key not in ("parent_code", *_DERIVED)}
    facts.setdefault("short_name", facts["name"][:60])
    pinyin, initials = search_keys(facts["name"])
    return Organization(
        pk=pk,
        path=path,
        depth=len(path) // STEP,
        parent_id=parent_id,
        pinyin=pinyin,
        initials=initials,
        **facts,
    )


def _existing(code: str, spots: dict[str, _Spot]) -> _Spot | None:
    found = Organization.objects.filter(code=code).annotate(last=Max("children__path")).first()
    if found is None:
        return None
    spots[code] = _Spot(found.pk, found.path, _position(found.last or ""))
    return spots[code]


def _recount(parent: Organization | None) -> None:
    if parent is not None:
        Organization.objects.filter(pk=parent.pk).update(
            numchild=Organization.objects.filter(parent=parent).count()
        )


def _recount_parents_of(first_pk: int) -> None:
    """Count the children of every organisation that got one with a key from `first_pk` on."""
    counts = (
        Organization.objects.filter(parent=OuterRef("pk")).order_by().values("parent").annotate(n=Count("pk"))
    )
    fresh = Organization.objects.filter(parent=OuterRef("pk"), pk__gte=first_pk)
    Organization.objects.filter(Exists(fresh)).update(numchild=Subquery(counts.values("n")))


def _remember(first_pk: int, author, reason: str) -> None:
    """Write the first line of history of every organisation from `first_pk` on, in the database itself: rows that
    were just written need not travel back and forth."""
    record = Organization.history.model
    columns = [field.column for field in record.tracked_fields]
    quoted = ", ".join(connection.ops.quote_name(column) for column in columns)
    extra = "history_date, history_type, history_user_id, history_change_reason"
    values = [timezone.now(), "+", author.pk if author else None, reason[:100], first_pk]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {record._meta.db_table} ({quoted}, {extra}) "  # noqa: S608 — names of columns alone
            f"SELECT {quoted}, %s, %s, %s, %s FROM {Organization._meta.db_table} WHERE id >= %s",
            values,
        )


def _position(path: str) -> int:
    return Organization._str2int(path[-STEP:]) if path else 0


def _path(parent_path: str, position: int) -> str:
    _fits(parent_path + "0" * STEP)
    key = Organization._int2str(position)
    if len(key) > STEP:
        raise PathOverflow(f"Too many children below {parent_path!r}.")
    return parent_path + key.rjust(STEP, Organization.alphabet[0])


def _fits(path: str, deeper: int = 0) -> None:
    if len(path) + deeper * STEP > Organization._meta.get_field("path").max_length:
        raise PathOverflow(f"The tree is too deep below {path!r}.")
