from django.db.models import QuerySet

from .organizations import subtree


class ImportJobQuerySet(QuerySet):
    def in_subtree(self, node):
        return self.filter(subtree(node, "organization"))
