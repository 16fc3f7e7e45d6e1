import functools
from dataclasses import replace
from decimal import Decimal

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accountability.actions.scheme_drafts import (
    Outdated,
    Overtaken,
    begin_scheme,
    change_draft,
    discard_draft,
    rebase_draft,
    save_draft,
)
from accountability.forms.scheme_rules import RuleForm, kind_choices
from accountability.forms.schemes import HeadForm, ItemForm, LineForm, NewItemForm, SaveForm
from accountability.models import Scheme, SchemeDraft
from accountability.scheme_edits import (
    Gone,
    Spot,
    add_item,
    add_line,
    add_rule,
    fresh_key,
    line_of,
    mark_of,
    move,
    piece,
    put,
)
from accountability.scheme_layout import PLACES, anchor_of, layout_of
from accountability.scheme_tables import columns_of, sentence
from accountability.scoring import KINDS, Item, Line
from accountability.scoring import Scheme as Table
from accountability.scoring.checks import written_at
from accountability.scoring.numbers import plain
from branches.access import Right, door
from branches.models import Organization

from .schemes import item_trial, last_tried, try_out

_AGAIN = "这一处刚刚被{author}改过，您填的还在，下面显示的是您填的内容；核对后再保存。"


def _told_when_gone(view):
    """Say so when what a view is about has been taken away meanwhile."""

    @functools.wraps(view)
    def guarded(request, draft, *args, **kwargs):
        try:
            return view(request, draft, *args, **kwargs)
        except Gone as gone:
            if request.method != "POST":
                raise Http404 from gone
            if not SchemeDraft.objects.filter(pk=draft.pk).exists():
                messages.error(request, "这份草稿已被保存或放弃。")
                return redirect("scheme-list", draft.organization_id)
            messages.error(request, "这一处已被删除。")
        except Overtaken as overtaken:
            messages.error(request, f"{overtaken.draft.author}刚刚改过这一处，没有更改，请看过再改。")
        return redirect("scheme-draft", draft.pk)

    return guarded


@door(Right.CONFIGURE, Organization)
def scheme_create(request, organization):
    """Begin a new table with its head; lines, items and rules follow on the draft."""
    blank = Table(code="", title="", full=100, lines=(), year=request.actor.today.year)
    form = HeadForm(request.POST or None, piece=blank)
    if request.method == "POST" and form.is_valid():
        try:
            draft = begin_scheme(
                actor=request.actor, organization=organization, table=form.applied(blank), now=timezone.now()
            )
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, "草稿已建好，请逐项填写分类、评价项和规则，完成后保存为第1版。")
            return redirect("scheme-draft", draft.pk)
    context = {
        "organization": organization,
        "form": form,
        "title": "新建考核办法",
        "back": reverse("scheme-list", args=[organization.pk]),
        "action": "开始编写",
    }
    return render(request, "accountability/scheme_piece.html", context)


@door(Right.CONFIGURE, SchemeDraft)
def scheme_draft(request, draft):
    """The table being written, with what is wrong beside it."""
    return _draft_page(request, draft, SaveForm(initial={"number": draft.number}))


def _draft_page(request, draft, form, status=200):
    draft = SchemeDraft.objects.select_related("organization", "scheme", "author").get(pk=draft.pk)
    context = {
        "draft": draft,
        "layout": layout_of(draft.table),
        "form": form,
        "tried": last_tried(request, _scope(draft)),
        "is_behind": draft.scheme is not None and draft.scheme.version != draft.base,
        "is_others": draft.author_id != request.user.pk,
    }
    return render(request, "accountability/scheme_draft.html", context, status=status)


@require_POST
@door(Right.CONFIGURE, SchemeDraft)
@_told_when_gone
def scheme_draft_save(request, draft):
    """Save the draft as a version."""
    form = SaveForm(request.POST)
    if not form.is_valid():
        return _draft_page(request, draft, form, 422)
    values = form.cleaned_data
    try:
        scheme = save_draft(actor=request.actor, draft=draft, now=timezone.now(), **values)
    except ValidationError as error:
        form.add_error(None, error.messages)
        return _draft_page(request, draft, form, 422)
    except Overtaken as overtaken:
        author = overtaken.draft.author
        again = SaveForm(initial={"number": overtaken.draft.number, "reason": values["reason"]})
        messages.warning(request, f"{author}刚刚又改过草稿，还没有保存。请看过现在的内容再保存。")
        return _draft_page(request, draft, again, 409)
    except Outdated:
        messages.error(request, "办法在此期间有了新的版次，还没有保存，见下面的提示。")
        return _draft_page(request, draft, form, 409)
    kept = "；进行中的考核仍按原来的版次" if scheme.version > 1 else ""
    messages.success(request, f"已保存为第{scheme.version}版{kept}。")
    return redirect("scheme-detail", scheme.pk)


