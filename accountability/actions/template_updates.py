"""Brings issued lists up to the current version of their template, in the middle of the year."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import BooleanField, DateTimeField, F, Max, OuterRef, Q, Subquery, Value
from django.db.models.expressions import Combinable
from simple_history.utils import bulk_update_with_history

from accountability.editions import edition_of
from accountability.models import Duty, DutyList, DutyRecord, DutyTemplate, DutyTemplateItem, EvidenceFile
from accountability.queries.template_updates import (
    Effect,
    amendments,
    duties_of,
    ending_records,
    lacking,
    updatable_lists,
    versions_of,
)
from accountability.windows import Term, carrying_window
from branches.access import Right
from branches.actions.audit import record_event
from branches.insertion import insert_select
from branches.periods import window_of

from .ending import Trail, change_rows, end_duties
from .marks import mark_records
from .opening import BATCH, open_term


@transaction.atomic
def update_lists(*, actor, template: DutyTemplate, reason: str, now) -> Effect:
    """Bring every list of an earlier version that the actor may change up to the current one; says what changed.

    New items get duties and terms from now on, changed ones their new words and targets; where the timing changed,
    terms to come end and others open, removed items end with what was decomposed from them. What was handed in or
    accepted stays, and a run with an earlier cut-off still sees what was due then. Repeating it changes nothing.
    """
    template = DutyTemplate.objects.select_for_update().get(pk=template.pk)
    actor.require(Right.ISSUE_DUTIES, actor.organization)
    if template.year < actor.today.year:
        raise ValidationError("往年的清单不再更新。")
    after = edition_of(template, template.items.all())
    trail = Trail(actor.user, f"更新到第{template.version}版：{reason}"[:100], now)
    lists = updatable_lists(actor, template)
    effect = Effect()
    for version, _, before in list(versions_of(lists, template)):
        found = amendments(before, after)
        group = lists.filter(template_version=version).order_by("pk").select_for_update(of=("self",))
        keys = list(group.values_list("pk", flat=True))
        for start in range(0, len(keys), BATCH):
            effect += _update(template, keys[start : start + BATCH], found, actor.today, trail)
    if effect.lists:
        record_event(
            actor=actor,
            event="更新已下发清单",
            row=template,
            summary=f"{template} 第{template.version}版：{effect.lists}份，新增{effect.added}项、修改{effect.changed}项、"
            f"结束{effect.removed}项，打开{effect.opened}期、结束{effect.ended}期；{reason}",
            at=now,
        )
    return effect


def _update(template, lists, found, today, trail) -> Effect:
    """Apply the amendments to some lists of one version, given by their keys."""
    effect = Effect(lists=len(lists))
    for amendment in found:
        if amendment.before is None:
            effect += _add(template, lists, amendment, today, trail)
        elif amendment.after is None:
            keys = list(duties_of(lists, amendment.before).values_list("pk", flat=True))
            effect += Effect(removed=len(keys), ended=end_duties(keys=keys, trail=trail))
        else:
            effect += _change(template, lists, amendment, today, trail)
    change_rows(model=DutyList, keys=lists, values={"template_version": template.version}, trail=trail)
    touched = DutyRecord.objects.filter(duty__duty_list__in=lists)
    mark_records(
        records=touched.filter(Q(opened_at=trail.now) | Q(withdrawn_at=trail.now)), today=today, now=trail.now
    )
    return effect


def _add(template, lists, amendment, today, trail) -> Effect:
    """Open a duty for a new item in each list, behind those it has."""
    last = (
        Duty.objects.filter(duty_list=OuterRef("template__lists__pk"))
        .order_by()
        .values("duty_list")
        .annotate(last=Max("number"))
        .values("last")
    )
    key = amendment.after["key"]
    columns: dict[str, Combinable] = {
        "duty_list": F("template__lists__pk"),
        "organization": F("template__lists__organization"),
        "number": Subquery(last) + 1,
        "item_key": F("pk"),
        **{name: F(name) for name in Duty.REQUIRED},
        "is_personal": Value(False, output_field=BooleanField()),
        "is_withdrawn": Value(False, output_field=BooleanField()),
    }
    if template.posts:
        columns["owner"] = F("template__lists__appointment")
        columns["arranged_at"] = Value(trail.now, output_field=DateTimeField())
    source = DutyTemplateItem.objects.filter(pk=key, template__lists__in=lists)
    added = insert_select(Duty, list(columns), source.values_list(*columns.values()))
    duties = duties_of(lists, amendment.after)
    opened = sum(
        open_term(duties=duties, term=term, kind=template.kind, now=trail.now)
        for term in amendment.wanted(template.year, today)
    )
    return Effect(added=added, opened=opened)


def _change(template, lists, amendment, today, trail) -> Effect:
    keys = list(duties_of(lists, amendment.before).order_by("pk").values_list("pk", flat=True))
    duties = Duty.objects.filter(pk__in=keys)
    wanted = amendment.wanted(template.year, today)
    effect = Effect(changed=len(keys))
    ended: list[int] = []
    if amendment.changes_timing:
        ending = ending_records(keys, amendment, wanted, today)
        ended = list(ending.select_for_update(of=("self",)).values_list("pk", flat=True))
        # A page that still holds one of them finds a later version there.
        change_rows(
            model=DutyRecord,
            keys=ended,
            values={"withdrawn_at": trail.now, "version": F("version") + 1},
            trail=trail,
        )
        effect.ended = len(ended)
    values = {name: amendment.after[name] for name in amendment.changed if name in Duty.REQUIRED}
    if "key" in amendment.changed:
        values["item_key"] = amendment.after["key"]
    if values:
        change_rows(model=Duty, keys=keys, values=values, trail=trail)
    if amendment.changes_timing:
        for term in wanted:
            owing = lacking(duties, amendment, term, DutyRecord.objects.none())
            effect.opened += open_term(duties=owing, term=term, kind=template.kind, now=trail.now)
        _carry_drafts(ended, trail)
        _relink(keys, ended, trail, today)
    return effect


def _carry_drafts(ended: list[int], trail: Trail) -> None:
    """What was written about a term that ended, but not handed in, goes on in the first that was opened instead."""
    for old in DutyRecord.objects.filter(pk__in=ended).exclude(summary="").select_related("duty"):
        new = (
            DutyRecord.objects.in_force()
            .filter(duty=old.duty, opened_at=trail.now, summary="")
            .select_related("duty")
            .order_by("due_on")
            .first()
        )
        if new is None:
            continue
        new.summary, new.counted, new.author = old.summary, old.counted, old.author
        if old.done_on and old.done_on >= new.window.starts_on:
            new.done_on = old.done_on
        new.version += 1
        new._change_reason, new._history_user, new._history_date = trail.reason, trail.user, trail.now
        new.save()
        new.meetings.set(old.meetings.all())
        EvidenceFile.objects.filter(record=old, removed_at__isnull=True).update(record=new)


def _relink(keys: list[int], ended: list[int], trail: Trail, today) -> None:
    """Hang on the new terms what hung on those that ended, and the new terms on those of the duty they came from."""
    orphans = DutyRecord.objects.in_force().filter(parent__in=ended)
    opened = DutyRecord.objects.filter(
        duty__in=keys, opened_at=trail.now, duty__parent__isnull=False, parent__isnull=True
    )
    records = [
        *orphans.select_related("duty__parent").select_for_update(of=("self",)),
        *opened.select_related("duty__parent"),
    ]
    carriers = {
        (duty, window_of(interval, due_on)): pk
        for pk, duty, interval, due_on in DutyRecord.objects.in_force()
        .filter(duty__in={record.duty.parent_id for record in records})
        .values_list("pk", "duty", "duty__interval", "due_on")
    }
    for record in records:
        term = Term(window_of(record.duty.interval, record.due_on), record.due_on)
        window = carrying_window(record.duty.parent.interval, term)
        record.parent_id = carriers.get((record.duty.parent_id, window)) if window else None
    bulk_update_with_history(
        records,
        DutyRecord,
        ["parent"],
        batch_size=500,
        default_user=trail.user,
        default_change_reason=trail.reason,
        default_date=trail.now,
    )
    mark_records(
        records=DutyRecord.objects.filter(pk__in=[record.pk for record in records]),
        today=today,
        now=trail.now,
    )
