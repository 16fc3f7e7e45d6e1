from decimal import Decimal

from django import forms
from django.core import signing

from accountability import scoring
from accountability.models import EvaluationRound
from accountability.scheme_exchange.drafts import LARGEST
from accountability.scheme_exchange.fact_cells import SAID
from branches.uploads import check_upload

_LASTS = 4 * 60 * 60
_SALT = "facts-import"


class FactsFileForm(forms.Form):
    """The sheets of a round, filled in."""

    file = forms.FileField(
        label="填好的填报表",
        help_text=f".xlsx，不超过 {LARGEST // 1024 // 1024} MB。",
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx"}),
        error_messages={"required": "请选择文件。", "empty": "文件是空的，请检查后重新选择。"},
    )

    def clean_file(self):
        upload = self.cleaned_data["file"]
        if not upload.name.lower().endswith(".xlsx"):
            raise forms.ValidationError("只接受 .xlsx 文件；旧版 .xls 请另存为 .xlsx。")
        if upload.size > LARGEST:
            raise forms.ValidationError(f"文件超过 {LARGEST // 1024 // 1024} MB，请分几次导入。")
        try:
            check_upload(upload.name.lower(), upload.read())
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error
        upload.seek(0)
        return upload


class FactsApplyForm(forms.Form):
    """What a preview showed, sealed, so that exactly that is stated."""

    token = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args, round: EvaluationRound, **kwargs):
        self.round = round
        super().__init__(*args, **kwargs)

    def clean_token(self) -> list[tuple[int, scoring.Entry]]:
        try:
            sealed = signing.loads(self.cleaned_data["token"], salt=_SALT, max_age=_LASTS)
        except signing.BadSignature:
            raise forms.ValidationError("预览已经失效，请重新上传文件。") from None
        if sealed["round"] != self.round.pk:
            raise forms.ValidationError("这是另一次考核的预览，请重新上传文件。")
        return [(number, _opened(values)) for number, values in sealed["stated"]]


def seal_facts(round: EvaluationRound, stated: list[tuple[int, scoring.Entry]]) -> str:
    """New entries as the token of a preview."""
    values = [(number, _closed(entry)) for number, entry in stated]
    return signing.dumps({"round": round.pk, "stated": values}, salt=_SALT, compress=True)


def _closed(entry: scoring.Entry) -> dict:
    values = {name: getattr(entry, name) for name in ("item", "fact", *SAID)}
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in values.items()}


def _opened(values: dict) -> scoring.Entry:
    numbers = {name: Decimal(values[name]) for name in ("value", "points") if values[name] is not None}
    return scoring.Entry(**values | numbers)
