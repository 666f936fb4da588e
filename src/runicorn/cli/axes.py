"""Where the ticks of an axis are, and what they say: 0, 5k, 10k; 0.25; 2e-5; of times 30 s, 2 min."""

from __future__ import annotations

import math

from runicorn.cli import words

Tick = tuple[float, str]

_TIMES = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400)
_UNITS = ((1e12, 1e12, "T"), (1e9, 1e9, "G"), (1e6, 1e6, "M"), (1e4, 1e3, "k"))  # from where on, scale, unit


def linear(lo: float, hi: float, most: int) -> list[Tick]:
    """Ticks at round values from lo to hi, about so many."""
    step = _round(hi / max(1, most) - lo / max(1, most))
    values = _multiples(lo, hi, step)
    return list(zip(values, _numbers(values, step), strict=True))


def times(lo: float, hi: float, most: int) -> list[Tick]:
    """The same for seconds."""
    wanted = hi / max(1, most) - lo / max(1, most)
    if wanted <= 0.5:
        return [(value, f"{label} s") for value, label in linear(lo, hi, most)]
    step = next((float(step) for step in _TIMES if step >= wanted), _round(wanted / 86400) * 86400)
    return [(value, words.duration(value) if value >= 0 else f"{value:g} s") for value in _multiples(lo, hi, step)]


def logarithmic(lo: float, hi: float, most: int) -> list[Tick]:
    """Ticks for log10 of values: at powers of ten, or where there are none of them, at round values."""
    every = max(1, math.ceil((hi - lo) / max(1, most)))
    powers = [float(power) for power in range(math.ceil(lo), math.floor(hi) + 1) if power % every == 0]
    if len(powers) > 1:
        return [(power, number(_power(power))) for power in powers]
    return [(math.log10(value), text) for value, text in linear(_power(lo), _power(hi), most) if value > 0]


def number(value: float) -> str:
    """A value on its own, in few characters: 12k, 0.25, 2e-5."""
    scale, unit = _scale(abs(value))
    return _tidy(f"{value / scale:.4g}") + unit


def _numbers(values: list[float], step: float) -> list[str]:
    largest = max(map(abs, values), default=0.0)
    scale, unit = _scale(largest)
    if 0 < largest < 1e-3 or largest >= 1e15:
        digits = max(0, math.ceil(math.log10(largest / step)))
        return [_tidy(f"{value:.{digits}e}") if value else "0" for value in values]
    digits = max(0, -math.floor(math.log10(step / scale) + 1e-9))
    return [f"{value / scale:.{digits}f}{unit}" if value else "0" for value in values]


def _scale(largest: float) -> tuple[float, str]:
    return next(((scale, unit) for least, scale, unit in _UNITS if largest >= least), (1.0, ""))


def _power(exponent: float) -> float:
    return math.pow(10.0, min(exponent, 300.0))


def _tidy(text: str) -> str:
    """2.0e-05 → 2e-5."""
    mantissa, e, exponent = text.partition("e")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{mantissa}e{int(exponent)}" if e else mantissa


def _round(step: float) -> float:
    """The smallest of 1, 2 and 5 times a power of ten that is no smaller."""
    power = 10.0 ** math.floor(math.log10(step)) if step > 0 and math.isfinite(step) else 1.0
    return next((factor * power for factor in (1, 2, 5) if factor * power >= step * (1 - 1e-9)), 10 * power)


def _multiples(lo: float, hi: float, step: float) -> list[float]:
    first = math.ceil(lo / step - 1e-9)
    last = math.floor(hi / step + 1e-9)
    return [index * step for index in range(first, last + 1)]
