"""Words of the field with their Chinese labels; one Chinese word, one English word in the whole project."""

from django.db import models


class OrganizationKind(models.TextChoices):
    COMMITTEE = "COMMITTEE", "党委"
    WORK_COMMITTEE = "WORK_COMMITTEE", "工委"
    LEADING_GROUP = "LEADING_GROUP", "党组"
    OFFICE_COMMITTEE = "OFFICE_COMMITTEE", "机关党委"
    GENERAL_BRANCH = "GENERAL_BRANCH", "党总支"
    BRANCH = "BRANCH", "党支部"
    JOINT_BRANCH = "JOINT_BRANCH", "联合党支部"
    GROUP = "GROUP", "党小组"
    DISCIPLINE_COMMISSION = "DISCIPLINE_COMMISSION", "纪委"
    DISCIPLINE_TEAM = "DISCIPLINE_TEAM", "纪检组"


#: Kinds that lead a branch life of their own: they hold 三会一课.
BRANCH_KINDS = (OrganizationKind.BRANCH, OrganizationKind.JOINT_BRANCH)
#: Kinds that lead others: they see the cockpit of their subtree.
COMMITTEE_KINDS = (
    OrganizationKind.COMMITTEE,
    OrganizationKind.WORK_COMMITTEE,
    OrganizationKind.LEADING_GROUP,
    OrganizationKind.OFFICE_COMMITTEE,
    OrganizationKind.GENERAL_BRANCH,
)


class Chain(models.TextChoices):
    """责任链条: two separate ladders that are never mixed."""

    LOCAL = "LOCAL", "地方链"
    OFFICE = "OFFICE", "机关链"


class Level(models.IntegerChoices):
    """层级 from the top down; the order of the numbers is the order of the rungs of both ladders."""

    NATION = 10, "全国"
    PROVINCE = 20, "省级"
    CITY = 30, "市级"
    COUNTY = 40, "县级"
    OFFICE_WORK_COMMITTEE = 45, "机关工委"
    PRIMARY = 50, "基层党委"
    DEPARTMENT = 52, "部门党组"
    OFFICE_COMMITTEE = 55, "机关党委"
    GENERAL_BRANCH = 60, "党总支"
    BRANCH = 70, "党支部"
    GROUP = 80, "党小组"


class Sector(models.TextChoices):
    RURAL = "RURAL", "农村"
    COMMUNITY = "COMMUNITY", "社区"
    OFFICE = "OFFICE", "机关"
    INSTITUTION = "INSTITUTION", "事业单位"
    SCHOOL = "SCHOOL", "学校"
    STATE_ENTERPRISE = "STATE_ENTERPRISE", "国有企业"
    NEW_ORGANIZATION = "NEW_ORGANIZATION", "两新组织"
    OTHER = "OTHER", "其他"


class EventKind(models.TextChoices):
    FOUNDED = "FOUNDED", "成立"
    CHANGED = "CHANGED", "变更"
    MOVED = "MOVED", "隶属调整"
    MERGED = "MERGED", "合并"
    DISSOLVED = "DISSOLVED", "撤销"


class Gender(models.TextChoices):
    MALE = "MALE", "男"
    FEMALE = "FEMALE", "女"


class MemberCategory(models.TextChoices):
    """人员类别."""

    FULL = "FULL", "正式党员"
    PROBATIONARY = "PROBATIONARY", "预备党员"


class Standing(models.TextChoices):
    """党籍状态."""

    NORMAL = "NORMAL", "正常"
    SUSPENDED = "SUSPENDED", "停止党籍"
    LEFT = "LEFT", "已出党"
    DECEASED = "DECEASED", "已去世"


class VotingRight(models.TextChoices):
    FULL = "FULL", "有表决权"
    PROBATION = "PROBATION", "留党察看"
    SUSPENDED = "SUSPENDED", "中止党员权利"


class Post(models.TextChoices):
    """职务: power comes from current appointments only."""

    SECRETARY = "SECRETARY", "书记"
    DEPUTY_SECRETARY = "DEPUTY_SECRETARY", "副书记"
    ORGANIZATION_MEMBER = "ORGANIZATION_MEMBER", "组织委员"
    PUBLICITY_MEMBER = "PUBLICITY_MEMBER", "宣传委员"
    DISCIPLINE_MEMBER = "DISCIPLINE_MEMBER", "纪检委员"
    COMMITTEE_MEMBER = "COMMITTEE_MEMBER", "委员"
    GROUP_LEADER = "GROUP_LEADER", "党小组组长"
    LIAISON = "LIAISON", "党建联络员"
    BRANCH_CLERK = "BRANCH_CLERK", "支部管理员"
    ORGANIZATION_OFFICER = "ORGANIZATION_OFFICER", "组织干事"
    DISCIPLINE_SECRETARY = "DISCIPLINE_SECRETARY", "纪委书记"
    DISCIPLINE_OFFICER = "DISCIPLINE_OFFICER", "纪检干部"
    ADMINISTRATOR = "ADMINISTRATOR", "业务管理员"
    SYSTEM_ADMINISTRATOR = "SYSTEM_ADMINISTRATOR", "系统管理员"
    SECURITY_ADMINISTRATOR = "SECURITY_ADMINISTRATOR", "安全管理员"
    SECURITY_AUDITOR = "SECURITY_AUDITOR", "安全审计员"
    MEMBER = "MEMBER", "党员"


