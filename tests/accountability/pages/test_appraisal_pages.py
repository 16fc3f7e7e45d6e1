import io

import openpyxl
import pytest
import time_machine
from django.urls import reverse

from accountability.models import AppraisalProgramme, MemberAppraisal
from branches.models import Membership
from tests.accountability.appraising import (
    NOW,
    TODAY,
    appraisal_meeting,
    appraisal_of,
    members_scheme,
    start,
    tell,
    to_decide,
    to_poll,
    to_tell,
    write,
)
from tests.conftest import enrol


@pytest.fixture(autouse=True)
def november():
    with time_machine.travel("2026-11-20 10:00 +0800", tick=False):
        yield


def text(answer):
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def url(name, row):
    return reverse(name, args=[row.pk])


def test_a_branch_starts_and_goes_through_the_steps_on_its_pages(cast, acting):
    client = cast.client("li")
    assert "还没有开始民主评议" in text(client.get(url("appraisal-list", cast.first)))
    page = text(client.post(url("appraisal-start", cast.first), {"year": "2026", "version": ""}, follow=True))
    programme = AppraisalProgramme.objects.get()
    assert "民主评议已经开始" in page
    assert "10人还没有自评（李明、" in page
    assert "已经开始" in text(client.post(url("appraisal-start", cast.first), {"year": "2026"}))
    detail = url("appraisal-detail", programme)
    page = text(client.post(url("appraisal-advance", programme), {"step": "SELF", "reason": ""}))
    assert "请写明原因再进入下一步" in page
    reason = {"step": "SELF", "reason": "农忙，纸质自评陆续收"}
    assert "已进入“党员互评”" in text(client.post(url("appraisal-advance", programme), reason, follow=True))
    note = {f"notes_{appraisal_of(cast, '周兰').pk}": "帮带新党员"}
    assert "更改1人" in text(client.post(url("appraisal-peers", programme), note, follow=True))
    long = {f"notes_{appraisal_of(cast, '周兰').pk}": "长" * 501}
    page = text(client.post(url("appraisal-peers", programme), long))
    assert "请写要点" in page
    assert "长" * 501 in page
    client.post(url("appraisal-advance", programme), {"step": "PEERS", "reason": ""})
    page = text(client.post(url("appraisal-poll", programme), {"closes_at": "2026-11-19T10:00"}))
    assert "截止时间要晚于开始时间" in page
    page = text(client.post(url("appraisal-poll", programme), {"closes_at": "2026-11-20T18:00"}, follow=True))
    assert "参评 10 人，已在网上投票 0 人" in page
    meeting = appraisal_meeting(cast)
    assert "民主评议会" in text(
        client.post(url("appraisal-meeting", programme), {"meeting": meeting.pk}, follow=True)
    )
    assert "网上投票已结束" in text(
        client.post(url("appraisal-poll", programme), {"close": "1"}, follow=True)
    )
    assert "必须先完成" in text(client.get(detail))
    assert "进入下一步" not in text(client.get(detail))


def test_the_list_follows_the_roster_until_the_poll(cast, acting):
    programme = start(acting, cast)
    Membership.objects.filter(member__name="孔华").update(ends_on=TODAY)
    enrol("彭新", cast.first, since=TODAY)
    client = cast.client("li")
    page = text(client.get(url("appraisal-detail", programme)))
    assert "新到 彭新；已离开 孔华。" in page
    page = text(client.post(url("appraisal-roster", programme), follow=True))
    assert "列入1人，移出1人" in page
    assert "名册有变动" not in page
    assert MemberAppraisal.history.filter(history_type="-").get().member.name == "孔华"
    AppraisalProgramme.objects.update(step="POLL")
    assert "名单不再变动" in text(client.post(url("appraisal-roster", programme), follow=True))


