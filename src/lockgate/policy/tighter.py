"""What each key of a policy declares: which change of it makes the policy stricter."""

from enum import StrEnum

from pydantic.fields import FieldInfo


class Tighter(StrEnum):
    """Which change tightens a key. `extends` and the comparison of two policies are built on it.

    For words that have an order (`level`, `inconclusive`, `sandbox`) the order is in `ORDERS`.
    """

    UP = "up"  # a larger value, or one further on in its order, is stricter
    DOWN = "down"  # a smaller value is stricter
    SUBSET = "subset"  # fewer items are stricter
    SUPERSET = "superset"  # more items are stricter
    FIXED = "fixed"  # any other value means something else; nobody can say which is stricter
    FREE = "free"  # says where something is or what it is called, never how strict the policy is


ORDERS = {
    "level": ("info", "warn", "block"),
    "inconclusive": ("pass", "by_estimate", "block"),
    "reuse": ("report", "bonferroni"),
    "when_no_champion": ("pass", "block"),
    "sandbox": ("none", "best_effort", "required"),
}
"""Words from the loosest to the strictest, by key."""


def tighter(field: FieldInfo) -> Tighter | None:
    """What a field of the format declares, or None."""
    return next((item for item in field.metadata if isinstance(item, Tighter)), None)
