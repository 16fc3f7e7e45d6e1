"""Every address of the product has a door; what comes from elsewhere is listed by name."""

import re

import pytest
from django.urls import URLPattern, get_resolver

from branches.access import Right

#: Addresses without a view of ours behind them.
WITHOUT_DOOR = {"healthz", "metrics"}
#: What anybody may open, signed in or not; adding to it is a decision.
OPEN_TO_ALL = {"login"}


def addresses(patterns=None, prefix=""):
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLPattern):
            yield prefix + str(pattern.pattern), pattern
        else:
            yield from addresses(pattern.url_patterns, prefix + str(pattern.pattern))


@pytest.mark.parametrize(
    ("route", "pattern"), list(addresses()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_address_has_a_door(route, pattern):
    if pattern.name in WITHOUT_DOOR:
        return
    door = getattr(pattern.callback, "door", None)
    assert isinstance(door, Right) or door in ("signed in", "everybody"), f"{route} is open by omission"
    assert door != "everybody" or pattern.name in OPEN_TO_ALL, f"{route} is open to all"


def test_names_are_unique_and_said_the_same_way():
    names = [pattern.name for _, pattern in addresses()]
    assert None not in names
    assert len(names) == len(set(names))
    assert all(name == name.lower() and "_" not in name for name in names)


@pytest.mark.django_db
def test_without_an_account_every_page_leads_to_the_login(client):
    """Whatever the address, with made-up keys: nothing but the login is shown and nothing breaks."""
    for route, pattern in addresses():
        if pattern.name in WITHOUT_DOOR | OPEN_TO_ALL:
            continue
        address = _filled(route)
        answer = client.get(address)
        assert answer.status_code in (302, 405), address
        if answer.status_code == 302:
            assert answer.url.startswith("/login/"), address


def test_nobody_reaches_a_backroom(client, db):
    assert client.get("/admin/").status_code == 404


def _filled(route):
    values = {
        "int": "1",
        "str": "x",
        "slug": "x",
        "path": "x",
        "uuid": "00000000-0000-0000-0000-000000000001",
    }

    def value(match):
        kind, _, name = match[1].rpartition(":")
        return {"period": "2026-10"}.get(name, values.get(kind or "str", "x"))

    return "/" + re.sub(r"<([^>]+)>", value, route)
