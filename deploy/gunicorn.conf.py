"""How gunicorn runs the site, in the demo and in production; the address comes from the command line."""

import multiprocessing
import os

from prometheus_client import multiprocess

worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY") or min(multiprocessing.cpu_count(), 8))
threads = 4
timeout = 60
graceful_timeout = 20
keepalive = 5
max_requests = 5000  # a leak, should there be one, stays small
max_requests_jitter = 500
limit_request_line = 8190
control_socket_disable = True  # two sites on one machine would share its path
accesslog = None  # the request middleware writes one structured line a request
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108


def child_exit(server, worker):
    """Fold the metrics of a worker that is gone into the totals."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        multiprocess.mark_process_dead(worker.pid)
