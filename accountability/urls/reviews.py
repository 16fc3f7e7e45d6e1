"""述职评议 and the secret ballots it shares with others (测评)."""

from django.urls import path

from accountability.views import paper_counts, polls, reviews

urlpatterns = [
    path("organizations/<int:pk>/reviews/", reviews.review_cycle_list, name="review-cycle-list"),
    path("organizations/<int:pk>/reviews/new/", reviews.review_cycle_create, name="review-cycle-create"),
    path("organizations/<int:pk>/review-problems/", reviews.review_problem_list, name="review-problem-list"),
    path("reviews/<int:pk>/", reviews.review_cycle_detail, name="review-cycle-detail"),
    path("reviews/<int:pk>/take-in/", reviews.review_cycle_take_in, name="review-cycle-take-in"),
    path("reviews/<int:pk>/close/", reviews.review_cycle_close, name="review-cycle-close"),
    path("reviews/<int:pk>/withdraw/", reviews.review_cycle_withdraw, name="review-cycle-withdraw"),
    path("reviews/<int:pk>/sessions/", reviews.review_session_list, name="review-session-list"),
    path("reviews/<int:pk>/reports/", reviews.review_report_list, name="review-report-list"),
    path("review-sessions/<int:pk>/", reviews.review_session_detail, name="review-session-detail"),
    path("review-sessions/<int:pk>/arrange/", reviews.review_session_arrange, name="review-session-arrange"),
    path("review-sessions/<int:pk>/rate/", reviews.review_session_rate, name="review-session-rate"),
    path("review-sessions/<int:pk>/grade/", reviews.review_session_grade, name="review-session-grade"),
    path("review-sessions/<int:pk>/publish/", reviews.review_session_publish, name="review-session-publish"),
    path("work-reports/<int:pk>/", reviews.work_report_detail, name="work-report-detail"),
    path("work-reports/<int:pk>/print/", reviews.work_report_print, name="work-report-print"),
    path("work-reports/<int:pk>/edit/", reviews.work_report_edit, name="work-report-edit"),
    path("work-reports/<int:pk>/return/", reviews.work_report_return, name="work-report-return"),
    path("work-reports/<int:pk>/comment/", reviews.work_report_comment, name="work-report-comment"),
    path("work-reports/<int:pk>/grade/", reviews.work_report_grade, name="work-report-grade"),
    path("work-reports/<int:pk>/leave-out/", reviews.work_report_leave_out, name="work-report-leave-out"),
    path(
        "work-reports/<int:pk>/acknowledge/", reviews.work_report_acknowledge, name="work-report-acknowledge"
    ),
    path("work-reports/<int:pk>/problems/new/", reviews.review_problem_add, name="review-problem-add"),
    path("review-problems/<int:pk>/", reviews.review_problem_detail, name="review-problem-detail"),
    path("review-problems/<int:pk>/report/", reviews.review_problem_report, name="review-problem-report"),
    path("review-problems/<int:pk>/check/", reviews.review_problem_check, name="review-problem-check"),
    path("polls/", polls.my_poll_list, name="my-polls"),
    path("polls/<int:pk>/vote/", polls.poll_vote, name="poll-vote"),
    path("polls/<int:pk>/", polls.poll_detail, name="poll-detail"),
    path("polls/<int:pk>/close/", polls.poll_close, name="poll-close"),
    path("polls/<int:pk>/extend/", polls.poll_extend, name="poll-extend"),
    path("polls/<int:pk>/cancel/", polls.poll_cancel, name="poll-cancel"),
    path("polls/<int:pk>/paper-count/", paper_counts.paper_count, name="paper-count"),
]
