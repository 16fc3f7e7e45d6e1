"""gunicorn as production runs it, on a free port of this machine."""

import http.client
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.processes import free_port, start, stop, wait_until

ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def gunicorn(
    database_url: str, *, settings: str = "benchmarks.settings", workers: int = 2, log=None, **environment
) -> Iterator[int]:
    """Run the site on the database and yield its port; what the server logs goes to `log`, by default nowhere."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "config.wsgi",
        "-c",
        str(ROOT / "deploy" / "gunicorn.conf.py"),
    ]
    command += ["--bind", f"127.0.0.1:{port}", "--workers", str(workers), "--log-level", "warning"]
    environment = os.environ | {
        "DATABASE_URL": database_url,
        "DJANGO_SETTINGS_MODULE": settings,
        **environment,
    }
    server = start(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=log or subprocess.DEVNULL
    )
    try:
        wait_until(lambda: _answers(port), server, seconds=60, name="gunicorn")
        yield port
    finally:
        stop(server)


def _answers(port: int) -> bool:
    """Whether anything is served at all, be it a refusal."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True
