from django import forms
from django.core import signing
from django.core.files.uploadedfile import UploadedFile

from accountability.scheme_exchange.drafts import LARGEST
from accountability.scoring import Scheme, to_toml
from branches.models import Organization
from branches.uploads import check_upload

#: How long a preview may lie before it is imported.
_LASTS = 4 * 60 * 60
_SALT = "scheme-import"
#: Characters of a sealed preview: it goes through the browser and comes back.
MOST_SEALED = 3 * 1024 * 1024


class SchemeFileForm(forms.Form):
    """The file of a scheme."""

    file = forms.FileField(
        label="文件",
        help_text=f".xlsx 或 .toml，不超过 {LARGEST // 1024 // 1024} MB，一个文件一份办法。",
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.toml"}),
        error_messages={"required": "请选择文件。", "empty": "文件是空的，请检查后重新选择。"},
    )

    def clean_file(self) -> UploadedFile:
        upload = self.cleaned_data["file"]
        name = upload.name.lower()
        if not name.endswith((".xlsx", ".toml")):
            raise forms.ValidationError("只接受 .xlsx 或 .toml 文件；旧版 .xls 请另存为 .xlsx。")
        if upload.size > LARGEST:
            raise forms.ValidationError(f"文件超过 {LARGEST // 1024 // 1024} MB，一份考核办法不会这样大。")
        if name.endswith(".xlsx"):
            try:
                check_upload(name, upload.read())
            except ValueError as error:
                raise forms.ValidationError(str(error)) from error
            upload.seek(0)
        return upload


class SchemeApplyForm(forms.Form):
    """What a preview showed, sealed, so that exactly that is imported and nothing is kept in between."""

    token = forms.CharField(widget=forms.HiddenInput, max_length=MOST_SEALED)
    reason = forms.CharField(
        label="修改原因", max_length=200, error_messages={"required": "请写明为什么改，写入版次记录。"}
    )

    def __init__(self, *args, organization: Organization, **kwargs):
        self.organization = organization
        super().__init__(*args, **kwargs)

    def clean_token(self) -> dict:
        try:
            sealed = signing.loads(self.cleaned_data["token"], salt=_SALT, max_age=_LASTS)
        except signing.BadSignature:
            raise forms.ValidationError("预览已经失效，请重新上传文件。") from None
        if sealed["organization"] != self.organization.pk:
            raise forms.ValidationError("这是另一个单位的预览，请重新上传文件。")
        return sealed


def seal(organization: Organization, table: Scheme, version: int | None) -> str:
    """A table without faults as the token of a preview; `version` is the stored one it was laid beside."""
    values = {"organization": organization.pk, "document": to_toml(table), "version": version}
    return signing.dumps(values, salt=_SALT, compress=True)
