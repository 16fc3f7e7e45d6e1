"""Heat as one sees it: the word, the number, one scale of seven steps, bars and lines as SVG without inline style."""

from dataclasses import dataclass
from math import floor

from django import template

from supervision.attenuation.gradient import HOT, WARM, Band, band

register = template.Library()

_CLASSES = {Band.HOT: "heat-hot", Band.WARM: "heat-warm", Band.COLD: "heat-cold", None: "heat-none"}


def limits(formula) -> tuple[int, int]:
    """The limits (热, 温) of a formula row, or the defaults without one."""
    return (formula.hot_from, formula.warm_from) if formula else (HOT, WARM)


def step(value: float, hot: float, warm: float) -> int:
    """One of seven steps of the colour scale: 1–3 are 冷, 4–5 温, 6–7 热, so that colour and word never disagree."""
    if value < warm:
        return 1 + min(2, floor(3 * value / warm))
    if value < hot:
        return 4 + min(1, floor(2 * (value - warm) / (hot - warm)))
    return 6 + (1 if value >= (hot + 100) / 2 else 0)


@register.inclusion_tag("supervision/parts/heat_badge.html")
def heat_badge(value, formula=None, digits=0):
    """The word and the number of a heat from 0 to 100; 无读数 for None."""
    hot, warm = limits(formula)
    shown = band(value, hot, warm)
    return {
        "css": _CLASSES[shown],
        "word": shown.label if shown else None,
        "number": None if value is None else number_text(value, hot, warm, digits),
    }


def number_text(value: float, hot: float, warm: float, digits: int = 0) -> str:
    """The number as printed: rounded, but never across a limit, so that 59.7 is not 冷 60."""
    text = f"{value:.{digits}f}"
    if band(float(text), hot, warm) is band(value, hot, warm):
        return text
    scale = 10**digits
    return f"{floor(value * scale) / scale:.{digits}f}"


@register.simple_tag
def heat_number(value, formula=None):
    """The whole number of a heat, as every page prints it."""
    return number_text(value, *limits(formula))


@register.simple_tag
def heat_step(value, formula=None):
    """The class of the colour scale for a heat; empty for None."""
    return "" if value is None else f"step-{step(value, *limits(formula))}"


@register.simple_tag
def heat_word(value, formula=None):
    """热, 温 or 冷; empty for None."""
    shown = band(value, *limits(formula))
    return shown.label if shown else ""


@register.inclusion_tag("supervision/parts/heat_bar.html")
def heat_bar(value, interval=None, formula=None):
    """A bar from 0 to 100 with its interval as a thin line and the two limits as ticks."""
    hot, warm = limits(formula)
    shown = band(value, hot, warm)
    return {
        "width": f"{value:.1f}",
        "css": {Band.HOT: "fill-hot", Band.WARM: "fill-warm", Band.COLD: "fill-cold"}[shown],
        "low": f"{interval.low:.1f}" if interval else None,
        "high": f"{interval.high:.1f}" if interval else None,
        "hot": hot,
        "warm": warm,
    }


@register.simple_tag
def choice_query(choice, **more):
    """The query of an address that repeats what the reader has chosen, with `more` added or replaced."""
    return choice.query(**more)


@dataclass(frozen=True)
class Line:
    """One line of a chart: stretches of joined points, its last point, and where its name stands."""

    label: str
    css: str
    stretches: list[str]
    dots: list[tuple[float, float]]
    label_y: float


@register.inclusion_tag("supervision/parts/sparkline.html")
def sparkline(values, label, formula=None):
    """A small line of heats (None leaves a gap), oldest first; `label` says in words what it shows."""
    hot, warm = limits(formula)
    width, height = 160, 36
    points = _points(values, 0, width, 2, height - 2)
    return {
        "label": label,
        "stretches": _stretches(points),
        "dots": [point for point in points if point],
        "hot": 2 + (height - 4) * (1 - hot / 100),
        "warm": 2 + (height - 4) * (1 - warm / 100),
        "width": width,
        "height": height,
    }


@register.inclusion_tag("supervision/parts/line_chart.html")
def line_chart(months, series, formula=None, title=""):
    """A line a level over the months: `months` are labels, `series` pairs (name, heats or None), oldest first."""
    hot, warm = limits(formula)
    left, right, top, bottom = 38, 424, 12, 208
    shown = [value for _, values in series for value in values if value is not None]
    low = min(50, max(0, 10 * floor((min(shown, default=0) - 5) / 10)))

    def y(value):
        return _y(value, top, bottom, low)

    lines = []
    for place, (name, values) in enumerate(series):
        points = _points(values, left, right, top, bottom, low)
        last = next((point for point in reversed(points) if point), None)
        if last is not None:
            lines.append(
                Line(name, f"line-{place % 6}", _stretches(points), [p for p in points if p], last[1])
            )
    _spread(lines)
    every = _points([100] * len(months), left, right, top, bottom)
    return {
        "title": title,
        "lines": lines,
        "grid": [(value, y(value)) for value in range(low, 101, 10 if low >= 40 else 20)],
        "limits": [("热", y(hot)), ("温", y(warm))],
        "ticks": [
            (x, name)
            for number, ((x, _), name) in enumerate(zip(every, months, strict=True))
            if number % 2 == 1
        ],
        "left": left,
        "right": right,
        "bottom": bottom,
    }


def _y(value: float, top: float, bottom: float, low: float = 0) -> float:
    return round(bottom - (bottom - top) * (value - low) / (100 - low), 1)


def _points(values, left, right, top, bottom, low=0):
    """Coordinates of the values, None where there is none."""
    span = max(1, len(values) - 1)
    return [
        None
        if value is None
        else (round(left + (right - left) * place / span, 1), _y(value, top, bottom, low))
        for place, value in enumerate(values)
    ]


def _stretches(points) -> list[str]:
    """Polylines between the gaps, each of two points at least."""
    stretches, current = [], []
    for point in [*points, None]:
        if point is not None:
            current.append(f"{point[0]},{point[1]}")
            continue
        if len(current) > 1:
            stretches.append(" ".join(current))
        current = []
    return stretches


def _spread(lines: list[Line], gap: float = 18) -> None:
    """Move the names at the right end apart so that none covers another."""
    lowest = 0.0
    for place, line in sorted(enumerate(lines), key=lambda pair: pair[1].label_y):
        y = max(line.label_y, lowest)
        lowest = y + gap
        lines[place] = Line(line.label, line.css, line.stretches, line.dots, round(y + 4, 1))
