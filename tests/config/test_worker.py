"""A real worker process over a real broker."""

import pytest

from config.celery import app

pytestmark = [pytest.mark.broker, pytest.mark.slow]


def test_a_worker_answers(worker):
    result = app.send_task("celery.accumulate", args=[1, 2], ignore_result=False)
    assert result.get(timeout=120) == [1, 2]


def test_work_published_while_no_worker_runs_is_done_when_one_starts(broker, start_worker):
    result = app.send_task("celery.accumulate", args=["waited"], ignore_result=False)
    start_worker()
    assert result.get(timeout=120) == ["waited"]
