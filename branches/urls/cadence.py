from django.urls import path

from branches.views import cadence

urlpatterns = [
    path("configuration/", cadence.configuration, name="configuration"),
    path("cadence/", cadence.cadence_list, name="cadence-list"),
    path("cadence/new/", cadence.cadence_create, name="cadence-create"),
    path("cadence/<int:pk>/change/", cadence.cadence_change, name="cadence-change"),
    path("cadence/<int:pk>/cancel/", cadence.cadence_cancel, name="cadence-cancel"),
    path("cadence/<int:pk>/history/", cadence.cadence_history, name="cadence-history"),
    path("organizations/<int:pk>/obligations/", cadence.obligation_list, name="obligation-list"),
    path(
        "organizations/<int:pk>/obligations/<str:code>/<str:period>/reason/",
        cadence.shortfall_reason,
        name="shortfall-reason",
    ),
]
