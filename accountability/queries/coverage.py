"""横向到边、纵向到底: which unit, or which officer, has which item, and how far it has come."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlencode

from django.db.models import BooleanField, Case, Count, Exists, Min, OuterRef, Q, QuerySet, Value, When

from accountability.choices import COVERAGE_GAPS, Coverage, DutyKind, ListStatus, RecordStatus
from accountability.coverage import Cell, coverage_of
from accountability.models import Duty, DutyList, DutyRecord, DutyTemplate
from branches.choices import BRANCH_KINDS, COMMITTEE_POSTS, Level, OrganizationKind
from branches.models import Appointment, Organization
from branches.paging import Count as RowCount
from branches.paging import capped_count, slice_after
from branches.querysets.people import in_force
from branches.tally import NOTHING_DUE, Tally

PAGE = 50
#: Headings of a kind that get a column of their own; what only a few units have stands in one column beside them.
COLUMNS = 80
#: The column of what belongs to none of the others.
OTHER = "+"


@dataclass(frozen=True)
class Look:
    """How the matrix is looked at: everything stands in the address.

    `template` or else `kind` says which items; `posts` whether the rows are officers; `level` 0 means the units just
    below; `item` is one column's key, "" for all.
    """

    year: int
    template: DutyTemplate | None = None
    kind: str = ""
    posts: bool = False
    level: int = 0
    item: str = ""
    only_gaps: bool = False

    def query(self, **more) -> str:
        """The query of an address that repeats this look with `more` changed; empty values are left out."""
        asked = {
            "year": self.year,
            "of": self.template.pk if self.template else self.kind,
            "rows": "posts" if self.posts and not self.template else "",
            "level": self.level or "",
            "item": self.item,
            "only": "gaps" if self.only_gaps else "",
            **more,
        }
        return urlencode({name: value for name, value in asked.items() if value not in ("", None)})

    @property
    def title(self) -> str:
        return self.template.title if self.template else DutyKind(self.kind).label


def read_look(
    asked: Mapping[str, str], scope: Organization, templates: list[DutyTemplate], year: int, today: date
) -> Look:
    """Read the query of an address; `templates` are those of `year`. What makes no sense falls back to the usual: the
    first template for units that is made for one of the rows, else the whole 主体责任."""
    of, level = asked.get("of", ""), asked.get("level", "")
    level = int(level) if level.isdecimal() and len(level) < 10 and int(level) in Level.values else 0
    template = next((each for each in templates if str(each.pk) == of), None)
    kind = of if of in DutyKind.values else ""
    if template is None and not kind:
        rows = units_below(scope, level, day_of(year, today)).order_by()
        shapes = [Organization(**each) for each in rows.values("kind", "level", "chain").distinct()]
        template = next(
            (
                each
                for each in templates
                if not each.posts and any(is_made_for(each, shape) for shape in shapes)
            ),
            None,
        )
        kind = DutyKind.PRINCIPAL
    return Look(
        year,
        template,
        template.kind if template else kind,
        bool(template.posts) if template else asked.get("rows") == "posts",
        level,
        asked.get("item", ""),
        asked.get("only") == "gaps",
    )


@dataclass(frozen=True, slots=True)
class Column:
    """One item; `tally` is accepted of opened records over all rows, shown or not."""

    key: str
    heading: str
    content: str = ""
    tally: Tally = NOTHING_DUE
    overdue: int = 0


@dataclass(slots=True)
class Row:
    """One unit, or one officer of it, over all items; `is_meant`: a template of the year is made for them."""

    organization: Organization
    appointment: Appointment | None
    is_meant: bool
    lists: list[int]
    cells: list[Cell]

    @property
    def missing(self) -> Coverage | None:
        """What to say of the whole row when there is no list at all."""
        if self.lists:
            return None
        return Coverage.NO_LIST if self.is_meant else Coverage.NOT_APPLICABLE

    @property
    def tally(self) -> Tally:
        return Tally(sum(cell.accepted for cell in self.cells), sum(cell.opened for cell in self.cells))

    @property
    def overdue(self) -> int:
        return sum(cell.overdue for cell in self.cells)

    @property
    def query(self) -> str:
        """The query of the address that lists the records behind the row."""
        if len(self.cells) == 1:
            return self.cells[0].query
        return "lists=" + ",".join(map(str, self.lists))

    @property
    def is_gap(self) -> bool:
        return self.missing == Coverage.NO_LIST or any(cell.state in COVERAGE_GAPS for cell in self.cells)


@dataclass(frozen=True)
class Matrix:
    """One page of rows, and the columns with their sums over all rows; `after` is the key of the next page.

    `total` counts the rows, `without_list` those of all rows that are meant to have one, `unsigned` lists.
    """

    look: Look
    columns: list[Column]
    rows: list[Row]
    after: str
    total: RowCount
    without_list: RowCount
    unsigned: int

    @property
    def tally(self) -> Tally:
        return Tally.sum(each.tally for each in self.columns)

    @property
    def overdue(self) -> int:
        return sum(each.overdue for each in self.columns)


def templates_in_use(year: int) -> list[DutyTemplate]:
    """The templates of a year that can be handed out: those with items."""
    return list(
        DutyTemplate.objects.filter(year=year, items__isnull=False).distinct().order_by("kind", "code")
    )


def years_with_lists(year: int, today: date) -> list[int]:
    """Years to choose from, the newest first: this one, the one looked at, and all with templates."""
    known = DutyTemplate.objects.order_by().values_list("year", flat=True).distinct()
    return sorted({*known, year, today.year}, reverse=True)


def day_of(year: int, today: date) -> date:
    """The day on which the tree and the posts of a year are looked at: today, or the last of a past year."""
    return min(today, date(year, 12, 31))


def units_below(scope: Organization, level: int, day: date) -> QuerySet:
    """The units in the rows: those just below the scope, or all of a level below it; a branch stands for itself."""
    units = Organization.objects.active_on(day).exclude(kind=OrganizationKind.GROUP)
    if level:
        return units.in_subtree(scope).filter(level=level)
    return units.filter(pk=scope.pk) if scope.is_branch else units.filter(parent=scope)


def made_for(template: DutyTemplate, prefix: str = "") -> Q:
    """The condition "the template is made for this organisation", or for this appointment when it has posts: the
    same as `querysets.targets_of` says of a subtree."""
    key = "organization__" if template.posts else prefix
    meant = ~Q(**{f"{key}kind": OrganizationKind.GROUP})
    if template.organization_kinds:
        meant &= Q(**{f"{key}kind__in": template.organization_kinds})
    if template.levels:
        meant &= Q(**{f"{key}level__in": template.levels})
    if template.chain:
        meant &= Q(**{f"{key}chain": template.chain})
    if template.chain:
        meant &= Q(**{f"{key}chain": template.chain})
    return meant & Q(post__in=template.posts) if template.posts else meant


def is_made_for(template: DutyTemplate, organization: Organization, post: str = "") -> bool:
    """The same, asked of one row."""
    return (
        organization.kind != OrganizationKind.GROUP
        and (not template.organization_kinds or organization.kind in template.organization_kinds)
        and (not template.levels or organization.level in template.levels)
        and template.chain in ("", organization.chain)
        and (not template.chain or organization.chain == template.chain)
        and (not template.posts or post in template.posts)
    )


def owned(day: date) -> Q:
    """The condition on duties "somebody answers for it": an owner still in the post, a share handed on, or a branch,
    which answers as a whole for what is made out to no officer."""
    return (
        Q(owner__isnull=False) & in_force(day, prefix="owner__")
        | Exists(Duty.objects.in_force().filter(parent=OuterRef("pk")))
        | Q(duty_list__appointment__isnull=True, organization__kind__in=BRANCH_KINDS)
    )


def unfinished() -> Exists:
    """The condition on duties "some term of it is in force and not accepted"."""
    return Exists(DutyRecord.objects.unfinished().filter(duty=OuterRef("pk")))


@dataclass(frozen=True)
class _Places:
    """To which column a duty belongs, by one field of it: the item it was issued from, or its heading."""

    field: str
    keys: frozenset

    def key(self, value) -> str:
        return str(value) if value in self.keys else OTHER

    def condition(self, key: str) -> Q:
        """The condition on duties "it belongs to this column"."""
        if key == OTHER:
            return Q(**{f"{self.field}__isnull": True}) | ~Q(**{f"{self.field}__in": self.keys})
        return Q(**{self.field: key})


def coverage_matrix(
    scope: Organization,
    look: Look,
    templates: list[DutyTemplate],
    today: date,
    after: str = "",
    size: int = PAGE,
) -> Matrix:
    """Units (or their officers) × items. `templates` are those of the year. Nine queries, whatever the rows.

    The time grows with the duties of the rows shown and, for the sums, with the records of all rows.
    """
    day = day_of(look.year, today)
    makers = [look.template] if look.template else [each for each in templates if each.kind == look.kind]
    makers = [each for each in makers if bool(each.posts) == look.posts]
    rows = _rows(scope, look, day)
    lists = _lists(look)
    places, columns = _columns(
        look, lists.filter(**{f"{_key(look)}__in": rows.order_by().values("pk")}), today
    )
    chosen = [each for each in columns if each.key == look.item]
    meant = Q(pk__in=[])
    for each in makers:
        meant |= made_for(each)
    bare = rows.filter(meant).exclude(Exists(lists.filter(**_of_row(look))))
    shown = rows
    if look.only_gaps:
        duties = Duty.objects.in_force().filter(duty_list__in=lists.values("pk"))
        if chosen:
            duties = duties.filter(places.condition(look.item))
        lacking = duties.filter(_is_gap(day, today), **{f"duty_list__{_key(look)}": OuterRef("pk")})
        shown = rows.filter(Q(pk__in=bare.order_by().values("pk")) | Exists(lacking))
    page, following = _page(shown, look, after, size)
    return Matrix(
        look=look,
        columns=chosen or columns,
        rows=_fill(page, look, places, chosen or columns, makers, day, today),
        after=following,
        total=capped_count(shown),
        without_list=capped_count(bare),
        unsigned=lists.filter(
            status=ListStatus.ISSUED, **{f"{_key(look)}__in": rows.order_by().values("pk")}
        ).count(),
    )


def _key(look) -> str:
    return "appointment" if look.posts else "organization"


def _of_row(look) -> dict:
    return {_key(look): OuterRef("pk")}


def _rows(scope, look, day) -> QuerySet:
    units = units_below(scope, look.level, day)
    if not look.posts:
        return units
    posts = look.template.posts if look.template else COMMITTEE_POSTS
    return Appointment.objects.on(day).filter(post__in=posts, organization__in=units.order_by().values("pk"))


def _lists(look) -> QuerySet:
    """The lists in force that the look is about, wherever they are."""
    lists = DutyList.objects.in_force().filter(appointment__isnull=not look.posts)
    if look.template:
        return lists.filter(template=look.template)
    return lists.filter(year=look.year, kind=look.kind)


def _is_gap(day, today) -> Q:
    """The condition on duties "somebody has to act", as `coverage_of` says it of one."""
    opened = Exists(DutyRecord.objects.in_force().filter(duty=OuterRef("pk")))
    overdue = Exists(DutyRecord.objects.overdue(today).filter(duty=OuterRef("pk")))
    unsigned = Q(duty_list__status=ListStatus.ISSUED) & (~opened | unfinished())
    return unsigned | unfinished() & ~owned(day) | overdue


def _counts(today, prefix: str = "") -> dict:
    """Annotations opened, accepted and overdue over records in force, which `prefix` leads to."""
    kept = Q(**{f"{prefix}withdrawn_at__isnull": True})
    accepted = Q(**{f"{prefix}status": RecordStatus.ACCEPTED})
    counted = prefix.removesuffix("__") or "pk"
    return {
        "opened": Count(counted, filter=kept),
        "accepted": Count(counted, filter=kept & accepted),
        "overdue": Count(counted, filter=kept & ~accepted & Q(**{f"{prefix}due_on__lt": today})),
    }


def _columns(look, lists, today) -> tuple[_Places, list[Column]]:
    """The columns in the order of the items, with their sums over all duties of `lists`."""
    items = list(look.template.items.order_by("number")) if look.template else []
    field = "item_key" if look.template else "heading"
    sums = list(
        Duty.objects.in_force()
        .filter(duty_list__in=lists.order_by().values("pk"))
        .order_by()
        .values(field)
        .annotate(first=Min("number"), **_counts(today, "records__"))
        .order_by("first", field)
    )
    # A heading is all that the lists of different units have in common.
    known = [each.pk for each in items] if look.template else [each[field] for each in sums[:COLUMNS]]
    places = _Places(field, frozenset(known))
    columns = {str(each.pk): Column(str(each.pk), each.heading, each.content) for each in items}
    for each in sums:
        key = places.key(each[field])
        before = columns.get(key) or Column(key, "其他条目" if key == OTHER else key)
        columns[key] = replace(
            before,
            tally=before.tally + Tally(each["accepted"], each["opened"]),
            overdue=before.overdue + each["overdue"],
        )
    other = columns.pop(OTHER, None)
    return places, [*columns.values(), *([other] if other else [])]


def _page(rows, look, after, size) -> tuple[list, str]:
    if not look.posts:
        page = slice_after(rows, "path", after, size)
        return page.rows, page.after or ""
    found = list(rows.by_post().after_key(after).select_related("organization", "user")[: size + 1])
    return found[:size], rows.key_of(found[size - 1]) if len(found) > size else ""


def _fill(page, look, places, columns, makers, day, today) -> list[Row]:
    """The rows of a page with their cells. Three queries."""
    lists = {}
    for pk, key, status in (
        _lists(look).filter(**{f"{_key(look)}__in": page}).values_list("pk", _key(look), "status")
    ):
        lists[pk] = (key, status == ListStatus.SIGNED)
    positions = {column.key: position for position, column in enumerate(columns)}
    made = {each.pk: _empty_row(each, look, makers, len(columns)) for each in page}
    for pk, (key, _is_signed) in lists.items():
        made[key].lists.append(pk)
    kept = ("opened", "accepted", "overdue")
    counts = {
        duty: numbers
        for duty, *numbers in DutyRecord.objects.in_force()
        .filter(duty__duty_list__in=lists)
        .order_by()
        .values("duty")
        .annotate(**_counts(today))
        .values_list("duty", *kept)
    }
    duties = (
        Duty.objects.in_force()
        .filter(duty_list__in=lists)
        .annotate(
            is_owned=Case(
                When(owned(day), then=Value(True)), default=Value(False), output_field=BooleanField()
            )
        )
        .order_by("duty_list", "number")
        .values_list("pk", "duty_list", "is_negative", "is_owned", places.field)
    )
    for pk, duty_list, is_negative, is_owned, value in duties:
        position = positions.get(places.key(value))
        if position is None:
            continue
        key, is_signed = lists[duty_list]
        opened, accepted, overdue = counts.get(pk, (0, 0, 0))
        state = coverage_of(
            is_signed=is_signed,
            is_owned=is_owned,
            opened=opened,
            accepted=accepted,
            overdue=overdue,
            is_negative=is_negative,
        )
        made[key].cells[position].add(pk, state, opened, accepted, overdue)
    return list(made.values())


def _empty_row(each, look, makers, width) -> Row:
    organization = each.organization if look.posts else each
    post = each.post if look.posts else ""
    is_meant = any(is_made_for(template, organization, post) for template in makers)
    return Row(organization, each if look.posts else None, is_meant, [], [Cell() for _ in range(width)])
