"""Addresses of this floor, one topic a file."""

from . import accounts, audit, cadence, imports, meetings, organizations, people

urlpatterns = [
    *accounts.urlpatterns,
    *organizations.urlpatterns,
    *people.urlpatterns,
    *meetings.urlpatterns,
    *cadence.urlpatterns,
    *imports.urlpatterns,
    *audit.urlpatterns,
]
