"""Metrics of a classification that need only how often each class was predicted for each label.

A table holds (weighted) counts as float64, `table[label, prediction]`; integers stay exact below 2^53. A binary table
has the positive class at index 1. Where scikit-learn puts 0 for "nothing divided by nothing", these raise `Undefined`.
"""

from collections.abc import Callable, Mapping

import numpy as np

from lockgate.stats.checks import Bools, Codes, Floats, product_sum, ratio
from lockgate.stats.undefined import Undefined

NO_POSITIVE = "no row is labelled positive"
NO_NEGATIVE = "no row is labelled negative"
NONE_PREDICTED = "no row is predicted positive"
NONE_REJECTED = "no row is predicted negative"


def confusion(label: Codes, prediction: Codes, classes: int, weight: Floats | None = None) -> Floats:
    """Joint counts of label and prediction, shape (classes, classes); both hold codes from 0 to `classes` - 1."""
    joint = label * classes + prediction
    counts = np.bincount(joint, weights=weight, minlength=classes * classes)
    return counts.reshape(classes, classes).astype(np.float64)


def of_two_classes(positive: Bools, predicted: Bools, weight: Floats | None = None) -> Floats:
    """Joint counts of whether a row is labelled, and whether it is predicted, positive; shape (2, 2)."""
    if weight is not None:
        return confusion(positive.astype(np.int64), predicted.astype(np.int64), 2, weight)
    hit, found, said = (int(np.count_nonzero(held)) for held in (positive & predicted, positive, predicted))
    return np.array([[len(positive) - found - said + hit, said - hit], [found - hit, hit]], np.float64)


# --- any number of classes --------------------------------------------------------------------------------------------


def accuracy(table: Floats) -> float:
    """Share of rows whose prediction is their label."""
    return ratio(table.trace(), table.sum(), "there are no rows")


def balanced_accuracy(table: Floats) -> float:
    """Mean recall of the classes that have labels.

    Raises:
        Undefined: the labels hold fewer than two classes.
    """
    support = _labelled(table)
    held = support > 0
    return float((table.diagonal()[held] / support[held]).mean())


def mcc(table: Floats) -> float:
    """Matthews' correlation; for more than two classes after Gorodkin (2004), doi:10.1016/j.compbiolchem.2004.09.006.

    Raises:
        Undefined: all labels, or all predictions, are of one class.
    """
    support, predicted, rows = _labelled(table), table.sum(axis=0), table.sum()
    if np.count_nonzero(predicted) < 2:
        raise Undefined("all predictions are of one class")
    together = rows * table.trace() - product_sum(support, predicted)
    return float(together / np.sqrt(product_sum(support, rows - support) * product_sum(predicted, rows - predicted)))


def cohen_kappa(table: Floats) -> float:
    """Cohen's kappa (1960), unweighted: agreement beyond chance.

    Raises:
        Undefined: all labels are of one class.
    """
    rows = table.sum()
    chance = product_sum(_labelled(table), table.sum(axis=0))
    return float((rows * table.trace() - chance) / (rows * rows - chance))


def _labelled(table: Floats) -> Floats:
    """How many rows are labelled with each class, of which there must be two."""
    support: Floats = table.sum(axis=1)
    if np.count_nonzero(support) < 2:
        raise Undefined("the labels hold one class only" if support.any() else "there are no rows")
    return support


# --- one class against the rest ---------------------------------------------------------------------------------------


def one_against_rest(table: Floats, code: int) -> Floats:
    """The binary table in which class `code` is the positive one."""
    hit = table[code, code]
    missed = table[code].sum() - hit
    wrong = table[:, code].sum() - hit
    return np.array([[table.sum() - hit - missed - wrong, wrong], [missed, hit]], dtype=np.float64)


def of_class(table: Floats, code: int, metric: Callable[[Floats], float]) -> float:
    """A metric of one class against the rest."""
    try:
        return metric(one_against_rest(table, code))
    except Undefined as undefined:
        raise Undefined(str(undefined).replace("positive", "as this class")) from undefined


def precision(table: Floats) -> float:
    """True positives among the predicted positives."""
    return ratio(table[1, 1], table[:, 1].sum(), NONE_PREDICTED)


def recall(table: Floats) -> float:
    """True positives among the labelled positives: the true positive rate."""
    return ratio(table[1, 1], table[1].sum(), NO_POSITIVE)


