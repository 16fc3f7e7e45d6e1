"""Responsibility lists, what was done about them, coverage and succession."""

from django.urls import path

from accountability.views import (
    coverage,
    evidence,
    lists,
    officers,
    personal_items,
    records,
    succession,
    triggers,
)

urlpatterns = [
    path("organizations/<int:pk>/duties/", lists.duty_list_index, name="duty-list-index"),
    path("organizations/<int:pk>/duties/coverage/", coverage.coverage_matrix, name="coverage-matrix"),
    path("organizations/<int:pk>/duties/gaps/", coverage.duty_gaps, name="duty-gaps"),
    path("organizations/<int:pk>/duties/gaps/<slug:gap>/", coverage.duty_gap_list, name="duty-gap-list"),
    path("organizations/<int:pk>/duties/key-posts/", coverage.key_posts, name="key-posts"),
    path(
        "organizations/<int:pk>/duties/matrix/",
        officers.responsibility_matrix,
        name="responsibility-matrix",
    ),
    path(
        "organizations/<int:pk>/duties/matrix/xlsx/",
        officers.responsibility_matrix_export,
        name="responsibility-matrix-export",
    ),
    path("my-duties/", officers.my_duties, name="my-duties"),
    path("appointments/<int:pk>/duties/", officers.officer_duties, name="officer-duties"),
    path("duty-lists/<int:pk>/", lists.duty_list_detail, name="duty-list-detail"),
    path("duty-lists/<int:pk>/sign/", lists.duty_list_sign, name="duty-list-sign"),
    path("duty-lists/<int:pk>/withdraw/", lists.duty_list_withdraw, name="duty-list-withdraw"),
    path("duties/<int:pk>/decompose/", lists.duty_decompose, name="duty-decompose"),
    path("duties/<int:pk>/claim/", lists.duty_claim, name="duty-claim"),
    path("duties/<int:pk>/owner/", lists.duty_owner, name="duty-owner"),
    path("organizations/<int:pk>/duties/stricter/", lists.duty_stricter, name="duty-stricter"),
    path("organizations/<int:pk>/duty-records/", records.duty_record_list, name="duty-record-list"),
    path("duty-records/<int:pk>/", records.duty_record_detail, name="duty-record-detail"),
    path("duty-records/<int:pk>/edit/", records.duty_record_edit, name="duty-record-edit"),
    path("duty-records/<int:pk>/review/", records.duty_record_review, name="duty-record-review"),
    path("duty-records/<int:pk>/history/", records.duty_record_history, name="duty-record-history"),
    path("duty-records/<int:pk>/files/", evidence.evidence_add, name="evidence-add"),
    path("duty-records/<int:pk>/files/<int:number>/", evidence.evidence_download, name="evidence-download"),
    path(
        "duty-records/<int:pk>/files/<int:number>/remove/", evidence.evidence_remove, name="evidence-remove"
    ),
    path("organizations/<int:pk>/duty-triggers/", triggers.duty_trigger_list, name="duty-trigger-list"),
    path("duties/<int:pk>/triggers/new/", triggers.duty_trigger_create, name="duty-trigger-create"),
    path("duty-triggers/<int:pk>/", triggers.duty_trigger_detail, name="duty-trigger-detail"),
    path("organizations/<int:pk>/duty-reviews/", records.duty_review_queue, name="duty-review-queue"),
    path("organizations/<int:pk>/duty-reviews/accept/", records.duty_review_bulk, name="duty-review-bulk"),
    path("duty-lists/<int:pk>/items/new/", personal_items.personal_item_add, name="personal-item-add"),
    path("duties/<int:pk>/withdraw/", personal_items.personal_item_withdraw, name="personal-item-withdraw"),
    path("organizations/<int:pk>/handover/", succession.duty_handover, name="duty-handover"),
]