def test_two_persons_count_on_one_page(cast, acting):
    programme = to_poll(acting, cast)
    address = url("paper-count", programme.poll)
    sums = {"issued": "9", "returned": "9", "valid": "9"}
    grid = {f"n_{number}_1": "9" for number in range(1, 10)}
    li, zhou = cast.client("li"), cast.client("zhou")
    page = text(li.post(address, sums | grid | {"returned": "10", "n_1_1": "9"}))
    assert "多于发出的9张" in page
    assert 'value="10"' in page  # what was typed stays
    assert "大于或等于" in text(li.post(address, sums | {"valid": "-1"}))
    assert "您已录入" in text(li.post(address, sums | grid, follow=True))
    assert "您已录入" in text(li.post(address, sums | grid, follow=True))
    assert "录入之前互相看不到" in text(zhou.get(address))
    page = text(zhou.post(address, sums | grid | {"n_2_1": "8", "n_2_0": "1"}, follow=True))
    assert "有 2 处不同" in page
    assert "对方 9" in page
    assert "对方 8" in text(li.get(address))
    assert "录入一致，已计入结果" in text(zhou.post(address, sums | grid, follow=True))
    assert "不能再改" in text(zhou.post(address, sums | grid | {"n_2_1": "8"}))
    assert "作废录入" not in text(zhou.get(address))
    assert "请写明为什么" in text(li.post(address, {"discard": "1", "reason": ""}))
    assert "原来的录入已作废" in text(li.post(address, {"discard": "1", "reason": "重新清点"}, follow=True))


def test_a_member_writes_and_reads_only_their_own(cast, acting):
    programme = start(acting, cast)
    zhou, address = cast.client("zhou"), reverse("my-appraisal")
    own, other = appraisal_of(cast, "周兰"), appraisal_of(cast, "陈强")
    assert "请填写" in text(zhou.get(address))
    page = text(zhou.post(address, {"appraisal": own.pk, "text": "按时交纳党费。", "grade": ""}))
    assert "请选择自评等次" in page
    assert "按时交纳党费。" in page
    page = text(
        zhou.post(address, {"appraisal": own.pk, "text": "按时交纳党费。", "grade": "QUALIFIED"}, follow=True)
    )
    assert "自评已提交" in page
    for data in ({"appraisal": other.pk, "text": "x", "grade": "BARELY"}, {"appraisal": "x", "seen": "1"}):
        assert zhou.post(address, data).status_code == 404
    assert zhou.get(url("appraisal-member", other)).status_code == 403
    assert zhou.get(url("appraisal-print", other)).status_code == 404
    assert zhou.get(url("appraisal-detail", programme)).status_code == 403
    write(acting, cast, "陈强", text="陈强的自评")
    assert "陈强" not in text(zhou.get(address))
    # The committee above sees that something was written, the branch what.
    above = text(cast.client("zhao").get(url("appraisal-detail", programme)))
    assert "已写" in above
    assert "合格" not in above
    assert cast.client("zhao").get(url("appraisal-member", other)).status_code == 403
    # Who has no membership anywhere has nothing there.
    assert "还没有您的民主评议" in text(cast.client("zhao").get(address))


def test_the_own_result_shows_once_it_was_told(cast, acting):
    programme = to_tell(acting, cast, 周兰="EXCELLENT")
    zhou, address = cast.client("zhou"), reverse("my-appraisal")
    own = appraisal_of(cast, "周兰")
    page = text(zhou.get(address))
    assert "优秀" not in page
    assert zhou.get(url("appraisal-print", own)).status_code == 404
    tell(acting, programme, "周兰")
    page = text(zhou.get(address))
    assert "评议结果" in page
    assert "优秀" in page
    assert "意见" in page
    assert "已确认阅知" in text(zhou.post(address, {"appraisal": own.pk, "seen": "1"}, follow=True))
    MemberAppraisal.objects.filter(pk=own.pk).update(peer_notes="会上说的话")
    page = text(zhou.get(url("appraisal-print", own)))
    assert "民主评议党员登记表" in page
    assert "会上说的话" not in page
    assert "7 票" not in page
    assert "会上说的话" in text(cast.client("li").get(url("appraisal-print", own)))


