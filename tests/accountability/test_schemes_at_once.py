"""Several people at the same scoring table in the same moment, with real threads on PostgreSQL."""

import pytest
from django.core.exceptions import ValidationError

from accountability.actions.scheme_drafts import (
    Overtaken,
    begin_draft,
    change_draft,
    save_draft,
)
from accountability.actions.schemes import Outdated, change_scheme, copy_scheme, create_scheme
from accountability.models import Scheme, SchemeDraft
from accountability.scheme_edits import Gone, Spot, piece
from branches.choices import Post
from tests.conftest import employ

from .conftest import NOW
from .test_records_at_once import at_once
from .test_schemes import PLACE, VILLAGE, renamed

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def scheme(cast, acting):
    cast.people["yu"] = employ("yu", "于管", (cast.county, Post.ADMINISTRATOR))
    return create_scheme(actor=acting("wu"), organization=cast.town, table=VILLAGE, now=NOW)


def test_two_presses_make_one_scheme_one_copy_and_one_draft(cast, acting, scheme):
    actors = [acting("wu"), acting("yu")] * 2
    made = at_once(
        *[
            lambda who=who: create_scheme(actor=who, organization=cast.county, table=VILLAGE, now=NOW)
            for who in actors
        ]
    )
    assert sum(isinstance(each, ValidationError) for each in made) == 3
    copies = at_once(
        *[lambda who=who: copy_scheme(actor=who, scheme=scheme, year=2027, now=NOW) for who in actors]
    )
    assert sum(isinstance(each, ValidationError) for each in copies) == 3
    assert Scheme.objects.count() == 3
    drafts = at_once(*[lambda who=who: begin_draft(actor=who, scheme=scheme, now=NOW) for who in actors])
    assert len({each.pk for each in drafts}) == 1
    assert SchemeDraft.objects.count() == 1


def test_changes_of_different_pieces_all_stay_and_of_the_same_one_only_the_first(acting, scheme):
    draft = begin_draft(actor=acting("wu"), scheme=scheme, now=NOW)
    keys = [item.key for _, item in draft.table.items()]
    wu, yu = acting("wu"), acting("yu")
    at_once(
        *[
            lambda key=key: change_draft(
                actor=wu, draft=draft, change=renamed(f"改{key}", Spot("item", key)), now=NOW
            )
            for key in keys[:6]
        ]
    )
    draft.refresh_from_db()
    draft = SchemeDraft.objects.get(pk=draft.pk)
    titles = [item.title for _, item in draft.table.items()]
    assert titles[:6] == [f"改{key}" for key in keys[:6]]
    seen = piece(draft.table, PLACE)
    answers = at_once(
        *[
            lambda who=who: change_draft(
                actor=who,
                draft=draft,
                change=renamed(f"阵地{who.user.username}"),
                unchanged=lambda table: piece(table, PLACE) == seen,
                now=NOW,
            )
            for who in (wu, yu)
        ]
    )
    assert {type(each) for each in answers} == {Overtaken, SchemeDraft}


def test_a_draft_saved_twice_is_one_version(acting, scheme):
    draft = begin_draft(actor=acting("wu"), scheme=scheme, now=NOW)
    change_draft(actor=acting("wu"), draft=draft, change=renamed("阵地"), now=NOW)
    answers = at_once(
        *[
            lambda who=who: save_draft(actor=who, draft=draft, number=2, reason="改名", now=NOW)
            for who in (acting("wu"), acting("yu"))
        ]
    )
    assert {type(each) for each in answers} == {Gone, Scheme}
    scheme.refresh_from_db()
    assert scheme.version == 2
    assert scheme.versions.count() == 2


def test_of_two_who_change_one_version_one_is_told(acting, scheme):
    answers = at_once(
        *[
            lambda who=who: change_scheme(
                actor=who,
                scheme=scheme,
                table=renamed(f"阵地{who.user.username}")(VILLAGE),
                version=1,
                reason="改",
                now=NOW,
            )
            for who in (acting("wu"), acting("yu"))
        ]
    )
    assert {type(each) for each in answers} == {Outdated, Scheme}
    assert scheme.versions.count() == 2
