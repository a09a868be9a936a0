"""The small project of the examples of the gates that explain: models that decide by what their name says."""

from collections.abc import Mapping, Sequence

_ROWS = 200

FILES: Mapping[str, str] = {
    "model.py": '''"""Three models of who is granted a loan."""

import numpy as np


def by_income(table):
    return np.asarray(table["income"]) / 100


def by_height(table):
    return np.clip(np.asarray(table["height"]) / 50 - 3, 0, 1)


def by_nothing(table):
    return np.full(table.num_rows, 0.25)
'''
}
"""What stands beside the examples' policies."""

_SEXES = ["F", "M"] * (_ROWS // 2)
_INCOMES = [(37 * row) % 100 for row in range(_ROWS)]

COLUMNS: Mapping[str, Sequence[object]] = {
    "sex": _SEXES,
    "height": [(176 if sex == "M" else 163) + (7 * row) % 13 for row, sex in enumerate(_SEXES)],
    "income": _INCOMES,
    "granted": [int(income >= 50) for income in _INCOMES],
}
"""The examples' data: the height tells the sex, the income does not."""

ROLES = "{label: granted, positive: 1, sensitive: [sex], features: [sex, height, income]}"


def model(function: str) -> str:
    """The policy's `model` with one of the functions as candidate."""
    return f'{{task: binary, candidate: "python:model:{function}", champion: none}}'


PREDICTED = "{task: binary, candidate: {predictions: {prediction: granted}}, champion: none}"
"""A candidate of which there are only predictions, so that it cannot be asked."""
