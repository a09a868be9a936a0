"""Any sample of one model's rows, and the metrics that it has."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from lockgate.stats import classification, multiclass, regression
from lockgate.stats.classification import BinarySample
from lockgate.stats.multiclass import MulticlassSample
from lockgate.stats.regression import RegressionSample

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
