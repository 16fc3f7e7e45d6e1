"""Words of responsibility and of the stored numbers, with their Chinese labels."""

from django.db import models


class DutyKind(models.TextChoices):
    PRINCIPAL = "PRINCIPAL", "主体责任"
    OVERSIGHT = "OVERSIGHT", "监督责任"
    FIRST_PERSON = "FIRST_PERSON", "第一责任人"
    DUAL = "DUAL", "一岗双责"
    LEADERSHIP = "LEADERSHIP", "机关党建领导责任"
    DEPLOYMENT = "DEPLOYMENT", "部署任务"


#: Kinds an administrator makes templates of; a deployment is made by the committee that deploys.
TEMPLATE_KINDS = (
    DutyKind.PRINCIPAL,
    DutyKind.OVERSIGHT,
    DutyKind.FIRST_PERSON,
    DutyKind.DUAL,
    DutyKind.LEADERSHIP,
)


class CountedBy(models.TextChoices):
    """What a countable item counts; what the system knows counts by itself once it is confirmed."""

    NOTHING = "", "不计数"
    HAND = "HAND", "次数（填报）"
    MEETINGS = "MEETINGS", "会议次数（自动）"
    PERSONS = "PERSONS", "谈话人数，不重复（自动）"


#: Counts nobody types: they follow from confirmed meetings.
COUNTED_BY_ITSELF = (CountedBy.MEETINGS, CountedBy.PERSONS)


class EvidenceKind(models.TextChoices):
    """What may stand beside a record; optional unless an item says otherwise, and never a photo."""

    OPTIONAL = "OPTIONAL", "可不附"
    MEETING = "MEETING", "会议记录"
    DOCUMENT = "DOCUMENT", "文件"


class DeploymentKind(models.TextChoices):
    DOCUMENT = "DOCUMENT", "文件部署"
    THEME = "THEME", "专题工作"
    CAMPAIGN = "CAMPAIGN", "集中行动"


class DeploymentState(models.TextChoices):
    ISSUED = "ISSUED", "推进中"
    CLOSED = "CLOSED", "已办结"
    WITHDRAWN = "WITHDRAWN", "已撤回"


class Stage(models.TextChoices):
    """What becomes of a deployment at one unit, in this order."""

    RECEIVED = "RECEIVED", "收到"
    ARRANGED = "ARRANGED", "分解"
    EXECUTED = "EXECUTED", "执行"
    COMPLIANT = "COMPLIANT", "合规"
    QUALITY = "QUALITY", "质量"
    FEEDBACK = "FEEDBACK", "反馈"


class IssueReach(models.TextChoices):
    """How far one issue goes below its scope."""

    OWN = "own", "只给该单位"
    CHILDREN = "children", "直接下级"
    SUBTREE = "subtree", "该单位及以下所有适用单位"


class NoticeKind(models.TextChoices):
    DUE_30 = "DUE_30", "30天内到期"
    DUE_7 = "DUE_7", "7天内到期"
    DUE_1 = "DUE_1", "1天内到期"
    OVERDUE = "OVERDUE", "已逾期"
    RETURNED = "RETURNED", "被退回"
    TO_SIGN = "TO_SIGN", "待签收"
    HANDED_OVER = "HANDED_OVER", "职责移交"


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


class Coverage(models.TextChoices):
    """How far a duty has come at whoever it is meant for: the first thing that is missing, in this order."""

    NO_LIST = "NO_LIST", "没有清单"
    UNSIGNED = "UNSIGNED", "未签收"
    UNOWNED = "UNOWNED", "无责任人"
    OVERDUE = "OVERDUE", "有逾期"
    RUNNING = "RUNNING", "进行中"
    DONE = "DONE", "全部完成"
    ON_OCCASION = "ON_OCCASION", "发生才登记"
    NOT_APPLICABLE = "NOT_APPLICABLE", "不适用"


#: What somebody has to act on.
COVERAGE_GAPS = (Coverage.NO_LIST, Coverage.UNSIGNED, Coverage.UNOWNED, Coverage.OVERDUE)


class Part(models.TextChoices):
    """What an officer has to do with an item of their unit, the closest tie first."""

    LEAD = "LEAD", "主责"
    SHARE = "SHARE", "分担"
    FIELD = "FIELD", "分管"
    FIRST = "FIRST", "第一责任"


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
    DEPLOYMENTS = "deployments", "部署落实"


class RunState(models.TextChoices):
    RUNNING = "RUNNING", "计算中"
    DONE = "DONE", "已完成"
    FAILED = "FAILED", "失败"
