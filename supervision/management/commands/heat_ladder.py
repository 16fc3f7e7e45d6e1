"""manage.py heat_ladder CODE 2026-10 [--json]"""

import json

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from branches.choices import Chain
from branches.models import Organization
from branches.periods import Period
from supervision.queries import readings


class Command(BaseCommand):
    help = "一个党组织及其下级的热度阶梯：逐级的应完成、完成、热度、传导保持与衰减。"

    def add_arguments(self, parser):
        parser.add_argument("code", help="组织编码")
        parser.add_argument("period", help="2026-10、2026-Q3、2026-H1 或 2026")
        parser.add_argument("--chain", choices=Chain.values, help="只看一条责任链")
        parser.add_argument("--sector", help="只看一个领域")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args, **options):
        scope = Organization.objects.filter(code=options["code"]).first()
        if scope is None:
            raise CommandError(f"没有编码为 {options['code']} 的党组织。")
        try:
            period = Period.parse(options["period"])
        except ValueError as error:
            raise CommandError(str(error)) from error
        found = readings.ladders(scope, period, options["sector"])
        if readings.source(period) is None:
            raise CommandError(f"{period.label}还没有读数；先执行 manage.py take_readings。")
        if options["chain"]:
            found = {chain: each for chain, each in found.items() if chain == options["chain"]}
        described = describe(scope, period, found)
        if options["json"]:
            self.stdout.write(json.dumps(described, ensure_ascii=False, indent=2))
        else:
            self.stdout.write(in_words(described))


def describe(scope, period, found) -> dict:
    """The ladders of a scope as plain values, for a machine to read."""
    source = readings.source(period)
    return {
        "scope": {"code": scope.code, "name": scope.name},
        "period": period.code,
        "formula": source.formula.number,
        "weights": source.formula.weights,
        "theta": str(source.formula.theta),
        "run": source.number,
        "cutoff": timezone.localtime(source.cutoff).isoformat(),
        "frozen": not source.is_open,
        "missing": [month.code for month in source.missing],
        "chains": [_chain(each) for each in found.values()],
    }


def _chain(each) -> dict:
    ladder = each.ladder
    return {
        "chain": each.chain,
        "sentence": each.sentence,
        "kept": ladder.kept,
        "attenuation": ladder.attenuation,
        "per_step": ladder.rho,
        "pattern": ladder.pattern.value if ladder.pattern else None,
        "skipped": list(ladder.skipped),
        "levels": [_rung(rung) for rung in ladder.rungs],
    }


def _rung(rung) -> dict:
    return {
        "level": int(rung.level),
        "label": readings.LEVEL_LABELS[rung.level],
        "organizations": rung.organizations,
        "due": {key: tally.due for key, tally in rung.tallies.items()},
        "done": {key: tally.done for key, tally in rung.tallies.items()},
        "n": rung.due,
        "heat": rung.heat,
        "interval": list(rung.interval),
        "band": rung.band.label,
        "carried_due": {key: tally.due for key, tally in rung.carried.items()},
        "carried_done": {key: tally.done for key, tally in rung.carried.items()},
        "retention": rung.retention,
        "attenuation": rung.attenuation,
        "share_of_loss": rung.share_of_loss,
    }


def in_words(described: dict) -> str:
    """The same for people."""
    lines = [
        f"{described['scope']['name']}（{described['scope']['code']}） {described['period']}",
        f"口径第 {described['formula']} 版 · 第 {described['run']} 轮 · 数据截止 {described['cutoff']}"
        f"{' · 已封存' if described['frozen'] else ''}",
    ]
    for chain in described["chains"]:
        lines += ["", f"【{Chain(chain['chain']).label}】{chain['sentence']}"]
        for level in chain["levels"]:
            low, high = level["interval"]
            text = (
                f"  {level['label']:<6} 组织 {level['organizations']:>7}  n {level['n']:>9}  热度 {level['heat']:5.1f}"
                f" [{low:.1f}, {high:.1f}] {level['band']}"
            )
            if level["retention"] is not None:
                text += f"  传导保持 {level['retention']:.1%}  衰减 {level['attenuation']:.1%}"
            lines.append(text)
            for key, due in level["due"].items():
                if not due:
                    continue
                carried = level["carried_due"].get(key, 0)
                pair = f"；上级达标的 {level['carried_done'][key]}/{carried}" if carried else ""
                lines.append(f"      {readings.MEASURE_LABELS[key]} {level['done'][key]}/{due}{pair}")
        if chain["kept"] is not None:
            lines.append(f"  逐级累计保持 {chain['kept']:.1%}，累计衰减 {chain['attenuation']:.1%}")
    return "\n".join(lines)
