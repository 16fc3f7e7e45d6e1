"""Responsibility as a spreadsheet, written row by row; every text is escaped as in `branches.exports`."""

from typing import IO

from branches.exports import Book
from branches.imports.spreadsheet import escape

from .queries.responsibility import ResponsibilityMatrix

_HEADINGS = ("序号", "条目", "责任内容", "要求")
_BEHIND = ("其他责任人", "已分解到下级")


def write_responsibility_matrix(stream: IO[bytes], matrix: ResponsibilityMatrix, *, mark: str) -> int:
    """Write the items of a unit with the parts of its officers and return how many; `mark` says who exported."""
    book = Book(stream, "责任矩阵", mark)
    sheet = book.sheet
    officers = [f"{each.user} {each.get_post_display()}" for each in matrix.officers]
    titles = [*_HEADINGS, *officers, *_BEHIND]
    for position, width in enumerate((6, 18, 48, 14, *(12 for _ in officers), 20, 14)):
        sheet.set_column(position, position, width)
    sheet.merge_range(
        0, 0, 0, len(titles) - 1, f"{matrix.organization.name}{matrix.year}年责任矩阵", book.title
    )
    for position, title in enumerate(titles):
        sheet.write_string(1, position, escape(title), book.head)
    line, number = 1, 0
    for each in matrix.lists:
        line += 1
        book.write(line, 0, f"{each.duty_list}（{each.duty_list.get_kind_display()}）")
        for row in each.rows:
            line += 1
            number += 1
            duty = row.duty
            sheet.write_number(line, 0, number)
            parts = [part.label if part else "" for part in row.parts]
            behind = ["、".join(row.others), f"{duty.shared}个单位" if duty.shared else ""]
            for position, value in enumerate([duty.heading, duty.content, duty.asks, *parts, *behind], 1):
                book.write(line, position, value)
    sheet.write_string(line + 2, 0, f"导出说明：{mark}", book.note)
    sheet.freeze_panes(2, 2)
    sheet.repeat_rows(1)
    sheet.fit_to_pages(1, 0)
    book.book.close()
    return number
