from django import forms
from django.db.models import Q

from branches.actions.appointments import SECURITY_POSTS
from branches.choices import (
    BRANCH_KINDS,
    Gender,
    MemberCategory,
    OrganizationKind,
    Post,
    Standing,
    VotingRight,
)
from branches.forms.organizations import DayInput, OrganizationField, SeenForm, compact
from branches.forms.ticks import RowTicks
from branches.identity import CellError, check_landline, check_mobile, normalize_name
from branches.models import Member


class MemberForm(SeenForm):
    name = forms.CharField(label="姓名", max_length=60)
    id_number = forms.CharField(
        label="公民身份证号",
        max_length=18,
        required=False,
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    gender = forms.ChoiceField(label="性别", choices=[("", "—"), *Gender.choices], required=False)
    ethnicity = forms.CharField(label="民族", max_length=20, required=False)
    born_on = forms.DateField(label="出生日期", widget=DayInput, required=False)
    education = forms.CharField(label="学历", max_length=30, required=False)
    category = forms.ChoiceField(label="人员类别", choices=MemberCategory.choices)
    joined_on = forms.DateField(label="加入党组织日期", widget=DayInput, required=False)
    full_on = forms.DateField(label="转为正式党员日期", widget=DayInput, required=False)
    occupation = forms.CharField(label="工作岗位", max_length=60, required=False)
    mobile = forms.CharField(label="手机号", max_length=20, required=False)
    landline = forms.CharField(label="固定电话", max_length=20, required=False)
    address = forms.CharField(label="家庭住址", max_length=200, required=False)
    standing = forms.ChoiceField(label="党籍状态", choices=Standing.choices, initial=Standing.NORMAL)
    voting_right = forms.ChoiceField(label="表决权", choices=VotingRight.choices, initial=VotingRight.FULL)
    is_lost = forms.BooleanField(label="失联党员", required=False)
    lost_on = forms.DateField(label="失去联系日期", widget=DayInput, required=False)
    is_floating = forms.BooleanField(label="流动党员", required=False)
    floating_to = forms.CharField(label="外出流向", max_length=200, required=False)
    reason = forms.CharField(label="原因", max_length=100)

    def clean_name(self):
        return _read(normalize_name, self.cleaned_data["name"])

    def clean_mobile(self):
        return _read(check_mobile, self.cleaned_data["mobile"])

    def clean_landline(self):
        return _read(check_landline, self.cleaned_data["landline"])


class MemberCreateForm(MemberForm):
    starts_on = forms.DateField(label="编入本支部日期", widget=DayInput)


class MemberChangeForm(MemberForm):
    """The id number is never sent to the browser: an empty field leaves it as it is."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["id_number"].help_text = "出于保护个人信息不显示原号码；留空表示不改。"


class MemberTransferForm(forms.Form):
    to = OrganizationField(label="转到党支部")
    effective_on = forms.DateField(label="转接日期", widget=DayInput)
    reason = forms.CharField(label="原因或介绍信编号", max_length=100)

    def __init__(self, *args, rows, **options):
        super().__init__(*args, **options)
        self.fields["to"].rows = rows.filter(kind__in=BRANCH_KINDS)


class RevealForm(forms.Form):
    reason = forms.CharField(
        label="查看原因",
        max_length=200,
        widget=forms.TextInput({"autocomplete": "off"}),
        help_text="会记入审计。",
    )


class GroupCreateForm(forms.Form):
    name = forms.CharField(label="党小组名称", max_length=60)
    founded_on = forms.DateField(label="成立日期", widget=DayInput)

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        compact(self)


class GroupAssignForm(forms.Form):
    group = forms.ModelChoiceField(label="编入", queryset=None, required=False, empty_label="不编组")
    effective_on = forms.DateField(label="自", widget=DayInput)
    members = RowTicks(queryset=None, error_messages={"required": "请先勾选党员。"})

    def __init__(self, *args, branch, groups, **options):
        super().__init__(*args, **options)
        self.fields["group"].queryset = groups
        self.fields["members"].queryset = Member.objects.filter(organization=branch).select_related(
            "organization"
        )


class AppointmentForm(forms.Form):
    post = forms.ChoiceField(label="职务")
    starts_on = forms.DateField(label="任职日期", widget=DayInput)
    in_charge_of = forms.CharField(label="分管工作", max_length=200, required=False)
    member = forms.ModelChoiceField(
        label="对应党员",
        queryset=Member.objects.none(),
        required=False,
        empty_label="不对应",
        help_text="把账号和名册中的本人对应起来，用于参会统计；只需一次。",
    )
    reason = forms.CharField(label="原因或任免文号", max_length=100)

    def __init__(self, *args, organization, user, namesakes, **options):
        super().__init__(*args, **options)
        self.fields["post"].choices = posts_of(organization)
        if user.member_id or not namesakes.exists():
            del self.fields["member"]
        else:
            self.fields["member"].queryset = namesakes
            self.fields["member"].label_from_instance = lambda each: (
                f"{each.name}（{each.organization.short_name}，{each.masked_id_number or '未登记身份证号'}）"
            )


class SecurityPostForm(forms.Form):
    post = forms.ChoiceField(label="职务", choices=[(post.value, post.label) for post in SECURITY_POSTS])
    starts_on = forms.DateField(label="任职日期", widget=DayInput)
    reason = forms.CharField(label="原因或任免文号", max_length=100)


class RelieveForm(SeenForm):
    ends_on = forms.DateField(label="免职日期", widget=DayInput, help_text="自这一天起不再行使职权。")
    reason = forms.CharField(label="原因或任免文号", max_length=100)


class AccountForm(forms.Form):
    name = forms.CharField(label="姓名", max_length=60)
    username = forms.RegexField(
        label="登录名",
        regex=r"^[a-z][a-z0-9._-]{1,39}$",
        max_length=40,
        help_text="小写字母开头，2 至 40 位小写字母、数字、点、横线。",
        error_messages={"invalid": "登录名须以小写字母开头，只含小写字母、数字、点、横线。"},
    )


def posts_of(organization):
    """The posts that can be given at an organisation, without the 三员."""
    if organization.kind == OrganizationKind.GROUP:
        return [(Post.GROUP_LEADER.value, Post.GROUP_LEADER.label)]
    left_out = {*SECURITY_POSTS, Post.GROUP_LEADER}
    if organization.kind in (OrganizationKind.DISCIPLINE_COMMISSION, OrganizationKind.DISCIPLINE_TEAM):
        left_out |= {Post.SECRETARY, Post.ADMINISTRATOR, Post.BRANCH_CLERK}
    return [(post.value, post.label) for post in Post if post not in left_out]


def namesakes_of(user, condition: Q):
    """The members inside `condition` who bear the user's name and have no account yet."""
    return Member.objects.filter(condition, name=user.name, user__isnull=True).select_related("organization")


def _read(check, value):
    try:
        return check(value) if value else value
    except CellError as error:
        raise forms.ValidationError(error.message) from error
