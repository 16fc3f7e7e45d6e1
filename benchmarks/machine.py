"""On what the figures were taken."""

import os
import platform
from datetime import date
from pathlib import Path

import django
from django.db import connection


def facts(today: date) -> dict[str, str]:
    """Return date, machine and versions as label → text."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        [postgres] = cursor.fetchone()
        cursor.execute(
            "SELECT name, setting, unit FROM pg_settings WHERE name IN ('fsync', 'shared_buffers', 'work_mem')"
        )
        settings = ", ".join(
            f"{name} {_size(value, unit)}" for name, value, unit in sorted(cursor.fetchall())
        )
    return {
        "date": today.isoformat(),
        "machine": f"{os.cpu_count()} cores, {_memory()} memory, {_processor()}, {platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        "Django": django.get_version(),
        "PostgreSQL": f"{postgres} ({settings})",
    }


def _memory() -> str:
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    return next(
        (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")),
        "unknown processor",
    )


def _size(value: str, unit: str | None) -> str:
    """A setting in megabytes where it is a size."""
    kilobytes = {"kB": 1, "8kB": 8}.get(unit or "")
    return f"{int(value) * kilobytes // 1024} MB" if kilobytes else value
