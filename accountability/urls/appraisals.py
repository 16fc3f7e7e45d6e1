"""民主评议党员 and 组织处置."""

from django.urls import path

from accountability.views import appraisals, dispositions

urlpatterns = [
    path("organizations/<int:pk>/appraisals/", appraisals.appraisal_list, name="appraisal-list"),
    path("organizations/<int:pk>/appraisals/new/", appraisals.appraisal_start, name="appraisal-start"),
    path(
        "organizations/<int:pk>/appraisals/overview/",
        appraisals.appraisal_overview,
        name="appraisal-overview",
    ),
    path("appraisals/<int:pk>/", appraisals.appraisal_detail, name="appraisal-detail"),
    path("appraisals/<int:pk>/advance/", appraisals.appraisal_advance, name="appraisal-advance"),
    path("appraisals/<int:pk>/version/", appraisals.appraisal_version, name="appraisal-version"),
    path("appraisals/<int:pk>/cancel/", appraisals.appraisal_cancel, name="appraisal-cancel"),
    path("appraisals/<int:pk>/roster/", appraisals.appraisal_roster, name="appraisal-roster"),
    path("appraisals/<int:pk>/meeting/", appraisals.appraisal_meeting, name="appraisal-meeting"),
    path("appraisals/<int:pk>/poll/", appraisals.appraisal_poll, name="appraisal-poll"),
    path("appraisals/<int:pk>/peers/", appraisals.appraisal_peers, name="appraisal-peers"),
    path("appraisals/<int:pk>/decide/", appraisals.appraisal_decide, name="appraisal-decide"),
    path("appraisals/<int:pk>/tell/", appraisals.appraisal_tell, name="appraisal-tell"),
    path("appraisals/<int:pk>/xlsx/", appraisals.appraisal_export, name="appraisal-export"),
    path("member-appraisals/<int:pk>/", appraisals.appraisal_member, name="appraisal-member"),
    path("member-appraisals/<int:pk>/self/", appraisals.appraisal_self, name="appraisal-self"),
    path("member-appraisals/<int:pk>/facts/", appraisals.appraisal_fact, name="appraisal-fact"),
    path("member-appraisals/<int:pk>/print/", appraisals.appraisal_print, name="appraisal-print"),
    path("my-appraisal/", appraisals.my_appraisal, name="my-appraisal"),
    path("organizations/<int:pk>/dispositions/", dispositions.disposition_list, name="disposition-list"),
    path(
        "organizations/<int:pk>/dispositions/new/", dispositions.disposition_create, name="disposition-create"
    ),
    path("dispositions/<int:pk>/", dispositions.disposition_detail, name="disposition-detail"),
    path("dispositions/<int:pk>/step/", dispositions.disposition_step, name="disposition-step"),
    path("dispositions/<int:pk>/stop/", dispositions.disposition_stop, name="disposition-stop"),
]
