from django.urls import path

from ..views import imports

urlpatterns = [
    path("organizations/<int:pk>/imports/", imports.import_list, name="import-list"),
    path("organizations/<int:pk>/imports/upload/", imports.import_upload, name="import-upload"),
    path("organizations/<int:pk>/export/", imports.export_download, name="export-download"),
    path("imports/<uuid:pk>/", imports.import_detail, name="import-detail"),
    path("imports/<uuid:pk>/progress/", imports.import_progress, name="import-progress"),
    path("imports/<uuid:pk>/check/", imports.import_check, name="import-check"),
    path("imports/<uuid:pk>/apply/", imports.import_apply, name="import-apply"),
    path("imports/<uuid:pk>/discard/", imports.import_discard, name="import-discard"),
    path("imports/<uuid:pk>/wrong-rows/", imports.import_wrong_rows, name="import-wrong-rows"),
]