def specificity(table: Floats) -> float:
    """True negatives among the labelled negatives."""
    return ratio(table[0, 0], table[0].sum(), NO_NEGATIVE)


def negative_predictive_value(table: Floats) -> float:
    """True negatives among the predicted negatives."""
    return ratio(table[0, 0], table[:, 0].sum(), NONE_REJECTED)


def false_positive_rate(table: Floats) -> float:
    """False positives among the labelled negatives."""
    return ratio(table[0, 1], table[0].sum(), NO_NEGATIVE)


def false_negative_rate(table: Floats) -> float:
    """False negatives among the labelled positives."""
    return ratio(table[1, 0], table[1].sum(), NO_POSITIVE)


def false_discovery_rate(table: Floats) -> float:
    """False positives among the predicted positives."""
    return ratio(table[0, 1], table[:, 1].sum(), NONE_PREDICTED)


def prevalence(table: Floats) -> float:
    """Share of rows that are labelled positive."""
    return ratio(table[1].sum(), table.sum(), "there are no rows")


def predicted_positive_rate(table: Floats) -> float:
    """Share of rows that are predicted positive."""
    return ratio(table[:, 1].sum(), table.sum(), "there are no rows")


def f_beta(table: Floats, beta: float) -> float:
    """Weighted harmonic mean of precision and recall (van Rijsbergen 1979); recall counts `beta` times as much.

    It is 0 where positives are labelled or predicted and none is hit.

    Raises:
        Undefined: no row is labelled or predicted positive.
    """
    square = beta * beta
    reached = square * table[1].sum() + table[:, 1].sum()
    return ratio((1 + square) * table[1, 1], reached, "no row is labelled or predicted positive")


def f1(table: Floats) -> float:
    """Harmonic mean of precision and recall."""
    return f_beta(table, 1.0)


BINARY: Mapping[str, Callable[[Floats], float]] = {
    "accuracy": accuracy,
    "balanced_accuracy": balanced_accuracy,
    "precision": precision,
    "recall": recall,
    "specificity": specificity,
    "negative_predictive_value": negative_predictive_value,
    "false_positive_rate": false_positive_rate,
    "false_negative_rate": false_negative_rate,
    "false_discovery_rate": false_discovery_rate,
    "f1": f1,
    "f2": lambda table: f_beta(table, 2.0),
    "f0_5": lambda table: f_beta(table, 0.5),
    "mcc": mcc,
    "cohen_kappa": cohen_kappa,
    "prevalence": prevalence,
    "predicted_positive_rate": predicted_positive_rate,
}
"""Metrics of a binary table, by name."""


# --- averages over classes --------------------------------------------------------------------------------------------


def _macro(table: Floats, metric: Callable[[Floats], float]) -> float:
    """Mean over the classes that stand among the labels or the predictions."""
    held = np.flatnonzero(table.sum(axis=0) + table.sum(axis=1))
    if not len(held):
        raise Undefined("there are no rows")
    return float(np.mean([_named(table, int(code), metric) for code in held]))


def _weighted(table: Floats, metric: Callable[[Floats], float]) -> float:
    """Mean over the classes that have labels, by how many they have."""
    support = table.sum(axis=1)
    values = [float(support[code]) * _named(table, int(code), metric) for code in np.flatnonzero(support)]
    return ratio(sum(values), support.sum(), "there are no rows")


def _named(table: Floats, code: int, metric: Callable[[Floats], float]) -> float:
    try:
        return of_class(table, code, metric)
    except Undefined as undefined:
        raise Undefined(f"of class number {code + 1}, {undefined}") from undefined


MULTICLASS: Mapping[str, Callable[[Floats], float]] = {
    "accuracy": accuracy,
    "balanced_accuracy": balanced_accuracy,
    "f1_macro": lambda table: _macro(table, f1),
    "f1_weighted": lambda table: _weighted(table, f1),
    "f1_micro": accuracy,
    "precision_macro": lambda table: _macro(table, precision),
    "precision_weighted": lambda table: _weighted(table, precision),
    "recall_macro": lambda table: _macro(table, recall),
    "recall_weighted": accuracy,
    "mcc": mcc,
    "cohen_kappa": cohen_kappa,
}
"""Metrics of a table of several classes. With one label a row, micro F1 and weighted recall are the accuracy."""

PER_CLASS: Mapping[str, Callable[[Floats], float]] = {
    "class_recall": recall,
    "class_precision": precision,
    "class_f1": f1,
}
"""Metrics of one class against the rest, by name."""
