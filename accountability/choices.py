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
    RESULT = "RESULT", "考核结果待核对"
    PLAN = "PLAN", "提升计划待制定"
    VOTE = "VOTE", "测评待投票"
    APPRAISED = "APPRAISED", "评议结果已反馈"
    REPORT = "REPORT", "述职报告待提交"
    PROBLEM = "PROBLEM", "评议问题待整改"


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


class Subject(models.TextChoices):
    """Who is scored; the same as `scoring.Subject`."""

    UNIT = "unit", "单位"
    PERSON = "person", "个人"


class RoundState(models.TextChoices):
    COLLECTING = "COLLECTING", "采集事实"
    SHOWN = "SHOWN", "反馈与异议"
    PUBLISHED = "PUBLISHED", "已公布"
    WITHDRAWN = "WITHDRAWN", "已撤销"


class EntryOrigin(models.TextChoices):
    """Where an entry came from; what the system knows is filled in and may be disputed, never typed again."""

    HAND = "HAND", "填报"
    SYSTEM = "SYSTEM", "系统带入"
    ASSESSOR = "ASSESSOR", "评价"
    CORRECTED = "CORRECTED", "异议更正"


class AssessorRole(models.TextChoices):
    SELF = "SELF", "自评"
    PEERS = "PEERS", "互评"
    MEMBERS = "MEMBERS", "党员测评"
    SUPERIOR = "SUPERIOR", "考核单位评价"
    DIRECT = "DIRECT", "直接上级评价"
    PUBLIC = "PUBLIC", "群众评价"


class ObjectionState(models.TextChoices):
    OPEN = "OPEN", "待答复"
    UPHELD = "UPHELD", "采纳"
    REJECTED = "REJECTED", "不采纳"
    WITHDRAWN = "WITHDRAWN", "已撤回"


class AdjustmentKind(models.TextChoices):
    """The same as `scoring.AdjustmentKind`."""

    BONUS = "BONUS", "加分"
    DEDUCTION = "DEDUCTION", "扣分"
    TITLE = "TITLE", "称号"
    VETO = "VETO", "一票否决"
    DOWNGRADE = "DOWNGRADE", "降档"


class Quarter(models.TextChoices):
    """抓两头带中间."""

    FIRST = "FIRST", "先进（前四分之一）"
    LAST = "LAST", "后进（后四分之一）"


class PlanState(models.TextChoices):
    ASKED = "ASKED", "待制定"
    RUNNING = "RUNNING", "推进中"
    REPORTED = "REPORTED", "待验收"
    CLOSED = "CLOSED", "已验收"


class PollPurpose(models.TextChoices):
    REVIEW = "REVIEW", "述职评议"
    APPRAISAL = "APPRAISAL", "民主评议党员"
    ASSESSMENT = "ASSESSMENT", "考核评价"


class PollState(models.TextChoices):
    OPEN = "OPEN", "进行中"
    CLOSED = "CLOSED", "已结束"
    CANCELLED = "CANCELLED", "已取消"


class CycleState(models.TextChoices):
    RUNNING = "RUNNING", "进行中"
    CLOSED = "CLOSED", "已结束"
    WITHDRAWN = "WITHDRAWN", "已撤销"


class SessionState(models.TextChoices):
    PREPARING = "PREPARING", "述前准备"
    RATING = "RATING", "述职评议"
    GRADING = "GRADING", "综合定等"
    PUBLISHED = "PUBLISHED", "已通报"


class ReviewGrade(models.TextChoices):
    """综合等次."""

    GOOD = "GOOD", "好"
    FAIR = "FAIR", "较好"
    AVERAGE = "AVERAGE", "一般"
    POOR = "POOR", "差"


class ProblemState(models.TextChoices):
    OPEN = "OPEN", "整改中"
    REPORTED = "REPORTED", "待核实"
    CLOSED = "CLOSED", "已销号"


