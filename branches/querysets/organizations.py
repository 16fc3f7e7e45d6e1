from django.db.models import Case, F, FilteredRelation, Q, When
from treebeard.mp_tree import MP_NodeManager, MP_NodeQuerySet

from ..choices import BRANCH_KINDS, COMMITTEE_KINDS, OrganizationKind

#: What a period is judged by; `Placement` keeps how it stood before.
JUDGED = ("parent_id", "kind", "level", "chain", "sector", "has_committee")
#: No name is longer than what is looked for; a database refuses a pattern without end.
MOST_LETTERS = 200


def subtree(node, prefix=""):
    """Return the condition "inside the subtree of `node`, itself included" on the relation `prefix` (e.g.
    'organization'); the only place that knows how a path range is asked for."""
    key = f"{prefix}__path" if prefix else "path"
    return Q(**{f"{key}__gte": node.path, f"{key}__lt": node.path + "~"})


class OrganizationQuerySet(MP_NodeQuerySet):
    def in_subtree(self, node):
        """Inside the subtree of `node`, itself included, by a path range both databases answer from an index."""
        return self.filter(subtree(node))

    def below(self, node):
        return self.in_subtree(node).exclude(pk=node.pk)

    def above(self, node):
        """The ancestors of `node`, itself excluded, from the top."""
        step = node.steplen
        return self.filter(path__in=[node.path[:end] for end in range(step, len(node.path), step)]).order_by(
            "path"
        )

    def active_on(self, day):
        return self.filter(Q(founded_on__isnull=True) | Q(founded_on__lte=day)).filter(
            Q(dissolved_on__isnull=True) | Q(dissolved_on__gt=day)
        )

    def as_of(self, day):
        """The same rows with `stood_parent_id`, `stood_kind`, `stood_level`, `stood_chain`, `stood_sector` and
        `stood_has_committee`: as they stood on `day`. One join, from an index; nothing to read while nothing has
        moved. Which of them existed then says `active_on(day)`."""
        return self.annotate(
            stood=FilteredRelation(
                "placements",
                condition=Q(placements__ends_on__gt=day)
                & (Q(placements__starts_on__isnull=True) | Q(placements__starts_on__lte=day)),
            ),
            **{
                f"stood_{name}": Case(
                    When(stood__pk__isnull=False, then=F(f"stood__{name}")), default=F(name)
                )
                for name in JUDGED
            },
        )

    def branches(self):
        return self.filter(kind__in=BRANCH_KINDS)

    def committees(self):
        return self.filter(kind__in=COMMITTEE_KINDS)

    def groups(self):
        return self.filter(kind=OrganizationKind.GROUP)

    def named(self, text):
        """Those whose name contains `text`, or whose code, pinyin or initials begin with it."""
        text = text.strip()[:MOST_LETTERS]
        if not text:
            return self
        low = text.lower()
        return self.filter(
            Q(name__contains=text)
            | Q(short_name__contains=text)
            | Q(code__startswith=text)
            | Q(pinyin__startswith=low)
            | Q(initials__startswith=low)
        )


class OrganizationManager(MP_NodeManager.from_queryset(OrganizationQuerySet)):
    def get_queryset(self):
        # treebeard's own manager names its queryset class and would drop ours.
        return self._queryset_class(self.model, using=self._db).order_by("path")
