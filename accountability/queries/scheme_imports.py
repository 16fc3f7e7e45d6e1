from dataclasses import dataclass

from accountability.models import RoundScheme, Scheme, SchemeDraft
from accountability.scheme_differences import TableDifference, compare_tables
from accountability.scoring import Scheme as Table
from branches.models import Organization


@dataclass(frozen=True)
class SchemeImportPreview:
    """What importing a table would do: a new scheme, or how it differs from the `stored` one of its code and year.

    `rounds` go on by the versions they were set up with; `draft` is the stored one's, which somebody is writing.
    """

    table: Table
    stored: Scheme | None
    difference: TableDifference | None
    rounds: int
    draft: SchemeDraft | None

    @property
    def is_unchanged(self) -> bool:
        return self.stored is not None and self.stored.table == self.table

    @property
    def rule_count(self) -> int:
        table = self.table
        inner = sum(len(line.rules) + sum(len(item.rules) for item in line.items) for line in table.lines)
        return len(table.rules) + inner


def scheme_import_preview(organization: Organization, table: Table) -> SchemeImportPreview:
    """Three queries; nothing is written."""
    stored = Scheme.objects.filter(organization=organization, code=table.code, year=table.year).first()
    if stored is None:
        return SchemeImportPreview(table, None, None, 0, None)
    return SchemeImportPreview(
        table,
        stored,
        compare_tables(stored.table, table),
        RoundScheme.objects.filter(scheme=stored).count(),
        SchemeDraft.objects.filter(scheme=stored).select_related("author").first(),
    )