@require_POST
@door(Right.CONFIGURE, SchemeDraft)
@_told_when_gone
def scheme_draft_rebase(request, draft):
    """Let the draft replace the version that was made meanwhile."""
    try:
        rebase_draft(actor=request.actor, draft=draft, now=timezone.now())
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, "草稿现在接在最新的版次之后，保存后即为下一版。")
    return redirect("scheme-draft", draft.pk)


@door(Right.CONFIGURE, SchemeDraft)
@_told_when_gone
def scheme_draft_discard(request, draft):
    """Throw the draft away, after a question."""
    scheme = draft.scheme
    back = reverse("scheme-detail", args=[scheme.pk]) if scheme else _list_of(draft)
    if request.method == "POST":
        discard_draft(actor=request.actor, draft=draft, now=timezone.now())
        messages.success(request, "草稿已放弃。")
        return redirect(back)
    context = {
        "title": "放弃草稿",
        "question": f"放弃“{draft}”没有保存的修改吗？",
        "facts": [
            f"最近由{draft.author}于{timezone.localtime(draft.changed_at):%Y-%m-%d %H:%M}改过。",
            "已保存的版次不受影响。",
            "放弃后不能恢复。",
        ],
        "action": "放弃草稿",
        "cancel_url": reverse("scheme-draft", args=[draft.pk]),
    }
    return render(request, "components/confirm.html", context)


@door(Right.CONFIGURE, SchemeDraft)
def scheme_draft_trial(request, draft):
    """What the draft gives a real unit."""
    return try_out(request, draft.table, _scope(draft), {"draft": draft, "scheme": draft.scheme})


# the pieces


@door(Right.CONFIGURE, SchemeDraft)
@_told_when_gone
def scheme_head_edit(request, draft):
    return _edit(request, draft, Spot("scheme"), HeadForm, "总表")


@door(Right.CONFIGURE, SchemeDraft)
@_told_when_gone
def scheme_line_edit(request, draft, key):
    line = piece(draft.table, Spot("line", key))
    return _edit(request, draft, Spot("line", key), LineForm, f"分类：{line.title}")


@door(Right.CONFIGURE, SchemeDraft)
@_told_when_gone
def scheme_item_edit(request, draft, key):
    item = piece(draft.table, Spot("item", key))
    line = line_of(draft.table, key)
    return _edit(request, draft, Spot("item", key), ItemForm, f"评价项：{item.title}", line=line)


def _edit(request, draft, spot, form_class, title, **facts):
    """Change one piece; what somebody else changed meanwhile in the same piece is told, what was typed stays."""
    old = piece(draft.table, spot)
    form = form_class(request.POST or None, piece=old, **facts)
    overtaken = None
    if request.method == "POST" and form.is_valid():
        mark = form.cleaned_data["mark"]
        try:
            change_draft(
                actor=request.actor,
                draft=draft,
                change=lambda table: put(table, spot, form.applied(piece(table, spot))),
                unchanged=lambda table: form_class.mark_of(piece(table, spot)) == mark,
                now=timezone.now(),
            )
        except ValidationError as error:
            form.add_error(None, error.messages)
        except Overtaken as error:
            overtaken = error.draft
            data = request.POST.copy()
            data["mark"] = form_class.mark_of(piece(overtaken.table, spot))
            form = form_class(data, piece=piece(overtaken.table, spot), **facts)
        else:
            return _back(draft, spot)
    context = {
        "draft": draft,
        "form": form,
        "spot": spot,
        "title": title,
        "back": f"{reverse('scheme-draft', args=[draft.pk])}#{anchor_of(draft.table, spot)}",
        "action": "保存",
        "conflict": _AGAIN.format(author=overtaken.author) if overtaken else "",
        "row": _row(draft.table, spot.key) if spot.kind == "item" else None,
        "tried": item_trial(request, draft.table, _scope(draft), spot.key) if spot.kind == "item" else None,
    }
    return render(request, "accountability/scheme_piece.html", context, status=409 if overtaken else 200)


@door(Right.CONFIGURE, SchemeDraft)
@_told_when_gone
def scheme_line_create(request, draft):
    blank = Line(key="", title="", items=())
    return _create(
        request,
        draft,
        LineForm,
        blank,
        "增加分类",
        lambda table: fresh_key(table, "f"),
        add_line,
        lambda table: table.lines,
    )


