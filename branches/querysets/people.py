from django.db.models import Q, QuerySet

from ..choices import KEY_POSTS, MemberCategory, Standing
from .organizations import subtree


def in_force(day, start="starts_on", end="ends_on", prefix=""):
    """Return the condition "the stretch [start, end) contains `day`"; an open side is unbounded."""
    start, end = prefix + start, prefix + end
    return (Q(**{f"{start}__isnull": True}) | Q(**{f"{start}__lte": day})) & (
        Q(**{f"{end}__isnull": True}) | Q(**{f"{end}__gt": day})
    )


class MemberQuerySet(QuerySet):
    def in_subtree(self, node):
        return self.filter(subtree(node, "organization"))

    def full(self):
        return self.filter(category=MemberCategory.FULL)

    def in_standing(self):
        return self.filter(standing=Standing.NORMAL)

    def named(self, text):
        text = text.strip()
        if not text:
            return self
        low = text.lower()
        return self.filter(Q(name__contains=text) | Q(pinyin__startswith=low) | Q(initials__startswith=low))


class MembershipQuerySet(QuerySet):
    def on(self, day):
        return self.filter(in_force(day))


class AppointmentQuerySet(QuerySet):
    def on(self, day):
        return self.filter(in_force(day))

    def key_posts(self):
        return self.filter(post__in=KEY_POSTS)

    def in_subtree(self, node):
        return self.filter(subtree(node, "organization"))
