from django.urls import path

from branches.views import appointments, people

urlpatterns = [
    path("organizations/<int:pk>/members/", people.member_list, name="member-list"),
    path("organizations/<int:pk>/members/new/", people.member_create, name="member-create"),
    path("members/<int:pk>/", people.member_detail, name="member-detail"),
    path("members/<int:pk>/reveal/", people.member_reveal, name="member-reveal"),
    path("members/<int:pk>/change/", people.member_change, name="member-change"),
    path("members/<int:pk>/transfer/", people.member_transfer, name="member-transfer"),
    path("organizations/<int:pk>/groups/", people.group_list, name="group-list"),
    path("organizations/<int:pk>/groups/new/", people.group_create, name="group-create"),
    path("organizations/<int:pk>/groups/assign/", people.group_assign, name="group-assign"),
    path("organizations/<int:pk>/appointments/", appointments.appointment_list, name="appointment-list"),
    path(
        "organizations/<int:pk>/appointments/new/", appointments.appointment_create, name="appointment-create"
    ),
    path("appointments/<int:pk>/relieve/", appointments.appointment_relieve, name="appointment-relieve"),
]