#: 班子成员: who sits in the committee of an organization.
COMMITTEE_POSTS = (
    Post.SECRETARY,
    Post.DEPUTY_SECRETARY,
    Post.ORGANIZATION_MEMBER,
    Post.PUBLICITY_MEMBER,
    Post.DISCIPLINE_MEMBER,
    Post.COMMITTEE_MEMBER,
    Post.DISCIPLINE_SECRETARY,
)
#: 关键少数: 一把手 and 班子成员.
KEY_POSTS = COMMITTEE_POSTS


class MeetingKind(models.IntegerChoices):
    """One bit each: a meeting carries several kinds in one integer, and SQL counts them without a join."""

    GENERAL_MEETING = 1 << 0, "党员大会"
    COMMITTEE_MEETING = 1 << 1, "支委会"
    GROUP_MEETING = 1 << 2, "党小组会"
    LECTURE = 1 << 3, "党课"
    PARTY_DAY = 1 << 4, "主题党日"
    ORGANIZATION_LIFE = 1 << 5, "组织生活会"
    DEMOCRATIC_LIFE = 1 << 6, "民主生活会"
    APPRAISAL = 1 << 7, "民主评议党员"
    STUDY_GROUP = 1 << 8, "理论学习中心组学习"
    SPECIAL_STUDY = 1 << 9, "专题研究全面从严治党"
    LEADING_MEETING = 1 << 10, "党委（党组）会"
    TALK = 1 << 11, "谈心谈话"
    WORK_REPORT = 1 << 12, "述职"
    TRAINING = 1 << 13, "集中学习培训"

    @classmethod
    def mask(cls, kinds):
        """Return the integer in which all of `kinds` are set."""
        value = 0
        for kind in kinds:
            value |= kind
        return value

    @classmethod
    def unpack(cls, mask):
        """Return the kinds set in `mask`, in the order of declaration."""
        return [kind for kind in cls if mask & kind]


#: 三会一课与主题党日.
CORE_MEETINGS = (
    MeetingKind.GENERAL_MEETING,
    MeetingKind.COMMITTEE_MEETING,
    MeetingKind.GROUP_MEETING,
    MeetingKind.LECTURE,
    MeetingKind.PARTY_DAY,
)


class MeetingStatus(models.TextChoices):
    DRAFT = "DRAFT", "草稿"
    SUBMITTED = "SUBMITTED", "待确认"
    RETURNED = "RETURNED", "已退回"
    CONFIRMED = "CONFIRMED", "已确认"


class AbsenceReason(models.TextChoices):
    SICK = "SICK", "病假"
    PERSONAL = "PERSONAL", "事假"
    OFFICIAL = "OFFICIAL", "公出"
    OTHER = "OTHER", "其他"


#: Leave with a recognised reason leaves both sums of the attendance measure.
RECOGNISED_REASONS = (AbsenceReason.SICK, AbsenceReason.PERSONAL, AbsenceReason.OFFICIAL)


class Decision(models.TextChoices):
    CONFIRMED = "CONFIRMED", "确认"
    RETURNED = "RETURNED", "退回"


class Quantity(models.TextChoices):
    """What an obligation counts."""

    TIMES = "TIMES", "次"
    HOURS = "HOURS", "学时"
    PRESENCE = "PRESENCE", "随会参加"


class Applicability(models.TextChoices):
    ALWAYS = "ALWAYS", "始终适用"
    HAS_COMMITTEE = "HAS_COMMITTEE", "设有支委会"
    HAS_GROUPS = "HAS_GROUPS", "设有党小组"


class TaskState(models.TextChoices):
    """State of long work that can be left and come back to."""

    WAITING = "WAITING", "等待中"
    RUNNING = "RUNNING", "进行中"
    DONE = "DONE", "已完成"
    FAILED = "FAILED", "失败"


class ImportKind(models.TextChoices):
    ORGANIZATIONS = "ORGANIZATIONS", "党组织"
    ROSTER = "ROSTER", "党员名册"


class ImportStep(models.TextChoices):
    """An upload is checked first and applied only on request; given up, its file is erased."""

    CHECK = "CHECK", "检查"
    APPLY = "APPLY", "导入"
    DISCARD = "DISCARD", "已放弃"


class RowState(models.TextChoices):
    """What applying would do with a row of an uploaded file."""

    NEW = "NEW", "新增"
    CHANGED = "CHANGED", "变更"
    UNCHANGED = "UNCHANGED", "无变化"
    WRONG = "WRONG", "有错误"
