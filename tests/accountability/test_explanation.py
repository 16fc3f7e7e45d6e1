from pathlib import Path

from django.template.loader import render_to_string

from accountability.scoring import evaluate, read_facts, read_scheme
from accountability.templatetags.scoring import explanation, points

STARTERS = Path("accountability/starters/schemes")


def shown(result, links=None):
    return render_to_string("accountability/components/explanation.html", explanation(result, links))


def village():
    scheme = read_scheme((STARTERS / "village.toml").read_bytes())
    facts = read_facts((STARTERS / "examples" / "village.facts.toml").read_bytes())
    return [result.as_dict() for result in evaluate(scheme, facts).results]


def walked(steps):
    for step in steps:
        yield step
        yield from walked(step.parts)


def test_every_step_with_its_reason_and_every_fact_is_in_the_tree():
    for result in village():
        html = shown(result)
        steps = list(walked(explanation(result)["steps"]))
        assert {"line", "item", "rule"} <= {step.what for step in steps}
        for step in steps:
            assert step.label in html
            assert step.because in html
        for step in result["grading"]:
            assert step["because"] in html
        for each in result["missing"]:
            assert each["title"] in html


def test_evidence_is_named_and_opens_where_it_has_an_address():
    scheme = read_scheme(
        'code = "A"\ntitle = "办法"\nfull = 10\n[[line]]\nkey = "l"\ntitle = "组织生活"\nfull = 10\n'
        '[[line.item]]\nkey = "x"\ntitle = "三会一课"\nfull = 10\nrule = [{ kind = "DEDUCT_EACH", p = 0.5 }]\n'
    )
    facts = read_facts(
        '[[unit]]\nid = "1"\nentry = [{ item = "x", count = 3, on = 2026-03-05, reason = "<迟报>", evidence = ["通报", "E-7"] }]\n'
    )
    (result,) = evaluate(scheme, facts).results
    html = shown(result.as_dict(), {"E-7": "/files/7/"})
    assert "2026-03-05，数量 3，理由：&lt;迟报&gt;" in html
    assert "佐证：通报" in html
    assert '<a href="/files/7/">E-7</a>' in html
    assert '<b class="num">−1.5</b>' in html
    assert '<b class="num">8.5</b>' in html


def test_points_are_read_with_four_places_at_most():
    assert [points(value) for value in ("0.333333333333", "10.80", None, 3)] == ["0.3333", "10.8", "", "3"]
