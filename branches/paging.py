"""Pages of long lists: counts that stop counting, and paginators that never count far."""

from dataclasses import dataclass

from django.core.paginator import Paginator
from django.utils.functional import cached_property

CAP = 10_000


@dataclass(frozen=True)
class Count:
    """How many rows there are, counted up to `CAP`."""

    number: int

    @property
    def is_capped(self) -> bool:
        return self.number > CAP

    def __str__(self):
        return f"{CAP} 以上" if self.is_capped else str(self.number)


def capped_count(rows) -> Count:
    """Count a queryset, but not beyond `CAP`."""
    return Count(rows.order_by().values("pk")[: CAP + 1].count())


class CappedPaginator(Paginator):
    """A paginator that counts to `CAP` and goes no further: whoever needs more narrows the filter."""

    @cached_property
    def total(self) -> Count:
        rows = self.object_list
        while hasattr(rows, "data"):  # a table wraps its queryset
            rows = rows.data
        return capped_count(rows)

    @cached_property
    def count(self):
        return min(self.total.number, CAP)


@dataclass(frozen=True)
class Slice:
    """One page of a list walked by key: its rows, and the key after which the next page begins (None: no more)."""

    rows: list
    after: str | None


def slice_after(rows, key: str, after, size: int = 50) -> Slice:
    """Take the page that follows `after` in a queryset ordered ascending by `key`, a unique column."""
    if _may_be(key, after):
        rows = rows.filter(**{f"{key}__gt": after})
    found = list(rows.order_by(key)[: size + 1])
    return Slice(found[:size], str(getattr(found[size - 1], key)) if len(found) > size else None)


def slice_before(rows, key: str, before, size: int = 50) -> Slice:
    """The same, newest first: the page that follows `before` in descending order of `key`."""
    if _may_be(key, before):
        rows = rows.filter(**{f"{key}__lt": before})
    found = list(rows.order_by(f"-{key}")[: size + 1])
    return Slice(found[:size], str(getattr(found[size - 1], key)) if len(found) > size else None)


def _may_be(key: str, value) -> bool:
    """Whether a row can bear the value, which came out of an address."""
    if key not in ("pk", "history_id"):
        return value not in (None, "")
    return str(value).isdecimal() and len(str(value)) < 19
