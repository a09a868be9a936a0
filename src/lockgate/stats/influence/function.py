"""How much each row moves a metric: its empirical influence function (Hampel 1974).

With φ = `influence(name, sample)`, T(sample) - T(truth) is about the mean of φ, so that its variance is about
Σ φ² / n², of rows that belong together Σ (Σ φ of the cluster)² / n². Of two models on the same rows the difference has
φ - φ' (van der Vaart, Asymptotic Statistics, 1998, chapter 20).
"""

import numpy as np

from lockgate.stats.checks import Floats
from lockgate.stats.influence import classes, regression, scores
from lockgate.stats.influence.tables import cell_influence, class_influence
from lockgate.stats.metrics import confusion
from lockgate.stats.metrics.classification import BinarySample
from lockgate.stats.metrics.multiclass import MulticlassSample
from lockgate.stats.metrics.regression import RegressionSample
from lockgate.stats.metrics.samples import Sample
from lockgate.stats.undefined import Undefined


def influence(name: str, sample: Sample, code: int | None = None) -> Floats:
    """The influence of each row of a sample on a metric (n,), in the order of the sample's rows.

    It has the mean 0 and holds the row's weight.

    Args:
        name: a metric of the sample's task, or one of `confusion.PER_CLASS`.
        sample: labels and predictions.
        code: the class that a metric per class is about.

    Raises:
        Undefined: the metric has no value on the sample, or no influence function (a maximum has none).
    """
    with np.errstate(all="ignore"):
        found = _by_weight(name, sample, code)
    if not np.isfinite(found).all():
        raise Undefined(f"the influence of a row on {name} does not fit into float64")
    return weighed(found, sample)


def weighed(rows: Floats, sample: Sample) -> Floats:
    """The influence of rows, each with its weight over the mean one."""
    return rows if sample.weight is None else rows * (sample.weight * (sample.rows / sample.weight.sum()))


def _by_weight(name: str, sample: Sample, code: int | None) -> Floats:
    if isinstance(sample, RegressionSample):
        if name in regression.INFLUENCE:
            return regression.INFLUENCE[name](sample)
    elif name in confusion.PER_CLASS and code is not None:
        return _of_cells(class_influence(name, code, sample.table), sample)
    elif name in (confusion.BINARY if isinstance(sample, BinarySample) else confusion.MULTICLASS):
        return _of_cells(cell_influence(name, sample.table), sample)
    elif isinstance(sample, BinarySample) and name in scores.INFLUENCE:
        return scores.INFLUENCE[name](sample)
    elif isinstance(sample, MulticlassSample) and name in classes.INFLUENCE:
        return classes.INFLUENCE[name](sample)
    raise Undefined(f"{name} has no influence function")


def _of_cells(cells: Floats, sample: BinarySample | MulticlassSample) -> Floats:
    if isinstance(sample, BinarySample):
        found: Floats = cells[sample.positive.astype(np.int64), sample.predicted.astype(np.int64)]
        return found
    return cells[sample.label, sample.prediction]
