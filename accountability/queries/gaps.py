"""缺口: what nobody has been given, nobody answers for, nobody has signed for, or was only copied, found and listed."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils import timezone

from accountability.models import DutyList, DutyTemplate
from accountability.similarity import copied
from branches.access import Actor, Right
from branches.models import Organization
from branches.paging import capped_count

from .coverage import is_made_for
from .gap_rows import (
    DAYS_TO_SIGN,
    PARTY_WORK,
    Search,
    handed_down,
    handed_down_lists,
    lists_signed_late,
    posts_without_list,
    secretaries_without_party_work,
    units_without_list,
    unowned_duties,
)

PAGE = 50
SAMPLE = 3
#: Lists whose words are compared for one page; bounds its time however many there are.
LISTS_COMPARED = 200


@dataclass(frozen=True)
class Line:
    """One gap: where, what, and the page on which it is closed: `url_name` of the row `pk`, with `rest` behind it."""

    organization: Organization
    title: str
    note: str
    action: str
    url_name: str
    pk: int
    rest: str = ""

    @property
    def is_closed_there(self) -> bool:
        """Whether the reader can close the gap on that page, or only look."""
        return self.url_name in ("template-issue", "duty-decompose")


@dataclass(frozen=True)
class Page:
    """One page of gaps; `after` is the key of the next, "" after the last."""

    lines: list[Line]
    after: str


@dataclass(frozen=True)
class Gap:
    """One kind of gap, declared once: what it means, what to do about it, which rows have it, how a row reads.

    `page` is given a search, the actor, the key to go on after and a size. Without `rows` the gap is no question to
    the database: its page goes through a bounded number of rows and says what it found among them.
    """

    key: str
    label: str
    meaning: str
    remedy: str
    page: Callable[[Search, Actor, str, int], Page]
    rows: Callable[[Search], QuerySet] | None = None


@dataclass(frozen=True)
class Found:
    """One kind of gap in a search: how many, and the first few."""

    gap: Gap
    count: str
    sample: list[Line]


def duty_gaps(search: Search, actor: Actor) -> list[Found]:
    """Every kind of gap with its count and a sample; about twenty queries, whatever the rows."""
    return [_found(gap, search, actor) for gap in GAPS]


def _found(gap, search, actor) -> Found:
    page = gap.page(search, actor, "", SAMPLE)
    if gap.rows:
        return Found(gap, str(capped_count(gap.rows(search))), page.lines)
    count = f"{len(page.lines)}（前{LISTS_COMPARED}份中）" if page.after else str(len(page.lines))
    return Found(gap, count, page.lines[:SAMPLE])


def _walk(rows, after: str, size: int, prefix: str = "organization__") -> tuple[list, str]:
    """The rows after the key "path~pk" from the top of the tree down, and the key of the next page."""
    path, _, pk = after.partition("~")
    if pk.isdecimal() and len(pk) < 19:
        rows = rows.filter(Q(**{f"{prefix}path__gt": path}) | Q(**{f"{prefix}path": path, "pk__gt": int(pk)}))
    found = list(rows.order_by(f"{prefix}path", "pk")[: size + 1])
    return found[:size], _place(found[size - 1]) if len(found) > size else ""


def _place(row) -> str:
    organization = row if isinstance(row, Organization) else row.organization
    return f"{organization.path}~{row.pk}"


def _post_page(search, actor, after, size) -> Page:
    rows, following = _walk(posts_without_list(search).select_related("organization", "user"), after, size)
    missing = _missing(rows, search.makers(posts=True), "appointment")
    return Page(
        [
            _without_list(actor, row.organization, f"{row.user} {row.get_post_display()}", missing[row.pk])
            for row in rows
        ],
        following,
    )


def _unit_page(search, actor, after, size) -> Page:
    rows, following = _walk(units_without_list(search), after, size, "")
    missing = _missing(rows, search.makers(posts=False), "organization")
    return Page([_without_list(actor, row, str(row), missing[row.pk]) for row in rows], following)


def _missing(rows, templates, key) -> dict[int, list[DutyTemplate]]:
    """Row key → the templates made for it of which it has no list. One query."""
    lists = DutyList.objects.in_force().filter(template__in=templates, **{f"{key}__in": rows})
    held = set(lists.values_list("template", key))
    found = defaultdict(list)
    for row in rows:
        organization, post = (row, "") if key == "organization" else (row.organization, row.post)
        for template in templates:
            if is_made_for(template, organization, post) and (template.pk, row.pk) not in held:
                found[row.pk].append(template)
    return found


def _without_list(actor, organization, who, templates) -> Line:
    note = "缺" + "、".join(f"“{template.title}”" for template in templates)
    if actor.may(Right.ISSUE_DUTIES, organization):
        rest = f"?organization={organization.pk}&reach=own"
        return Line(organization, who, note, "下发清单", "template-issue", templates[0].pk, rest)
    return Line(organization, who, note, "看责任清单", "duty-list-index", organization.pk)


def _unowned_page(search, actor, after, size) -> Page:
    rows, following = _walk(
        unowned_duties(search).select_related("organization", "duty_list", "owner__user"), after, size
    )
    return Page([_unowned(actor, row) for row in rows], following)


def _unowned(actor, duty) -> Line:
    note = f"《{duty.duty_list}》第{duty.number}项"
    if duty.owner:
        note += f"，责任人{duty.owner.user}已不在任"
    if (
        actor.may(Right.DECOMPOSE_DUTIES, duty.organization)
        and not duty.organization.is_branch
        and not duty.is_personal
    ):
        return Line(duty.organization, duty.heading, note, "分解到人、到下级", "duty-decompose", duty.pk)
    return Line(
        duty.organization,
        duty.heading,
        note,
        "看这一项",
        "duty-list-detail",
        duty.duty_list_id,
        f"#duty-{duty.pk}",
    )


def _secretary_page(search, actor, after, size) -> Page:
    rows = secretaries_without_party_work(search).select_related("organization", "user")
    rows, following = _walk(rows, after, size)
    return Page(
        [
            Line(
                row.organization,
                f"{row.user} {row.get_post_display()}",
                "名下没有一项写到党建",
                "看其责任",
                "officer-duties",
                row.pk,
                f"?year={search.year}",
            )
            for row in rows
        ],
        following,
    )


def _copy_page(search, actor, after, size) -> Page:
    """The copied lists among the next `LISTS_COMPARED`, whatever `size`: there may be none of them on a page."""
    rows, following = _walk(handed_down_lists(search).select_related("organization"), after, LISTS_COMPARED)
    texts = defaultdict(list)
    fields = ("duty_list", "content", "measure", "parent__content", "parent__measure")
    for pk, content, measure, above, above_measure in (
        handed_down().filter(duty_list__in=rows).values_list(*fields)
    ):
        texts[pk].append((f"{measure}{content}", f"{above_measure}{above}"))
    lines = []
    for row in rows:
        alike = copied(texts[row.pk])
        if alike:
            note = f"上级交来的{len(texts[row.pk])}项中，{alike}项与上级的文字相同或几乎相同"
            lines.append(Line(row.organization, str(row), note, "看清单", "duty-list-detail", row.pk))
    return Page(lines, following)


def _sign_page(search, actor, after, size) -> Page:
    rows = lists_signed_late(search).select_related("organization", "appointment__user")
    rows, following = _walk(rows, after, size)
    return Page([_signed_late(search, row) for row in rows], following)


def _signed_late(search, row) -> Line:
    who = f"（{row.appointment.user}）" if row.appointment else ""
    signed_on = timezone.localdate(row.signed_at) if row.signed_at else None
    days = ((signed_on or search.today) - row.issued_on).days
    note = f"下发后第{days}天才签收" if signed_on else f"已下发{days}天，还没有签收"
    return Line(row.organization, f"{row}{who}", note, "看清单", "duty-list-detail", row.pk)


GAPS = [
    Gap(
        "posts",
        "岗位没有清单",
        "本年度有为这个职务制定的清单模板，这位同志却没有收到。",
        "由有下发权限的党组织下发；新到任的同志也要补发。",
        _post_page,
        posts_without_list,
    ),
    Gap(
        "units",
        "单位没有清单",
        "本年度有为这类单位制定的清单模板，这个单位却没有收到。",
        "由有下发权限的党组织下发；不该有的，请调整模板的适用范围。",
        _unit_page,
        units_without_list,
    ),
    Gap(
        "unowned",
        "责任没有落到人",
        "还有未完成的期次，但既没有在任的责任人，也没有分解下去。支部的清单由支部整体承担，不在此列。",
        "由该单位书记分解到班子成员或下级；责任人离任的，办理移交。",
        _unowned_page,
        unowned_duties,
    ),
    Gap(
        "secretaries",
        "书记名下没有党建",
        f"书记的责任项里没有出现党建方面的内容（看的是这些词：{'、'.join(PARTY_WORK)}）。",
        "给书记下发第一责任人清单，或把党建方面的责任项定给书记。",
        _secretary_page,
        secretaries_without_party_work,
    ),
    Gap(
        "copied",
        "与上级一个样",
        "分解下来的责任内容和要求与上级的文字相同或几乎相同（上下一般粗）。只提示看一看，不计入任何数字。",
        "请该单位结合自己的实际，把要求写具体；确实无须改动的，可以不改。",
        _copy_page,
    ),
    Gap(
        "signing",
        "签收不及时",
        f"下发后超过{DAYS_TO_SIGN}天还没有签收，或超过{DAYS_TO_SIGN}天才签收。",
        "先问一声是没有看到，还是没有人管；由责任人本人或单位签收。",
        _sign_page,
        lists_signed_late,
    ),
]
