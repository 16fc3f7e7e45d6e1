from django.urls import path

from accountability.views import evidence, issuing, lists, records, templates, triggers

urlpatterns = [
    path("organizations/<int:pk>/duties/", lists.duty_list_index, name="duty-list-index"),
    path("duty-lists/<int:pk>/", lists.duty_list_detail, name="duty-list-detail"),
    path("duty-lists/<int:pk>/sign/", lists.duty_list_sign, name="duty-list-sign"),
    path("duty-lists/<int:pk>/withdraw/", lists.duty_list_withdraw, name="duty-list-withdraw"),
    path("duties/<int:pk>/decompose/", lists.duty_decompose, name="duty-decompose"),
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
    path("duty-templates/", templates.template_list, name="template-list"),
    path("duty-templates/new/", templates.template_create, name="template-create"),
    path("duty-templates/<int:pk>/", templates.template_detail, name="template-detail"),
    path("duty-templates/<int:pk>/edit/", templates.template_edit, name="template-edit"),
    path("duty-templates/<int:pk>/copy/", templates.template_copy, name="template-copy"),
    path("duty-templates/<int:pk>/history/", templates.template_history, name="template-history"),
    path("duty-templates/<int:pk>/versions/", templates.template_versions, name="template-versions"),
    path("duty-templates/<int:pk>/check/", templates.template_check, name="template-check"),
    path("duty-templates/<int:pk>/issue/", issuing.template_issue, name="template-issue"),
    path("organizations/<int:pk>/issue-batches/", issuing.batch_list, name="batch-list"),
    path("issue-batches/<uuid:pk>/", issuing.batch_detail, name="batch-detail"),
    path("issue-batches/<uuid:pk>/progress/", issuing.batch_progress, name="batch-progress"),
    path("issue-batches/<uuid:pk>/withdraw/", issuing.batch_withdraw, name="batch-withdraw"),
    path("issue-batches/<uuid:pk>/resume/", issuing.batch_resume, name="batch-resume"),
]
