"""Finds the slices on which a model is weakest: on one half of the rows, to be judged on the other.

What stands out among many slices stands out partly by chance; on rows that had no say in the choice it does not.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from lockgate.evidence.slices import TIMES, text_of
from lockgate.evidence.sources.arrow import ArrowSource
from lockgate.evidence.view import Bools, Codes, Floats, Frame, Predictions, Slice

PREFIX = "discovered: "
MOST_FEATURES = 60
"""Features that are looked at, the first ones of the model."""
MOST_VALUES = 12
"""Values of a category that are looked at, the most frequent ones."""
MOST_ROWS = 50_000
"""Rows of the exploring half that are looked at."""

_BINS = 4
_LOSSES = 1_000  # steps in which a loss is counted: whole numbers add up alike in any order
_Z = 1.645  # a slice is weak as far as the lower end of its loss's interval, so that small ones do not stand out
_ALIKE = 0.5  # share of common rows from which two slices are one


@dataclass(frozen=True, slots=True, kw_only=True)
class _Atom:
    """One value, or one range, of one feature: the rows whose code it is."""

    feature: str
    name: str
    codes: NDArray[np.int16]
    code: int

    def rows(self, index: Codes | slice = slice(None)) -> Bools:
        """Which of some rows have it."""
        rows: Bools = self.codes[index] == self.code
        return rows


@dataclass(frozen=True, slots=True, kw_only=True)
class _Weak:
    """One atom or two, and how much worse than all rows the model is on them at least."""

    atoms: tuple[int, ...]
    excess: float


def discover(
    source: ArrowSource,
    frame: Frame,
    model: Predictions,
    features: Sequence[str],
    *,
    most: int,
    min_rows: int,
    seed: int,
) -> tuple[Slice, ...]:
    """The weakest slices of one feature's value or range, or of two features'.

    Half of the rows (whole clusters of them) find the slices, by the loss of the model: its errors, or the size of the
    errors' ranks for a regression. The slices hold rows of the other half alone. After Chung et al., Slice Finder
    (2019), with ranges instead of a decision tree.

    Args:
        source: the data set.
        frame: its label and clusters.
        model: the predictions whose weakness is looked for.
        features: columns to cut by.
        most: number of slices.
        min_rows: the least number of rows that a slice must have in each half.
        seed: of the halving.

    Returns:
        At most `most` slices, the weakest first; none of two shares more than half of its rows with an earlier one.
    """
    exploring = _half(frame, seed)
    index = np.flatnonzero(exploring)
    if len(index) > MOST_ROWS:
        index = np.sort(np.random.default_rng([seed, len(index)]).choice(index, MOST_ROWS, replace=False))
    atoms = [
        atom
        for feature in features[:MOST_FEATURES]
        for atom in _atoms(source, feature, index)
        if np.count_nonzero(atom.rows(index)) >= min_rows
    ]
    if not atoms:
        return ()
    held = np.stack([atom.rows(index) for atom in atoms])
    found: list[_Weak] = []
    for weak in sorted(_weak(held, _loss(frame, model)[index], atoms, min_rows), key=lambda w: (-w.excess, w.atoms)):
        if len(found) == most or weak.excess <= 0:
            break
        if all(_overlap(held, weak, other) <= _ALIKE for other in found):
            found.append(weak)
    slices = []
    for weak in found:
        rows = ~exploring
        for number in weak.atoms:
            rows = rows & atoms[number].rows()
        slices.append(Slice(name=PREFIX + TIMES.join(atoms[number].name for number in weak.atoms), rows=rows))
    return tuple(slices)


def _half(frame: Frame, seed: int) -> Bools:
    """Half of the rows, by whole clusters where rows belong together."""
    groups = np.arange(frame.rows) if frame.cluster is None else frame.cluster
    count = int(groups.max()) + 1
    chosen = np.zeros(count, np.bool_)
    chosen[np.random.default_rng(seed).permutation(count)[: count // 2]] = True
    half: Bools = chosen[groups]
    return half


def _loss(frame: Frame, model: Predictions) -> Floats:
    """The loss of each row from 0 to 1, in whole steps of a thousandth."""
    if frame.task != "regression":
        return np.not_equal(frame.label, model.prediction).astype(np.float64)
    errors = np.abs(frame.label.astype(np.float64) - model.prediction.astype(np.float64))
    ranks = np.searchsorted(np.sort(errors), errors, side="right") / len(errors)
    loss: Floats = np.round(ranks * _LOSSES) / _LOSSES
    return loss


def _atoms(source: ArrowSource, feature: str, index: Codes) -> Iterator[_Atom]:
    """The values of a category, the ranges between the quartiles of a number."""
    kind = source.schema[feature].kind if feature in source.schema else "other"
    if kind in {"category", "boolean"}:
        encoded, values = source.encoded(feature)
        counts = np.bincount(encoded.codes[index] + 1, minlength=len(values) + 1)[1:]
        kept = np.argsort(-counts, kind="stable")[:MOST_VALUES]
        place = np.full(len(values) + 1, len(kept) + 1)  # a rarer value is none of the atoms
        place[kept], place[-1] = np.arange(len(kept)), len(kept)
        codes = place[encoded.codes]
        names = [f"{feature}={text_of(values[value])}" for value in kept.tolist()]
    elif kind == "number":
        numbers = source.numbers(feature)
        held = numbers[index][np.isfinite(numbers[index])]
        if not len(held):
            return
        edges = np.unique(np.quantile(held, np.arange(1, _BINS) / _BINS, method="inverted_cdf"))
        codes = np.where(np.isnan(numbers), len(edges) + 1, np.searchsorted(edges, numbers, side="left"))
        lows = ["", *(f"{edge:g} < " for edge in edges.tolist())]
        highs = [*(f" <= {edge:g}" for edge in edges.tolist()), ""]
        names = [f"{low}{feature}{high}" for low, high in zip(lows, highs, strict=True)]
    else:
        return
    small = codes.astype(np.int16)
    for code, name in enumerate([*names, f"{feature}={text_of(None)}"]):
        yield _Atom(feature=feature, name=name, codes=small, code=code)


def _weak(held: Bools, loss: Floats, atoms: Sequence[_Atom], min_rows: int) -> Iterator[_Weak]:
    """Each atom, and each two of different features, with enough rows: how much worse than all rows at least."""
    steps = np.round(loss * _LOSSES)
    masks = held.astype(np.float64)
    # Whole numbers below 2^53: these products are exact, in whatever order they are summed.
    rows, sums, squares = masks @ masks.T, (masks * steps) @ masks.T, (masks * steps**2) @ masks.T
    overall = float(steps.mean())
    with np.errstate(divide="ignore", invalid="ignore"):
        means = sums / rows
        errors = np.sqrt(np.maximum(squares / rows - means**2, 0.25) / rows)
    excess = (means - overall - _Z * errors) / _LOSSES
    for number in range(len(atoms)):
        yield _Weak(atoms=(number,), excess=float(excess[number, number]))
    for one, other in combinations(range(len(atoms)), 2):
        if atoms[one].feature != atoms[other].feature and rows[one, other] >= min_rows:
            yield _Weak(atoms=(one, other), excess=float(excess[one, other]))


def _overlap(held: Bools, one: _Weak, other: _Weak) -> float:
    """The rows of both over the rows of either."""
    masks = [np.logical_and.reduce([held[number] for number in weak.atoms]) for weak in (one, other)]
    either = np.count_nonzero(masks[0] | masks[1])
    return np.count_nonzero(masks[0] & masks[1]) / either if either else 1.0
