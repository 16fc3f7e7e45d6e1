from django.urls import path

from branches.views import attachments, drafts, entries, live, meetings, reviews

urlpatterns = [
    path("organizations/<int:pk>/meetings/", meetings.meeting_list, name="meeting-list"),
    path("organizations/<int:pk>/meetings/new/", entries.meeting_create, name="meeting-create"),
    path("organizations/<int:pk>/meetings/calendar/", meetings.meeting_calendar, name="meeting-calendar"),
    path("organizations/<int:pk>/meetings/matrix/", meetings.meeting_matrix, name="meeting-matrix"),
    path("organizations/<int:pk>/meetings/panel/", live.meeting_panel, name="meeting-panel"),
    path("organizations/<int:pk>/meetings/vote/", live.meeting_vote, name="meeting-vote"),
    path("organizations/<int:pk>/meetings/draft/", drafts.meeting_draft, name="meeting-draft"),
    path("meeting-drafts/<int:pk>/discard/", drafts.meeting_draft_discard, name="meeting-draft-discard"),
    path("organizations/<int:pk>/review/", reviews.review_queue, name="review-queue"),
    path("organizations/<int:pk>/review/bulk/", reviews.review_bulk, name="review-bulk"),
    path("meetings/<int:pk>/", meetings.meeting_detail, name="meeting-detail"),
    path("meetings/<int:pk>/edit/", entries.meeting_edit, name="meeting-edit"),
    path("meetings/<int:pk>/copy/", entries.meeting_copy, name="meeting-copy"),
    path("meetings/<int:pk>/correct/", entries.meeting_correct, name="meeting-correct"),
    path("meetings/<int:pk>/submitted/", meetings.meeting_submitted, name="meeting-submitted"),
    path("meetings/<int:pk>/withdraw/", meetings.meeting_withdraw, name="meeting-withdraw"),
    path("meetings/<int:pk>/confirm/", reviews.meeting_confirm, name="meeting-confirm"),
    path("meetings/<int:pk>/return/", reviews.meeting_return, name="meeting-return"),
    path("meetings/<int:pk>/print/", meetings.meeting_print, name="meeting-print"),
    path("meetings/<int:pk>/docx/", meetings.meeting_docx_file, name="meeting-docx"),
    path(
        "meetings/<int:pk>/resolutions/<int:number>/done/",
        meetings.resolution_complete,
        name="resolution-complete",
    ),
    path("meetings/<int:pk>/attachments/", attachments.attachment_add, name="attachment-add"),
    path(
        "meetings/<int:pk>/attachments/<int:number>/",
        attachments.attachment_download,
        name="attachment-download",
    ),
    path(
        "meetings/<int:pk>/attachments/<int:number>/remove/",
        attachments.attachment_remove,
        name="attachment-remove",
    ),
]
