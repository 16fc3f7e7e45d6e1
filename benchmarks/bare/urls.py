from django.urls import path

from .views import insert_meeting

urlpatterns = [path("organizations/<int:pk>/meetings/new/", insert_meeting)]
