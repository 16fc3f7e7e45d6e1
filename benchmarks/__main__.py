import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

REPORT = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"


def main() -> int:
    """Measure everything, or the sections named on the command line; write the report when it was everything."""
    folder = tempfile.mkdtemp(prefix="gauge-bench-")
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"
    os.environ |= {"APP_MODE": "demo", "DATA_DIR": folder}
    import django

    django.setup()
    from benchmarks.plan import run

    try:
        text, everything = run(sys.argv[1:])
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if everything:
        REPORT.write_text(text, encoding="utf-8")
        print(f"written: {REPORT}", flush=True)
    else:
        print(text)
    return 0


if __name__ == "__main__":
    started = time.monotonic()
    code = main()
    print(f"{(time.monotonic() - started) / 60:.1f} minutes")
    sys.exit(code)
