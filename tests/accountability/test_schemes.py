from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accountability.access import readable_schemes
from accountability.actions.scheme_drafts import (
    Overtaken,
    begin_draft,
    begin_scheme,
    change_draft,
    discard_draft,
    rebase_draft,
    save_draft,
)
from accountability.actions.schemes import (
    Outdated,
    change_scheme,
    copy_scheme,
    create_scheme,
    end_scheme,
)
from accountability.models import Scheme, SchemeDraft
from accountability.scheme_edits import Gone, Spot, piece, put
from accountability.scoring import read_scheme, to_toml
from branches.choices import Post
from branches.models import AuditEntry
from tests.conftest import employ

from .conftest import NOW

VILLAGE = replace(
    read_scheme(Path("accountability/starters/schemes/village.toml").read_bytes()),
    year=2026,
    starts_on=date(2026, 1, 1),
)
PLACE = Spot("item", "place")


def renamed(title, spot=PLACE):
    return lambda table: put(table, spot, replace(piece(table, spot), title=title))


@pytest.fixture
def scheme(cast, acting):
    return create_scheme(actor=acting("wu"), organization=cast.town, table=VILLAGE, now=NOW)


def test_a_scheme_is_kept_with_its_columns_and_first_version(cast, scheme):
    scheme.refresh_from_db()
    assert (scheme.code, scheme.year, scheme.full, scheme.kinds) == (
        "VILLAGE",
        2026,
        300,
        ["BRANCH", "GENERAL_BRANCH"],
    )
    assert scheme.table == VILLAGE
    version = scheme.versions.get()
    assert (version.number, version.document, version.author) == (1, scheme.document, cast.people["wu"])
    assert AuditEntry.objects.filter(event="新建考核办法", object_id=str(scheme.pk)).exists()
    assert scheme.history.count() == 1


def test_only_who_configures_there_makes_one(cast, acting):
    for who in ("li", "zhao", "qian", "zheng"):
        with pytest.raises(PermissionDenied):
            create_scheme(actor=acting(who), organization=cast.town, table=VILLAGE, now=NOW)
    cast.people["yu"] = employ("yu", "于管", (cast.county, Post.ADMINISTRATOR))
    create_scheme(actor=acting("yu"), organization=cast.town, table=VILLAGE, now=NOW)
    with pytest.raises(PermissionDenied):
        create_scheme(actor=acting("yu"), organization=cast.city, table=VILLAGE, now=NOW)


def test_what_stands_in_the_way_is_said_all_at_once(cast, acting):
    wrong = put(VILLAGE, PLACE, replace(piece(VILLAGE, PLACE), title="点赞次数", full=None))
    with pytest.raises(ValidationError) as refused:
        create_scheme(actor=acting("wu"), organization=cast.town, table=replace(wrong, year=None), now=NOW)
    messages = refused.value.messages
    assert "请写明年度" in messages
    assert "“点赞次数”：基本分的评价项要写满分" in messages
    assert any("不予采用" in message and "指尖上的形式主义" in message for message in messages)
    assert not Scheme.objects.exists()


def test_the_same_code_twice_in_a_year_is_refused(cast, acting, scheme):
    with pytest.raises(ValidationError, match="已有同编号"):
        create_scheme(actor=acting("wu"), organization=cast.town, table=VILLAGE, now=NOW)
    create_scheme(actor=acting("wu"), organization=cast.county, table=VILLAGE, now=NOW)


def test_a_change_is_the_next_version_and_the_same_text_is_none(cast, acting, scheme):
    change = {"actor": acting("wu"), "scheme": scheme, "reason": "县里新要求", "now": NOW}
    assert change_scheme(**change, table=VILLAGE, version=1).version == 1
    changed = change_scheme(**change, table=renamed("活动阵地")(VILLAGE), version=1)
    assert changed.version == 2
    assert piece(changed.table, PLACE).title == "活动阵地"
    assert [each.number for each in changed.versions.all()] == [2, 1]
    with pytest.raises(Outdated) as outdated:
        change_scheme(**change, table=VILLAGE, version=1)
    assert outdated.value.scheme.version == 2
    with pytest.raises(PermissionDenied):
        change_scheme(**change | {"actor": acting("zhao")}, table=VILLAGE, version=2)


def test_a_copy_for_next_year_and_the_end_of_use(acting, scheme):
    copy = copy_scheme(actor=acting("wu"), scheme=scheme, year=2027, now=NOW)
    assert (copy.year, copy.starts_on, copy.version) == (2027, date(2027, 1, 1), 1)
    with pytest.raises(ValidationError, match="已有同编号"):
        copy_scheme(actor=acting("wu"), scheme=scheme, year=2027, now=NOW)
    ended = end_scheme(
        actor=acting("wu"), scheme=scheme, ends_on=date(2026, 6, 30), reason="并入新办法", now=NOW
    )
    assert (ended.ends_on, ended.version) == (date(2026, 6, 30), 2)
    with pytest.raises(ValidationError, match="结束日期早于开始日期"):
        end_scheme(actor=acting("wu"), scheme=ended, ends_on=date(2025, 6, 30), reason="错", now=NOW)


