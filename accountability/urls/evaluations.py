"""Rounds, facts, assessors, results, objections, plans (考核)."""

from django.urls import path

from accountability.views import (
    adjustments,
    assessing,
    assessment_grids,
    disputes,
    entries,
    fact_sheets,
    grids,
    objections,
    plans,
    publication,
    results,
    rounds,
)

urlpatterns = [
    path("organizations/<int:pk>/evaluations/", rounds.evaluation_home_page, name="evaluation-home"),
    path("organizations/<int:pk>/evaluation-rounds/", rounds.round_list, name="round-list"),
    path("organizations/<int:pk>/evaluation-rounds/new/", rounds.round_create, name="round-create"),
    path("organizations/<int:pk>/evaluation-rounds/<int:number>/", rounds.round_share, name="round-share"),
    path("evaluation-rounds/<int:pk>/", rounds.round_detail, name="round-detail"),
    path("evaluation-rounds/<int:pk>/evaluate/", rounds.round_evaluate, name="round-evaluate"),
    path("evaluation-rounds/<int:pk>/progress/", rounds.round_progress, name="round-progress"),
    path("evaluation-rounds/<int:pk>/units/", rounds.round_units, name="round-units"),
    path("evaluation-rounds/<int:pk>/change/", rounds.round_change, name="round-change"),
    path("evaluation-rounds/<int:pk>/history/", rounds.round_history, name="round-history"),
    path("evaluation-rounds/<int:pk>/withdraw/", rounds.round_withdraw, name="round-withdraw"),
    path(
        "evaluation-rounds/<int:pk>/schemes/<int:number>/version/", rounds.round_version, name="round-version"
    ),
    path("evaluations/<int:pk>/settings/", rounds.evaluation_settings, name="evaluation-settings"),
    path("evaluations/<int:pk>/fill/", entries.evaluation_fill, name="evaluation-fill"),
    path("evaluations/<int:pk>/entries/", entries.entry_save, name="entry-save"),
    path(
        "evaluations/<int:pk>/entries/<int:number>/withdraw/", entries.entry_withdraw, name="entry-withdraw"
    ),
    path("evaluations/<int:pk>/files/<int:number>/", entries.entry_file, name="entry-file"),
    path(
        "evaluations/<int:pk>/files/<int:number>/remove/", entries.entry_file_remove, name="entry-file-remove"
    ),
    path("evaluations/<int:pk>/entries/<int:number>/dispute/", disputes.dispute_raise, name="dispute-raise"),
    path("objections/<int:pk>/dispute/", disputes.dispute_answer, name="dispute-answer"),
    path("objections/<int:pk>/take-back/", disputes.objection_take_back, name="objection-take-back"),
    path("organizations/<int:pk>/adjustments/", adjustments.adjustment_list, name="adjustment-list"),
    path("organizations/<int:pk>/adjustments/new/", adjustments.adjustment_create, name="adjustment-create"),
    path("adjustments/<int:pk>/withdraw/", adjustments.adjustment_withdraw, name="adjustment-withdraw"),
    path("evaluations/<int:pk>/", results.evaluation_detail, name="evaluation-detail"),
    path("evaluations/<int:pk>/print/", results.evaluation_print, name="evaluation-print"),
    path("evaluations/<int:pk>/xlsx/", results.evaluation_export, name="evaluation-export"),
    path("evaluations/<int:pk>/comparison/", results.evaluation_comparison, name="evaluation-comparison"),
    path("evaluations/<int:pk>/agree/", results.evaluation_agree, name="evaluation-agree"),
    path("evaluations/<int:pk>/object/", objections.objection_raise, name="objection-raise"),
    path("evaluation-rounds/<int:pk>/objections/", objections.objection_list, name="objection-list"),
    path("objections/<int:pk>/", objections.objection_detail, name="objection-detail"),
    path("objections/<int:pk>/answer/", objections.objection_answer, name="objection-answer"),
    path("evaluation-rounds/<int:pk>/show/", publication.round_show, name="round-show"),
    path("evaluation-rounds/<int:pk>/publish/", publication.round_publish, name="round-publish"),
    path("evaluation-rounds/<int:pk>/reopen/", publication.round_reopen, name="round-reopen"),
    path("evaluation-rounds/<int:pk>/grades/", results.round_grades, name="round-grades"),
    path("evaluation-rounds/<int:pk>/xlsx/", results.round_export, name="round-export"),
    path("evaluation-rounds/<int:pk>/plans/", plans.plan_ask, name="plan-ask"),
    path("organizations/<int:pk>/improvement-plans/", plans.plan_list, name="plan-list"),
    path("improvement-plans/<int:pk>/", plans.plan_detail, name="plan-detail"),
    path("improvement-plans/<int:pk>/edit/", plans.plan_edit, name="plan-edit"),
    path("improvement-plans/<int:pk>/steps/<int:number>/", plans.plan_step, name="plan-step"),
    path("improvement-plans/<int:pk>/report/", plans.plan_report, name="plan-report"),
    path("improvement-plans/<int:pk>/review/", plans.plan_review, name="plan-review"),
    path("assessments/", assessing.assessment_list, name="assessment-list"),
    path("assessments/<int:window>/grid/", assessment_grids.assessment_grid, name="assessment-grid"),
    path("assessments/<int:window>/<int:evaluation>/", assessing.assessment_edit, name="assessment-edit"),
    path("evaluation-rounds/<int:pk>/windows/", assessing.window_list, name="window-list"),
    path("evaluation-rounds/<int:pk>/windows/<int:number>/", assessing.window_change, name="window-change"),
    path(
        "evaluation-rounds/<int:pk>/windows/<int:number>/sheets/",
        assessing.window_sheets,
        name="window-sheets",
    ),
    path(
        "evaluation-rounds/<int:pk>/windows/<int:number>/sheets/<int:sheet>/return/",
        assessing.sheet_return,
        name="sheet-return",
    ),
    path(
        "evaluation-rounds/<int:pk>/windows/<int:number>/polls/", assessing.window_polls, name="window-polls"
    ),
    path(
        "evaluation-rounds/<int:pk>/windows/<int:number>/close/", assessing.window_close, name="window-close"
    ),
    path("evaluation-rounds/<int:pk>/facts/", fact_sheets.round_facts_import, name="round-facts-import"),
    path("evaluation-rounds/<int:pk>/facts/apply/", fact_sheets.round_facts_apply, name="round-facts-apply"),
    path("evaluation-rounds/<int:pk>/facts/sheet/", fact_sheets.round_facts_sheet, name="round-facts-sheet"),
    path("evaluation-rounds/<int:pk>/items/", grids.round_items, name="round-items"),
    path("evaluation-rounds/<int:pk>/items/fill/", grids.round_item_fill, name="round-item-fill"),
]
