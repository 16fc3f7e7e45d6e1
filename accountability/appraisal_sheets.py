"""民主评议党员 of a branch as a spreadsheet, in the order of the roster; every text is escaped as in `branches.exports`."""

from typing import IO

from branches.exports import Book

from .choices import AppraisalGrade
from .queries.appraisals import ProgrammePage


def write_appraisals(stream: IO[bytes], page: ProgrammePage, *, mark: str) -> int:
    """Write the members with their results and how many were given each grade; returns how many members there are."""
    programme = page.programme
    has_points = programme.version is not None
    book = Book(stream, "民主评议党员", mark)
    sheet = book.sheet
    titles = ["序号", "姓名", "类别", "自评", *(f"测评{label}" for label in AppraisalGrade.labels)]
    titles += (["得分"] if has_points else []) + ["评定等次", "组织意见", "反馈日期", "本人阅知"]
    for position, title in enumerate(titles):
        sheet.set_column(position, position, 40 if title == "组织意见" else 6 if title == "序号" else 11)
    heading = f"{programme.organization.name}{programme.year}年度民主评议党员情况"
    sheet.merge_range(0, 0, 0, len(titles) - 1, heading, book.title)
    for position, title in enumerate(titles):
        sheet.write_string(1, position, title, book.head)
    for number, row in enumerate(page.rows, 1):
        appraisal = row.appraisal
        graded = appraisal.is_graded
        ballots = row.ballots or [None] * len(AppraisalGrade.labels)
        points = [appraisal.total.normalize() if appraisal.total is not None else None] if has_points else []
        values = [
            appraisal.member.name,
            "正式党员" if graded else "预备党员",
            _self(appraisal, page.may_appraise),
            *ballots,
            *points,
            appraisal.get_grade_display() if graded else "不评定等次",
            appraisal.opinion,
            appraisal.told_at.date() if appraisal.told_at else None,
            appraisal.seen_at.date() if appraisal.seen_at else None,
        ]
        sheet.write_number(number + 1, 0, number)
        for position, value in enumerate(values, 1):
            if isinstance(value, int):
                sheet.write_number(number + 1, position, value)
            elif value is not None and titles[position] == "得分":
                sheet.write_number(number + 1, position, float(value))
            else:
                book.write(number + 1, position, value)
    line = len(page.rows) + 3
    counts = "，".join(f"{label}{number}人" for label, number in page.numbers.items())
    book.write(line, 0, f"评定等次的党员{page.graded}人：{counts}；优秀不超过三分之一，即{page.most}人。")
    if page.excess and page.explanation:
        book.write(line + 1, 0, f"优秀超过三分之一的说明：{page.explanation}")
    sheet.write_string(line + 2, 0, f"导出说明：{mark}", book.note)
    sheet.freeze_panes(2, 2)
    sheet.repeat_rows(1)
    sheet.fit_to_pages(1, 0)
    book.book.close()
    return len(page.rows)


def _self(appraisal, is_own: bool) -> str:
    """The grade one gave oneself is the branch's to know; above it only whether there is one."""
    if appraisal.self_at is None:
        return "未写"
    return appraisal.get_self_grade_display() if is_own and appraisal.self_grade else "已写"
