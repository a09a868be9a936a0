"""The gate `performance`: how well the candidate predicts, on all rows and on each slice."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar, TypeAlias

from lockgate.evidence.samples import Part, candidate_of, frame_of, parts
from lockgate.evidence.view import Evidence, Frame
from lockgate.gates.base import API, Example, Needs, Params
from lockgate.stats.checks import evaluate
from lockgate.stats.metrics import calibration, classification, confusion, multiclass, ranking, regression
from lockgate.stats.metrics.classification import BinarySample
from lockgate.stats.metrics.multiclass import MulticlassSample
from lockgate.stats.metrics.samples import Sample, metrics_of
from lockgate.stats.uncertainty.registry import DEAR, uncertainty_of
from lockgate.stats.uncertainty.spread import Units
from lockgate.stats.undefined import Undefined
from lockgate.types import JSON, At, Direction, Measurement, Metric, Missing, Status, Task, Uncertainty

Value: TypeAlias = float | Undefined


_MOST_CLASSES = 20  # of a confusion matrix that a chart can show, and whose laws cost next to nothing
_FITTED = frozenset({"calibration_intercept", "calibration_slope"})


def _share(direction: Direction, meaning: str) -> Metric:
    return Metric(direction=direction, meaning=meaning, low=0.0, high=1.0, unit="share")


def _index(direction: Direction, meaning: str, low: float | None = -1.0, high: float | None = 1.0) -> Metric:
    return Metric(direction=direction, meaning=meaning, low=low, high=high)


def _size(meaning: str) -> Metric:
    return Metric(direction="lower", meaning=meaning, low=0.0)


_MEANINGS: Mapping[str, Metric] = {
    # both kinds of classification
    "accuracy": _share("higher", "Share of rows that are predicted right."),
    "balanced_accuracy": _share("higher", "Mean recall of the classes, so that a rare class counts as much."),
    "mcc": _index("higher", "Matthews' correlation of label and prediction; 0 is guessing, 1 is perfect."),
    "cohen_kappa": _index("higher", "Agreement of label and prediction beyond what chance would give."),
    "log_loss": _size("Mean of -ln of the probability that was given to the true class."),
    "brier_score": _index(
        "lower", "Mean squared distance of the probabilities to the outcome; up to 2 with several classes.", 0.0, 2.0
    ),
    "expected_calibration_error": _share(
        "lower", "Mean gap between stated probability and what happened, over 10 bins of equal width."
    ),
    "maximum_calibration_error": _share("lower", "Largest such gap of any of the 10 bins."),
    # binary classification
    "precision": _share("higher", "Share of the rows predicted positive that are positive."),
    "recall": _share("higher", "Share of the positive rows that are found."),
    "specificity": _share("higher", "Share of the negative rows that are predicted negative."),
    "negative_predictive_value": _share("higher", "Share of the rows predicted negative that are negative."),
    "false_positive_rate": _share("lower", "Share of the negative rows that are predicted positive."),
    "false_negative_rate": _share("lower", "Share of the positive rows that are missed."),
    "false_discovery_rate": _share("lower", "Share of the rows predicted positive that are negative."),
    "f1": _share("higher", "Harmonic mean of precision and recall."),
    "f2": _share("higher", "As F1, with recall counting twice as much as precision."),
    "f0_5": _share("higher", "As F1, with precision counting twice as much as recall."),
    "prevalence": _share("neither", "Share of rows that are labelled positive."),
    "predicted_positive_rate": _share("neither", "Share of rows that are predicted positive."),
    "roc_auc": _share("higher", "Chance that a positive row scores above a negative one."),
    "gini": _index("higher", "2 × ROC AUC - 1."),
    "average_precision": _share("higher", "Area under the precision-recall curve, by steps."),
    "ks_statistic": _share("higher", "Greatest distance between the scores of positives and negatives."),
    "lift_at_10": _index(
        "higher", "Positives in the highest-scored tenth, against a tenth taken at random.", 0.0, 10.0
    ),
    "brier_skill_score": _index("higher", "Share of the prevalence's Brier score that the model removes.", None, 1.0),
    "adaptive_calibration_error": _share("lower", "As the expected calibration error, over 10 bins of equal mass."),
    "calibration_bias": _index("neither", "Mean probability less the share of positive rows; 0 is right."),
    "calibration_intercept": _index("neither", "Intercept of the logistic recalibration; 0 is right.", None, None),
    "calibration_slope": _index("neither", "Its slope; 1 is right, less is too sure of itself.", None, None),
    # classification into several classes
    "f1_macro": _share("higher", "Mean F1 of the classes."),
    "f1_weighted": _share("higher", "Mean F1 of the classes, by how many rows each has."),
    "f1_micro": _share("higher", "F1 over all decisions; with one label a row, the accuracy."),
    "precision_macro": _share("higher", "Mean precision of the classes."),
    "precision_weighted": _share("higher", "Mean precision of the classes, by how many rows each has."),
    "recall_macro": _share("higher", "Mean recall of the classes."),
    "recall_weighted": _share("higher", "Mean recall of the classes, by how many rows each has: the accuracy."),
    "top_2_accuracy": _share("higher", "Share of rows whose class is among the 2 most probable."),
    "top_3_accuracy": _share("higher", "Share of rows whose class is among the 3 most probable."),
    "roc_auc_ovr": _share("higher", "Mean ROC AUC of each class against all others."),
    "roc_auc_ovo": _share("higher", "Mean ROC AUC over all pairs of classes."),
    "class_recall": _share("higher", "Share of the rows of a class that are found."),
    "class_precision": _share("higher", "Share of the rows predicted as a class that belong to it."),
    "class_f1": _share("higher", "Harmonic mean of a class's precision and recall."),
    # regression
    "mae": _size("Mean size of the error."),
    "mse": _size("Mean squared error."),
    "rmse": _size("Root of the mean squared error."),
    "rmsle": _size("Root of the mean squared distance of ln(1 + value)."),
    "r2": _index("higher", "Share of the labels' variance that is explained.", None, 1.0),
    "explained_variance": _index("higher", "As R², without counting a constant error.", None, 1.0),
    "median_absolute_error": _size("Median size of the error."),
    "max_error": _size("Largest error."),
    "mape": Metric(direction="lower", meaning="Mean error as a share of the label.", low=0.0, unit="share"),
    "smape": _index("lower", "Mean error over the mean of label and prediction, 0 to 2.", 0.0, 2.0),
    "wape": Metric(
        direction="lower", meaning="Sum of the errors' sizes over that of the labels'.", low=0.0, unit="share"
    ),
    "mean_error": _index("neither", "Mean of prediction less label; 0 is right.", None, None),
    "pearson": _index("higher", "Correlation of label and prediction."),
    "spearman": _index("higher", "Correlation of their ranks."),
}

_OF_TASK: Mapping[Task, frozenset[str]] = {
    "binary": frozenset(classification.METRICS),
    "multiclass": frozenset({*multiclass.METRICS, *confusion.PER_CLASS}),
    "regression": frozenset(regression.METRICS),
}

METRICS: Mapping[str, Metric] = {
    name: replace(metric, tasks=tuple(task for task, names in _OF_TASK.items() if name in names))
    for name, metric in _MEANINGS.items()
}
"""All metrics that the gates `performance` and `champion` measure, by name."""


def too_small(part: Part, min_rows: int, task: Task) -> Iterator[Missing]:
    """A `Missing` for each metric of a part under `min_rows`; listed only where it is no slice the policy names."""
    listed = part.slice is not None and not part.slice.named
    for name in METRICS:
        if name in _OF_TASK[task]:
            reason = f"{part.rows} rows, and data.min_rows is {min_rows}"
            yield Missing(metric=name, at=part.at, reason=reason, rows=part.rows, listed=listed)


def measured(part: Part, frame: Frame, evidence: Evidence) -> Iterator[tuple[str, At, tuple[Value, ...]]]:
    """Each metric's name and place, with its value for each model, or why that has none.

    On slices those that are fitted to the rows are measured only where the policy asks for them.
    """
    for name in METRICS:
        left_out = part.slice is not None and name in _FITTED and not evidence.asks(name)
        if name in _OF_TASK[frame.task] and name not in confusion.PER_CLASS and not left_out:
            yield name, part.at, tuple(_value(name, sample) for sample in part.samples)
    if frame.task == "multiclass":
        for code, label in enumerate(frame.classes):
            at = At(slice=part.at.slice, label=str(label))
            for name in confusion.PER_CLASS:
                values = tuple(_value_of_class(name, code, sample) for sample in part.samples)
                yield name, at, values


def _value(name: str, sample: Sample | Undefined) -> Value:
    if isinstance(sample, Undefined):
        return sample
    try:
        return _inside(evaluate(metrics_of(sample)[name], sample), METRICS[name])
    except Undefined as undefined:
        return undefined


def _value_of_class(name: str, code: int, sample: Sample | Undefined) -> Value:
    if not isinstance(sample, MulticlassSample):
        return sample if isinstance(sample, Undefined) else Undefined("there are no classes")
    try:
        return _inside(confusion.of_class(sample.table, code, confusion.PER_CLASS[name]), METRICS[name])
    except Undefined as undefined:
        return undefined


def _inside(value: float, metric: Metric) -> float:
    """The value, put on the end of its domain when nothing but rounding has carried it across."""
    for end in (metric.low, metric.high):
        if end is not None and abs(value - end) <= 1e-12:
            return float(end)
    return value


def with_law(name: str, part: Part, frame: Frame, evidence: Evidence) -> bool:
    """Whether a metric gets a law: where the policy asks for it, else on all rows unless it is dear.

    With very many classes all are dear.
    """
    return evidence.asks(name) or (part.slice is None and name not in DEAR and len(frame.classes) <= _MOST_CLASSES)


def _laws(part: Part, frame: Frame, evidence: Evidence) -> Callable[[str, At, float], Uncertainty | None]:
    """What gives the law of the metrics of a part."""
    sample = part.samples[0]
    units = None if isinstance(sample, Undefined) else Units(sample=sample, seed=evidence.seed)
    codes = {str(label): code for code, label in enumerate(frame.classes)}

    def law(name: str, at: At, value: float) -> Uncertainty | None:
        if units is None or not with_law(name, part, frame, evidence):
            return None
        code = None if at.label is None else codes[at.label]
        metric = METRICS[name]
        return uncertainty_of(name, units, value, code=code, span=(metric.low, metric.high))

    return law


def details(name: str, sample: Sample | Undefined, frame: Frame) -> dict[str, JSON]:
    """What a chart of the metric draws: ROC curve, reliability bins, confusion matrix."""
    match name, sample:
        case "roc_auc", BinarySample():
            return {"roc": ranking.roc_curve(sample.ranking)}
        case "expected_calibration_error", BinarySample():
            return {"bins": calibration.curve(sample.equal_width)}
        case "expected_calibration_error", MulticlassSample():
            return {"bins": calibration.curve(sample.reliability)}
        case "accuracy", MulticlassSample() if sample.classes <= _MOST_CLASSES:
            return {"labels": [str(label) for label in frame.classes], "confusion": sample.table.tolist()}
        case "accuracy", BinarySample():
            other = [str(label) for code, label in enumerate(frame.classes) if code != frame.positive]
            positive = [str(label) for code, label in enumerate(frame.classes) if code == frame.positive]
            return {"labels": [*other, *positive], "confusion": sample.table.tolist()}
    return {}


_MODEL = "{task: binary, candidate: {predictions: {prediction: yhat, score: p}}, champion: none}"
_ROLES = "{label: y, positive: 1, min_rows: 4}"
_SAID: Mapping[str, Sequence[object]] = {
    "yhat": [0, 0, 1, 1, 1, 1, 0, 0],
    "p": [0.1, 0.2, 0.6, 0.7, 0.8, 0.9, 0.3, 0.4],
}


class Settings(Params):
    """The gate has no settings of its own: what is asked of it stands under `metrics` and `slices`."""


class Performance:
    """How well the candidate predicts the labels, on all rows and on each slice.

    What it checks
    --------------
    Every usual metric of the model's task is measured on the rows of `data.validation` (or of the role that `data`
    names): of the predictions (accuracy, F1, recall …), of the scores (ROC AUC, average precision …) and of the scores
    as probabilities (log loss, Brier score, calibration error). `metrics` sets limits on all rows, `slices` on every
    slice of `data.slices`; `class_recall`, `class_precision` and `class_f1` are about each class of a multiclass model.
    Each metric on all rows has an interval, but for a few that cost more than the metric itself; on slices those that
    the policy asks for do. Numbers are scikit-learn's, weights of `data.weight` included. A metric that has no value on
    some rows (ROC AUC where one class is absent, precision where nothing is predicted positive) is an error, never a 0.

    Why it matters
    --------------
    A model that is good on average can be bad where it counts: for a rare class, on a slice of the customers, or in
    how sure it says it is. A limit on the number that the business depends on stops such a model here.

    How to mend a failure
    ---------------------
    Look at the slices first: one weak slice often explains the whole. Compare the label's share with the training
    data, and look for rows that were labelled differently. If precision and recall are both in reach of another
    threshold, move `model.threshold`; if only calibration fails, calibrate the scores. A metric that could not be
    measured names what there is none of: take more rows, or a metric that needs less.
    """

    api: ClassVar[int] = API
    dimension: ClassVar[str] = "performance"
    params = Settings
    needs: ClassVar[Needs] = Needs(data="validation", candidate="yes")
    metrics: ClassVar[Mapping[str, Metric]] = METRICS
    libraries: ClassVar[Sequence[str]] = ("lockgate", "numpy")
    examples: ClassVar[Sequence[Example]] = (
        Example(
            name="good enough",
            policy="metrics: {accuracy: {min: 0.7}, f1: {min: 0.7}, roc_auc: {min: 0.9}}",
            status=Status.PASS,
            data={"y": [0, 0, 0, 1, 1, 1, 0, 1], **_SAID},
            model=_MODEL,
            roles=_ROLES,
        ),
        Example(
            name="misses too many positive rows",
            policy="metrics: {recall: {min: 0.7}}",
            status=Status.FAIL,
            data={"y": [0, 0, 0, 1, 1, 1, 1, 1], **_SAID},
            model=_MODEL,
            roles=_ROLES,
        ),
        Example(
            name="one class only, so that there is no ranking",
            policy="metrics: {roc_auc: {min: 0.5}}",
            status=Status.ERROR,
            data={"y": [1, 1, 1, 1, 1, 1, 1, 1], **_SAID},
            model=_MODEL,
            roles=_ROLES,
        ),
    )

    def measure(self, params: Settings, evidence: Evidence) -> Iterator[Measurement | Missing]:  # noqa: ARG002 (no settings)
        """Measure all metrics of the task on all rows and on every slice."""
        frame = frame_of(evidence)
        for part in parts(evidence, (candidate_of(frame),)):
            if part.rows < evidence.min_rows:
                yield from too_small(part, evidence.min_rows, frame.task)
                continue
            law = _laws(part, frame, evidence)
            for name, at, (value,) in measured(part, frame, evidence):
                if isinstance(value, Undefined):
                    yield Missing(metric=name, at=at, reason=str(value), rows=part.rows)
                else:
                    shown = details(name, part.samples[0], frame) if part.slice is None else {}
                    around = law(name, at, value)
                    yield Measurement(
                        metric=name, at=at, value=value, uncertainty=around, rows=part.rows, details=shown
                    )
