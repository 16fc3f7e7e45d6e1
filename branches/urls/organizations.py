from django.urls import path

from branches.views import history, organizations

urlpatterns = [
    path("organizations/search/", organizations.organization_search, name="organization-search"),
    path("organizations/options/", organizations.organization_options, name="organization-options"),
    path("organizations/<int:pk>/", organizations.organization_detail, name="organization-detail"),
    path("organizations/<int:pk>/tree/", organizations.organization_tree, name="organization-tree"),
    path("organizations/<int:pk>/new/", organizations.organization_create, name="organization-create"),
    path("organizations/<int:pk>/change/", organizations.organization_change, name="organization-change"),
    path("organizations/<int:pk>/move/", organizations.organization_move, name="organization-move"),
    path("organizations/<int:pk>/merge/", organizations.organization_merge, name="organization-merge"),
    path(
        "organizations/<int:pk>/dissolve/", organizations.organization_dissolve, name="organization-dissolve"
    ),
    path("organizations/<int:pk>/history/", history.organization_history, name="organization-history"),
    path("members/<int:pk>/history/", history.member_history, name="member-history"),
    path("appointments/<int:pk>/history/", history.appointment_history, name="appointment-history"),
    path("meetings/<int:pk>/history/", history.meeting_history, name="meeting-history"),
]
