"""Model fields of this floor."""

import functools
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models


def _fernet() -> MultiFernet:
    return _fernet_of(tuple(settings.FIELD_KEYS))


@functools.cache
def _fernet_of(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def encrypt_bytes(content: bytes) -> bytes:
    """Encrypt a file that holds id numbers before it is stored."""
    return _fernet().encrypt(content)


def decrypt_bytes(content: bytes) -> bytes:
    """What `encrypt_bytes` was given; `ImproperlyConfigured` when no key opens it."""
    try:
        return _fernet().decrypt(content)
    except InvalidToken as error:
        raise ImproperlyConfigured("An encrypted file cannot be opened with FIELD_KEYS.") from error


def blind_index(value: str) -> str:
    """Return the keyed digest (64 hex digits) by which an encrypted value is looked up exactly; '' stays ''."""
    if not value:
        return ""
    return hmac.new(
        settings.BLIND_INDEX_KEY.encode(), value.strip().upper().encode(), hashlib.sha256
    ).hexdigest()


class EncryptedCharField(models.TextField):
    """Text that is stored encrypted and read as plain text.

    The first of `settings.FIELD_KEYS` encrypts, all of them decrypt, so a key is changed by putting a new one
    in front. A value no key opens raises `ImproperlyConfigured`: ciphertext is never shown as if it were data.
    """

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        if not value:
            return value
        return _fernet().encrypt(value.encode()).decode()

    def from_db_value(self, value, expression, connection):
        if not value:
            return value
        try:
            return _fernet().decrypt(value.encode()).decode()
        except InvalidToken as error:
            raise ImproperlyConfigured("An encrypted value cannot be opened with FIELD_KEYS.") from error
