"""What is written as a template becomes a version; nobody's work is lost when two write at once."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accountability.actions.template_exchange import export_template, import_template
from accountability.actions.templates import Outdated, change_template, copy_template, create_template
from accountability.editions import compare, edition_of
from accountability.exchange.spreadsheet import read_spreadsheet
from accountability.exchange.toml import read_toml
from accountability.models import DutyTemplate, DutyTemplateItem
from branches.models import AuditEntry
from tests.accountability.conftest import NOW
from tests.accountability.template_shapes import SHAPES, shaped


def written(actor, number=3, **facts):
    template, items = shaped(number)
    for name, value in facts.items():
        setattr(template, name, value)
    return create_template(actor=actor, template=template, items=items, now=NOW)


def changed(actor, template, version=None, reason="修订", **values):
    """Change the first item of a template."""
    items = list(template.items.all())
    for name, value in values.items():
        setattr(items[0], name, value)
    return change_template(
        actor=actor,
        template=template,
        items=items,
        version=version or template.version,
        reason=reason,
        now=NOW,
    )


def test_every_change_is_a_version_that_stays(acting, db):
    template = written(acting("wu"))
    changed(acting("wu"), template, content="换了一种说法")
    first, second = template.versions.order_by("number")
    assert (first.number, second.number, template.version) == (1, 2, 2)
    assert (second.reason, second.author.username) == ("修订", "wu")
    assert [each.heading for each in compare(_content(first), _content(second)).changed] == ["第1项检查落实"]
    assert AuditEntry.objects.filter(event="修改清单模板", summary__contains="第2版").exists()


def _content(version):
    return {"facts": version.facts, "items": version.items}


def test_what_says_the_same_is_no_version(acting, db):
    template = written(acting("wu"))
    changed(acting("wu"), template)
    assert template.version == 1
    assert template.versions.count() == 1
    assert not AuditEntry.objects.filter(event="修改清单模板").exists()


def test_items_left_alone_have_no_new_history(acting, db):
    template = written(acting("wu"), 20)
    changed(acting("wu"), template, content="换了一种说法")
    assert template.items.first().history.count() == 2
    assert template.items.last().history.count() == 1
    assert DutyTemplateItem.history.filter(number__gt=1000).count() == 0


def test_starters_have_a_first_version(templates):
    assert {each.versions.get().number for each in templates.values()} == {1}


def test_a_template_from_before_versions_keeps_what_it_said(acting, db):
    template = written(acting("wu"))
    template.versions.all().delete()
    changed(acting("wu"), template, content="换了一种说法")
    assert [each.number for each in template.versions.order_by("number")] == [1, 2]
    assert template.versions.get(number=1).items[0]["content"] != "换了一种说法"


def test_an_outdated_form_is_refused(acting, db):
    template = written(acting("wu"))
    changed(acting("wu"), template, content="先到的说法")
    with pytest.raises(Outdated) as refused:
        changed(acting("wu"), template, version=1, content="后到的说法")
    assert refused.value.template.version == 2
    assert template.items.first().content == "先到的说法"


def test_a_copy_moves_its_days_along(acting, db):
    template = written(acting("wu"), 4)
    copy = copy_template(actor=acting("wu"), template=template, year=2027, now=NOW)
    assert copy.versions.get().reason == "由2026年度复制"
    assert copy.items.exclude(deadline=None).get().deadline == date(2027, 12, 10)
    assert not compare(
        edition_of(template, template.items.all()), edition_of(copy, copy.items.all()), across_years=True
    )


def test_a_deployment_is_no_template(acting, db):
    with pytest.raises(ValidationError, match="部署"):
        written(acting("wu"), kind="DEPLOYMENT")
    assert written(acting("wu"), kind="LEADERSHIP").kind == "LEADERSHIP"


def test_faults_are_refused_by_the_action_as_well(acting, db):
    template, items = shaped(2)
    items[1].counted_by, items[1].target, items[1].interval = "MEETINGS", 1, "quarter"
    with pytest.raises(ValidationError, match="第2条：请勾选哪些会议计入"):
        create_template(actor=acting("wu"), template=template, items=items, now=NOW)
    items[1].counted_by, items[1].target, items[1].interval = "", None, "decade"
    with pytest.raises(ValidationError, match=r"第2条：.*decade"):
        create_template(actor=acting("wu"), template=template, items=items, now=NOW)


def test_what_was_issued_keeps_its_year_and_its_bearers(cast, acting, issued):
    template = issued["BRANCH"]
    template.year = 2027
    with pytest.raises(ValidationError, match="不能改年度"):
        changed(acting("wu"), template)
    template.year, template.posts = 2026, ["SECRETARY"]
    with pytest.raises(ValidationError, match="不能在"):
        changed(acting("wu"), template)


@pytest.mark.parametrize("number", SHAPES)
def test_long_templates_are_written_in_few_statements(acting, db, number, django_assert_max_num_queries):
    actor = acting("wu")
    template, items = shaped(number)
    with django_assert_max_num_queries(20):
        create_template(actor=actor, template=template, items=items, now=NOW)
    items = list(template.items.all())[::-1]
    with django_assert_max_num_queries(30):
        change_template(actor=actor, template=template, items=items, version=1, reason="倒序", now=NOW)
    assert [each.number for each in template.items.all()] == list(range(1, number + 1))
    assert template.items.first().heading == f"第{number}项" + items[0].heading.partition("项")[2]


# Out and in again


@pytest.mark.parametrize("form", ["xlsx", "toml"])
@pytest.mark.parametrize("number", SHAPES)
def test_an_export_comes_in_again_without_a_change(acting, db, form, number):
    template = written(acting("wu"), number)
    file, name = export_template(actor=acting("wu"), template=template, form=form, now=NOW)
    assert name == f"SHAPE-2026-第1版.{form}"
    draft = read_spreadsheet(file, name) if form == "xlsx" else read_toml(file.read())
    again, has_changed = import_template(actor=acting("wu"), draft=draft, version=1, reason="导入", now=NOW)
    assert not has_changed
    assert again.version == 1
    assert AuditEntry.objects.filter(event="导出清单模板").exists()


def test_an_import_keeps_the_items_that_are_the_same(acting, db):
    template = written(acting("wu"), 5)
    file, _ = export_template(actor=acting("wu"), template=template, form="toml", now=NOW)
    draft = read_toml(file.read())
    keys = {item.heading: item.pk for item in template.items.all()}
    del draft.items[1]
    draft.items[0]["content"] = "换了一种说法"
    again, has_changed = import_template(
        actor=acting("wu"), draft=draft, version=1, reason="按市里意见", now=NOW
    )
    assert has_changed
    assert again.version == 2
    assert {item.heading: item.pk for item in again.items.all()} == {
        heading: key for heading, key in keys.items() if heading != "第2项带头学习"
    }


def test_an_import_makes_a_new_template_and_notices_a_change(acting, db):
    template = written(acting("wu"))
    file, _ = export_template(actor=acting("wu"), template=template, form="toml", now=NOW)
    draft = read_toml(file.read())
    draft.facts["code"] = "OTHER"
    made, has_changed = import_template(actor=acting("wu"), draft=draft, version=None, reason="导入", now=NOW)
    assert has_changed
    assert (made.code, made.version, made.items.count()) == ("OTHER", 1, 3)
    with pytest.raises(Outdated):
        import_template(actor=acting("wu"), draft=draft, version=None, reason="导入", now=NOW)
    with pytest.raises(PermissionDenied):
        import_template(actor=acting("qian"), draft=draft, version=1, reason="导入", now=NOW)
    assert DutyTemplate.objects.count() == 2
