from django.db.models import Case, Q, QuerySet, Value, When

from ..choices import KEY_POSTS, MemberCategory, Post, Standing
from .organizations import MOST_LETTERS, subtree


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
        text = text.strip()[:MOST_LETTERS]
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

    def by_post(self):
        """From the top of the tree down, at each organisation as the posts are declared; never by what they did."""
        ranks = [When(post=post, then=Value(rank)) for rank, post in enumerate(Post.values)]
        return self.annotate(rank=Case(*ranks, default=Value(len(ranks)))).order_by(
            "organization__path", "rank", "pk"
        )

    def after_key(self, key):
        """Those that follow `key` ("path~rank~pk", see `key_of`) in the order of `by_post`; all for any other text."""
        path, _, rest = key.partition("~")
        rank, _, pk = rest.partition("~")
        if not (rank.isdecimal() and pk.isdecimal()):
            return self
        here = Q(organization__path=path)
        return self.filter(
            Q(organization__path__gt=path)
            | here & Q(rank__gt=int(rank))
            | here & Q(rank=int(rank), pk__gt=int(pk))
        )

    @staticmethod
    def key_of(appointment) -> str:
        """The place of a row in the order of `by_post`."""
        return f"{appointment.organization.path}~{appointment.rank}~{appointment.pk}"

    def in_subtree(self, node):
        return self.filter(subtree(node, "organization"))
