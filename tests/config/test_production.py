"""Production refuses to start half-configured, and Django finds nothing to warn about when it is whole."""

import os
import subprocess
import sys

import pytest
from cryptography.fernet import Fernet

WHOLE = {
    "APP_MODE": "production",
    "SECRET_KEY": "k8Zr2q9vXw4yB7nM1sD5fG0hJ3lP6tA-_cE8uR2iO4zQ7wN9xV1b",
    "ALLOWED_HOSTS": "gauge.example.cn",
    "DATABASE_URL": "postgres://gauge:secret@127.0.0.1:5432/gauge",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "FIELD_KEYS": Fernet.generate_key().decode(),
    "BLIND_INDEX_KEY": "b4Hn7Kq1Wz8Xc5Vr2Tm9Yp6Ls3Dg0Fj-Ae",
}
READ_SETTINGS = ("-c", "import config.settings")


def python(*arguments, **environment):
    """Run Python with this environment and no more; several are started, so most only read the settings."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, *arguments], env=inherited | environment, capture_output=True, text=True
    )


@pytest.mark.parametrize(
    "missing", ["SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "REDIS_URL", "FIELD_KEYS", "BLIND_INDEX_KEY"]
)
def test_production_refuses_to_start_without(missing):
    result = python(*READ_SETTINGS, **{name: value for name, value in WHOLE.items() if name != missing})
    assert result.returncode != 0
    assert "ImproperlyConfigured: Production refuses to start; set " + missing in result.stderr


def test_all_that_is_missing_is_said_at_once():
    result = python(*READ_SETTINGS, APP_MODE="production")
    assert all(name in result.stderr.splitlines()[-1] for name in WHOLE if name != "APP_MODE")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("DATABASE_URL", "sqlite:///data/db.sqlite3", "PostgreSQL"),
        ("SECRET_KEY", "short", "50 characters"),
        ("BLIND_INDEX_KEY", "short", "32 characters"),
        ("ALLOWED_HOSTS", "*", "must name hosts"),
        ("FIELD_KEYS", "not-a-key", "not a Fernet key"),
        ("APP_MODE", "prodution", "must be one of"),
    ],
)
def test_production_refuses_a_setting_that_is_too_weak(name, value, words):
    result = python(*READ_SETTINGS, **(WHOLE | {name: value}))
    assert result.returncode != 0
    assert words in result.stderr


def test_the_deployment_check_is_clean():
    result = python("manage.py", "check", "--deploy", "--fail-level", "WARNING", **WHOLE)
    assert result.returncode == 0, result.stderr
    assert "no issues (0 silenced)" in result.stdout


def test_development_makes_its_own_secrets_and_keeps_them(tmp_path):
    show = ("-c", "from config import env; print(env.SECRET_KEY, env.FIELD_KEYS, env.BLIND_INDEX_KEY)")
    first = python(*show, DATA_DIR=str(tmp_path))
    second = python(*show, DATA_DIR=str(tmp_path))
    assert first.stdout == second.stdout != ""
    assert [path.stat().st_mode & 0o777 for path in (tmp_path / "keys").iterdir()] == [0o600] * 3


@pytest.mark.parametrize(
    ("environment", "shown"),
    [
        ({}, "False https://gauge.example.cn"),
        (
            {
                "EMAIL_URL": "smtp+tls://gauge%40example.cn:secret@mail.internal:587",
                "SITE_URL": "https://duties.example.cn/",
            },
            "True https://duties.example.cn mail.internal 587 gauge@example.cn True",
        ),
    ],
)
def test_letters_go_where_the_environment_says_or_nowhere(environment, shown):
    result = python(
        "-c",
        "from config import settings as s; print(s.SENDS_MAIL, s.SITE_URL,"
        " *([s.EMAIL_HOST, s.EMAIL_PORT, s.EMAIL_HOST_USER, s.EMAIL_USE_TLS] if s.SENDS_MAIL else []))",
        **(WHOLE | environment),
    )
    assert result.stdout.strip() == shown, result.stderr
