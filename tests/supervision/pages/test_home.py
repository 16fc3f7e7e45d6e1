"""The first screen of each appointment, and the help everybody may read."""

import pytest
from django.urls import reverse

from supervision.attenuation.gradient import cumulative, heat
from supervision.attenuation.measures import MEASURES, starting_weights
from supervision.queries.numbers import EXAMPLE, RETENTIONS
from supervision.views.help import CHAPTERS


@pytest.mark.parametrize(
    ("who", "name", "at"),
    [
        ("li", "todo", None),
        ("zhao", "cockpit", "town"),
        ("qian", "cockpit", "county"),
        ("sun", "cockpit", "county"),
        ("wu", "configuration", None),
        ("zheng", "audit-list", None),
        ("feng", "account-list", None),
        ("zhou", "meeting-list", "first"),
    ],
)
def test_each_post_starts_at_its_own_screen(cast, who, name, at):
    answer = cast.client(who).get("/")
    assert answer.status_code == 302
    assert answer["Location"] == reverse(name, args=[getattr(cast, at).pk] if at else [])
    assert cast.client(who).get(answer["Location"]).status_code == 200


def test_without_an_appointment_one_is_told_whom_to_ask(cast):
    text = cast.client("nobody").get("/").content.decode()
    assert "没有在任职务" in text
    assert "nobody" in text


def test_a_stranger_signs_in_first(client, db):
    assert client.get("/")["Location"].startswith(reverse("login"))


def test_the_bar_offers_only_what_opens(cast):
    for who in ("li", "zhao", "qian", "sun", "zhou", "wu", "zheng", "feng", "nobody"):
        client = cast.client(who)
        page = client.get(reverse("help"))
        for entry in page.context["entries"]:
            assert client.get(entry.url, follow=True).status_code == 200, (who, entry.label)


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda each: each.slug)
def test_every_chapter_of_the_help_opens(cast, chapter):
    for who in ("li", "nobody"):
        text = cast.client(who).get(reverse("help-page", args=[chapter.slug])).content.decode()
        assert chapter.title in text
    assert cast.client("li").get(reverse("help-page", args=["unknown"])).status_code == 404


def test_numbers_are_explained_from_their_declarations(cast):
    text = cast.client("zhou").get(reverse("help-page", args=["numbers"])).content.decode()
    for declared in MEASURES.values():
        for words in (declared.label, declared.meaning, declared.source, declared.remedy):
            assert words in text, words
    assert "63.04%" in text
    assert "85.75%" in text
    for share in ("17.2%", "39.0%", "43.8%"):
        assert share in text


def test_worked_examples_are_right():
    # By hand: (25·45/60 + 15·540/600 + 15·12/20) / 55, the measure without a reading left out.
    assert heat(EXAMPLE, starting_weights()) == pytest.approx(100 * (18.75 + 13.5 + 9) / 55)
    assert cumulative(RETENTIONS) == pytest.approx(0.6304, abs=5e-5)