@door(Right.CONFIGURE, SchemeDraft)
@_told_when_gone
def scheme_item_create(request, draft, line):
    holder = piece(draft.table, Spot("line", line))
    return _create(
        request,
        draft,
        functools.partial(NewItemForm, line=holder),
        Item(key="", title="", rules=()),
        f"在“{holder.title}”里增加评价项",
        lambda table: fresh_key(table, "x"),
        lambda table, item: add_item(table, line, item),
        lambda table: piece(table, Spot("line", line)).items,
        _so_far(holder),
    )


def _so_far(line: Line) -> str:
    """How far the items of a line add up to it."""
    if not line.items:
        return ""
    sum_of_items = sum((item.full or 0 for item in line.items), Decimal(0))
    full = f"满分 {plain(line.full)} 分，" if line.full is not None else ""
    return f"{full}已有 {len(line.items)} 项，共 {plain(sum_of_items)} 分。"


def _create(request, draft, form_class, blank, title, key_of, add, beside, note=""):
    """Add a piece; what stands `beside` it saying the same is the one, so that a double click makes no second."""
    form = form_class(request.POST or None, piece=blank)
    if request.method == "POST" and form.is_valid():
        made = []

        def change(table):
            new = form.applied(blank)
            for each in beside(table):
                if replace(each, key="") == new:
                    made.append(each.key)
                    return table
            new = replace(new, key=key_of(table))
            made.append(new.key)
            return add(table, new)

        try:
            changed = change_draft(actor=request.actor, draft=draft, change=change, now=timezone.now())
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            if isinstance(blank, Item) and (kind := form.cleaned_data["kind"]):
                address = reverse("scheme-rule-create", args=[draft.pk, Spot("item", made[-1])])
                return redirect(f"{address}?kind={kind}")
            if isinstance(blank, Item):
                messages.success(request, "评价项已加上，请写明怎样计分。")
                return redirect("scheme-item-edit", draft.pk, made[-1])
            return _back(changed, Spot("line", made[-1]))
    context = {
        "draft": draft,
        "form": form,
        "title": title,
        "note": note,
        "back": reverse("scheme-draft", args=[draft.pk]),
        "action": "增加",
    }
    return render(request, "accountability/scheme_piece.html", context)


@door(Right.CONFIGURE, SchemeDraft)
@_told_when_gone
def scheme_rule_create(request, draft, at):
    """Choose a kind of rule, then fill in its form."""
    spot = Spot.parse(at)
    piece(draft.table, spot.holder)
    if spot.rule is not None:
        raise Gone(at)
    place = PLACES[spot.kind]
    kind = request.GET.get("kind", "")
    if kind not in written_at(place):
        context = {
            "draft": draft,
            "spot": spot,
            "where": _title(draft.table, spot),
            "groups": kind_choices(place),
            "back": _address(draft, spot),
        }
        return render(request, "accountability/scheme_rule_kinds.html", context)
    form, again = _rule_form(request, draft, KINDS[kind], place)
    if request.method == "POST" and not again and form.is_valid():
        try:
            change_draft(
                actor=request.actor,
                draft=draft,
                change=lambda table: add_rule(table, spot, form.rule),
                now=timezone.now(),
            )
        except ValidationError as error:
            form.errors += error.messages
        else:
            return _on_from_rule(request, draft, spot)
    return _rule_page(request, draft, spot, form, f"增加规则：{KINDS[kind].label}")


@door(Right.CONFIGURE, SchemeDraft)
@_told_when_gone
def scheme_rule_edit(request, draft, number, at):
    holder = Spot.parse(at).holder
    spot = holder.at(number)
    rule = piece(draft.table, spot)
    place = PLACES[spot.kind]
    form, again = _rule_form(request, draft, KINDS[rule.kind], place, rule)
    mark, overtaken = request.POST.get("mark", ""), None
    if request.method == "POST" and not again and form.is_valid():
        try:
            change_draft(
                actor=request.actor,
                draft=draft,
                change=lambda table: put(table, spot, form.rule),
                unchanged=lambda table: mark_of(piece(table, spot)) == mark,
                now=timezone.now(),
            )
        except ValidationError as error:
            form.errors += error.messages
        except Overtaken as error:
            overtaken = error.draft
            if piece(overtaken.table, spot).kind != rule.kind:
                raise Gone(str(spot)) from error
            rule = piece(overtaken.table, spot)
        else:
            return _on_from_rule(request, draft, holder)
    title = f"规则：{KINDS[rule.kind].label}"
    return _rule_page(request, draft, spot, form, title, rule, overtaken)


