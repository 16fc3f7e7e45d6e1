"""What protects every page, whichever it is."""

import time
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

PASSWORD = "Chuan-Dao-2026"


def sign_in(client, username, password):
    return client.post("/login/", {"username": username, "password": password})


def test_the_content_security_policy_is_strict(client, db):
    policy = client.get("/login/")["Content-Security-Policy"]
    parts = {part.split()[0]: part.split()[1:] for part in policy.split(";")}
    assert parts["default-src"] == ["'self'"]
    assert parts["object-src"] == ["'none'"]
    assert parts["base-uri"] == ["'self'"]
    assert parts["frame-ancestors"] == ["'none'"]
    assert "unsafe" not in policy
    assert "script-src" not in parts


def test_every_page_carries_the_security_headers(client, db):
    answer = client.get("/login/")
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in answer["Permissions-Policy"]
    assert answer["X-Request-ID"]


def test_a_request_id_is_believed_only_behind_a_proxy(client, db, settings):
    given = {"X-Request-ID": "from-outside"}
    assert client.get("/login/", headers=given)["X-Request-ID"] != "from-outside"
    settings.DJANGO_STRUCTLOG_TRUST_UPSTREAM_REQUEST_ID = True
    assert client.get("/login/", headers=given)["X-Request-ID"] == "from-outside"


def test_five_failures_lock_this_account_from_this_address_for_half_an_hour(cast, time_machine):
    time_machine.move_to(datetime(2026, 11, 20, 9, 0))
    desk, elsewhere = Client(REMOTE_ADDR="10.0.0.7"), Client(REMOTE_ADDR="10.0.0.8")
    for _ in range(4):
        assert sign_in(desk, "li", "wrong").status_code == 200
    locked = sign_in(desk, "li", "wrong")
    assert locked.status_code == 429
    assert "登录已暂时锁定" in locked.content.decode()
    assert sign_in(desk, "li", PASSWORD).status_code == 429
    assert sign_in(desk, "wang", PASSWORD).status_code == 302, "the office's other accounts stay open"
    assert sign_in(elsewhere, "li", PASSWORD).status_code == 302, "the person can sign in from elsewhere"
    time_machine.shift(timedelta(minutes=31))
    assert sign_in(desk, "li", PASSWORD).status_code == 302


def test_behind_a_proxy_the_visitor_cannot_invent_an_address(cast, settings):
    settings.TRUSTED_PROXIES = 1
    proxy = Client(REMOTE_ADDR="127.0.0.1")
    for attempt in range(5):
        forged = {"X-Forwarded-For": f"192.0.2.{attempt}, 10.0.0.7"}
        answer = proxy.post("/login/", {"username": "li", "password": "wrong"}, headers=forged)
    assert answer.status_code == 429
    assert proxy.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1, 10.0.0.7"}).status_code == 403


def test_a_session_ends_after_half_an_hour_without_use(cast, time_machine):
    time_machine.move_to(datetime(2026, 11, 20, 9, 0))
    client = cast.client("li")
    for _ in range(3):  # in use it goes on
        time_machine.shift(timedelta(minutes=25))
        assert client.get("/password/").status_code == 200
    time_machine.shift(timedelta(minutes=31))
    answer = client.get("/password/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/login/")


def test_staying_active_writes_the_session_once_a_minute_at_most(cast, time_machine):
    time_machine.move_to(datetime(2026, 11, 20, 9, 0), tick=False)
    client = cast.client("li")
    client.get("/password/")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get("/password/")
    assert not [query for query in queries if query["sql"].startswith(("UPDATE", "INSERT"))]


def test_a_fragment_without_a_session_sends_the_whole_page_to_the_login(client, db):
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/meetings/?q=1"}
    answer = client.get("/password/", headers=headers)
    assert answer.status_code == 204
    assert answer["HX-Redirect"] == "/login/?next=%2Fmeetings%2F%3Fq%3D1"


def test_a_body_over_the_limit_is_refused_before_it_is_read(client, db, settings):
    settings.UPLOAD_LIMIT = 1024 * 1024
    answer = client.post("/login/", {"username": "x" * (1024 * 1024 + 1)})
    assert answer.status_code == 413
    assert "1 MB" in answer.content.decode()


@pytest.mark.parametrize(
    ("password", "fits"),
    [
        ("Chuan-Dao-2026", True),
        ("chuan-dao-2026", True),
        ("chuandao2026ab", False),
        ("CHUANDAOCHUAN", False),
        ("Ab1-Ab1-A", False),
        ("传导 Chuandao 传导", True),
    ],
)
def test_passwords_are_long_and_mixed(password, fits):
    try:
        validate_password(password)
    except ValidationError:
        assert not fits
    else:
        assert fits


def test_passwords_are_kept_with_argon2():
    from config import settings

    assert settings.PASSWORD_HASHERS[0].endswith("Argon2PasswordHasher")


def test_publishing_fails_fast_when_the_broker_is_gone():
    from celery import Celery
    from kombu.exceptions import OperationalError

    from config import settings

    app = Celery("unreachable", broker="redis://127.0.0.1:1/0")
    app.conf.update(
        broker_transport_options=settings.CELERY_BROKER_TRANSPORT_OPTIONS,
        task_publish_retry=settings.CELERY_TASK_PUBLISH_RETRY,
        broker_connection_timeout=settings.CELERY_BROKER_CONNECTION_TIMEOUT,
        task_ignore_result=True,
    )
    began = time.monotonic()
    with pytest.raises(OperationalError):
        app.send_task("anything")
    assert time.monotonic() - began < 5


def test_a_cache_that_is_gone_misses():
    from config.cache import ForgivingRedisCache

    cache = ForgivingRedisCache("redis://127.0.0.1:1/0", {})
    cache.set("key", "value")
    assert cache.get("key") is None
    assert cache.get("key", "default") == "default"
    assert cache.get_or_set("key", lambda: 3) == 3
    assert cache.add("lock", 1)
    assert cache.get_many(["a", "b"]) == {}
    cache.delete("key")
