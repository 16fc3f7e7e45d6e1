"""manage.py verify_audit: walk the hash chain of the audit log."""

import json
from dataclasses import asdict

from django.core.management.base import BaseCommand

from branches.actions.audit import seal_audit, verify_audit


class Command(BaseCommand):
    help = "核对审计链：逐环重算摘要，指出第一处断裂；链条完好时退出码为 0，断裂时为 1。"

    def add_arguments(self, parser):
        parser.add_argument("--json", action="store_true", help="以 JSON 输出")
        parser.add_argument("--seal", action="store_true", help="先把尚未入链的记录入链")
        parser.add_argument("--head", default="", help="另行保存的“序号:摘要”，核对链尾没有被截去")

    def handle(self, *args, **options):
        if options["seal"]:
            seal_audit(everything=True)
        report = verify_audit()
        problem = report.reason or _missing_head(options["head"])
        facts = asdict(report) | {"ok": not problem, "reason": problem}
        if options["json"]:
            self.stdout.write(json.dumps(facts, ensure_ascii=False))
        elif problem and report.broken_at:
            self.stdout.write(f"审计链在第 {report.broken_at} 环断裂（记录 {report.entry}）：{problem}")
        elif problem:
            self.stdout.write(problem)
        else:
            self.stdout.write(f"审计链完好：{report.links} 环，链尾 {report.links}:{report.head}")
        if not options["json"]:
            self.stdout.write(f"尚未入链：{report.unlinked} 条")
        if problem:
            raise SystemExit(1)


def _missing_head(head: str) -> str:
    if not head:
        return ""
    from branches.models import AuditLink

    number, _, digest = head.partition(":")
    if number.isdecimal() and AuditLink.objects.filter(number=int(number), digest=digest).exists():
        return ""
    return "链尾与另行保存的不符：链条被截短或改写过"
