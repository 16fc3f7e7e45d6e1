"""A secretary at the browser, in as few lines as the real form needs: signs in, opens the page, sends it."""

import http.client
import re
import uuid
from datetime import date, timedelta
from http.cookies import SimpleCookie
from urllib.parse import urlencode

from branches.choices import AbsenceReason, MeetingKind

from .world import PASSWORD, Desk

_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
#: Warnings that the secretary has read and sends the form in spite of.
SEEN = "month-closed,duplicate,not-over,quorum"


class Secretary:
    """One kept-alive connection to a server on this machine, with its cookies."""

    def __init__(self, port: int, desk: Desk, *, timeout: float = 30):
        self.desk, self.port, self.timeout = desk, port, timeout
        self.cookies: dict[str, str] = {}
        self.token = ""
        self.connection: http.client.HTTPConnection | None = None

    def sign_in(self) -> None:
        """Sign in through the login page; RuntimeError when it is refused."""
        self.read_token("/login/")
        status, _location, _page = self.send(
            "/login/", {"username": self.desk.username, "password": PASSWORD}
        )
        if status != 302:
            raise RuntimeError(f"{self.desk.username} cannot sign in: {status}")

    def open_form(self) -> None:
        """Open the page on which a meeting is written, which carries the token for sending it."""
        self.read_token(self.address)

    @property
    def address(self) -> str:
        return f"/organizations/{self.desk.branch}/meetings/new/"

    def read_token(self, path: str) -> None:
        status, _location, page = self.request("GET", path)
        found = _TOKEN.search(page)
        if status != 200 or found is None:
            raise RuntimeError(f"{path} answers {status}")
        self.token = found[1]

    def send(self, path: str, fields: dict) -> tuple[int, str, str]:
        """POST a form with the token; status, where it redirects to, page."""
        body = urlencode(fields | {"csrfmiddlewaretoken": self.token}, doseq=True)
        return self.request("POST", path, body)

    def request(self, method: str, path: str, body: str | None = None) -> tuple[int, str, str]:
        """One request; a connection that broke is given up and OSError or HTTPException raised."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
        try:
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
            page = answer.read().decode()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        for header in answer.headers.get_all("Set-Cookie") or []:
            for name, morsel in SimpleCookie(header).items():
                self.cookies[name] = morsel.value
        return answer.status, answer.headers.get("Location", ""), page

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None


def meeting_fields(desk: Desk, number: int, today: date, entry_key: uuid.UUID | None = None) -> dict:
    """What a browser sends for the `number`-th meeting of a desk: a 主题党日, three absent, one topic, one resolution."""
    absent = desk.members[-3:]
    return {
        "entry_key": str(entry_key or uuid.uuid4()),
        "kinds": [int(MeetingKind.PARTY_DAY)],
        "held_on": (today - timedelta(days=1 + number % 300)).isoformat(),
        "starts": "09:00",
        "ends": "10:30",
        "place": "党员活动室",
        "chair": desk.members[0],
        "recorder": desk.members[1],
        "title": f"第{number}次主题党日",
        "absent": absent,
        **{f"reason-{member}": AbsenceReason.SICK.value for member in absent},
        "agenda-TOTAL_FORMS": 1,
        "agenda-INITIAL_FORMS": 0,
        "agenda-0-topic": "集中学习与志愿服务",
        "agenda-0-discussion": "与会同志结合实际作了发言。",
        "resolution-TOTAL_FORMS": 1,
        "resolution-INITIAL_FORMS": 0,
        "resolution-0-text": "完成困难党员走访",
        "resolution-0-owner": desk.members[2],
        "resolution-0-due_on": today.isoformat(),
        "vote-TOTAL_FORMS": 1,
        "vote-INITIAL_FORMS": 0,
        "vote-0-rule": "GENERAL",
        "action": "submit",
        "seen": SEEN,
    }
