"""Letters over a real SMTP server: one a person and day, none lost, none twice."""

import email
import socket
from datetime import date, datetime, timedelta
from email.header import decode_header, make_header
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from django.core import mail
from django.core.exceptions import ValidationError

from accountability.actions.digests import LINES, PATIENCE, send_digests, set_mail
from accountability.actions.notices import write_notices
from accountability.choices import NoticeKind
from accountability.models import DutyRecord, Notice
from branches.models import AuditEntry
from tests.accountability.conftest import NOW, TODAY
from tests.accountability.test_records import submit
from tests.conftest import employ


class Post:
    """What the server does with what it is given: it keeps it, or refuses some addresses, or everybody."""

    def __init__(self):
        self.letters, self.refused, self.is_closed, self.sessions = [], set(), False, 0

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        self.sessions += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.is_closed:
            return "451 4.3.0 try again later"
        if address in self.refused:
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.letters.append((envelope.rcpt_tos, envelope.content))
        return "250 kept"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def post(settings):
    """A server that is listening, and the settings that name it."""
    handler = Post()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = controller.hostname, controller.port
    settings.DEFAULT_FROM_EMAIL = "责任传导 <gauge@example.cn>"
    settings.SITE_URL = "https://gauge.example.cn"
    settings.SENDS_MAIL = True
    yield handler
    controller.stop()


@pytest.fixture
def noticed(cast, issued):
    """李, 王 and 赵 have addresses and something to do."""
    for who in ("li", "wang", "zhao"):
        cast.people[who].email = f"{who}@example.cn"
        cast.people[who].save()
    write_notices(today=TODAY, now=NOW)


def send(day=TODAY):
    return send_digests(today=day, now=datetime.combine(day, NOW.timetz()))


def receivers(post):
    return sorted(address for addresses, _ in post.letters for address in addresses)


def test_everybody_gets_one_letter_that_says_it_all(cast, noticed, post):
    assert send() == 3
    assert receivers(post) == ["li@example.cn", "wang@example.cn", "zhao@example.cn"]
    assert post.sessions == 1
    content = next(content for addresses, content in post.letters if addresses == ["li@example.cn"])
    letter = email.message_from_bytes(content, policy=default)
    own = Notice.objects.filter(user=cast.people["li"])
    overdue = own.filter(kind=NoticeKind.OVERDUE).count()
    assert letter["Subject"].strip() == f"责任传导：{own.count()}项待办，其中{overdue}项已逾期"
    assert letter["To"] == "li@example.cn"
    assert letter["From"] == "责任传导 <gauge@example.cn>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Date"]
    assert letter["Message-ID"]
    assert letter.get_content_type() == "text/plain"
    assert letter.get_content_charset() == "utf-8"
    raw = email.message_from_bytes(content)["Subject"]
    assert raw.isascii()
    assert str(make_header(decode_header(raw))).strip() == letter["Subject"].strip()
    body = letter.get_content()
    assert "李明同志：" in body
    assert body.index("【已逾期】") < body.index("【待签收】") < body.index("【30天内到期】")
    for notice in own:
        assert notice.subject in body
        assert f"https://gauge.example.cn{notice.link}" in body
    assert "https://gauge.example.cn/notices/settings/" in body
    assert not own.filter(mailed_at=None).exists()


def test_never_more_than_one_a_day(cast, noticed, post):
    send()
    Notice.objects.create(
        user=cast.people["li"],
        kind=NoticeKind.RETURNED,
        row=f"record:{DutyRecord.objects.filter(organization=cast.first, due_on__lt=TODAY).first().pk}",
        subject="被退回",
        body="请修改",
        link="/",
        created_at=NOW,
    )
    assert send() == 0
    assert send(TODAY + timedelta(days=3)) == 1  # Monday
    assert "被退回" in email.message_from_bytes(post.letters[-1][1], policy=default).get_content()


def test_nothing_new_is_no_letter(cast, noticed, post):
    send()
    assert send(date(2026, 11, 24)) == 0
    assert len(post.letters) == 3


def test_what_is_done_is_not_mailed(cast, acting, noticed, post):
    record = DutyRecord.objects.get(organization=cast.first, period=202611)
    submit(acting("li"), record)
    send()
    content = next(content for addresses, content in post.letters if addresses == ["li@example.cn"])
    assert (
        f"/duty-records/{record.pk}/" not in email.message_from_bytes(content, policy=default).get_content()
    )


