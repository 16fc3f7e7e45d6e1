"""问责."""

from django.urls import path

from accountability.views import cases

urlpatterns = [
    path("cases/", cases.case_list, name="case-list"),
    path("cases/new/", cases.case_create, name="case-create"),
    path("cases/<int:pk>/", cases.case_detail_page, name="case-detail"),
    path("cases/<int:pk>/edit/", cases.case_edit, name="case-edit"),
    path("cases/<int:pk>/propose/", cases.case_propose, name="case-propose"),
    path("cases/<int:pk>/decide/", cases.case_decide, name="case-decide"),
    path("cases/<int:pk>/drop/", cases.case_drop, name="case-drop"),
    path("cases/<int:pk>/announce/", cases.case_announce, name="case-announce"),
    path("cases/<int:pk>/appeal/", cases.case_appeal, name="case-appeal"),
    path("cases/<int:pk>/answer/", cases.case_answer, name="case-answer"),
    path("cases/<int:pk>/close/", cases.case_close, name="case-close"),
    path("cases/<int:pk>/readers/", cases.case_readers, name="case-readers"),
    path("cases/<int:pk>/print/", cases.case_print, name="case-print"),
    path("cases/<int:pk>/history/", cases.case_history, name="case-history"),
]
