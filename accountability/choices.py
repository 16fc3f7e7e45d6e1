"""Words of responsibility and of the stored numbers, with their Chinese labels."""

from django.db import models


class DutyKind(models.TextChoices):
    PRINCIPAL = "PRINCIPAL", "主体责任"
    OVERSIGHT = "OVERSIGHT", "监督责任"
    FIRST_PERSON = "FIRST_PERSON", "第一责任人"
    DUAL = "DUAL", "一岗双责"


class ListStatus(models.TextChoices):
    ISSUED = "ISSUED", "已下发"
    SIGNED = "SIGNED", "已签收"
    WITHDRAWN = "WITHDRAWN", "已撤回"


class RecordStatus(models.TextChoices):
    """A duty that is due stays open, late if need be, until somebody accepts what was done about it."""

    OPEN = "OPEN", "待履行"
    SUBMITTED = "SUBMITTED", "待审核"
    RETURNED = "RETURNED", "已退回"
    ACCEPTED = "ACCEPTED", "已认可"


class Decision(models.TextChoices):
    ACCEPTED = "ACCEPTED", "认可"
    RETURNED = "RETURNED", "退回"


class Measure(models.TextChoices):
    """指标: each has two integer columns, `<key>_due` and `<key>_done`, on every stored row of numbers.

    What a measure means and how it is counted is declared in `supervision.attenuation.measures`;
    a test says the two sets agree.
    """

    CORE_MEETINGS = "core_meetings", "三会一课与主题党日"
    ATTENDANCE = "attendance", "参会"
    KEY_POSTS_ATTENDANCE = "key_posts_attendance", "关键少数参会"
    DUAL_LIFE = "dual_life", "双重组织生活"
    SPECIAL_STUDY = "special_study", "专题研究与中心组学习"
    DUTIES = "duties", "责任事项"
    DUTIES_TIMELY = "duties_timely", "按时履责"


class RunState(models.TextChoices):
    RUNNING = "RUNNING", "计算中"
    DONE = "DONE", "已完成"
    FAILED = "FAILED", "失败"