class AppraisalStep(models.TextChoices):
    """民主评议的程序."""

    SELF = "SELF", "个人自评"
    PEERS = "PEERS", "党员互评"
    POLL = "POLL", "民主测评"
    DECIDE = "DECIDE", "综合评定"
    TELL = "TELL", "反馈"
    DONE = "DONE", "已完成"


class AppraisalGrade(models.TextChoices):
    EXCELLENT = "EXCELLENT", "优秀"
    QUALIFIED = "QUALIFIED", "合格"
    BARELY = "BARELY", "基本合格"
    UNQUALIFIED = "UNQUALIFIED", "不合格"


class DispositionKind(models.TextChoices):
    IMPROVE = "IMPROVE", "限期改正"
    PERSUADE = "PERSUADE", "劝退"
    REMOVE = "REMOVE", "除名"


class DispositionState(models.TextChoices):
    RUNNING = "RUNNING", "办理中"
    CLOSED = "CLOSED", "已办结"
    STOPPED = "STOPPED", "已终止"


class DispositionStepKind(models.TextChoices):
    """组织处置的步骤, in this order."""

    VERIFY = "VERIFY", "核实"
    COMMITTEE = "COMMITTEE", "支委会"
    PREEXAMINE = "PREEXAMINE", "基层党委预审"
    ASSEMBLY = "ASSEMBLY", "支部大会表决"
    APPROVE = "APPROVE", "党委审批"
    ANNOUNCE = "ANNOUNCE", "宣布"
    FOLLOW = "FOLLOW", "转化考察"


class Situation(models.TextChoices):
    """问责情形, by the eleven headings of the regulation (wording ours)."""

    LEADERSHIP = "LEADERSHIP", "党的领导弱化"
    POLITICAL = "POLITICAL", "政治建设抓得不实"
    THOUGHT = "THOUGHT", "思想建设缺失"
    ORGANIZATION = "ORGANIZATION", "组织建设薄弱"
    STYLE = "STYLE", "作风建设松懈"
    DISCIPLINE = "DISCIPLINE", "纪律建设不严"
    ANTICORRUPTION = "ANTICORRUPTION", "反腐败斗争不力"
    PRINCIPAL = "PRINCIPAL", "主体责任落实不力"
    OVERSIGHT = "OVERSIGHT", "监督责任落实不力"
    PUBLIC_INTEREST = "PUBLIC_INTEREST", "损害群众利益问题处置不力"
    OTHER = "OTHER", "其他失职失责"


class LeadershipPart(models.TextChoices):
    OVERALL = "OVERALL", "全面领导责任"
    MAIN = "MAIN", "主要领导责任"
    IMPORTANT = "IMPORTANT", "重要领导责任"


class CaseMeasure(models.TextChoices):
    """问责方式; may be used alone or together."""

    INSPECT = "INSPECT", "检查"
    CIRCULATE = "CIRCULATE", "通报"
    REORGANISE = "REORGANISE", "改组"
    ADMONISH = "ADMONISH", "诫勉"
    TRANSFER = "TRANSFER", "组织调整或组织处理"
    DISCIPLINE = "DISCIPLINE", "纪律处分"


#: What may be done to an organisation, and what to a leading cadre.
UNIT_MEASURES = (CaseMeasure.INSPECT, CaseMeasure.CIRCULATE, CaseMeasure.REORGANISE)
PERSON_MEASURES = (
    CaseMeasure.CIRCULATE,
    CaseMeasure.ADMONISH,
    CaseMeasure.TRANSFER,
    CaseMeasure.DISCIPLINE,
)


class CaseState(models.TextChoices):
    DRAFT = "DRAFT", "起草"
    PROPOSED = "PROPOSED", "待决定"
    DECIDED = "DECIDED", "已决定"
    ANNOUNCED = "ANNOUNCED", "已宣布"
    APPEALED = "APPEALED", "申诉中"
    CLOSED = "CLOSED", "已办结"
    DROPPED = "DROPPED", "不予问责"
