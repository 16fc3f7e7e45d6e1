from django.urls import path

from ..views import accounts

urlpatterns = [
    path("login/", accounts.login, name="login"),
    path("logout/", accounts.logout, name="logout"),
    path("password/", accounts.password_change, name="password-change"),
    path("appointments/<int:pk>/switch/", accounts.appointment_switch, name="appointment-switch"),
]
