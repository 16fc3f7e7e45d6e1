"""What may be wrong with a file or a row: a stable key for programs, a Chinese word for people."""

from dataclasses import asdict, dataclass

ERROR, WARNING = "error", "warning"

#: Reasons to refuse a whole file.
FILE_KINDS = {
    "wrong_extension": "文件类型不符",
    "too_large": "文件过大",
    "empty_file": "空文件",
    "not_a_workbook": "不是表格文件",
    "encrypted_workbook": "加密或旧版表格",
    "damaged_workbook": "表格已损坏",
    "bomb": "解压后过大",
    "too_many_rows": "行数过多",
    "too_many_columns": "列数过多",
    "encoding": "编码无法识别",
    "no_header": "找不到表头",
    "repeated_column": "表头重复",
    "no_rows": "没有数据行",
}

#: Kinds of problems of a row.
KINDS = {
    "blank_name": "姓名或名称为空",
    "bad_name": "姓名有误",
    "blank_branch": "所在党支部为空",
    "unknown_branch": "党支部不存在",
    "ambiguous_branch": "党支部重名",
    "outside_scope": "不在管理范围内",
    "blank_id": "身份证号为空",
    "id_as_a_number": "身份证号存成数字",
    "bad_id": "身份证号格式有误",
    "bad_checksum": "身份证号校验位不符",
    "duplicate_id": "身份证号重复",
    "registered_elsewhere": "已在其他党支部登记",
    "masked_id_unmatched": "打码的身份证号对不上",
    "ambiguous_person": "无法确定是哪一位",
    "female_with_odd_id": "女性而身份证号为男",
    "male_with_even_id": "男性而身份证号为女",
    "impossible_date": "日期不存在",
    "future_date": "日期晚于今天",
    "date_as_a_number": "日期成了数字",
    "bad_date": "日期格式有误",
    "full_before_join": "转正早于入党",
    "trailing_note_in_a_cell": "单元格末尾有备注",
    "spaces_and_full_width_digits": "空格与全角数字",
    "formula": "公式",
    "merged_cell": "合并单元格",
    "cell_error": "单元格报错",
    "too_long": "文字过长",
    "unknown_word": "不是规定的选项",
    "blank_category": "人员类别为空",
    "blank_code": "编码为空",
    "duplicate_code": "编码重复",
    "blank_kind": "组织类别为空",
    "blank_parent": "上级为空",
    "unknown_parent": "上级不存在",
    "wrong_parent": "上级有错误",
    "parent_cycle": "上下级成环",
    "moved": "隶属关系不同",
    "misplaced": "类别或层级与上级不符",
    "dissolved": "组织已撤销",
    "changed_meanwhile": "期间已被他人修改",
    # warnings
    "doubtful_phone": "电话有疑问",
    "no_phone": "没有联系电话",
    "day_missing": "日期只写到月",
    "birth_differs_from_id": "出生日期与身份证号不同",
    "joined_before_18": "入党时不满十八岁",
    "blank_full_date": "缺转正日期",
    "probationary_with_full_date": "预备党员有转正日期",
    "blank_lost_date": "缺失联日期",
    "blank_destination": "缺外出流向",
    "name_differs": "姓名与登记不同",
    "hidden_row": "隐藏行",
}

#: Errors that have one certain correction, which is applied when the author asks for it.
CORRECTABLE = frozenset({"spaces_and_full_width_digits"})


class FileRefused(Exception):
    """A file that is not read further: `kind` is a key of FILE_KINDS, `message` says in Chinese how to mend it."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


@dataclass(slots=True)
class Problem:
    """Something about one cell: `column` is its heading, `cell` its place (C12), `proposal` what it might say."""

    row: int
    column: str
    kind: str
    message: str
    severity: str = ERROR
    cell: str = ""
    proposal: str = ""
    field: str = ""

    @property
    def is_error(self) -> bool:
        return self.severity == ERROR

    @property
    def label(self) -> str:
        return KINDS[self.kind]

    def as_dict(self) -> dict:
        """The problem as plain values, for JSON."""
        return {key: value for key, value in asdict(self).items() if key != "field"}
