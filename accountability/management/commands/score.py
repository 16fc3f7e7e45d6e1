"""manage.py score SCHEME.toml FACTS.toml [--json]"""

import json
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from accountability.scoring import Refused, check_scheme, described, evaluate, read_facts, read_scheme
from accountability.scoring.files import LARGEST
from accountability.scoring.wording import in_words, unexpected


class Command(BaseCommand):
    help = (
        "按考核办法（TOML）和事实（TOML）逐单位计分，并说明每一分从何而来；两种文件的写法见 docs/scoring.md。"
    )
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("scheme", help="考核办法，.toml")
        parser.add_argument("facts", help="各单位的事实，.toml")
        parser.add_argument("--json", action="store_true", help="输出机器可读的结果和完整的计算过程")

    def handle(self, *args, **options):
        scheme = read(options["scheme"], read_scheme)
        facts = read(options["facts"], read_facts)
        problems = check_scheme(scheme)
        if any(problem.blocks for problem in problems):
            raise refusal(options["scheme"], [problem for problem in problems if problem.blocks])
        for problem in problems:
            self.stderr.write(f"{options['scheme']}：提醒：{described(problem)}")
        try:
            evaluation = evaluate(scheme, facts)
        except Refused as refused:
            raise refusal(options["facts"], refused.problems) from refused
        told = evaluation.as_dict() | {"warnings": [described(problem) for problem in problems]}
        if options["json"]:
            self.stdout.write(json.dumps(told, ensure_ascii=False, indent=2))
        else:
            self.stdout.write(in_words(scheme, evaluation))
        differences = unexpected(facts, evaluation)
        if differences:
            raise CommandError("与算例不符：\n" + "\n".join(differences), returncode=1)


def read(name, reader):
    """What `reader` makes of a file; a `CommandError` with the name of the file when it cannot."""
    try:
        with Path(name).open("rb") as file:
            content = file.read(LARGEST + 1)
        return reader(content)
    except OSError as error:
        raise CommandError(f"{name}：打不开文件：{error.strerror or error}", returncode=2) from error
    except Refused as refused:
        raise refusal(name, refused.problems) from refused


def refusal(name, problems):
    """One line for each problem, with the file it is in."""
    return CommandError("\n".join(f"{name}：{described(problem)}" for problem in problems), returncode=2)