def test_the_clerk_enters_a_paper_self_appraisal(cast, acting):
    start(acting, cast)
    client, chen = cast.client("li"), appraisal_of(cast, "陈强")
    assert "照纸质自评录入" in text(client.get(url("appraisal-member", chen)))
    page = text(client.post(url("appraisal-self", chen), {"text": " ", "grade": "QUALIFIED"}))
    assert "必填" in page
    page = text(
        client.post(url("appraisal-self", chen), {"text": "会上念过。", "grade": "QUALIFIED"}, follow=True)
    )
    assert "李明代录" in page


def test_deciding_keeps_what_was_typed_and_warns(cast, acting):
    programme = to_decide(acting, cast)
    client, address = cast.client("li"), url("appraisal-decide", programme)
    rows = {row.member.name: row for row in programme.appraisals.select_related("member")}
    assert "最多 3 人" in text(client.get(address))

    def sheet(grades, **more):
        data = dict(more)
        for name, grade in grades.items():
            pk = rows[name].pk
            rows[name].refresh_from_db()
            data |= {f"grade_{pk}": grade, f"version_{pk}": rows[name].version, f"opinion_{pk}": ""}
        return data

    page = text(client.post(address, sheet({"陈强": "UNQUALIFIED", "周兰": "EXCELLENT"})))
    assert "请写明组织意见" in page
    assert '<option value="UNQUALIFIED" selected>' in page
    best = dict.fromkeys(("李明", "周兰", "陈强", "何静"), "EXCELLENT")
    page = text(client.post(address, sheet(best, excess_reason=""), follow=True))
    assert "更改4人" in page
    assert "超过三分之一（3 人）1 人" in page
    client.post(address, sheet({}, excess_reason="防汛"))
    assert "说明：防汛" in text(client.get(url("appraisal-detail", programme)))
    assert "陈强" in text(cast.client("zhao").get(url("appraisal-detail", programme)))


def test_facts_are_typed_as_the_table_asks(cast, acting):
    start(acting, cast, members_scheme(cast.city))
    client, zhou = cast.client("li"), appraisal_of(cast, "周兰")
    member, fact = url("appraisal-member", zhou), url("appraisal-fact", zhou)
    page = text(client.get(member, {"item": "volunteer|"}))
    assert 'name="count"' in page
    page = text(client.post(fact, {"item": "volunteer", "fact": "", "count": ""}))
    assert "请填写数量" in page
    assert client.post(fact, {"item": "volunteer", "count": "1", "note": "防汛值守"}).status_code == 302
    page = text(client.get(member))
    assert "防汛值守" in page
    assert "85 分" in page
    entry = zhou.entries.get()
    assert client.post(fact, {"withdraw": entry.pk}).status_code == 302
    assert "已撤销" in text(client.get(member))
    other = appraisal_of(cast, "陈强")
    assert client.post(url("appraisal-fact", other), {"withdraw": entry.pk}).status_code == 404
    assert client.post(fact, {"item": "nothing"}).status_code == 404
    condition = "无故不参加组织生活六个月"
    assert "事实和依据" in text(client.post(fact, {"veto": "1", "condition": condition, "reason": ""}))
    client.post(fact, {"veto": "1", "condition": condition, "reason": "考勤"})
    assert "一票否决" in text(client.get(member))


def test_telling_on_the_page(cast, acting):
    programme = to_tell(acting, cast)
    client, address = cast.client("li"), url("appraisal-tell", programme)
    chen = appraisal_of(cast, "陈强")
    assert "由谁、怎样反馈本人" in text(client.post(address, {"chosen": [chen.pk], "how": ""}))
    assert "至少选择一名" in text(client.post(address, {"how": "当面"}))
    assert "已反馈1人" in text(client.post(address, {"chosen": [chen.pk], "how": "当面"}, follow=True))
    page = text(client.get(url("appraisal-detail", programme)))
    assert "8人还没有反馈" in page


