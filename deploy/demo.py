"""`make demo`: database, demo city, broker, web server and worker on this machine, until Ctrl-C."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from deploy.processes import start, stop  # noqa: E402
from deploy.services import valkey  # noqa: E402

BIN = Path(sys.executable).parent


class Failure(Exception):
    """Something the person who typed `make demo` has to know; the message says what to do."""


def main() -> int:
    """Run the demo; 0 when it was stopped on purpose, 1 when something failed."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        with ExitStack() as stack:
            run(stack)
    except KeyboardInterrupt:
        say("\n已停止。 Stopped.")
        return 0
    except Failure as failure:
        say(f"\n{failure}")
        return 1
    return 0


def _interrupt(number, frame):
    raise KeyboardInterrupt


def say(text: str) -> None:
    """Print at once, also into a pipe."""
    print(text, flush=True)


def run(stack: ExitStack) -> None:
    """Start everything in order and watch it; returns by KeyboardInterrupt or Failure only."""
    host, port = os.environ.get("HOST") or "127.0.0.1", _port()
    _refuse_taken(host, port)
    data = Path(os.environ.get("DATA_DIR") or ROOT / "data")
    logs = data / "logs"
    metrics = data / "prometheus"
    shutil.rmtree(metrics, ignore_errors=True)
    for folder in (logs, metrics):
        folder.mkdir(parents=True, exist_ok=True)

    environment = os.environ | {
        "APP_MODE": "demo",
        "DATA_DIR": str(data),
        "PYTHONUNBUFFERED": "1",
        "PROMETHEUS_MULTIPROC_DIR": str(metrics),
        "REDIS_URL": stack.enter_context(valkey(data / "valkey")),
    }
    if "ALLOWED_HOSTS" not in environment and host not in ("127.0.0.1", "localhost"):
        environment["ALLOWED_HOSTS"] = "*"
    # Loading the data keeps one core busy; the other one fetches and builds the static files meanwhile.
    static = start(
        ["make", "--silent", "--no-print-directory", "staticfiles/staticfiles.json"],
        cwd=ROOT,
        env=environment,
    )
    stack.callback(stop, static)
    logins = data / "logins.txt"
    _prepare(environment | {"LOGINS": str(logins)})
    if static.wait():
        raise Failure("静态文件没有建成，原因见上。 The static files could not be built, see above.")

    children = {}
    web = [
        BIN / "gunicorn",
        "config.wsgi",
        "-c",
        ROOT / "deploy" / "gunicorn.conf.py",
        "--bind",
        f"{host}:{port}",
    ]
    worker = [BIN / "celery", "-A", "config", "worker", "--beat", "--concurrency", "1", "--loglevel", "INFO"]
    worker += ["--schedule", data / "celerybeat-schedule", "--without-gossip", "--without-mingle"]
    for name, command in (("worker", worker), ("web", web)):
        log = stack.enter_context((logs / f"{name}.log").open("wb"))
        children[name] = start(
            [str(part) for part in command], cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
        stack.callback(stop, children[name])
    _await_health(host, port, children, logs)

    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104
    say(f"\n打开 Open  http://{shown}:{port}/\n\n{logins.read_text()}")
    say(f"日志 Logs  {logs}/\n按 Ctrl-C 停止。 Ctrl-C stops everything.")
    while True:
        _check(children, logs)
        time.sleep(0.5)


def _port() -> int:
    given = os.environ.get("PORT") or "8000"
    if not given.isdecimal() or not 0 < int(given) < 65536:
        raise Failure(f"PORT={given} 不是端口号。 PORT must be a number from 1 to 65535.")
    return int(given)


def _refuse_taken(host: str, port: int) -> None:
    """Say so when somebody else already listens on the port, before anything is started."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            other = port + 1 if port < 65535 else 8001
            raise Failure(
                f"端口 {port} 已被占用（或不允许使用）。换一个端口：PORT={other} make demo\n"
                f"Port {port} is taken ({error.strerror}). Try: PORT={other} make demo"
            ) from error


def _prepare(environment: dict) -> None:
    """Bring the database up to date in a process of its own: this one starts quickly and stays small."""
    child = start([sys.executable, str(ROOT / "deploy" / "demo.py"), "--prepare"], cwd=ROOT, env=environment)
    try:
        if child.wait():
            raise Failure(
                f"数据没有准备好，原因见上。 Preparing failed (code {child.returncode}), see above."
            )
    finally:
        stop(child)


def prepare() -> None:
    """Migrate, load the demo city unless it is there, and write down who may sign in."""
    import django
    from django.core.management import call_command

    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    django.setup()
    say("── 准备数据库 database")
    call_command("migrate", verbosity=0)
    say("── 载入演示数据 demo data")
    call_command("load_demo")
    with open(os.environ["LOGINS"], "w") as logins:
        call_command("load_demo", logins=True, stdout=logins)


def _await_health(host: str, port: int, children: dict, logs: Path) -> None:
    say("── 启动网站 web server and worker")
    deadline = time.monotonic() + 90
    while not _healthy(host, port):
        _check(children, logs)
        if time.monotonic() > deadline:
            raise Failure(f"网站 90 秒内没有就绪，请看 {logs}。 Not healthy after 90 seconds, see the logs.")
        time.sleep(0.2)


def _healthy(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1" if host == "0.0.0.0" else host, port, timeout=5)  # noqa: S104
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _check(children: dict, logs: Path) -> None:
    """Fail when a child is gone, with the end of its log."""
    for name, child in children.items():
        if child.poll() is not None:
            tail = "\n".join((logs / f"{name}.log").read_text(errors="replace").splitlines()[-15:])
            raise Failure(
                f"{tail}\n\n{name} 意外退出（{child.returncode}），全部停止。 {name} died; everything is stopped."
            )


if __name__ == "__main__":
    sys.exit(prepare() if "--prepare" in sys.argv else main())
