"""Everything the program takes from its environment, read here and nowhere else.

`APP_MODE` is `development` (default: loopback only, DEBUG), `demo` (one machine, SQLite, no TLS) or `production`,
which refuses to start when something it needs is missing.
"""

import secrets
from pathlib import Path

import environ
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent

_env = environ.Env()

MODES = ("development", "demo", "production")
APP_MODE = _env.str("APP_MODE", "development")
if APP_MODE not in MODES:
    raise ImproperlyConfigured(f"APP_MODE is {APP_MODE!r}; it must be one of {', '.join(MODES)}.")
PRODUCTION = APP_MODE == "production"
DEBUG = APP_MODE == "development"

DATA_DIR = Path(_env.str("DATA_DIR", str(BASE_DIR / "data")))

_missing: list[str] = []


def _required(name: str, reason: str) -> str:
    """Value of a variable that production cannot do without; "" elsewhere or while collecting what is missing."""
    value = _env.str(name, "").strip()
    if PRODUCTION and not value:
        _missing.append(f"{name} ({reason})")
    return value


def _kept_secret(name: str, make) -> str:
    """A secret for this checkout only, made once and kept readable by its owner in the data folder."""
    path = DATA_DIR / "keys" / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        candidate = path.with_name(f".{name}.{secrets.token_hex(4)}")
        candidate.write_text(make())
        candidate.chmod(0o600)
        try:
            path.hardlink_to(candidate)  # two processes starting together agree on the first one's secret
        except FileExistsError:
            pass
        finally:
            candidate.unlink()
    return path.read_text().strip()


SECRET_KEY = _required("SECRET_KEY", "a long random string")
SECRET_KEY_FALLBACKS = [key for key in _env.list("SECRET_KEY_FALLBACKS", default=[]) if key]
ALLOWED_HOSTS = [
    host.strip() for host in _required("ALLOWED_HOSTS", "host names, comma separated").split(",") if host
]
CSRF_TRUSTED_ORIGINS = _env.list("CSRF_TRUSTED_ORIGINS", default=[])
DATABASE_URL = _required("DATABASE_URL", "postgres://user:password@host:5432/name")
REDIS_URL = _required("REDIS_URL", "redis://host:6379/0")
FIELD_KEYS = [
    key.strip()
    for key in _required("FIELD_KEYS", "Fernet keys for id numbers, comma separated, the newest first").split(
        ","
    )
    if key.strip()
]
BLIND_INDEX_KEY = _required("BLIND_INDEX_KEY", "secret of the look-up index over id numbers")

if _missing:
    raise ImproperlyConfigured("Production refuses to start; set " + "; ".join(_missing) + ".")

if PRODUCTION:
    if not DATABASE_URL.startswith(("postgres://", "postgresql://")):
        raise ImproperlyConfigured(
            "Production refuses to start; DATABASE_URL must name a PostgreSQL database."
        )
    if len(SECRET_KEY) < 50:
        raise ImproperlyConfigured("Production refuses to start; SECRET_KEY needs at least 50 characters.")
    if len(BLIND_INDEX_KEY) < 32:
        raise ImproperlyConfigured(
            "Production refuses to start; BLIND_INDEX_KEY needs at least 32 characters."
        )
    if "*" in ALLOWED_HOSTS:
        raise ImproperlyConfigured("Production refuses to start; ALLOWED_HOSTS must name hosts, not '*'.")
else:
    SECRET_KEY = SECRET_KEY or _kept_secret("secret_key", lambda: secrets.token_urlsafe(64))
    FIELD_KEYS = FIELD_KEYS or [_kept_secret("field_key", lambda: Fernet.generate_key().decode())]
    BLIND_INDEX_KEY = BLIND_INDEX_KEY or _kept_secret("blind_index_key", lambda: secrets.token_urlsafe(48))
    ALLOWED_HOSTS = ALLOWED_HOSTS or ["localhost", "127.0.0.1", "[::1]"]

for _key in FIELD_KEYS:
    try:
        Fernet(_key)
    except ValueError as error:
        raise ImproperlyConfigured("FIELD_KEYS holds something that is not a Fernet key.") from error

DATABASE = _env.db_url_config(DATABASE_URL or f"sqlite:///{DATA_DIR / 'db.sqlite3'}")
if "sqlite" in DATABASE["ENGINE"] and DATABASE["NAME"] != ":memory:":
    Path(DATABASE["NAME"]).parent.mkdir(parents=True, exist_ok=True)

STATIC_ROOT = Path(_env.str("STATIC_ROOT", str(BASE_DIR / "staticfiles")))
MEDIA_ROOT = Path(_env.str("MEDIA_ROOT", str(DATA_DIR / "media")))
# Without EMAIL_URL letters go to the log of a machine that is tried out; production then sends none.
EMAIL_URL = _env.str("EMAIL_URL", "" if PRODUCTION else "consolemail://")
EMAIL = _env.email_url_config(EMAIL_URL or "dummymail://")
EMAIL_FROM = _env.str("EMAIL_FROM", "责任传导 <noreply@localhost>")
SITE_URL = _env.str(
    "SITE_URL",
    f"https://{ALLOWED_HOSTS[0].lstrip('.')}"
    if PRODUCTION
    else f"http://127.0.0.1:{_env.str('PORT', '8000') or '8000'}",
).rstrip("/")
METRICS_TOKEN = _env.str("METRICS_TOKEN", "")
TRUSTED_PROXIES = _env.int("TRUSTED_PROXIES", 1 if PRODUCTION else 0)
SESSION_IDLE_MINUTES = _env.int("SESSION_IDLE_MINUTES", 30)
HSTS_SECONDS = _env.int("HSTS_SECONDS", 365 * 24 * 3600)
LOG_LEVEL = _env.str("LOG_LEVEL", "INFO")
