"""Debian's Chromium, signed in as one of the cast; loaded by `make test-browser` only."""

import os
import shutil
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

# Playwright's synchronous interface keeps an event loop in this thread, which Django takes for asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}


def just_held():
    """The day and the two times, as typed, of a meeting of half an hour that is over, whatever the hour is now."""
    ended = timezone.localtime() - timedelta(minutes=1)
    began = ended - timedelta(minutes=30)
    if began.date() != ended.date():
        began, ended = began.replace(hour=23, minute=0), began.replace(hour=23, minute=30)
    return began.date(), f"{began:%H:%M}", f"{ended:%H:%M}"


def pytest_collection_modifyitems(items):
    """Everything in this folder is a browser test."""
    here = os.path.dirname(__file__)
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory):
    """A database in a file: the server's threads need connections of their own, which one in memory cannot give."""
    from django.db import connections

    database = connections["default"].settings_dict
    if "sqlite" in database["ENGINE"]:
        database["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.fail("chromium is missing: make test-browser installs it or says what to install")
    switches = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    switches += " --disable-component-update --disable-sync"
    return browser_type_launch_args | {"executable_path": chromium, "args": switches.split()}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    return browser_context_args | {"locale": "zh-CN", "timezone_id": "Asia/Shanghai"}


@pytest.fixture
def open_as(cast, live_server, new_context, settings):
    """Return `open_as(who, path="/", viewport=DESKTOP)`: a page with that person signed in (None: nobody).

    What the browser complains about (a script error, something the CSP refused, a file not found) fails the test.
    """
    complaints = []

    def open_page(who, path="/", viewport=DESKTOP, **context_options):
        context = new_context(base_url=live_server.url, viewport=viewport, **context_options)
        if who:
            session = cast.client(who).cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies(
                [
                    {
                        "name": settings.SESSION_COOKIE_NAME,
                        "value": session,
                        "url": live_server.url,
                        "httpOnly": True,
                    }
                ]
            )
        context.set_default_timeout(10_000)
        page = context.new_page()
        page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path)
        return page

    yield open_page
    assert complaints == []


@pytest.fixture
def assert_accessible():
    """Return `assert_accessible(page)`: axe finds nothing to complain about on the page as it is now."""

    def check(page):
        result = Axe().run(page)
        assert result.violations_count == 0, result.generate_report()

    return check
