"""Where something stands: in a policy file, and in the evidence."""

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something stands in a policy file. Lines and columns count from 1; 0 means the whole file."""

    file: str = ""
    line: int = 0
    column: int = 0
    key: str = ""

    def __str__(self) -> str:
        parts = [self.file or "policy", *(str(n) for n in (self.line, self.column) if n)]
        return ":".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class At:
    """What of the evidence a measurement is about; all empty: all rows of the gate's data."""

    data: str | None = None
    column: str | None = None
    slice: str | None = None
    group: str | None = None
    label: str | None = None
    case: str | None = None

    def __str__(self) -> str:
        held = ((f.name, getattr(self, f.name)) for f in fields(self))
        return ",".join(f"{name}={_escaped(value)}" for name, value in held if value is not None)


def _escaped(value: str) -> str:
    """`value` with the characters that structure an identity, and those that do not print, percent-encoded."""
    return "".join(
        c if c.isprintable() and c not in "%,[]" else "".join(f"%{b:02X}" for b in c.encode("utf-8", "surrogatepass"))
        for c in value
    )


def identity(gate: str, metric: str, at: At) -> str:
    """The name of a measurement for waivers, trends and reports: `drift/psi[column=age]`."""
    where = str(at)
    return f"{gate}/{metric}[{where}]" if where else f"{gate}/{metric}"
