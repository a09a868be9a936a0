"""How much one more row in each cell of a confusion matrix moves each metric of it: the cells' influence.

Every metric here is a function T of the shares of the cells, so that the influence of a row in cell (i, j) is
∂T/∂share[i, j] less its mean over all rows (Hampel 1974; the "infinitesimal jackknife" of Jaeckel 1972).
"""

from collections.abc import Callable, Mapping

import numpy as np

from lockgate.stats.checks import Bools, Floats, product_sum
from lockgate.stats.metrics import confusion
from lockgate.stats.undefined import Undefined

# Numerator and denominator of the metrics that are a ratio of two sums of cells: [[TN, FP], [FN, TP]].
_RATIOS: Mapping[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "accuracy": ((1, 0, 0, 1), (1, 1, 1, 1)),
    "precision": ((0, 0, 0, 1), (0, 1, 0, 1)),
    "recall": ((0, 0, 0, 1), (0, 0, 1, 1)),
    "specificity": ((1, 0, 0, 0), (1, 1, 0, 0)),
    "negative_predictive_value": ((1, 0, 0, 0), (1, 0, 1, 0)),
    "false_positive_rate": ((0, 1, 0, 0), (1, 1, 0, 0)),
    "false_negative_rate": ((0, 0, 1, 0), (0, 0, 1, 1)),
    "false_discovery_rate": ((0, 1, 0, 0), (0, 1, 0, 1)),
    "prevalence": ((0, 0, 1, 1), (1, 1, 1, 1)),
    "predicted_positive_rate": ((0, 1, 0, 1), (1, 1, 1, 1)),
    "f1": ((0, 0, 0, 2), (0, 1, 1, 2)),
    "f2": ((0, 0, 0, 5), (0, 1, 4, 5)),
    "f0_5": ((0, 0, 0, 1.25), (0, 1, 0.25, 1.25)),
}

OF_CLASS: Mapping[str, str] = {"class_recall": "recall", "class_precision": "precision", "class_f1": "f1"}
"""A metric of one class against the rest → the binary metric that it is."""


def ratio_of(name: str) -> tuple[Floats, Floats] | None:
    """The weights of the cells in a binary metric's numerator and denominator (2, 2); None where it is no ratio."""
    found = _RATIOS.get(name)
    return None if found is None else (np.array(found[0]).reshape(2, 2), np.array(found[1]).reshape(2, 2))


def cell_influence(name: str, table: Floats) -> Floats:
    """The influence of a row in each cell of a table on one of `confusion.BINARY` or `confusion.MULTICLASS`.

    Args:
        name: the metric.
        table: (weighted) counts (classes, classes).

    Returns:
        Influence (classes, classes); its mean over the table's rows is 0.

    Raises:
        Undefined: the metric has no value on the table, or is none of a table.
    """
    share = table / table.sum()
    ratio = ratio_of(name) if len(table) == 2 else None
    if ratio is not None:
        numerator, denominator = ratio
        below = product_sum(share, denominator)
        if below == 0:
            raise Undefined("the metric has no value here")
        slope = (numerator - product_sum(share, numerator) / below * denominator) / below
    elif name in _SLOPES:
        slope = _SLOPES[name](share)
    else:
        raise Undefined(f"{name} is no metric of a table")
    return slope - product_sum(share, slope)


def class_influence(name: str, code: int, table: Floats) -> Floats:
    """The same for one of `confusion.PER_CLASS`, of one class against the rest."""
    binary = cell_influence(OF_CLASS[name], confusion.one_against_rest(table, code))
    own = (np.arange(len(table)) == code).astype(np.int64)
    found: Floats = binary[own[:, None], own[None, :]]
    return found


def _margins(share: Floats) -> tuple[Floats, Floats, Floats]:
    return share.sum(axis=1), share.sum(axis=0), share.diagonal()


def _accuracy(share: Floats) -> Floats:
    return np.eye(len(share))


def _mean_recall(share: Floats) -> Floats:
    """Recall averaged over the classes with labels."""
    label, _, hit = _margins(share)
    return _mean_ratio(hit, label, label > 0)


def _mean_precision(share: Floats) -> Floats:
    _, said, hit = _margins(share)
    return _mean_ratio(hit, said, said > 0).T


def _mean_ratio(hit: Floats, total: Floats, held: Bools) -> Floats:
    """Slope of the mean of hit / total, where `total` sums the rows of the table."""
    one = np.divide(1.0, total, out=np.zeros_like(total), where=held)
    slope = np.diag(one) - (hit * one * one)[:, None]
    found: Floats = slope / np.count_nonzero(held)
    return found


def _class_f1(share: Floats) -> tuple[Floats, Floats, Floats]:
    """F1 of each class, its slope by the hits and, with the other sign, by labels and predictions."""
    label, said, hit = _margins(share)
    one = np.divide(1.0, label + said, out=np.zeros_like(label), where=label + said > 0)
    return 2 * hit * one, 2 * one, 2 * hit * one * one


def _f1_macro(share: Floats) -> Floats:
    label, said, _ = _margins(share)
    _, up, down = _class_f1(share)
    return (np.diag(up) - down[:, None] - down[None, :]) / np.count_nonzero(label + said)


def _f1_weighted(share: Floats) -> Floats:
    label, _, _ = _margins(share)
    f1, up, down = _class_f1(share)
    return np.diag(label * up) - (label * down)[:, None] - (label * down)[None, :] + f1[:, None]


def _precision_weighted(share: Floats) -> Floats:
    label, said, hit = _margins(share)
    one = np.divide(1.0, said, out=np.zeros_like(said), where=said > 0)
    return np.diag(label * one) - (label * hit * one * one)[None, :] + (hit * one)[:, None]


def _cohen_kappa(share: Floats) -> Floats:
    label, said, hit = _margins(share)
    chance = product_sum(label, said)
    by_chance = said[:, None] + label[None, :]
    found: Floats = np.eye(len(share)) / (1 - chance) - (1 - hit.sum()) / (1 - chance) ** 2 * by_chance
    return found


def _mcc(share: Floats) -> Floats:
    label, said, hit = _margins(share)
    together = hit.sum() - product_sum(label, said)
    of_label, of_said = 1 - product_sum(label, label), 1 - product_sum(said, said)
    if not of_label * of_said > 0:
        raise Undefined("all labels, or all predictions, are of one class")
    slope = np.eye(len(share)) - said[:, None] - label[None, :]
    found: Floats = (slope + together * (label[:, None] / of_label + said[None, :] / of_said)) / np.sqrt(
        of_label * of_said
    )
    return found


_SLOPES: Mapping[str, Callable[[Floats], Floats]] = {
    "accuracy": _accuracy,
    "f1_micro": _accuracy,
    "recall_weighted": _accuracy,
    "balanced_accuracy": _mean_recall,
    "recall_macro": _mean_recall,
    "precision_macro": _mean_precision,
    "precision_weighted": _precision_weighted,
    "f1_macro": _f1_macro,
    "f1_weighted": _f1_weighted,
    "mcc": _mcc,
    "cohen_kappa": _cohen_kappa,
}
