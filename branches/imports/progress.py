"""How far a running import is; kept in the cache, because its own transaction is not visible to the page that asks."""

from collections.abc import Callable

from django.core.cache import cache

_KEPT = 3600  # seconds


def reporter(key: str) -> Callable[[int], None]:
    """Return a function that notes a percentage (0–100) under the key of a job."""

    def report(percent: int) -> None:
        cache.set(f"import-progress:{key}", percent, _KEPT)

    return report


def progress_of(key: str) -> int:
    """The last percentage noted; 0 when none is known."""
    return cache.get(f"import-progress:{key}") or 0
