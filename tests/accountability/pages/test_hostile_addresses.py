"""Addresses of lists that somebody has written by hand: a digit that is no number, a number or a text without end."""

from urllib.parse import urlencode

import pytest
from django.urls import reverse

from tests.accountability.filling_worlds import gathering

LISTS = (
    ("objection-list", "round", ("after",)),
    ("round-detail", "round", ("after", "scheme", "level", "unit", "page")),
    ("plan-list", "organization", ("after",)),
    ("adjustment-list", "organization", ("page", "unit", "year")),
    ("template-list", None, ("year",)),
    ("organization-search", None, ("q",)),
    ("member-list", "organization", ("q", "page")),
    ("meeting-list", "organization", ("q", "page")),
    ("duty-gaps", "organization", ("q", "after")),
    ("account-list", None, ("q",)),
)


@pytest.mark.parametrize(
    "value", ["²", "９９", "9" * 30, "汉" * 20_000], ids=["square", "wide", "long", "text"]
)
def test_lists_answer_whatever_stands_in_their_address(cast, value):
    keys = {"round": [gathering(cast).round_id], "organization": [cast.town.pk], None: []}
    for name, key, fields in LISTS:
        for field in fields:
            address = f"{reverse(name, args=keys[key])}?{urlencode({field: value})}"
            assert cast.client("zhao").get(address).status_code in (200, 403), (name, field)
