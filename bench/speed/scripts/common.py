"""Names of the columns, and what counts as a slice; nothing but the standard library."""

NUMBERS = [f"n{i:02d}" for i in range(40)]
VALUES = (5, 8, 12, 20, 40, 80, 200, 500, 1000, 5000)
CATEGORIES = [f"c{i:02d}" for i in range(len(VALUES))]
FEATURES = [*NUMBERS, *CATEGORIES]
SLICES = ["c00", "c01", "c02"]
SENSITIVE = ["sex", "race"]
ALLOWED = {
    name: [f"value {k}" for k in range(count)] for name, count in zip(CATEGORIES, VALUES, strict=True) if count <= 80
}
