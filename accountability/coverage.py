"""How far duties have come at those they are meant for; plain values."""

from dataclasses import dataclass, field

from accountability.choices import Coverage

_ORDER = list(Coverage)
#: What stands in a narrow cell; a running item is said by its numbers alone.
SHORT = {
    Coverage.NO_LIST: "没有清单",
    Coverage.UNSIGNED: "未签收",
    Coverage.UNOWNED: "无人",
    Coverage.OVERDUE: "逾期",
    Coverage.RUNNING: "",
    Coverage.DONE: "完成",
    Coverage.ON_OCCASION: "触发",
    Coverage.NOT_APPLICABLE: "—",
}


def coverage_of(
    *, is_signed: bool, is_owned: bool, opened: int, accepted: int, overdue: int, is_negative: bool
) -> Coverage:
    """How far one duty has come: what is complete lacks nothing more, else the first thing that is missing."""
    if opened and accepted == opened:
        return Coverage.DONE
    if not is_signed:
        return Coverage.UNSIGNED
    if not opened:
        return Coverage.ON_OCCASION if is_negative else Coverage.NOT_APPLICABLE
    if not is_owned:
        return Coverage.UNOWNED
    return Coverage.OVERDUE if overdue else Coverage.RUNNING


@dataclass(slots=True)
class Cell:
    """One item of one unit or officer: its duties (usually one), and how far they have come together."""

    state: Coverage = Coverage.NOT_APPLICABLE
    opened: int = 0
    accepted: int = 0
    overdue: int = 0
    duties: list[int] = field(default_factory=list)

    def add(self, pk: int, state: Coverage, opened: int, accepted: int, overdue: int) -> None:
        first = not self.duties
        self.state = state if first else min(self.state, state, key=_ORDER.index)
        self.opened += opened
        self.accepted += accepted
        self.overdue += overdue
        self.duties.append(pk)

    @property
    def short(self) -> str:
        return f"逾期{self.overdue}" if self.state == Coverage.OVERDUE else SHORT[self.state]

    @property
    def counted(self) -> str:
        """Accepted of opened; what is overdue too, where the word above does not say it."""
        late = f" 逾{self.overdue}" if self.overdue and self.state != Coverage.OVERDUE else ""
        return f"{self.accepted}/{self.opened}{late}" if self.opened else ""

    @property
    def query(self) -> str:
        return "duty=" + ",".join(map(str, self.duties))

    @property
    def words(self) -> str:
        """The whole state, for those who hear it or hover."""
        counted = f"，已认可{self.accepted}/{self.opened}期" if self.opened else ""
        return f"{self.state.label}{counted}" + (f"，逾期{self.overdue}期" if self.overdue else "")