def test_a_day_off_is_a_day_off(cast, noticed, post):
    assert send(date(2026, 11, 21)) == 0
    assert send(date(2026, 10, 1)) == 0
    assert post.letters == []


def test_one_bad_address_costs_the_others_nothing(cast, noticed, post):
    post.refused = {"wang@example.cn"}
    assert send() == 2
    assert receivers(post) == ["li@example.cn", "zhao@example.cn"]
    assert Notice.objects.filter(user=cast.people["wang"], mailed_at=None).exists()
    post.refused = set()
    assert send() == 1
    assert receivers(post) == ["li@example.cn", "wang@example.cn", "zhao@example.cn"]


@pytest.mark.parametrize("address", ["wang@", "没有邮箱", "a b@example.cn", "x\ny@example.cn", "@"])
def test_an_address_that_is_none_stops_nobody(cast, noticed, post, address):
    cast.people["wang"].email = address
    cast.people["wang"].save()
    send()
    assert {"li@example.cn", "zhao@example.cn"} <= set(receivers(post))
    assert send() == 0


def test_a_server_that_refuses_is_tried_again_and_then_once(cast, noticed, post):
    post.is_closed = True
    assert send() == 0
    assert not Notice.objects.exclude(mailed_at=None).exists()
    post.is_closed = False
    assert send() == 3
    assert send() == 0
    assert receivers(post) == ["li@example.cn", "wang@example.cn", "zhao@example.cn"]


def test_a_server_that_is_not_there_loses_nothing(cast, noticed, post, settings):
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, free_port()
    assert send() == 0
    settings.EMAIL_PORT = port
    assert send() == 3


def test_a_server_that_refuses_everybody_is_not_asked_for_everybody(cast, noticed, post):
    for number in range(2 * PATIENCE):
        user = employ(f"u{number}", "干事")
        user.email = f"u{number}@example.cn"
        user.save()
        Notice.objects.create(
            user=user,
            kind=NoticeKind.DUE_1,
            row="record:1",
            subject="甲",
            body="乙",
            link="/",
            created_at=NOW,
        )
    Notice.objects.filter(row="record:1").update(
        row=f"record:{DutyRecord.objects.filter(due_on__lt=TODAY).first().pk}"
    )
    post.is_closed = True
    assert send() == 0
    assert post.sessions == PATIENCE


def test_whoever_wants_no_mail_gets_none(cast, noticed, post):
    li = cast.people["li"]
    set_mail(user=li, email="li@example.cn", wants_mail=False, now=NOW, actor=None)
    cast.people["wang"].is_active = False
    cast.people["wang"].save()
    cast.people["zhao"].email = ""
    cast.people["zhao"].save()
    assert send() == 0
    assert AuditEntry.objects.get(event="修改邮件提醒").summary == "不接收提醒邮件"
    with pytest.raises(ValidationError):
        set_mail(user=li, email="", wants_mail=True, now=NOW, actor=None)


def test_a_long_letter_is_cut_and_says_so(cast, issued, post):
    li = cast.people["li"]
    li.email = "li@example.cn"
    li.save()
    record = DutyRecord.objects.filter(organization=cast.first, due_on__lt=TODAY).first()
    Notice.objects.bulk_create(
        Notice(
            user=li,
            kind=NoticeKind.OVERDUE if number < LINES - 2 else NoticeKind.DUE_7,
            row=f"record:{record.pk}:{number}",
            subject=f"第{number}项",
            body="乙",
            link="/",
            created_at=NOW,
        )
        for number in range(LINES + 5)
    )
    assert send() == 1
    body = email.message_from_bytes(post.letters[0][1], policy=default).get_content()
    assert f"第{LINES - 1}项" in body
    assert f"第{LINES}项" not in body
    assert "另有5项，请到收件箱查看" in body
    assert not Notice.objects.filter(mailed_at=None).exists()


def test_without_a_mail_server_in_production_nothing_is_marked_as_sent(cast, noticed, settings):
    settings.SENDS_MAIL = False
    assert send() == 0
    assert mail.outbox == []
    assert not Notice.objects.exclude(mailed_at=None).exists()
