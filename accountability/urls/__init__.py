"""Addresses of responsibility; one topic a file."""

from accountability.urls import (
    appraisals,
    cases,
    deployments,
    duties,
    evaluations,
    notices,
    reviews,
    schemes,
    templates,
)

urlpatterns = [
    *duties.urlpatterns,
    *templates.urlpatterns,
    *deployments.urlpatterns,
    *schemes.urlpatterns,
    *evaluations.urlpatterns,
    *reviews.urlpatterns,
    *appraisals.urlpatterns,
    *cases.urlpatterns,
    *notices.urlpatterns,
]
