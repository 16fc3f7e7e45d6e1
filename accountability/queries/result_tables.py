"""The results of a round as rows, read as they are written out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from accountability.models import EvaluationRound, ResultSheet, RoundScheme
from branches.choices import Post


@dataclass(frozen=True)
class ResultRow:
    """One result: its points by line, and the last decision about its grade."""

    name: str
    group: str
    total: Decimal | None
    grade: str
    points: list[str]
    because: str


@dataclass(frozen=True)
class RoundTable:
    """What was scored by one scheme in a round; `lines` are titles by key."""

    pinned: RoundScheme
    lines: Mapping[str, str]

    @property
    def title(self) -> str:
        """The scheme with its version."""
        return str(self.pinned.version)

    def rows(self) -> Iterator[ResultRow]:
        """In the order of the organisations."""
        found = (
            ResultSheet.objects.filter(evaluation__scheme=self.pinned, evaluation__removed_at__isnull=True)
            .order_by("evaluation__organization__path", "pk")
            .values(
                "evaluation__organization__name",
                "evaluation__appointment__user__name",
                "evaluation__appointment__post",
                "evaluation__group",
                "evaluation__total",
                "evaluation__grade",
                "result__lines",
                "result__grading",
            )
        )
        for row in found.iterator(chunk_size=500):
            points, grading = row["result__lines"] or {}, row["result__grading"] or []
            yield ResultRow(
                _name(row),
                row["evaluation__group"],
                row["evaluation__total"],
                row["evaluation__grade"],
                [points.get(key, "") for key in self.lines],
                "；".join(step["because"] for step in grading),
            )


def round_tables(round: EvaluationRound) -> list[RoundTable]:
    """One table for every scheme of the round."""
    return [
        RoundTable(pinned, {line.key: line.title for line in pinned.version.table.lines})
        for pinned in round.schemes.select_related("version__scheme")
    ]


def _name(row: Mapping) -> str:
    person, post = row["evaluation__appointment__user__name"], row["evaluation__appointment__post"]
    unit = row["evaluation__organization__name"]
    return f"{unit} {person} {Post(post).label}" if person else unit
