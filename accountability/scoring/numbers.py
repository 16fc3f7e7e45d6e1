"""Exact arithmetic with points: `Decimal` throughout, no silent rounding, one rounding at the end."""

from decimal import (
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    Context,
    Decimal,
    DecimalException,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
)
from functools import lru_cache

ZERO = Decimal(0)
ONE = Decimal(1)
HUNDRED = Decimal(100)

#: Sums and products are exact here: a digit that would be lost is an error.
EXACT = Context(prec=400, traps=[Inexact, InvalidOperation, DivisionByZero, Overflow])
#: A quotient that does not end is carried to so many places …
CARRIED = 30
#: … of which the last ten are dropped before the final rounding, so that 1 ÷ 3 × 3 is 1.
TRUSTED = 20
_CARRIED = Decimal(1).scaleb(-CARRIED)
_TRUSTED = Decimal(1).scaleb(-TRUSTED)
_ROUNDING = Context(prec=400, traps=[InvalidOperation, DivisionByZero, Overflow])
_DIVISION = Context(prec=120, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, DivisionByZero, Overflow])


def divide(dividend: Decimal, divisor: Decimal) -> Decimal:
    """The quotient, exact when it ends within `CARRIED` places."""
    return _DIVISION.divide(dividend, divisor).quantize(_CARRIED, ROUND_HALF_EVEN, _DIVISION)


def rounded(points: Decimal, places: int) -> Decimal:
    """四舍五入: halves away from zero."""
    settled = points.quantize(_TRUSTED, ROUND_HALF_EVEN, _ROUNDING)
    result = settled.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, _ROUNDING)
    return result if result else abs(result)


@lru_cache(maxsize=10_000)
def plain(value: Decimal | int) -> str:
    """Digits without exponent and without zeros that say nothing: 10.80 is 10.8."""
    text = format(Decimal(value), "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def shown(value: Decimal | int, places: int = 4) -> str:
    """For reading: at most `places` places."""
    return plain(rounded(Decimal(value), places))


def signed(points: Decimal) -> str:
    """+1.5, −0.5 or 0, for reading."""
    text = shown(abs(points))
    if text == "0":
        return text
    return ("+" if points > 0 else "−") + text


def to_decimal(text: str) -> Decimal:
    """A decimal from the digits of a file; `ValueError` in the user's words otherwise."""
    try:
        return Decimal(text.strip())
    except (DecimalException, ValueError) as error:
        raise ValueError(f"“{text[:40]}”不是数") from error