def _on_from_rule(request, draft, holder):
    """Back to where the rule belongs, or on to the next item of the line."""
    if "next" in request.POST and holder.kind == "item":
        messages.success(request, f"“{_title(draft.table, holder)}”已写好。")
        return redirect("scheme-item-create", draft.pk, line_of(draft.table, holder.key).key)
    return _back_to_rules(draft, holder)


def _rule_form(request, draft, kind, place, rule=None):
    """The form, and whether only more rows are asked for."""
    again = "more" in request.POST
    data = request.POST if request.method == "POST" else None
    return RuleForm(kind, place, draft.table, rule=rule, data=data, more=again), again


def _rule_page(request, draft, spot, form, title, rule=None, overtaken=None):
    context = {
        "draft": draft,
        "spot": spot,
        "form": form,
        "title": title,
        "where": _title(draft.table, spot.holder),
        "clause": piece(draft.table, spot.holder).clause if spot.kind == "item" else "",
        "sentence": sentence(draft.table, rule) if rule else "",
        "mark": mark_of(rule) if rule else "",
        "back": _address(draft, spot.holder),
        "conflict": _AGAIN.format(author=overtaken.author) if overtaken else "",
    }
    return render(request, "accountability/scheme_rule.html", context, status=409 if overtaken else 200)


@require_POST
@door(Right.CONFIGURE, SchemeDraft)
@_told_when_gone
def scheme_part_move(request, draft):
    """Move a line, an item or a rule one place up or down."""
    way = "up" if "up" in request.POST else "down"
    spot = Spot.parse(request.POST.get(way, ""))
    changed = change_draft(
        actor=request.actor,
        draft=draft,
        change=lambda table: move(table, spot, -1 if way == "up" else 1),
        now=timezone.now(),
    )
    if spot.rule is not None:
        return _back_to_rules(changed, spot.holder)
    return _back(changed, spot)


@door(Right.CONFIGURE, SchemeDraft)
@_told_when_gone
def scheme_part_remove(request, draft, at):
    """Take a line, an item or a rule away, after a question."""
    spot = Spot.parse(at)
    if spot.kind == "scheme" and spot.rule is None:
        raise Gone(at)
    old = piece(draft.table, spot)
    if request.method == "POST":
        changed = change_draft(
            actor=request.actor,
            draft=draft,
            change=lambda table: put(table, spot, None),
            unchanged=lambda table: mark_of(piece(table, spot)) == request.POST.get("mark"),
            now=timezone.now(),
        )
        messages.success(request, "已删除；保存为新版之前不影响现行的办法。")
        return _back_to_rules(changed, spot.holder) if spot.rule is not None else _back(changed, spot)
    facts = []
    if isinstance(old, Line):
        facts = [f"连同其中的{len(old.items)}个评价项：" + "、".join(item.title for item in old.items)[:200]]
    what = {"line": "分类", "item": "评价项"}.get(spot.kind) if spot.rule is None else "规则"
    name = sentence(draft.table, old) if spot.rule is not None else old.title
    context = {
        "title": f"删除{what}",
        "question": f"从草稿里删除{what}“{name}”吗？",
        "facts": facts,
        "hidden": [("mark", mark_of(old))],
        "action": "删除",
        "cancel_url": _address(draft, spot.holder),
    }
    return render(request, "components/confirm.html", context)


def _scope(draft) -> Scheme:
    """Whom the table of a draft is for."""
    return Scheme(organization=draft.organization, **columns_of(draft.table))


def _title(table, spot) -> str:
    """The piece that a rule belongs to, in words."""
    holder = piece(table, spot)
    return "总表" if spot.kind == "scheme" else holder.title


def _row(table, key):
    """An item as it is laid out, with its rules in words and what is wrong with it."""
    return next(row for line in layout_of(table).lines for row in line.items if row.spot.key == key)


def _list_of(draft) -> str:
    return reverse("scheme-list", args=[draft.organization_id])


def _address(draft, spot) -> str:
    """Where a piece is worked on: an item on its own page, the others on the page of the draft."""
    if spot.kind == "item":
        return reverse("scheme-item-edit", args=[draft.pk, spot.key])
    return f"{reverse('scheme-draft', args=[draft.pk])}#{anchor_of(draft.table, spot)}"


def _back(draft, spot):
    return HttpResponseRedirect(f"{reverse('scheme-draft', args=[draft.pk])}#{anchor_of(draft.table, spot)}")


def _back_to_rules(draft, spot):
    return HttpResponseRedirect(_address(draft, spot))
