"""What is wrong with a scheme or with facts, and the refusal that carries it."""

from collections.abc import Iterable

from branches.votes import Problem, Severity

__all__ = ["Problem", "Refused", "Severity", "described", "error", "require", "warning"]


class Refused(ValueError):
    """The scheme or the facts cannot be used; `problems` say where and why."""

    def __init__(self, problems: Iterable[Problem]):
        self.problems = list(problems)
        super().__init__("；".join(described(problem) for problem in self.problems[:5]))


def error(where: str, message: str) -> Problem:
    """What stands in the way."""
    return Problem(where, message)


def warning(where: str, message: str) -> Problem:
    """What is allowed but should be looked at."""
    return Problem(where, message, Severity.WARNING)


def described(problem: Problem) -> str:
    """Where and what, in one line."""
    return f"{problem.field}：{problem.message_zh}" if problem.field else problem.message_zh


def require(problems: Iterable[Problem]) -> None:
    """Raise `Refused` when one of the problems stands in the way."""
    blocking = [problem for problem in problems if problem.blocks]
    if blocking:
        raise Refused(blocking)
