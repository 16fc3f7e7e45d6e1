from django.urls import include, path

from config import health

handler500 = health.server_error

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("metrics", health.metrics, name="metrics"),
    path("", include("branches.urls")),
    path("", include("accountability.urls")),
    path("", include("supervision.urls")),
]
