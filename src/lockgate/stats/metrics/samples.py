"""Any sample of one model's rows, and the metrics that it has."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from lockgate.stats.metrics import classification, multiclass, regression
from lockgate.stats.metrics.classification import BinarySample
from lockgate.stats.metrics.multiclass import MulticlassSample
from lockgate.stats.metrics.regression import RegressionSample

Sample: TypeAlias = BinarySample | MulticlassSample | RegressionSample


def metrics_of(sample: Sample) -> Mapping[str, Callable[..., float]]:
    """The metrics of the sample's task, by name."""
    match sample:
        case BinarySample():
            return classification.METRICS
        case MulticlassSample():
            return multiclass.METRICS
        case RegressionSample():
            return regression.METRICS
