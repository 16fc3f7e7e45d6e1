from django.db.models import QuerySet

from ..choices import RowState
from .organizations import subtree


class ImportJobQuerySet(QuerySet):
    def in_subtree(self, node):
        return self.filter(subtree(node, "organization"))


class ImportRowQuerySet(QuerySet):
    def in_state(self, state):
        """Those in one state of `RowState`, or those with warnings for the word "warned"; anything else is all."""
        if state == "warned":
            return self.filter(has_warnings=True)
        return self.filter(state=state) if state in RowState.values else self
