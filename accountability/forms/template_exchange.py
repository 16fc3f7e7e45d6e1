from django import forms
from django.core import signing

from accountability.exchange.drafts import LARGEST, Draft

#: How long a preview may lie before it is imported.
_LASTS = 4 * 60 * 60
_SALT = "template-import"


class TemplateFileForm(forms.Form):
    """The file of a template."""

    file = forms.FileField(
        label="文件",
        help_text=f".xlsx 或 .toml，不超过 {LARGEST // 1024 // 1024} MB，一个文件一份模板。",
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.toml"}),
        error_messages={"required": "请选择文件。", "empty": "文件是空的，请检查后重新选择。"},
    )

    def clean_file(self):
        upload = self.cleaned_data["file"]
        if not upload.name.lower().endswith((".xlsx", ".toml")):
            raise forms.ValidationError("只接受 .xlsx 或 .toml 文件。")
        if upload.size > LARGEST:
            raise forms.ValidationError(f"文件超过 {LARGEST // 1024 // 1024} MB，一份模板不会这样大。")
        return upload


class TemplateApplyForm(forms.Form):
    """What a preview showed, sealed, so that exactly that is imported and nothing is kept in between."""

    token = forms.CharField(widget=forms.HiddenInput)
    reason = forms.CharField(label="导入原因", max_length=100, required=False)

    def clean_token(self) -> dict:
        try:
            return signing.loads(self.cleaned_data["token"], salt=_SALT, max_age=_LASTS)
        except signing.BadSignature:
            raise forms.ValidationError("预览已经失效，请重新上传文件。") from None


def seal(draft: Draft, version: int | None) -> str:
    """A draft without faults as the token of a preview; `version` is the stored one it was laid beside."""
    return signing.dumps({"edition": draft.edition, "version": version}, salt=_SALT, compress=True)
