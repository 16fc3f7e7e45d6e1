"""The inbox and its wording."""

from django.urls import path

from accountability.views import notices

urlpatterns = [
    path("notices/", notices.notice_list, name="notice-list"),
    path("notices/read/", notices.notice_read_all, name="notice-read-all"),
    path("notices/settings/", notices.notice_settings, name="notice-settings"),
    path("notices/<int:pk>/", notices.notice_open, name="notice-open"),
    path("notices/<int:pk>/read/", notices.notice_read, name="notice-read"),
    path("notice-wordings/", notices.wording_list, name="wording-list"),
    path("notice-wordings/<str:kind>/", notices.wording_edit, name="wording-edit"),
    path("notice-wordings/<str:kind>/reset/", notices.wording_reset, name="wording-reset"),
]