def test_who_is_judged_by_a_scheme_reads_it(cast, acting, scheme):
    assert scheme in readable_schemes(acting("li"))
    for who in ("zhao", "qian", "sun", "wu"):
        assert scheme in readable_schemes(acting(who))
    for who in ("zhou", "zheng", "feng", "nobody"):
        assert scheme not in readable_schemes(acting(who))
    beside = create_scheme(actor=acting("wu"), organization=cast.department, table=VILLAGE, now=NOW)
    below = create_scheme(actor=acting("wu"), organization=cast.second, table=VILLAGE, now=NOW)
    assert {beside, below}.isdisjoint(readable_schemes(acting("li")))


def test_a_new_scheme_is_written_piece_by_piece(cast, acting):
    empty = replace(VILLAGE, lines=(), rules=())
    draft = begin_scheme(actor=acting("wu"), organization=cast.town, table=empty, now=NOW)
    with pytest.raises(ValidationError, match="至少要有一个分类"):
        save_draft(actor=acting("wu"), draft=draft, number=1, reason="新建", now=NOW)
    draft = change_draft(actor=acting("wu"), draft=draft, change=lambda table: VILLAGE, now=NOW)
    assert draft.number == 2
    scheme = save_draft(actor=acting("wu"), draft=draft, number=2, reason="新建", now=NOW)
    assert (scheme.version, scheme.table) == (1, VILLAGE)
    assert not SchemeDraft.objects.exists()


def test_a_draft_changes_nothing_until_it_is_saved(acting, scheme):
    draft = begin_draft(actor=acting("wu"), scheme=scheme, now=NOW)
    assert begin_draft(actor=acting("wu"), scheme=scheme, now=NOW) == draft
    draft = change_draft(actor=acting("wu"), draft=draft, change=renamed("活动阵地"), now=NOW)
    scheme.refresh_from_db()
    assert scheme.document == to_toml(VILLAGE)
    saved = save_draft(actor=acting("wu"), draft=draft, number=2, reason="改名", now=NOW)
    assert (saved.version, piece(saved.table, PLACE).title) == (2, "活动阵地")


def test_two_work_on_a_draft_and_only_the_same_piece_is_disputed(cast, acting, scheme):
    cast.people["yu"] = employ("yu", "于管", (cast.county, Post.ADMINISTRATOR))
    draft = begin_draft(actor=acting("wu"), scheme=scheme, now=NOW)
    seen = piece(draft.table, PLACE)
    life = Spot("item", "life")
    change_draft(actor=acting("yu"), draft=draft, change=renamed("组织生活", life), now=NOW)
    change = {"actor": acting("wu"), "draft": draft, "now": NOW}
    change["unchanged"] = lambda table: piece(table, PLACE) == seen
    changed = change_draft(**change, change=renamed("活动阵地"))
    assert [piece(changed.table, spot).title for spot in (PLACE, life)] == ["活动阵地", "组织生活"]
    with pytest.raises(Overtaken) as overtaken:
        change_draft(**change, change=renamed("阵地"))
    assert overtaken.value.draft.author == cast.people["wu"]
    with pytest.raises(Overtaken):
        save_draft(actor=acting("yu"), draft=draft, number=2, reason="早一步", now=NOW)
    change_draft(actor=acting("yu"), draft=draft, change=lambda table: put(table, PLACE, None), now=NOW)
    with pytest.raises(Gone):
        change_draft(**change, change=renamed("阵地"))


def test_a_draft_does_not_overwrite_a_version_it_did_not_begin_from(acting, scheme):
    draft = begin_draft(actor=acting("wu"), scheme=scheme, now=NOW)
    draft = change_draft(actor=acting("wu"), draft=draft, change=renamed("活动阵地"), now=NOW)
    change_scheme(
        actor=acting("wu"), scheme=scheme, table=renamed("场所")(VILLAGE), version=1, reason="导入", now=NOW
    )
    with pytest.raises(Outdated):
        save_draft(actor=acting("wu"), draft=draft, number=2, reason="改名", now=NOW)
    draft = rebase_draft(actor=acting("wu"), draft=draft, now=NOW)
    saved = save_draft(actor=acting("wu"), draft=draft, number=3, reason="改名", now=NOW)
    assert (saved.version, piece(saved.table, PLACE).title) == (3, "活动阵地")


def test_a_draft_is_thrown_away_and_others_are_kept_out(acting, scheme):
    draft = begin_draft(actor=acting("wu"), scheme=scheme, now=NOW)
    for who in ("li", "zhao", "qian"):
        with pytest.raises(PermissionDenied):
            change_draft(actor=acting(who), draft=draft, change=renamed("阵地"), now=NOW)
        with pytest.raises(PermissionDenied):
            discard_draft(actor=acting(who), draft=draft, now=NOW)
    discard_draft(actor=acting("wu"), draft=draft, now=NOW)
    assert not SchemeDraft.objects.exists()
    assert AuditEntry.objects.filter(event="放弃考核办法草稿", object_id=str(scheme.pk)).exists()
    with pytest.raises(Gone):
        change_draft(actor=acting("wu"), draft=draft, change=renamed("阵地"), now=NOW)
