from django.urls import path

from branches.views import accounts, keeping

urlpatterns = [
    path("login/", accounts.login, name="login"),
    path("logout/", accounts.logout, name="logout"),
    path("password/", accounts.password_change, name="password-change"),
    path("appointments/<int:pk>/switch/", accounts.appointment_switch, name="appointment-switch"),
    path("accounts/", keeping.account_list, name="account-list"),
    path("accounts/new/", keeping.account_create, name="account-create"),
    path("accounts/<int:pk>/", keeping.account_detail, name="account-detail"),
    path("accounts/<int:pk>/reset/", keeping.account_reset, name="account-reset"),
    path("accounts/<int:pk>/active/", keeping.account_active, name="account-active"),
    path("accounts/<int:pk>/appoint/", keeping.account_appoint, name="account-appoint"),
    path("accounts/<int:pk>/relieve/", keeping.account_relieve, name="account-relieve"),
]
