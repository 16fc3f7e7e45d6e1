"""`make screenshots`: start the demo on a port of its own and take docs/screenshots/ from it."""

import http.client
import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from deploy.processes import free_port, start, stop  # noqa: E402

TARGET = ROOT / "docs" / "screenshots"
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}

# file name, who, path or the texts of the links to follow from the first page, size of the window
PICTURES = [
    ("cockpit", "shi", "/", DESKTOP),
    ("county", "qian", "/", DESKTOP),
    ("todo", "li", "/", DESKTOP),
    ("todo-phone", "li", "/", PHONE),
    ("meeting-phone", "li", "记录会议", PHONE),
    ("review", "zhao", "/", DESKTOP),
    ("result", "li", "考核 → 2025年度基层党组织考核", DESKTOP),
]


def main() -> None:
    """Take every picture of the list."""
    data = ROOT / "data" / "screenshots"  # beside the demo's own, which may be running
    environment = os.environ | {"PORT": str(free_port()), "HOST": "127.0.0.1", "DATA_DIR": str(data)}
    with ExitStack() as stack:
        demo = start([sys.executable, str(ROOT / "deploy" / "demo.py")], env=environment)
        stack.callback(stop, demo, patience=30)
        _wait(demo, int(environment["PORT"]))
        password = _password(environment)
        browser = stack.enter_context(sync_playwright()).chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        TARGET.mkdir(parents=True, exist_ok=True)
        for name, who, where, window in PICTURES:
            context = browser.new_context(
                base_url=f"http://127.0.0.1:{environment['PORT']}",
                viewport=window,
                locale="zh-CN",
                timezone_id="Asia/Shanghai",
                device_scale_factor=2 if window is PHONE else 1,
            )
            page = context.new_page()
            page.goto("/login/")
            page.fill("[name=username]", who)
            page.fill("[name=password]", password)
            page.press("[name=password]", "Enter")
            page.wait_for_url(lambda url: "/login/" not in url)
            if where.startswith("/"):
                page.goto(where)
            else:
                for text in where.split(" → "):
                    page.get_by_role("link", name=text).first.click()
                    page.wait_for_load_state("networkidle")
            page.wait_for_load_state("networkidle")
            page.screenshot(path=TARGET / f"{name}.png", full_page=window is DESKTOP)
            print(TARGET / f"{name}.png", flush=True)
            context.close()
        browser.close()


def _wait(demo: subprocess.Popen, port: int) -> None:
    while demo.poll() is None:
        with suppress(OSError):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.5)
    sys.exit("the demo did not start, see above")


def _password(environment: dict) -> str:
    """The demo's password, as the demo itself prints it."""
    command = [sys.executable, str(ROOT / "manage.py"), "load_demo", "--logins"]
    environment = environment | {"APP_MODE": "demo"}
    logins = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    ).stdout
    return re.search(r"密码均为 ([^）\s]+)", logins)[1]


if __name__ == "__main__":
    main()
