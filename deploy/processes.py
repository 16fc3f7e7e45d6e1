"""Starting and stopping child processes so that none outlives its parent, whichever way that one goes."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress

_PR_SET_PDEATHSIG = 1


def start(command: list[str], *, last_signal: int = signal.SIGTERM, **options) -> subprocess.Popen:
    """Start a command in a process group of its own; on Linux it gets `last_signal` when this process dies."""
    parent = os.getpid()

    def follow_parent() -> None:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, last_signal)
        if os.getppid() != parent:  # it died between fork and prctl
            os.kill(os.getpid(), last_signal)

    preexec = follow_parent if sys.platform == "linux" else None
    return subprocess.Popen(command, start_new_session=True, preexec_fn=preexec, **options)


def stop(process: subprocess.Popen, *, with_signal: int = signal.SIGTERM, patience: float = 10) -> None:
    """Ask a process to finish, wait `patience` seconds, then end its whole group."""
    if process.poll() is None:
        process.send_signal(with_signal)
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def free_port() -> int:
    """A port of the loopback interface that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(ready, process: subprocess.Popen, *, seconds: float, name: str) -> None:
    """Call `ready()` until it is true; RuntimeError when the process ends or the time is over first."""
    deadline = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None:
            raise RuntimeError(f"{name} ended at once with code {process.returncode}")
        if time.monotonic() > deadline:
            raise RuntimeError(f"{name} was not ready after {seconds:.0f} seconds")
        time.sleep(0.05)
