"""The demo's starter, as far as it goes without the demo's data."""

import os
import socket
import subprocess
import sys


def demo(**environment):
    return subprocess.run(
        [sys.executable, "deploy/demo.py"],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=30,
    )


def test_a_taken_port_says_so_and_names_another(tmp_path):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        result = demo(PORT=str(port), DATA_DIR=str(tmp_path))
    assert result.returncode == 1
    assert f"端口 {port} 已被占用" in result.stdout
    assert f"PORT={port + 1} make demo" in result.stdout
    assert "Traceback" not in result.stdout + result.stderr
    assert list(tmp_path.iterdir()) == [], "nothing was started"


def test_something_that_is_no_port_says_so():
    result = demo(PORT="eighty")
    assert result.returncode == 1
    assert "不是端口号" in result.stdout
