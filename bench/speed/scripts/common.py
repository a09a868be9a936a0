"""The columns of the benchmarks' data and their values; nothing but the standard library, for any environment."""

NUMBERS = [f"n{i:02d}" for i in range(40)]
VALUES = (5, 8, 12, 20, 40, 80, 200, 500, 1000, 5000)
"""How many different values each column of categories has."""

CATEGORIES = [f"c{i:02d}" for i in range(len(VALUES))]
FEATURES = [*NUMBERS, *CATEGORIES]
SLICES = ["c00", "c01", "c02"]
GROUPS = {"sex": ("f", "m"), "race": ("a", "b", "c", "d", "e")}
SENSITIVE = list(GROUPS)
ALLOWED = {
    name: [f"value {k}" for k in range(count)] for name, count in zip(CATEGORIES, VALUES, strict=True) if count <= 80
}
"""Columns of which each value is known."""
