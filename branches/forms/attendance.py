"""考勤: everybody on the roster is present unless ticked; for a 谈心谈话 the ticked are those who took part."""

import re
from dataclasses import dataclass

from django import forms

from branches.choices import AbsenceReason
from branches.forms.typed import AsTyped
from branches.minutes import AbsenceEntry, GuestEntry
from branches.rosters import Person, Roster

_GUEST = re.compile(r"([^、，,;；\n（(]+)(?:[（(]([^）)\n]*)[）)])?")


@dataclass(frozen=True)
class AttendanceRow:
    """One person of the roster as shown: ticked or not, with the reason and note typed."""

    person: Person
    is_ticked: bool
    reason: str
    note: str
    error: str = ""


class AttendanceForm(AsTyped, forms.Form):
    """Reads `absent` (ids), `reason-<id>` and `note-<id>`, or `participants` where there is no roster."""

    def __init__(self, data, *, roster: Roster, **kwargs):
        self.roster = roster
        self.field_name = "participants" if roster.expected_from == "invited" else "absent"
        super().__init__(data, **kwargs)
        self.fields[self.field_name] = forms.MultipleChoiceField(
            choices=[(str(person.member_id), person.name) for person in roster.people],
            required=False,
            label="参加人" if self.is_invited else "缺席",
            error_messages={
                "invalid_choice": "勾选的人员中有人不在当天的应到名册里（可能改过日期或类型），名册已更新，请重新核对。"
            },
        )
        self.row_errors: dict[int, str] = {}

    @property
    def is_invited(self) -> bool:
        return self.field_name == "participants"

    def clean(self):
        cleaned = super().clean()
        ticked = [int(value) for value in cleaned.get(self.field_name, [])]
        if self.is_invited:
            cleaned["participants"], cleaned["absences"] = tuple(ticked), ()
            return cleaned
        absences = []
        for member_id in ticked:
            reason, note = self.typed_reason(member_id), self.typed_note(member_id)
            if reason not in AbsenceReason.values:
                self.row_errors[member_id] = "请选择缺席原因"
            elif len(note) > 100:
                self.row_errors[member_id] = "说明不超过 100 字"
            else:
                absences.append(AbsenceEntry(member_id, reason, note))
        if self.row_errors:
            self.add_error(self.field_name, f"有 {len(self.row_errors)} 名缺席人员的原因需要补充。")
        cleaned["participants"], cleaned["absences"] = (), tuple(absences)
        return cleaned

    def typed_reason(self, member_id) -> str:
        return self.data.get(f"reason-{member_id}", "")

    def typed_note(self, member_id) -> str:
        return self.data.get(f"note-{member_id}", "").replace("\0", "").strip()

    @property
    def ticked(self) -> set[int]:
        """Ids typed that are on the roster, judged or not."""
        typed = set(self.data.getlist(self.field_name))
        return {each for each in self.roster.ids if str(each) in typed}

    @property
    def reasons(self) -> list[tuple[str, str]]:
        return AbsenceReason.choices

    @property
    def rows(self) -> list[AttendanceRow]:
        ticked = self.ticked
        return [
            AttendanceRow(
                person,
                person.member_id in ticked,
                self.typed_reason(person.member_id),
                self.typed_note(person.member_id),
                self.row_errors.get(person.member_id, ""),
            )
            for person in self.roster.people
        ]

    @property
    def problems(self) -> list[str]:
        return list(self.errors.get(self.field_name, [])) if self.judged else []

    @property
    def present(self) -> int:
        return len(self.ticked) if self.is_invited else len(self.roster.people) - len(self.ticked)


def read_guests(text: str) -> tuple[GuestEntry, ...]:
    """Read “刘洋（县委组织部）、陈晨” into guests; ValueError when a name or a title is too long or there are too many."""
    guests = []
    for name, title in _GUEST.findall(text):
        name, title = name.strip(), title.strip()
        if not name:
            continue
        if len(name) > 60 or len(title) > 120:
            raise ValueError("每位列席人员之间请用顿号或换行分开，例如：刘洋（县委组织部）、陈晨。")
        guests.append(GuestEntry(name, title))
    if len(guests) > 100:
        raise ValueError("列席人员最多 100 人。")
    return tuple(guests)
