from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("branches.urls")),
    path("", include("accountability.urls")),
    path("", include("supervision.urls")),
]
