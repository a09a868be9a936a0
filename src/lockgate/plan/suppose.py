"""Tables that stand in for data and predictions which are not there yet: rows like none in particular, worst cases."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from lockgate.evidence.frame import Labelling, build_frame
from lockgate.evidence.sources.arrow import ArrowSource
from lockgate.evidence.sources.memory import MemoryReader, table_of
from lockgate.evidence.view import Label
from lockgate.globs import Globs
from lockgate.policy.loaded import Policy
from lockgate.policy.model import DataBlock, ModelSpec, PredictionColumns, SliceSpec

ROWS = 10_000
"""Rows of a supposed data set: enough for every law to be well known."""

PREDICTED, SCORE = "prediction (supposed)", "score (supposed)"
_CLASSES = 3  # of a supposed multiclass task
_CATEGORIES = 10
_OF_CATEGORIES = frozenset({"new_category_share", "cramers_v", "chi_squared"})
_ANY = "any column"


def supposed_policy(policy: Policy, *, data: bool) -> Policy:
    """The policy about supposed predictions, and where the data are supposed, too, about their columns.

    Args:
        policy: as it was loaded.
        data: no data are there either.
    """
    spec = ModelSpec(uri=None, predictions=_columns(policy.model.task))
    model = policy.model.model_copy(update={"candidate": spec, "champion": spec, "threshold": None})
    if not data:
        return replace(policy, model=model)
    titles = tuple(SliceSpec(column=each.title) for each in policy.data.slices if each.title)
    held: dict[str, Any] = dict.fromkeys(("cluster", "group", "time"))
    held |= {"slices": titles, "label": policy.data.label or "label"}
    if policy.model.task == "binary" and policy.data.positive is None:
        held["positive"] = 1
    return replace(policy, model=model, data=policy.data.model_copy(update=held))


def _columns(task: str) -> PredictionColumns:
    if task == "regression":
        return PredictionColumns(prediction=PREDICTED)
    return PredictionColumns(prediction=PREDICTED, score=SCORE if task == "binary" else None)


def supposed_table(policy: Policy, part: float, *, seed: int) -> pa.Table:
    """A data set of `ROWS` rows that a policy could be about.

    Args:
        policy: of `supposed_policy`.
        part: the share of the rows in the smallest slice or group.
        seed: of the draws.
    """
    rng = np.random.default_rng([seed, 3])
    columns: dict[str, Any] = dict(_features(policy, rng))
    for slice_ in policy.data.slices:
        columns[slice_.title] = _parts(2, part, rng).astype(str)
    for sensitive in policy.data.sensitive:
        edges = sensitive.bins
        groups = _parts(2 if edges is None else len(edges) + 1, part, rng)
        inside = None if edges is None else np.array([edges[0] - 1, *edges])
        columns[sensitive.column] = groups.astype(str) if inside is None else inside[groups]
    for role in (policy.data.weight, policy.data.id):
        if role is not None:
            columns[role] = np.ones(ROWS) if role == policy.data.weight else np.arange(ROWS)
    if policy.model.task != "other":
        columns[policy.data.label or "label"] = _labels(policy.data, policy.model.task, rng)
    table = pa.table(columns)
    return table if policy.model.task == "other" else _predicted(table, "", policy, seed=seed)


def with_predictions(source: ArrowSource, policy: Policy, *, seed: int) -> ArrowSource:
    """A data set with the predictions of a model that guesses: the worst case for every share, p = 0.5.

    Args:
        source: holds the label.
        policy: of `supposed_policy`.
        seed: of the draws.

    Raises:
        EvidenceError: the label is broken, as an ordinary run says it; or the data cannot be read.
    """
    table = _predicted(source.table(tuple(source.schema)), source.uri, policy, seed=seed)
    reader = MemoryReader(table_of(table, source.where), source.where)
    return ArrowSource(reader, uri=source.uri, where=source.where)


def _predicted(table: pa.Table, where: str, policy: Policy, *, seed: int) -> pa.Table:
    rng = np.random.default_rng([seed, 4])
    data, task = policy.data, policy.model.task
    labelling = Labelling(label=data.label or "label", positive=data.positive, favourable=data.favourable)
    frame = build_frame(table, where, task, labelling)
    rows = frame.rows
    if task == "regression":
        said = frame.label.mean() + 0.1 * frame.label.std() * rng.standard_normal(rows)
        return table.append_column(PREDICTED, pa.array(said))
    codes, classes = frame.label.astype(np.int64), len(frame.classes)
    # Half of the rows of each class are right, the others are one of the other classes.
    ranks = np.empty(rows, np.int64)
    order = np.lexsort((rng.random(rows), codes))
    ranks[order] = np.arange(rows)
    wrong = (codes + rng.integers(1, max(2, classes), rows)) % classes
    said = np.where(ranks % 2 == 0, codes, wrong)
    table = table.append_column(PREDICTED, _values(frame.classes).take(pa.array(said)))
    if frame.positive is None:
        return table
    share = rng.uniform(0, 0.5, rows)
    return table.append_column(SCORE, pa.array(np.where(said == frame.positive, 1 - share, share)))


def _values(classes: Sequence[Label]) -> pa.Array:
    """Classes as a column."""
    if all(isinstance(value, bool) for value in classes):
        return pa.array(classes)
    # Arrow takes no booleans among numbers, and no large whole number unasked.
    numbers = [int(value) if isinstance(value, bool) else value for value in classes]
    large = any(isinstance(value, int) and value >= 2**63 for value in numbers)
    return pa.array(numbers, pa.uint64() if large else None)


def _labels(data: DataBlock, task: str, rng: np.random.Generator) -> Any:
    if task == "regression":
        return rng.standard_normal(ROWS)
    classes = _classes(data, 2 if task == "binary" else _CLASSES)
    codes = rng.permutation(np.arange(ROWS) % len(classes))
    return pa.array(classes).take(pa.array(codes))


def _classes(data: DataBlock, count: int) -> list[Label]:
    """The classes that the policy names, and others of their kind."""
    named = list(dict.fromkeys(value for value in (data.positive, data.favourable) if value is not None))
    first = named[0] if named else 1
    if isinstance(first, bool):
        return [True, False]
    others: Iterable[Label] = (f"other {i}" if isinstance(first, str) else i for i in range(count + len(named)))
    return [*named, *(value for value in others if value not in named)][:count]


def _parts(groups: int, part: float, rng: np.random.Generator) -> Any:
    """Codes of groups (n,): the first holds `part` of the rows, the others share the rest."""
    small = max(1, round(part * ROWS))
    codes = np.concatenate([np.zeros(small, np.int64), 1 + np.arange(ROWS - small) % max(1, groups - 1)])
    return rng.permutation(codes)


def _features(policy: Policy, rng: np.random.Generator) -> Iterable[tuple[str, Any]]:
    # Columns of `fairness` are the sensitive ones and their crossings, whatever the model's features are.
    about = {spec.id for spec in policy.gates if not spec.gate.needs.sensitive}
    rules = [rules for rules in policy.rules.gates if rules.id in about]
    clauses = [clause for each in rules for clause in each.clauses if clause.scope == "columns"]
    globs = list(dict.fromkeys(clause.column for clause in clauses if clause.column is not None))
    spoken = Globs(globs)
    named = policy.data.features or tuple(glob if _is_name(glob) else _example(glob) for glob in globs) or (_ANY,)
    for name in dict.fromkeys(named):
        glob = spoken.best(name)
        asked = {clause.metric for clause in clauses if glob is not None and clause.column == glob}
        if asked & _OF_CATEGORIES:
            yield name, rng.integers(0, _CATEGORIES, ROWS).astype(str)
        else:
            yield name, rng.standard_normal(ROWS)


def _is_name(glob: str) -> bool:
    return not set(glob) & set("*?[")


def _example(glob: str) -> str:
    """A name that a glob speaks of."""
    return _ANY if set(glob) == {"*"} else glob.replace("*", "x").replace("?", "x")
