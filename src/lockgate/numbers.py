"""Numbers as people read them. Nothing here is compared: a shown number is never the number that decided."""

_BYTES = ("B", "kB", "MB", "GB", "TB")


def short(value: float, unit: str | None = None, digits: int = 4) -> str:
    """`value` with `digits` significant digits, all those before the point at least, and its unit."""
    if unit == "s":
        return f"{_digits(value * 1000, digits)} ms" if abs(value) < 1 else f"{_digits(value, digits)} s"
    if unit == "bytes":
        power = 0
        while abs(value) >= 1000 and power < len(_BYTES) - 1:
            value, power = value / 1000, power + 1
        return f"{_digits(value, digits)} {_BYTES[power]}"
    return _digits(value, digits)


def apart(value: float, limit: float, unit: str | None = None) -> tuple[str, str]:
    """Both numbers with the fewest digits, four at least, at which they read differently (equal ones read the same)."""
    for digits in range(4, 17):
        shown = short(value, unit, digits), short(limit, unit, digits)
        if value == limit or shown[0] != shown[1]:
            return shown
    return repr(float(value)), repr(float(limit))


def rounded(rows: int) -> int:
    """Two significant digits, rounded up: more would promise what a plan cannot hold."""
    unit = int(10 ** max(0, len(str(rows)) - 2))
    return -(-rows // unit) * unit


def _digits(value: float, digits: int) -> str:
    text = f"{value:.{digits}g}"
    if abs(value) < 1e15 and (value == int(value) or "e+" in text):  # 99.6 to two digits is 100, not 1e+02
        whole = round(value)
        return f"{whole:,}".replace(",", "\N{NARROW NO-BREAK SPACE}") if abs(whole) >= 10_000 else str(whole)
    return text