def test_the_summary_goes_out_as_a_sheet(cast, acting):
    programme = to_tell(acting, cast, 周兰="EXCELLENT")
    MemberAppraisal.objects.filter(member__name="陈强").update(opinion="=1+1")
    answer = cast.client("zhao").post(url("appraisal-export", programme))
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0][0] == "第一支部2026年度民主评议党员情况"
    zhou = next(row for row in rows if row[1] == "周兰")
    assert zhou[2:8] == ("正式党员", "未写", 2, 7, 0, 0)
    assert zhou[8] == "优秀"
    assert next(row for row in rows if row[1] == "陈强")[9] == "'=1+1"
    assert any("优秀不超过三分之一，即3人" in str(row[0]) for row in rows)


def test_the_committee_sees_how_far_the_branches_are(cast, acting):
    to_tell(acting, cast, 周兰="EXCELLENT", 陈强="EXCELLENT", 何静="EXCELLENT", 吕伟="EXCELLENT")
    client, address = cast.client("qian"), url("appraisal-overview", cast.county)
    page = text(client.get(address))
    assert "2 个支部：已完成 0 个，进行中 1 个，未开始 1 个" in page
    assert "1 个支部优秀超过三分之一" in page
    assert "第二支部" in page
    assert "第一支部" in text(client.get(address, {"show": "over"}))
    assert "周兰" not in text(client.get(address, {"show": "over"}))
    assert "没有这样的支部" in text(client.get(address, {"show": "done"}))
    assert client.get(url("appraisal-list", cast.county)).status_code == 302
    assert cast.client("li").get(url("appraisal-overview", cast.first)).status_code == 302


def test_pages_ask_the_same_queries_whatever_their_length(cast, acting, django_assert_max_num_queries):
    programme = to_decide(acting, cast, members_scheme(cast.city))
    row = appraisal_of(cast, "周兰")
    pages = [
        ("li", url("appraisal-list", cast.first), 7),
        ("li", url("appraisal-detail", programme), 18),
        ("li", url("appraisal-peers", programme), 8),
        ("li", url("appraisal-decide", programme), 17),
        ("li", url("appraisal-tell", programme), 17),
        ("li", url("appraisal-member", row), 14),
        ("li", url("appraisal-print", row), 14),
        ("li", url("paper-count", programme.poll), 11),
        ("zhou", reverse("my-appraisal"), 7),
        ("qian", url("appraisal-overview", cast.county), 15),
    ]
    for who, address, most in pages:
        client = cast.client(who)
        client.get(reverse("home"))
        with django_assert_max_num_queries(most):
            text(client.get(address))


def test_the_first_screen_asks_for_the_self_appraisal_and_shows_the_result(cast, acting):
    def todo(who):
        return text(cast.client(who).get(reverse("todo")))

    start(acting, cast)
    assert "2026年度民主评议，请写自评" in todo("zhou")
    assert "2026年度民主评议，请写自评" in todo("qian")  # in the post of the county too
    assert "请写自评" not in todo("zhao")
    write(acting, cast, "周兰", who="zhou")
    assert "2026年度民主评议" not in todo("zhou")
    MemberAppraisal.objects.update(told_at=NOW)
    AppraisalProgramme.objects.update(step="DONE")
    assert "2026年度民主评议结果已反馈" in todo("zhou")
    own = appraisal_of(cast, "周兰")
    cast.client("zhou").post(reverse("my-appraisal"), {"appraisal": own.pk, "seen": "1"})
    assert "2026年度民主评议" not in todo("zhou")


def test_a_mistaken_start_is_taken_back_on_its_page(cast, acting):
    table = members_scheme(cast.city)
    programme, client = start(acting, cast), cast.client("li")
    detail = url("appraisal-detail", programme)
    page = text(client.post(url("appraisal-version", programme), {"version": table.pk}, follow=True))
    assert "评议办法已更新" in page
    assert "党员评议计分" in page
    assert "请写明取消的原因" not in page
    assert "id_reason_error" in text(client.post(url("appraisal-cancel", programme), {"reason": ""}))
    cancel = {"reason": "年度选错，重新开始"}
    page = text(client.post(url("appraisal-cancel", programme), cancel, follow=True))
    assert "已取消" in page
    assert "年度选错，重新开始" in page
    assert "开始评议" in page
    page = text(client.get(detail))
    assert "年度选错，重新开始" in page
    assert "进入下一步" not in page
