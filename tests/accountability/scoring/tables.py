"""Small schemes and facts for tests, written as the files are."""

from decimal import Decimal
from pathlib import Path

from accountability.scoring import evaluate, read_facts, read_scheme

DATA = Path(__file__).resolve().parent / "data"


def item_scheme(rule, full=10, *, item="", line="", scheme=""):
    """A scheme of one line `l` with one item `x` that has the rule."""
    return read_scheme(
        f'code = "c"\ntitle = "办法"\nfull = {full}\n{scheme}\n'
        f'[[line]]\nkey = "l"\ntitle = "分类"\nfull = {full}\n{line}\n'
        f'[[line.item]]\nkey = "x"\ntitle = "评价项"\nfull = {full}\n{item}\n[[line.item.rule]]\n{rule}\n'
    )


def total_scheme(rule, *, scheme="", full=100):
    """A scheme of one item that is given points at discretion, with grades and a rule of the scheme."""
    head = 'grades = ["优秀", "良好", "合格", "不合格"]\n' + scheme
    return item_scheme(
        f'kind = "DISCRETION"\nfrom = 0\nto = {full}\nreason = false',
        full,
        scheme=head + (f"\n[[rule]]\n{rule}\n" if rule else ""),
    )


def entries(*lines, head=""):
    """Facts of one unit A: each line is one inline table of an entry of item x."""
    inside = ",\n".join(
        "{ " + ", ".join(['item = "x"', line] if line else ['item = "x"']) + " }" for line in lines
    )
    return read_facts(f'[[unit]]\nid = "A"\n{head}\nentry = [{inside}]')


def totals(**points):
    """Facts of units that are given these points on item x."""
    return read_facts(
        "\n".join(
            f'[[unit]]\nid = "{unit}"\nentry = [{{ item = "x", points = {given} }}]'
            for unit, given in points.items()
        )
    )


def points(scheme, facts, unit="A"):
    """The total of a unit."""
    return evaluate(scheme, facts)[unit].total


def grades(scheme, facts):
    """The grade of every unit."""
    return {result.id: result.grade for result in evaluate(scheme, facts).results}


def of_example(kind):
    """The scheme of a declared example."""
    example = kind.example
    if kind.group.value in ("total", "grade"):
        return total_scheme(example.rule)
    return item_scheme(example.rule)


def number(text):
    return Decimal(text)
