"""Results of evaluations as spreadsheets, written row by row; every text is escaped as in `branches.exports`."""

from collections.abc import Sequence
from decimal import Decimal
from typing import IO

from branches.exports import Book
from branches.imports.spreadsheet import escape

from .queries.result_tables import RoundTable
from .queries.results import ResultPage

_HEADINGS = ("分类", "评价项", "满分", "得分", "规则", "条款", "事实", "佐证", "得分依据", "未填")
_WIDTHS = (14, 24, 8, 8, 32, 24, 36, 24, 48, 16)


def write_result_sheet(stream: IO[bytes], page: ResultPage, *, mark: str) -> int:
    """Write the sheet of one evaluation item by item and return how many items; `mark` says who exported."""
    evaluation, round = page.evaluation, page.evaluation.round
    book = Book(stream, "评分表", mark)
    sheet, number = book.sheet, book.book.add_format({"num_format": "0.####", "valign": "top"})
    cell = book.book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
    strong = book.book.add_format({"bold": True, "num_format": "0.####"})
    for position, width in enumerate(_WIDTHS):
        sheet.set_column(position, position, width)
    last = len(_HEADINGS) - 1
    sheet.merge_range(0, 0, 0, last, escape(f"{evaluation} {round.title}评分表"), book.title)
    facts = [
        ("考核单位", round.organization.name),
        ("考核期", f"{round.starts_on:%Y-%m-%d} 至 {round.ends_on:%Y-%m-%d}"),
        ("考核办法", f"{page.version.scheme} 第{page.version.number}版"),
        ("状态", round.get_state_display()),
        ("等次", evaluation.grade or "—"),
    ]
    line = 1
    for label, words in facts:
        sheet.write_string(line, 0, label)
        sheet.write_string(line, 1, escape(str(words)))
        line += 1
    sheet.write_string(line, 0, "总分")
    _write_points(sheet, line, 1, evaluation.total, strong)
    line += 1
    for position, title in enumerate(_HEADINGS):
        sheet.write_string(line, position, title, book.head)
    head, items = line, 0
    for group in page.sheet.lines:
        line += 1
        sheet.write_string(line, 0, escape(group.line.title), strong)
        _write_points(sheet, line, 2, group.full, strong)
        _write_points(sheet, line, 3, group.points, strong)
        if group.notes:
            sheet.write_string(line, 4, escape("；".join(group.notes)), cell)
        for item in group.items:
            line += 1
            items += 1
            evidence = [each.name for row in item.rows for each in row.evidence]
            facts_of = [
                " ".join(filter(None, (f"{row.on:%Y-%m-%d}" if row.on else "", row.words, f"（{row.who}）")))
                for row in item.rows
            ]
            sheet.write_string(line, 1, escape(item.item.title), cell)
            _write_points(sheet, line, 2, item.full, number)
            _write_points(sheet, line, 3, item.points, number)
            rest = (
                item.rule,
                item.item.clause,
                "\n".join(facts_of),
                "\n".join(dict.fromkeys(evidence)),
                item.why,
                "未填" if item.missing else "",
            )
            for position, words in enumerate(rest, 4):
                if words:
                    sheet.write_string(line, position, escape(words), cell)
    tail = [("到总分", [f"{each.label} {each.points} {each.because}".strip() for each in page.sheet.way])]
    tail.append(
        ("等次依据", [f"{each['grade'] or '未定'}：{each['because']}" for each in page.sheet.grading])
    )
    for label, words in tail:
        for each in words:
            line += 1
            sheet.write_string(line, 0, label)
            sheet.write_string(line, 1, escape(each))
    sheet.write_string(line + 2, 0, f"导出说明：{mark}", book.note)
    sheet.freeze_panes(head + 1, 2)
    sheet.repeat_rows(head)
    sheet.fit_to_pages(1, 0)
    book.book.close()
    return items


def write_round_results(stream: IO[bytes], tables: Sequence[RoundTable], *, title: str, mark: str) -> int:
    """Write the results of a round, one table under the other for every scheme, in the order of the organisations;
    returns how many."""
    book = Book(stream, "考核结果", mark)
    sheet, number = book.sheet, book.book.add_format({"num_format": "0.####"})
    widest = max((len(table.lines) for table in tables), default=0)
    for position, width in enumerate((6, 30, 12, 10, 10, *(10 for _ in range(widest)), 40)):
        sheet.set_column(position, position, width)
    sheet.merge_range(0, 0, 0, 5 + widest, escape(title), book.title)
    line = count = 0
    for table in tables:
        line += 1
        sheet.write_string(line, 0, escape(table.title))
        line += 1
        headings = ("序号", "被考核单位", "组别", "总分", "等次", *table.lines.values(), "等次依据")
        for position, heading in enumerate(headings):
            sheet.write_string(line, position, escape(heading), book.head)
        for place, row in enumerate(table.rows(), 1):
            line += 1
            count += 1
            sheet.write_number(line, 0, place)
            book.write(line, 1, row.name)
            book.write(line, 2, row.group)
            _write_points(sheet, line, 3, row.total, number)
            book.write(line, 4, row.grade)
            for position, points in enumerate(row.points, 5):
                _write_points(sheet, line, position, points, number)
            book.write(line, 5 + len(table.lines), row.because)
    sheet.write_string(line + 2, 0, f"按单位顺序列出，不排名。导出说明：{mark}", book.note)
    sheet.freeze_panes(1, 2)
    sheet.fit_to_pages(1, 0)
    book.book.close()
    return count


def _write_points(sheet, row: int, column: int, points: Decimal | str | None, form) -> None:
    if points not in (None, ""):
        sheet.write_number(row, column, float(Decimal(points)), form)
