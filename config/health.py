"""Pages for machines, and the page shown when the program itself is in trouble."""

import ipaddress
import secrets
import sys

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_prometheus.exports import ExportToDjangoView

from branches.uploads import is_out_of_space

_migrated = False


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """State of database, migrations and broker: 200 "ok" or "degraded" (no broker), 503 "failing"."""
    state = {"database": _database(), "migrations": "unknown", "broker": _broker()}
    if state["database"] == "ok":
        state["migrations"] = _migrations()
    if state["database"] != "ok" or state["migrations"] != "ok":
        return JsonResponse({"status": "failing", **state}, status=503)
    return JsonResponse({"status": "ok" if state["broker"] == "ok" else "degraded", **state})


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError):
        connection.close()
        return "unreachable"
    return "ok"


def _migrations() -> str:
    global _migrated  # a running process cannot fall behind the migrations it was started with
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return "ok" if _migrated else "pending"


def _broker() -> str:
    if not settings.REDIS_URL:
        return "none"
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=0.5, socket_timeout=0.5, retry=None
        ) as client:
            client.ping()
    except redis.RedisError:
        return "unreachable"
    return "ok"


@login_not_required
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus metrics, for the machine itself or the bearer of METRICS_TOKEN."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    token_fits = bool(settings.METRICS_TOKEN) and secrets.compare_digest(
        given.encode(), settings.METRICS_TOKEN.encode()
    )
    if not token_fits and not _from_this_machine(request):
        raise PermissionDenied
    return ExportToDjangoView(request)


def _from_this_machine(request: HttpRequest) -> bool:
    if "X-Forwarded-For" in request.headers:  # a proxy on this machine that nobody declared ours
        return False
    address = request.META.get("REMOTE_ADDR") or "127.0.0.1"  # a unix socket has no address
    return ipaddress.ip_address(address).is_loopback


def server_error(request: HttpRequest) -> HttpResponse:
    """The last resort: 503 when the database is away or busy, which passes, 507 when the disk is full, else 500."""
    request_id = getattr(request, "request_id", "")
    error = sys.exc_info()[1]
    if is_out_of_space(error):
        return render(request=None, template_name="507.html", context={"request_id": request_id}, status=507)
    if _is_away(error):
        response = render(
            request=None, template_name="503.html", context={"request_id": request_id}, status=503
        )
        response.headers["Retry-After"] = "10"
        return response
    return render(request=None, template_name="500.html", context={"request_id": request_id}, status=500)


def _is_away(error: BaseException | None) -> bool:
    """Whether the database cannot be reached; a connection that breaks off is at times reported as no more than that."""
    return isinstance(error, OperationalError | InterfaceError) or type(error) is DatabaseError
