"""Builds the prediction frame: label, weights and both models' predictions of the same rows, checked and coded.

Nothing is dropped and nothing is guessed: a missing label, a class that does not match or a score that is no
probability is an error that names the column.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lockgate.errors import EvidenceError, did_you_mean
from lockgate.evidence.raw import RawPredictions
from lockgate.evidence.sources.codes import encode, plain_values
from lockgate.evidence.sources.floats import floats
from lockgate.evidence.view import Codes, Floats, Frame, Grouping, Label, Predictions, Slice
from lockgate.types import Task

_EVERY = "name a column that every row has"


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelling:
    """What the policy says about the label (its column, its classes' roles), and of columns about the rows.

    `weight` weighs them, `cluster` says which belong together, `group` which answer one query, `time` in which order
    they came.
    """

    label: str
    positive: Label | None = None
    favourable: Label | None = None
    weight: str | None = None
    cluster: str | None = None
    group: str | None = None
    time: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """One model's raw predictions, who gave them, and the threshold that turns its score into a prediction."""

    who: str
    raw: RawPredictions
    threshold: float | None = None


def predictions_of(answers: Answers, frame: Frame, rows: int, labelling: Labelling, where: str) -> Predictions:
    """A model's answers about `rows` rows, coded as in a frame.

    Raises:
        EvidenceError: they are broken, or hold a class that the frame has not.
    """
    _check_rows(answers, rows, where)
    if frame.task == "regression":
        said = _regression(answers, where)
    else:
        said = _classified(answers, frame.classes, frame.task, labelling, where)
    assert said is not None  # noqa: S101 (there are answers)
    return said


def build_frame(
    table: pa.Table,
    where: str,
    task: Task,
    labelling: Labelling,
    *,
    candidate: Answers | None = None,
    champion: Answers | None = None,
    slices: tuple[Slice, ...] = (),
    groupings: tuple[Grouping, ...] = (),
) -> Frame:
    """The prediction frame of one data set.

    Args:
        table: its label and weight columns.
        where: the data set, for messages.
        task: binary, multiclass or regression.
        labelling: which column is the label, and what its classes mean.
        candidate: the candidate's predictions.
        champion: the champion's predictions on the same rows.
        slices: the policy's slices of these rows.
        groupings: the sensitive columns of these rows.

    Raises:
        EvidenceError: label, weight or predictions are missing, broken or do not fit together.
    """
    column = _column(table, labelling.label, where)
    weight = (
        None if labelling.weight is None else _weights(_column(table, labelling.weight, where), labelling.weight, where)
    )
    group = _codes_of(table, "group", labelling.group, where)
    cluster = _clusters(table, labelling, group, where)
    given = [answers for answers in (candidate, champion) if answers is not None]
    for answers in given:
        _check_rows(answers, table.num_rows, where)
    if task == "regression":
        return Frame(
            task=task,
            label=_numbers(column, f"label {labelling.label!r}", where),
            candidate=_regression(candidate, where),
            champion=_regression(champion, where),
            weight=weight,
            cluster=cluster,
            group=group,
            slices=slices,
            groupings=groupings,
        )
    what = f"label {labelling.label!r}"
    label_codes, labels = _coded(column, what, where)
    if np.any(label_codes < 0):
        part = "all" if not labels else "some"
        fix = "judge labelled rows only: remove the others, or wait for their labels"
        raise EvidenceError(f"{what} is missing in {part} rows", where=where, fix=fix)
    classes = _classes(labels, given, task, labelling, where)
    return Frame(
        task=task,
        label=_recoded(label_codes, labels, classes, what, where),
        classes=classes,
        positive=_code(classes, _positive(classes, labelling, where), where) if task == "binary" else None,
        favourable=_favourable(classes, task, labelling, where),
        candidate=_classified(candidate, classes, task, labelling, where),
        champion=_classified(champion, classes, task, labelling, where),
        weight=weight,
        cluster=cluster,
        group=group,
        slices=slices,
        groupings=groupings,
    )


# --- columns ----------------------------------------------------------------------------------------------------------


def _column(table: pa.Table, name: str, where: str) -> pa.ChunkedArray:
    if name not in table.column_names:
        hint = did_you_mean(name, table.column_names)
        raise EvidenceError(f"there is no column {name!r}", where=where, fix=hint)
    return table.column(name)


def _numbers(column: pa.ChunkedArray, what: str, where: str) -> Floats:
    values = floats(column, what, where)
    broken = int(np.count_nonzero(~np.isfinite(values)))
    if broken:
        fix = "remove these rows, or mend what makes them"
        raise EvidenceError(f"{what} is missing or not finite in {broken} of {len(values)} rows", where=where, fix=fix)
    return values


def _weights(column: pa.ChunkedArray, name: str, where: str) -> Floats:
    values = _numbers(column, f"weight {name!r}", where)
    if not np.all(values > 0):
        raise EvidenceError(
            f"weight {name!r} is zero or negative in some rows", where=where, fix="weights are positive"
        )
    return values


def _clusters(table: pa.Table, labelling: Labelling, group: Codes | None, where: str) -> Codes | None:
    """Which rows belong together: those of one cluster, else of one block in time, else of one group, else None."""
    if labelling.cluster is not None:
        return _codes_of(table, "cluster", labelling.cluster, where)
    if labelling.time is not None:
        return _blocks(_column(table, labelling.time, where), f"time {labelling.time!r}", where, _EVERY)
    return group


def _codes_of(table: pa.Table, role: str, name: str | None, where: str) -> Codes | None:
    """A column whose equal values are one, as codes; None where the policy names none.

    Raises:
        EvidenceError: it has no value in some rows.
    """
    if name is None:
        return None
    what = f"{role} {name!r}"
    codes, _ = _coded(_column(table, name, where), what, where)
    if np.any(codes < 0):
        raise EvidenceError(f"{what} is missing in some rows", where=where, fix=_EVERY)
    return codes


def _blocks(column: pa.ChunkedArray, what: str, where: str, fix: str) -> Codes:
    """Consecutive blocks of the rows in time, about as many as rows in each: the root of their number.

    Neighbours depend on each other and blocks hardly do, as in the bootstrap of blocks (Künsch 1989).
    """
    import pyarrow.compute as pc

    try:
        encoded = encode(column)
    except pa.ArrowNotImplementedError as error:
        raise EvidenceError(f"{what} is of type {column.type}, which has no order", where=where, fix=fix) from error
    if np.any(encoded.codes < 0):
        raise EvidenceError(f"{what} is missing in some rows", where=where, fix=fix)
    rank = np.empty(len(encoded.values), np.int64)
    rank[pc.sort_indices(encoded.values).to_numpy()] = np.arange(len(rank))
    order = np.argsort(rank[encoded.codes], kind="stable")
    block = np.empty(len(order), np.int64)
    block[order] = np.arange(len(order)) // max(1, round(len(order) ** 0.5))
    return block


def _coded(column: pa.ChunkedArray, what: str, where: str) -> tuple[Codes, tuple[Label, ...]]:
    """A column of classes as codes (n,) into its distinct values; -1 where it is missing."""
    try:
        encoded = encode(column)
        values = plain_values(encoded.values)
    except EvidenceError as error:
        raise EvidenceError(f"{what}: {error.what}", where=where, fix=error.fix) from error
    except pa.ArrowNotImplementedError as error:
        fix = "a class is text, a number or a boolean"
        raise EvidenceError(f"{what} is of type {column.type}, which holds no classes", where=where, fix=fix) from error
    return encoded.codes, tuple(value for value in values if value is not None)


# --- classes ----------------------------------------------------------------------------------------------------------


def _classes(
    labels: Sequence[Label], given: Sequence[Answers], task: Task, labelling: Labelling, where: str
) -> tuple[Label, ...]:
    """All classes: in the first model's order where it names them, else sorted; the label's must be among them."""
    named = [answers for answers in given if answers.raw.classes is not None]
    if named:
        classes = _distinct(value for answers in named for value in answers.raw.classes or ())
        unknown = [value for value in labels if value not in classes]
        if unknown:
            whose = f"the {named[0].who}'s classes are {_listed(classes)}"
            fix = "labels and classes must be of one type and one spelling"
            if classes == tuple(range(len(classes))) and all(isinstance(value, str) for value in unknown):
                fix = "code the label as 0, 1, … as it was when the model was fitted, or wrap the model"
            what = f"label {labelling.label!r} holds {_listed(unknown)}, {whose}"
            raise EvidenceError(what, where=where, fix=fix)
    else:
        said = [_prediction(answers, where)[1] for answers in given if answers.raw.prediction is not None]
        classes = _distinct([*labels, *(value for values in said for value in values)])
        if task == "binary" and len(classes) == 1 and labelling.positive is not None:
            classes = _distinct([*classes, labelling.positive])
        if len({isinstance(value, str) for value in classes}) > 1:
            what = f"label and predictions do not match: {_listed(classes)}"
            raise EvidenceError(what, where=where, fix="write both as text, or both as numbers")
        classes = tuple(sorted(classes))
    if task == "binary" and len(classes) != 2:
        what = f"a binary task has two classes, here are {len(classes)}: {_listed(classes)}"
        fix = "say task: multiclass, or name data.positive where only one class stands in the data"
        raise EvidenceError(what, where=where, fix=fix)
    return classes


def _distinct(values: Iterable[Label]) -> tuple[Label, ...]:
    return tuple(dict.fromkeys(values))


def _listed(values: Sequence[object]) -> str:
    return ", ".join(map(repr, values[:10])) + (" …" if len(values) > 10 else "")


def _code(classes: tuple[Label, ...], value: Label, where: str) -> int:
    if value not in classes or isinstance(value, str) != isinstance(classes[0], str):
        what = f"there is no class {value!r} in the label: {_listed(classes)}"
        raise EvidenceError(what, where=where, fix="mend data.positive or data.favourable")
    return classes.index(value)


def _positive(classes: tuple[Label, ...], labelling: Labelling, where: str) -> Label:
    if labelling.positive is not None:
        return labelling.positive
    if set(classes) == {0, 1}:
        return max(classes)
    what = f"which of the classes {_listed(classes)} is the positive one?"
    raise EvidenceError(what, where=where, fix=f"write data.positive, for example {classes[-1]!r}")


def _favourable(classes: tuple[Label, ...], task: Task, labelling: Labelling, where: str) -> int | None:
    if labelling.favourable is not None:
        return _code(classes, labelling.favourable, where)
    return _code(classes, _positive(classes, labelling, where), where) if task == "binary" else None


def _recoded(found: Codes, values: Sequence[Label], classes: tuple[Label, ...], what: str, where: str) -> Codes:
    """Codes into `values` as codes into `classes`; every row must have one of them."""
    place = {value: code for code, value in enumerate(classes)}
    table = np.array([*(place.get(value, -1) for value in values), -1], dtype=np.int64)
    recoded: Codes = table[found]
    if np.any(recoded < 0):
        strange = [value for value in values if value not in place] or ["nothing"]
        fix = f"the classes are {_listed(classes)}; every row needs one of them"
        raise EvidenceError(f"{what} holds {_listed(strange)}", where=where, fix=fix)
    return recoded


# --- predictions ------------------------------------------------------------------------------------------------------


def _check_rows(answers: Answers, rows: int, where: str) -> None:
    raw = answers.raw
    lengths = {len(part) for part in (raw.prediction, raw.score) if part is not None}
    if lengths != {rows}:
        said = " and ".join(map(str, sorted(lengths))) or "no"
        what = f"the {answers.who} gave {said} predictions for {rows} rows"
        raise EvidenceError(what, where=where, fix="a model must answer every row, in order")
    if raw.score is not None and not (np.all(raw.score >= 0) and np.all(raw.score <= 1)):
        what = f"the {answers.who}'s score is missing or outside 0 to 1 in some rows"
        raise EvidenceError(what, where=where, fix="a score is a probability; leave it out where the model gives none")


def _regression(answers: Answers | None, where: str) -> Predictions | None:
    if answers is None:
        return None
    if answers.raw.prediction is None:
        raise EvidenceError(f"the {answers.who} gave no prediction", where=where, fix="name the column that holds it")
    column = pa.chunked_array([answers.raw.prediction])
    return Predictions(prediction=_numbers(column, f"the {answers.who}'s prediction", where))


def _classified(
    answers: Answers | None, classes: tuple[Label, ...], task: Task, labelling: Labelling, where: str
) -> Predictions | None:
    if answers is None:
        return None
    positive = _code(classes, _positive(classes, labelling, where), where) if task == "binary" else None
    score = _score(answers, classes, positive, where)
    if answers.threshold is not None and score is None:
        what = f"model.threshold is set, and the {answers.who} gives no score that it could be held against"
        raise EvidenceError(what, where=where, fix="leave the threshold out, or use a model that gives probabilities")
    if answers.raw.prediction is not None and answers.threshold is None:
        found, values = _prediction(answers, where)
        what = f"the {answers.who}'s prediction"
        return Predictions(prediction=_recoded(found, values, classes, what, where), score=score)
    if score is None:
        raise EvidenceError(f"the {answers.who} gave neither a prediction nor a score", where=where)
    if positive is None:
        return Predictions(prediction=np.argmax(score, axis=1).astype(np.int64), score=score)
    threshold = 0.5 if answers.threshold is None else answers.threshold
    return Predictions(prediction=np.where(score >= threshold, positive, 1 - positive).astype(np.int64), score=score)


def _prediction(answers: Answers, where: str) -> tuple[Codes, tuple[Label, ...]]:
    return _coded(pa.chunked_array([answers.raw.prediction]), f"the {answers.who}'s prediction", where)


def _score(answers: Answers, classes: tuple[Label, ...], positive: int | None, where: str) -> Floats | None:
    """The model's score in the frame's form: (n,) of the positive class, or (n, k) in the order of `classes`."""
    score = answers.raw.score
    if score is None:
        return None
    if positive is not None and score.ndim == 1:
        return score
    own = answers.raw.classes if answers.raw.classes is not None else classes
    if score.ndim != 2 or score.shape[1] != len(own):
        what = f"the {answers.who}'s score has the shape {score.shape}, there are {len(own)} classes"
        raise EvidenceError(what, where=where, fix="give one column of probabilities per class")
    if positive is not None:
        of_positive: Floats = np.ascontiguousarray(score[:, own.index(classes[positive])])
        return of_positive
    if not np.allclose(score.sum(axis=1), 1, atol=1e-5):
        what = f"the {answers.who}'s probabilities do not sum to 1 in some rows"
        raise EvidenceError(what, where=where, fix="give one probability per class, over all classes")
    ordered = np.zeros((len(score), len(classes)))
    ordered[:, [classes.index(value) for value in own]] = score
    return ordered
