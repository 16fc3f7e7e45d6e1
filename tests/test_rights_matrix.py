"""The policy itself: address × person → status. Whoever adds a page adds its row here.

One letter a person: . 200, > 302 (done, or to the login for the visitor), x 403, - 404, ! 405, ? 422 (asks again).
Columns in the order of `PEOPLE`; the row lies in the first branch unless it says otherwise.
"""

import pytest
from django.test import Client
from django.urls import reverse

PEOPLE = ("li", "wang", "zhao", "qian", "sun", "zhou", "wu", "zheng", "feng", "nobody", None)
LETTERS = {200: ".", 302: ">", 403: "x", 404: "-", 405: "!", 422: "?"}


def first(cast):
    return [cast.first.pk]


def town(cast):
    return [cast.town.pk]


def member(cast):
    return [cast.people["zhou"].member.pk]


def appointment(cast):
    return [cast.people["li"].appointments.get().pk]


def account(cast):
    return [cast.people["li"].pk]


def nothing(cast):
    return []


# One column each: li wang zhao qian sun zhou wu zheng feng nobody, and a visitor without an account.
MATRIX = [
    # Organisations
    ("get", "organization-detail", first, ".-.....xx->"),
    ("get", "organization-detail", town, "--...-.xx->"),
    ("get", "organization-tree", first, ".-.....xx->"),
    ("get", "organization-history", first, ".-.....xx->"),
    ("get", "organization-search", nothing, "..........>"),
    ("get", "organization-options", nothing, "..........>"),
    ("get", "organization-create", town, "--xxx-.xx->"),
    ("get", "organization-change", first, "x-xxxx.xx->"),
    ("get", "organization-move", first, "x-xxxx.xx->"),
    ("get", "organization-merge", first, "x-xxxx.xx->"),
    ("get", "organization-dissolve", first, "x-xxxx.xx->"),
    # People
    ("get", "member-list", first, ".-..xx.xx->"),
    ("get", "member-detail", member, ".-..xx.xx->"),
    ("get", "member-history", member, ".-..xx.xx->"),
    ("get", "member-create", first, ".-.xxx.xx->"),
    ("get", "member-change", member, ".-.xxx.xx->"),
    ("get", "member-transfer", member, ".-.xxx.xx->"),
    ("post", "member-reveal", member, "?-??xxxxx->"),
    ("get", "group-list", first, ".-..xx.xx->"),
    ("post", "group-create", first, ">->xxx>xx->"),
    ("post", "group-assign", first, ">->xxx>xx->"),
    ("get", "appointment-list", first, ".-.....xx->"),
    ("get", "appointment-create", first, "x-xxxx.xx->"),
    ("get", "appointment-relieve", appointment, "x-xxxx.xx->"),
    ("get", "appointment-history", appointment, ".-.....xx->"),
    # Accounts and the log
    ("get", "account-list", nothing, "xxxxxxxx.x>"),
    ("get", "account-create", nothing, "xxxxxxxx.x>"),
    ("get", "account-detail", account, "xxxxxxxx.x>"),
    ("post", "account-reset", account, "xxxxxxxx.x>"),
    ("post", "account-active", account, "xxxxxxxx>x>"),
    ("post", "account-appoint", account, "xxxxxxxx?x>"),
    ("post", "account-relieve", account, "xxxxxxxx-x>"),
    ("get", "audit-list", nothing, "xxxxxxx.xx>"),
    ("get", "password-change", nothing, "..........>"),
]


@pytest.mark.parametrize(("method", "name", "row", "expected"), MATRIX, ids=[f"{row[1]}-{row[2].__name__}" for row in MATRIX])
def test_matrix(cast, method, name, row, expected):
    address = reverse(name, args=row(cast))
    found = ""
    for who in PEOPLE:
        client = Client() if who is None else cast.client(who)
        found += LETTERS.get(getattr(client, method)(address).status_code, "E")
    assert found == expected, f"{name}: {dict(zip(PEOPLE, zip(expected, found, strict=True), strict=True))}"


def test_a_superuser_is_no_shortcut(cast):
    user = cast.people["nobody"]
    user.is_superuser = user.is_staff = True
    user.save()
    client = cast.client("nobody")
    for method, name, row, expected in MATRIX:
        if expected[PEOPLE.index("nobody")] in "x-":
            assert getattr(client, method)(reverse(name, args=row(cast))).status_code in (403, 404), name
