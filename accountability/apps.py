from django.apps import AppConfig


class AccountabilityConfig(AppConfig):
    name = "accountability"
    verbose_name = "责任与考核"
    default_auto_field = "django.db.models.BigAutoField"
