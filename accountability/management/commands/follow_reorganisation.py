"""manage.py follow_reorganisation"""

from django.core.management.base import BaseCommand
from django.utils import timezone

from accountability.actions.succession import follow_reorganisation, hand_over_posts


class Command(BaseCommand):
    help = "合并、撤销单位和离任人员的未完成责任随之移交；可重复执行，平时由定时任务执行。"

    def handle(self, *args, **options):
        now = timezone.now()
        today = timezone.localdate(now)
        units = follow_reorganisation(today=today, now=now)
        posts = hand_over_posts(today=today, now=now)
        self.stdout.write(
            f"组织变动：承接 {units.passed} 项，终止 {units.ended} 项；"
            f"人员接任：移交 {posts.passed} 项，终止 {posts.ended} 项。"
        )
