"""The same task twice in the same moment, with real threads on PostgreSQL."""

import pytest

from accountability.actions.digests import send_digests
from accountability.actions.notices import write_notices
from accountability.actions.succession import Followed, follow_reorganisation, hand_over_posts
from accountability.models import Duty, DutyHandover, DutyRecord, Notice
from branches.actions.reshaping import merge_organizations
from branches.choices import Post
from branches.models import Appointment
from tests.accountability.conftest import NOW, TODAY
from tests.accountability.test_succession import LATER, strip_list
from tests.branches.test_meetings_at_once import at_once
from tests.conftest import employ

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_everybody_is_told_once_and_gets_one_letter(cast, issued, mailoutbox):
    for who in ("li", "wang", "zhao"):
        cast.people[who].email = f"{who}@example.cn"
        cast.people[who].save()
    assert not [
        each
        for each in at_once(*[lambda: write_notices(today=TODAY, now=NOW)] * 3)
        if isinstance(each, Exception)
    ]
    keys = list(Notice.objects.values_list("user", "kind", "row"))
    assert len(keys) == len(set(keys)) > 0
    answers = at_once(*[lambda: send_digests(today=TODAY, now=NOW)] * 3)
    assert sum(answers) == 3
    assert sorted(letter.to[0] for letter in mailoutbox) == [
        f"{who}@example.cn" for who in ("li", "wang", "zhao")
    ]


def test_duties_follow_once(cast, issued):
    strip_list(cast.second)
    number = DutyRecord.objects.unfinished().count()
    merge_organizations(
        actor=None, now=NOW, sources=[cast.first], into=cast.second, effective_on=TODAY, reason="撤并"
    )
    answers = at_once(*[lambda: follow_reorganisation(today=TODAY, now=LATER)] * 3)
    assert sum(answers, Followed()) == Followed(Duty.objects.filter(organization=cast.second).count(), 0)
    assert DutyRecord.objects.unfinished().count() == number


def test_a_post_passes_once(cast, issued):
    giver = Appointment.objects.create(
        user=employ("old", "旧书记"), organization=cast.town, post=Post.SECRETARY, starts_on="2026-01-01"
    )
    Duty.objects.filter(organization=cast.town).update(owner=giver)
    Appointment.objects.filter(pk=giver.pk).update(ends_on=TODAY)
    employ("new", "新书记", (cast.town, Post.SECRETARY))
    answers = at_once(*[lambda: hand_over_posts(today=TODAY, now=LATER)] * 3)
    assert sum(answers, Followed()) == Followed(DutyHandover.objects.count(), 0)
    assert DutyHandover.objects.count() == Duty.objects.filter(organization=cast.town).count()
