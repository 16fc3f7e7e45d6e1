from django.urls import include, path

from .views import insert_meeting

urlpatterns = [path("bare/<int:pk>/", insert_meeting), path("", include("config.urls"))]
