"""The whole page of a meeting's record: head, attendance and rows, read together against the roster of the day."""

import uuid
from datetime import date

from django.urls import reverse
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.functional import cached_property

from branches import norms
from branches.choices import MeetingKind
from branches.forms.attendance import AttendanceForm
from branches.forms.meetings import MeetingForm
from branches.forms.rows import (
    AgendaFormSet,
    ResolutionFormSet,
    VoteForm,
    VoteFormSet,
    agenda_entries,
    resolution_entries,
    vote_entries,
)
from branches.minutes import Minutes, default_title
from branches.models import Organization
from branches.occasions import COMMON, kinds_offered
from branches.rosters import people_on
from branches.votes import VoteRule, judge
from branches.xray import Facts, Finding, VoteFacts, Weight, examine

PREFIXES = {"agenda": "agenda", "resolution": "resolution", "vote": "vote"}


class MeetingEntry:
    """What was typed about one meeting of `organization`; with `judged=False` shown as it is, without complaint.

    Reads the groups, if there are any, and the people of the typed day: three queries.
    """

    def __init__(self, organization: Organization, data: MultiValueDict, *, today: date, judged: bool = True):
        self.organization, self.data, self.today, self.judged = organization, data, today, judged
        self.groups: list[Organization] = []
        if not organization.is_leaf():
            below = Organization.objects.filter(parent=organization)
            self.groups = list(below.groups().active_on(self.day))
        self.people = people_on(organization, self.day)
        self.offered = kinds_offered(
            organization.kind, has_committee=organization.has_committee, has_groups=bool(self.groups)
        )
        self.roster = self.people.roster(self.kinds, self.group_id)
        people = [
            (str(person.member_id), f"{person.name}（{person.note}）" if person.note else person.name)
            for person in self.people.everybody
        ]
        self.head = MeetingForm(
            data,
            kinds=self.offered,
            groups=[(str(group.pk), group.short_name) for group in self.groups],
            people=people,
            judged=judged,
        )
        self.attendance = AttendanceForm(data, roster=self.roster, judged=judged)
        self.agenda = AgendaFormSet(self._rows("agenda"), prefix="agenda", judged=judged)
        self.resolutions = ResolutionFormSet(
            self._rows("resolution"),
            prefix="resolution",
            judged=judged,
            form_kwargs={"people": [("", "未定"), *people]},
        )

    @cached_property
    def votes(self) -> VoteFormSet:
        absent = set() if self.attendance.is_invited else self.attendance.ticked
        return VoteFormSet(
            self._rows("vote"),
            prefix="vote",
            judged=self.judged,
            form_kwargs={
                "rules": self.vote_rules,
                "entitled": self.roster.entitled,
                "present": self.roster.entitled_without(absent),
            },
        )

    # What the other parts depend on is read leniently: a page must be shown whatever was typed.

    @cached_property
    def day(self) -> date:
        try:
            day = date.fromisoformat(self.data.get("held_on", ""))
        except ValueError:
            return self.today
        return day if 1921 <= day.year <= 2999 else self.today

    @cached_property
    def kinds(self) -> int:
        typed = set(self.data.getlist("kinds"))
        return MeetingKind.mask(kind for kind in MeetingKind if str(int(kind)) in typed)

    @cached_property
    def group_id(self) -> int | None:
        typed = self.data.get("group", "")
        return next((group.pk for group in self.groups if str(group.pk) == typed), None)

    @cached_property
    def entry_key(self) -> uuid.UUID:
        try:
            return uuid.UUID(self.data.get("entry_key", ""))
        except ValueError:
            return uuid.uuid4()

    @property
    def version(self) -> int | None:
        typed = self.data.get("version", "")
        return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else None

    @cached_property
    def norm(self) -> norms.JointNorm | None:
        chosen = MeetingKind.unpack(self.kinds)
        return norms.for_kinds(kind.name for kind in chosen) if chosen else None

    @property
    def asks_lecture(self) -> bool:
        return self.norm is not None and self.norm.asks_lecture

    @property
    def asks_group(self) -> bool:
        return bool(self.kinds & MeetingKind.GROUP_MEETING)

    @property
    def may_vote(self) -> bool:
        return self.norm is not None and self.norm.may_vote

    @property
    def vote_rules(self) -> list[VoteRule]:
        """The ways of voting of such a body, that of the ticked kinds first."""
        rules = [
            rule
            for rule in VoteRule
            if rule is not VoteRule.DEMOCRATIC_LIFE or not self.organization.is_branch
        ]
        usual = self.norm.vote_rule if self.norm else None
        return sorted(rules, key=lambda rule: rule is not usual)

    @property
    def has_votes(self) -> bool:
        return self.mentions_votes and any(form.has_changed() for form in self.votes.forms)

    @cached_property
    def mentions_votes(self) -> bool:
        """Whether anything was typed about a vote beyond how it is taken; without that the rows need not be read."""
        return any(
            any(self.data.getlist(name))
            for name in self.data
            if name.startswith("vote-") and not name.endswith(VoteForm.SAYING_NOTHING)
        )

    @property
    def kind_ticks(self) -> list[tuple[MeetingKind, bool, bool]]:
        """Kinds offered as (kind, ticked, one of the usual ones)."""
        return [(kind, bool(self.kinds & kind), kind in COMMON) for kind in self.offered]

    @property
    def more_is_open(self) -> bool:
        """Whether a rarer kind is ticked, so that the fold shows it."""
        return any(ticked and not common for _, ticked, common in self.kind_ticks)

    # Judging

    @cached_property
    def agenda_problem(self) -> str:
        if self.judged and self.agenda.is_valid() and not self.agenda.filled:
            return "请至少填写一项议题。"
        return ""

    def is_valid(self) -> bool:
        parts = [self.head, self.attendance, self.agenda, self.resolutions]
        if self.mentions_votes:
            parts.append(self.votes)
        verdicts = [part.is_valid() for part in parts]
        return all(verdicts) and not self.agenda_problem

    @cached_property
    def minutes(self) -> Minutes:
        """The record as values; call when `is_valid`."""
        head, who = self.head.cleaned_data, self.attendance.cleaned_data
        return Minutes(
            kinds=head["kinds"],
            title=head["title"] or default_title(MeetingKind.unpack(head["kinds"]), head["held_on"]),
            held_on=head["held_on"],
            started_at=head["started_at"],
            ended_at=head["ended_at"],
            place=head["place"],
            chair_id=head["chair"],
            recorder_id=head["recorder"],
            group_id=head["group"],
            lecturer=head["lecturer"],
            lecture_topic=head["lecture_topic"],
            lecture_hours=head["lecture_hours"],
            absences=who["absences"],
            participants=who["participants"],
            guests=head["guests"],
            agenda=agenda_entries(self.agenda),
            resolutions=resolution_entries(self.resolutions),
            votes=vote_entries(self.votes) if self.mentions_votes else (),
        )

    def findings(self, *, now, duplicates=()) -> list[Finding]:
        """The X-ray of a valid entry; `duplicates` are titles of other records of this unit, kind and day."""
        minutes, roster, zone = self.minutes, self.roster, timezone.get_current_timezone()
        absent = {each.member_id for each in minutes.absences}
        is_invited = roster.expected_from == "invited"
        labels = {kind.name: kind.label for kind in MeetingKind}
        return examine(
            Facts(
                today=self.today,
                now=now.astimezone(zone),
                held_on=minutes.held_on,
                started_at=minutes.started_at.astimezone(zone),
                ended_at=minutes.ended_at.astimezone(zone),
                expected_from=roster.expected_from,
                expected=len(minutes.participants) if is_invited else len(roster.people),
                present=self.attendance.present,
                entitled=roster.entitled,
                entitled_present=roster.entitled_without(absent),
                vote_rule=self.norm.vote_rule if self.norm and roster.expected_from != "group" else None,
                chair_absent=minutes.chair_id in absent,
                recorder_absent=minutes.recorder_id in absent,
                founded_on=self.organization.founded_on,
                dissolved_on=self.organization.dissolved_on,
                duplicates=tuple(duplicates),
                unlinked=roster.unlinked,
                unusual=tuple((labels[one], labels[other]) for one, other in self.norm.unusual),
                resolutions_without_owner=sum(each.owner_id is None for each in minutes.resolutions),
                votes=tuple(
                    VoteFacts(vote.subject, number, vote.entitled, roster.entitled, judge(vote.ballot))
                    for number, vote in self._numbered_votes()
                ),
            )
        )

    def form_findings(self) -> list[Finding]:
        """What the fields themselves complain about, as a list with links to them."""
        found = []
        for name, messages in self.head.errors.items():
            found += [Finding(Weight.ERROR, "field", str(message), f"id_{name}") for message in messages]
        found += [Finding(Weight.ERROR, "field", each, "attendance") for each in self.attendance.problems]
        if self.agenda_problem:
            found.append(Finding(Weight.ERROR, "field", self.agenda_problem, "id_agenda-0-topic"))
        for rows in (self.agenda, self.resolutions, self.votes):
            found += [
                Finding(Weight.ERROR, "field", str(each), f"{rows.prefix}-rows")
                for each in rows.non_form_errors()
            ]
            for form in rows.forms:
                first = next(iter(form.fields.values())).label
                for name, messages in form.errors.items():
                    label = form.fields[name].label
                    where = label if label == first else f"{first}的“{label}”"
                    found.append(
                        Finding(Weight.ERROR, "field", f"{where}：{messages[0]}", f"id_{form.prefix}-{name}")
                    )
        return found

    def _numbered_votes(self):
        if not self.mentions_votes:
            return ()
        rows = [number for number, form in enumerate(self.votes.forms) if form.has_changed()]
        return zip(rows, self.minutes.votes, strict=True)

    def _rows(self, prefix):
        """The data with a management form in order, whatever was sent in its place."""
        total = self.data.get(f"{prefix}-TOTAL_FORMS", "")
        number = int(total) if total.isascii() and total.isdigit() and len(total) < 4 else 1
        rows = MultiValueDict(
            {name: self.data.getlist(name) for name in self.data if name.startswith(prefix)}
        )
        rows[f"{prefix}-TOTAL_FORMS"] = str(max(1, min(number, 50)))
        rows[f"{prefix}-INITIAL_FORMS"] = "0"
        return rows

    @property
    def panel_url(self) -> str:
        return reverse("meeting-panel", args=[self.organization.pk])
