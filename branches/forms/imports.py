from django import forms

from ..choices import ImportKind
from ..imports.spreadsheet import MAX_BYTES


class ImportForm(forms.Form):
    """What is uploaded: the kinds are those the person may import here."""

    kind = forms.ChoiceField(label="内容", choices=ImportKind.choices, widget=forms.RadioSelect)
    file = forms.FileField(
        label="文件",
        help_text=f".xlsx 或 .csv，不超过 {MAX_BYTES // 1024 // 1024} MB、20 万行。",
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv"}),
        allow_empty_file=False,
        error_messages={"required": "请选择文件。", "empty": "文件是空的，请检查后重新选择。"},
    )

    def __init__(self, *args, kinds, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(kind.value, kind.label) for kind in kinds]
        if len(kinds) == 1:
            self.initial.setdefault("kind", kinds[0].value)

    def clean_file(self):
        upload = self.cleaned_data["file"]
        if not upload.name.lower().endswith((".xlsx", ".csv")):
            raise forms.ValidationError(
                "只接受 .xlsx 或 .csv 文件；旧版 .xls 请用 Excel 或 WPS 另存为 .xlsx。"
            )
        if upload.size > MAX_BYTES:
            size = upload.size / 1024 / 1024
            raise forms.ValidationError(
                f"文件有 {size:.0f} MB，最大 {MAX_BYTES // 1024 // 1024} MB，请分成几个文件。"
            )
        return upload


class ApplyForm(forms.Form):
    """Which rows are to be written: all, only the right ones, or those and the ones with a certain correction."""

    CHOICES = {
        "all": {"partial": False, "accepts_corrections": False},
        "partial": {"partial": True, "accepts_corrections": False},
        "corrected": {"partial": True, "accepts_corrections": True},
    }
    choice = forms.ChoiceField(choices=[(key, key) for key in CHOICES])

    def options(self) -> dict[str, bool]:
        """What `request_apply` is asked for; everything must be right unless the form says otherwise."""
        return self.CHOICES[self.cleaned_data["choice"] if self.is_valid() else "all"]


class ExportForm(forms.Form):
    """What is taken out; the tick for full id numbers is there for those who may see them."""

    kind = forms.ChoiceField(
        label="内容",
        choices=[(kind.value, kind.label) for kind in (ImportKind.ROSTER, ImportKind.ORGANIZATIONS)],
        widget=forms.RadioSelect,
        initial=ImportKind.ROSTER,
    )
    with_id_numbers = forms.BooleanField(label="包含完整身份证号", required=False)
    reason = forms.CharField(
        label="事由", required=False, max_length=150, help_text="导出完整身份证号时必填，将写入审计记录。"
    )

    def __init__(self, *args, may_reveal, **kwargs):
        super().__init__(*args, **kwargs)
        if not may_reveal:
            del self.fields["with_id_numbers"], self.fields["reason"]

    def clean(self):
        values = super().clean()
        if values.get("with_id_numbers") and not values.get("reason", "").strip():
            self.add_error("reason", "导出完整身份证号须填写事由。")
        return values
