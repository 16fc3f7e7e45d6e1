"""Writes lists, duties and records by a few statements a batch, whatever their number."""

from collections import defaultdict

from django.db.models import BooleanField, DateField, DateTimeField, F, IntegerField, TextField, Value
from simple_history.utils import bulk_create_with_history

from accountability.choices import DutyKind, RecordStatus
from accountability.models import Duty, DutyList, DutyRecord, DutyTemplate
from accountability.windows import Term, terms
from branches.insertion import insert_select

#: Lists written at once; bounds the memory of issuing to a whole province.
BATCH = 200


def open_template_lists(*, actor, template: DutyTemplate, items, targets, now, batch=None) -> list[DutyList]:
    """Give each of `targets`, pairs (organisation, appointment or None), the template's list, duties and terms.

    The lists have their history; duties and records have none until they change: the list tells who opened them.
    """
    lists = bulk_create_with_history(
        [
            DutyList(
                template=template,
                template_version=template.version,
                batch=batch,
                title=template.title,
                kind=template.kind,
                year=template.year,
                organization=organization,
                appointment=appointment,
                issuer=actor.organization,
                issued_on=actor.today,
                issued_by=actor.user,
            )
            for organization, appointment in targets
        ],
        DutyList,
        default_user=actor.user,
        default_change_reason="下发",
        default_date=now,
    )
    copy_items(lists=lists, items=items, is_to_officers=bool(template.posts), now=now)
    return lists


def copy_items(*, lists: list[DutyList], items, is_to_officers: bool, now) -> None:
    """Open in each list, all issued from one template, a duty for each of its `items`, with its terms."""
    keys = [each.pk for each in lists]
    source = type(items[0]).objects.filter(pk__in=[item.pk for item in items], template__lists__in=keys)
    fields = [
        "duty_list",
        "organization",
        "number",
        "item_key",
        *Duty.REQUIRED,
        "is_personal",
        "is_withdrawn",
    ]
    columns = {
        "duty_list": F("template__lists__pk"),
        "organization": F("template__lists__organization"),
        "item_key": F("pk"),
        **{name: F(name) for name in ("number", *Duty.REQUIRED)},
        "is_personal": Value(False, output_field=BooleanField()),
        "is_withdrawn": Value(False, output_field=BooleanField()),
    }
    if is_to_officers:
        fields += ["owner", "arranged_at"]
        columns["owner"] = F("template__lists__appointment")
        columns["arranged_at"] = Value(now, output_field=DateTimeField())
    insert_select(Duty, fields, source.values_list(*(columns[name] for name in fields)))
    first = lists[0]
    by_term: dict[Term, list[int]] = defaultdict(list)
    for item in items:
        if not item.is_negative:
            for term in terms(item.interval, first.year, first.issued_on, item.sunset_on, item.deadline):
                by_term[term].append(item.number)
    duties = Duty.objects.filter(duty_list__in=keys)
    for term, numbers in by_term.items():
        open_term(duties=duties.filter(number__in=numbers), term=term, kind=first.kind, now=now)


def open_term(*, duties, term: Term, kind: str, now, parents=None) -> int:
    """Open one term of each of `duties` (a queryset) by one statement and return how many were opened.

    `parents` is an expression over the duty for the parent record's key.
    """
    fields = [
        "duty",
        "organization",
        "period",
        "due_on",
        "is_deployment",
        "status",
        "summary",
        "is_settled_by_count",
        "version",
        "opened_at",
    ]
    values = [
        F("pk"),
        F("organization"),
        Value(term.period, output_field=IntegerField()),
        Value(term.due_on, output_field=DateField()),
        Value(kind == DutyKind.DEPLOYMENT, output_field=BooleanField()),
        Value(RecordStatus.OPEN.value, output_field=TextField()),
        Value("", output_field=TextField()),
        Value(False, output_field=BooleanField()),
        Value(1, output_field=IntegerField()),
        Value(now, output_field=DateTimeField()),
    ]
    if parents is not None:
        fields.append("parent")
        values.append(parents)
    return insert_select(DutyRecord, fields, duties.values_list(*values))


def open_records(*, duties, terms_of, now, parent_of=lambda duty, term: None) -> None:
    """Open a record for every term of a few `duties`; `terms_of(duty)` are its terms, `parent_of` the parent's key.

    No history row is written: an opened record is empty, and the list's own history tells who issued it.
    """
    DutyRecord.objects.bulk_create(
        (
            DutyRecord(
                duty=duty,
                organization_id=duty.organization_id,
                parent_id=parent_of(duty, term),
                is_deployment=duty.duty_list.kind == DutyKind.DEPLOYMENT,
                period=term.period,
                due_on=term.due_on,
                opened_at=now,
            )
            for duty in duties
            if not duty.is_negative
            for term in terms_of(duty)
        ),
        batch_size=1000,
    )
