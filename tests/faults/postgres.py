"""A PostgreSQL of one's own that is stopped and started again under load."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from deploy import services
from deploy.processes import free_port


class RestartablePostgres:
    """A server in a folder of its own, with fsync on, driven by pg_ctl as its administrator would."""

    def __init__(self):
        self.home = Path(tempfile.mkdtemp(prefix="gauge-faults-"))
        self.port = free_port()
        self.as_user = {}
        if os.getuid() == 0:  # PostgreSQL refuses to run as root
            account = pwd.getpwnam("nobody")
            os.chown(self.home, account.pw_uid, account.pw_gid)
            self.as_user = {"user": "nobody", "group": account.pw_gid, "extra_groups": []}
        self.binaries = services._postgres_binaries(self.home, self.as_user)
        self.data = self.home / "data"
        self._run(
            "initdb",
            "-D",
            self.data,
            "-U",
            "postgres",
            "--auth=trust",
            "--no-sync",
            "-E",
            "UTF8",
            "--locale=C",
        )
        self.start()

    @property
    def url(self) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.home}"
        self._run("pg_ctl", "start", "-w", "-D", self.data, "-o", options, "-l", self.home / "log")

    def stop(self, mode: str) -> None:
        """`mode` "fast" ends every connection and finishes cleanly, "immediate" is a crash."""
        self._run("pg_ctl", "stop", "-w", "-D", self.data, "-m", mode)

    def restart(self, mode: str, away: float) -> None:
        """Stop, stay away for `away` seconds, start."""
        self.stop(mode)
        time.sleep(away)
        self.start()

    def remove(self) -> None:
        self._run("pg_ctl", "stop", "-D", self.data, "-m", "immediate", check=False)
        shutil.rmtree(self.home, ignore_errors=True)

    def _run(self, program: str, *arguments, check: bool = True) -> None:
        # What pg_ctl starts outlives it, so its output must not be a pipe that somebody waits for.
        subprocess.run(
            [self.binaries / program, *arguments],
            check=check,
            cwd=self.home,
            env={
                "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
                "LC_ALL": "C",
                "TZ": "UTC",
                "HOME": str(self.home),
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **self.as_user,
        )
