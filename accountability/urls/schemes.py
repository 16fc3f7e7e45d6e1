"""Scoring tables (考核办法)."""

from django.urls import path

from accountability.views import scheme_drafts, scheme_exchange, scheme_starters, schemes

urlpatterns = [
    path("organizations/<int:pk>/schemes/", schemes.scheme_list, name="scheme-list"),
    path("organizations/<int:pk>/schemes/new/", scheme_drafts.scheme_create, name="scheme-create"),
    path("organizations/<int:pk>/schemes/import/", scheme_exchange.scheme_import, name="scheme-import"),
    path(
        "organizations/<int:pk>/schemes/import/apply/",
        scheme_exchange.scheme_import_apply,
        name="scheme-import-apply",
    ),
    path("organizations/<int:pk>/schemes/blank/", scheme_exchange.scheme_blank, name="scheme-blank"),
    path("organizations/<int:pk>/schemes/starters/", scheme_starters.scheme_starters, name="scheme-starters"),
    path(
        "organizations/<int:pk>/schemes/starters/<slug:slug>/",
        scheme_starters.scheme_starter,
        name="scheme-starter",
    ),
    path(
        "organizations/<int:pk>/schemes/starters/<slug:slug>/adopt/",
        scheme_starters.scheme_starter_adopt,
        name="scheme-starter-adopt",
    ),
    path("schemes/<int:pk>/export/", scheme_exchange.scheme_export, name="scheme-export"),
    path("schemes/<int:pk>/", schemes.scheme_detail, name="scheme-detail"),
    path("schemes/<int:pk>/versions/", schemes.scheme_versions, name="scheme-versions"),
    path("schemes/<int:pk>/trial/", schemes.scheme_trial, name="scheme-trial"),
    path("schemes/<int:pk>/edit/", schemes.scheme_edit, name="scheme-edit"),
    path("schemes/<int:pk>/copy/", schemes.scheme_copy, name="scheme-copy"),
    path("schemes/<int:pk>/end/", schemes.scheme_end, name="scheme-end"),
    path("schemes/<int:pk>/history/", schemes.scheme_history, name="scheme-history"),
    path("scheme-drafts/<int:pk>/", scheme_drafts.scheme_draft, name="scheme-draft"),
    path("scheme-drafts/<int:pk>/save/", scheme_drafts.scheme_draft_save, name="scheme-draft-save"),
    path("scheme-drafts/<int:pk>/rebase/", scheme_drafts.scheme_draft_rebase, name="scheme-draft-rebase"),
    path("scheme-drafts/<int:pk>/discard/", scheme_drafts.scheme_draft_discard, name="scheme-draft-discard"),
    path("scheme-drafts/<int:pk>/trial/", scheme_drafts.scheme_draft_trial, name="scheme-draft-trial"),
    path("scheme-drafts/<int:pk>/head/", scheme_drafts.scheme_head_edit, name="scheme-head-edit"),
    path("scheme-drafts/<int:pk>/new-line/", scheme_drafts.scheme_line_create, name="scheme-line-create"),
    path("scheme-drafts/<int:pk>/move/", scheme_drafts.scheme_part_move, name="scheme-part-move"),
    path("scheme-drafts/<int:pk>/lines/<path:key>/", scheme_drafts.scheme_line_edit, name="scheme-line-edit"),
    path("scheme-drafts/<int:pk>/items/<path:key>/", scheme_drafts.scheme_item_edit, name="scheme-item-edit"),
    path(
        "scheme-drafts/<int:pk>/new-item/<path:line>/",
        scheme_drafts.scheme_item_create,
        name="scheme-item-create",
    ),
    path(
        "scheme-drafts/<int:pk>/new-rule/<path:at>/",
        scheme_drafts.scheme_rule_create,
        name="scheme-rule-create",
    ),
    path(
        "scheme-drafts/<int:pk>/rules/<int:number>/<path:at>/",
        scheme_drafts.scheme_rule_edit,
        name="scheme-rule-edit",
    ),
    path(
        "scheme-drafts/<int:pk>/remove/<path:at>/",
        scheme_drafts.scheme_part_remove,
        name="scheme-part-remove",
    ),
]
