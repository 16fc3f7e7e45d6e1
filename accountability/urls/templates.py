"""Templates of responsibility lists."""

from django.urls import path

from accountability.views import template_exchange, templates

urlpatterns = [
    path("duty-templates/", templates.template_list, name="template-list"),
    path("duty-templates/new/", templates.template_create, name="template-create"),
    path("duty-templates/<int:pk>/", templates.template_detail, name="template-detail"),
    path("duty-templates/<int:pk>/edit/", templates.template_edit, name="template-edit"),
    path("duty-templates/<int:pk>/copy/", templates.template_copy, name="template-copy"),
    path("duty-templates/<int:pk>/history/", templates.template_history, name="template-history"),
    path("duty-templates/<int:pk>/versions/", templates.template_versions, name="template-versions"),
    path("duty-templates/<int:pk>/check/", templates.template_check, name="template-check"),
    path("duty-templates/<int:pk>/update/", templates.template_update, name="template-update"),
    path("duty-templates/<int:pk>/export/", template_exchange.template_export, name="template-export"),
    path("duty-templates/import/", template_exchange.template_import, name="template-import"),
    path(
        "duty-templates/import/apply/", template_exchange.template_import_apply, name="template-import-apply"
    ),
]
