"""Which files may be attached: the extension is on the list and the first bytes agree with it."""

import errno
from pathlib import PurePath

import puremagic

LARGEST = 10 * 1024 * 1024
TYPES = {
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
}
#: What the operating system says when a file may not grow any more.
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_SAME = {".jpeg": ".jpg", ".jfif": ".jpg"}


def check_upload(name: str, content: bytes) -> str:
    """Return the content type of an acceptable file; ValueError with a Chinese sentence for any other."""
    suffix = PurePath(name).suffix.lower()
    if suffix not in TYPES:
        raise ValueError("只接受 PDF、Word（docx）、Excel（xlsx）和 JPG、PNG 图片。")
    if len(content) > LARGEST:
        raise ValueError("文件超过 10 MB，请压缩后再上传。")
    if not content:
        raise ValueError("文件是空的。")
    try:
        found = {
            _SAME.get(match.extension, match.extension) for match in puremagic.magic_string(content, name)
        }
    except puremagic.PureError:
        found = set()
    if _SAME.get(suffix, suffix) not in found or not _begins_right(suffix, content):
        raise ValueError("文件内容与扩展名不符，请确认文件没有损坏或改名。")
    return TYPES[suffix]


def _begins_right(suffix: str, content: bytes) -> bool:
    begins = {".pdf": b"%PDF-", ".docx": b"PK\x03\x04", ".xlsx": b"PK\x03\x04", ".png": b"\x89PNG\r\n\x1a\n"}
    if suffix in (".docx", ".xlsx"):
        inside = b"word/" if suffix == ".docx" else b"xl/"
        return content.startswith(begins[suffix]) and inside in content
    return content.startswith(begins.get(suffix, b"\xff\xd8\xff"))


def is_out_of_space(error: BaseException | None) -> bool:
    """Whether a file could not be written because there is no room for it."""
    return isinstance(error, OSError) and error.errno in _NO_SPACE
