"""What can be done beside an opened model, in its own process: one file per job, each with a `run`.

A job's module is imported in the model's interpreter: Python 3.10 or newer, NumPy and pyarrow, and of Lockgate only
`wire`, `models` and this package. What else it needs it imports itself, and says so where that is missing
(`lockgate.evidence.models.contract.need`).

    def run(model: Opened, table: pyarrow.Table | None, settings: dict) -> tuple[dict, dict[str, array]]

It returns small facts (plain JSON, finite numbers) and arrays of numbers by name, which arrive as float64.
"""
