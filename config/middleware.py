"""What every request and response passes through, whatever the page."""

import time
from contextlib import suppress
from ipaddress import ip_address
from urllib.parse import urlencode, urlsplit

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django_structlog.middlewares import RequestMiddleware


class ClientAddressMiddleware:
    """Puts the visitor's address into REMOTE_ADDR, counting back over the proxies that are ours.

    What stands further left in X-Forwarded-For was written by the visitor and may be anything.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.TRUSTED_PROXIES:
            hops = request.META.pop("HTTP_X_FORWARDED_FOR", "").split(",")
            if len(hops) >= settings.TRUSTED_PROXIES:
                with suppress(ValueError):
                    request.META["REMOTE_ADDR"] = str(ip_address(hops[-settings.TRUSTED_PROXIES].strip()))
        return self.get_response(request)


class RequestLogMiddleware(RequestMiddleware):
    """Logs a request by its path alone: a query names the people and units somebody looks for."""

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return f"{request.method} {request.path}"


class HeadersMiddleware:
    """Headers that Django does not set itself: Permissions-Policy, and the request id that the logs carry."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.request_id = structlog.contextvars.get_contextvars().get("request_id", "")
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        response.headers["X-Request-ID"] = request.request_id
        return response


class BodyLimitMiddleware:
    """Refuses a request whose body is larger than UPLOAD_LIMIT before any of it is read."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length) > settings.UPLOAD_LIMIT:
            megabytes = settings.UPLOAD_LIMIT // (1024 * 1024)
            return render(request, "413.html", {"megabytes": megabytes}, status=413)
        return self.get_response(request)


class IdleExitMiddleware:
    """Slides the end of a session along with its use, writing at most once a minute."""

    def __init__(self, get_response):
        self.get_response = get_response
        self.step = min(60, settings.SESSION_COOKIE_AGE // 4)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "_auth_user_id" in request.session:
            now = int(time.time())
            if now - request.session.get("seen_at", 0) >= self.step:
                request.session["seen_at"] = now
        return self.get_response(request)


class HtmxLoginMiddleware:
    """Sends the whole page to the login when a fragment is asked for without a session, and back afterwards."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        login = resolve_url(settings.LOGIN_URL)
        if request.htmx and response.status_code == 302 and urlsplit(response["Location"]).path == login:
            page = request.htmx.current_url_abs_path or "/"
            if not url_has_allowed_host_and_scheme(page, allowed_hosts=None):
                page = "/"
            response = HttpResponse(
                status=204, headers={"HX-Redirect": f"{login}?{urlencode({'next': page})}"}
            )
        return response
