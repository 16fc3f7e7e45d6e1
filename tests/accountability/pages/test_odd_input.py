"""Numbers in an address or a form that are none, or that no row can have, are told or passed over."""

import pytest
from django.urls import reverse

from tests.accountability.evaluating import make_round, make_scheme, said


@pytest.mark.parametrize("odd", ["²", "9" * 5000, "9" * 25, "0", "１２", "\x00"])
def test_no_number_breaks_a_page(cast, odd):
    scheme = make_scheme(cast.town)
    round = make_round(cast.town, cast.people["zhao"], scheme, {cast.first: said(4, "55")})
    client = cast.client("zhao")
    town = [cast.town.pk]
    asked = [
        (reverse("round-create", args=town), {"year": odd, "choice-1-2": odd, "schemes": odd}),
        (reverse("round-grades", args=[round.pk]), {"after": odd}),
        (reverse("objection-list", args=[round.pk]), {"after": odd}),
        (reverse("duty-list-index", args=town), {"year": odd}),
        (reverse("review-problem-list", args=town), {"after": f"2026-01-01~{odd}"}),
        (reverse("coverage-matrix", args=town), {"level": odd, "year": odd}),
    ]
    for address, values in asked:
        assert client.get(address, values).status_code == 200
    sent = {"year": odd, "choice-1-2": odd, "schemes": [odd], "levels": [odd]}
    assert client.post(reverse("round-create", args=town), sent).status_code == 422
    answer = cast.client("wu").post(reverse("scheme-export", args=[scheme.pk]), {"version": odd})
    assert answer.status_code in (200, 404)
