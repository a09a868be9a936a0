"""Rows that are forecasts: of which series, made when, on which scale, with which quantiles."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from lockgate.errors import EvidenceError, GateError
from lockgate.evidence.row_columns import numbers_of, ranks_of
from lockgate.evidence.samples import frame_of
from lockgate.evidence.view import Bools, Codes, Evidence, Floats
from lockgate.stats.metrics.forecast import naive_scales
from lockgate.stats.undefined import Undefined

_Quantiles = tuple[Mapping[float, str], Mapping[float, str]]
_ONE: tuple[Any, ...] = (None,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecasts:
    """Forecasts by row (n,).

    Attributes:
        actual: what came.
        predictions: the candidate's forecast, then the champion's.
        series: of each row, by codes.
        origin: when it was made, by codes that rise in time.
        weight: of each row; None: all are equal.
        scale: what the naive forecast loses in the series' history: mean absolute error, and mean squared error; NaN
            where it has none.
        no_scale: why there is no scale at all.
        levels: of the quantiles, rising.
        quantiles: by level, of each model that gives some: the candidate's first.
    """

    actual: Floats
    predictions: tuple[Floats, ...]
    series: Codes
    origin: Codes
    weight: Floats | None
    scale: tuple[Floats, Floats] | None
    no_scale: str
    levels: tuple[float, ...]
    quantiles: tuple[Mapping[float, Floats], ...]

    def of(self, rows: Bools | None) -> "Forecasts":
        """Some of the rows."""
        if rows is None:
            return self
        return Forecasts(
            actual=self.actual[rows],
            predictions=tuple(said[rows] for said in self.predictions),
            series=self.series[rows],
            origin=self.origin[rows],
            weight=None if self.weight is None else self.weight[rows],
            scale=None if self.scale is None else (self.scale[0][rows], self.scale[1][rows]),
            no_scale=self.no_scale,
            levels=self.levels,
            quantiles=tuple({level: held[rows] for level, held in said.items()} for said in self.quantiles),
        )

    @property
    def window(self) -> Codes:
        """Which rows are one forecast, of one series and origin, by codes from 0 without a gap."""
        joint = self.series * (int(self.origin.max()) + 1) + self.origin
        found: Codes = np.unique(joint, return_inverse=True)[1].astype(np.int64)
        return found

    def scaled(self) -> Floats:
        """The mean absolute error that errors are divided by.

        Raises:
            Undefined: some row has none.
        """
        return self._scale(0)

    def squared_scale(self) -> Floats:
        """The mean squared error that squared errors are divided by.

        Raises:
            Undefined: some row has none.
        """
        return self._scale(1)

    def _scale(self, which: int) -> Floats:
        if self.scale is None:
            raise Undefined(self.no_scale)
        held = self.scale[which]
        without = np.unique(self.series[~np.isfinite(held)])
        if len(without):
            raise Undefined(f"{len(without)} series have no history in data.training that is longer than a season")
        flat = np.unique(self.series[held <= 0])
        if len(flat):
            raise Undefined(f"the naive forecast errs by 0 in the history of {len(flat)} series")
        return held


def forecasts_of(
    evidence: Evidence, *, series: str | None, origin: str | None, scale: str | None, season: int, quantiles: _Quantiles
) -> Forecasts:
    """The rows of the frame as forecasts.

    Args:
        evidence: of a regression.
        series: column of the series; None: there is one.
        origin: column of the time at which a row was forecast; None: `data.time`.
        scale: column of the naive forecast's mean absolute error; None: from the history in `data.training`.
        season: of the naive forecast, in rows.
        quantiles: columns of the candidate's quantiles by level, and the champion's.

    Raises:
        GateError: the policy names no time.
        EvidenceError: a column is missing or broken, a series has two values at one time, or a row was forecast after
            its time.
    """
    frame, source = frame_of(evidence), evidence.data
    when = origin or evidence.time
    if when is None:
        fix = "add data.time: COLUMN, and the setting `origin` where forecasts reach further than one step"
        raise GateError("the policy does not say when forecasts were made", fix=fix)
    code, names = np.zeros(frame.rows, np.int64), _ONE
    if series is not None:
        code, names = ranks_of(source, series, "series")
    made, _ = ranks_of(source, when, "origin")
    _check_ahead(origin, evidence)
    _check_once(code, made, evidence)
    scales, why = None, ""
    if scale is not None:
        sizes = numbers_of(source, scale, "scale")
        with np.errstate(over="ignore"):  # what is infinite is no scale
            scales = sizes, np.square(sizes)
    elif evidence.training is None:
        why = "there is no history to scale by: name data.training, or the setting `scale`"
    elif evidence.time is None:
        why = "the history has no order: name data.time"
    else:
        found = _history(evidence, series, names, season)
        scales = found[0][code], found[1][code]
    models = [said for said in (frame.candidate, frame.champion) if said is not None]
    return Forecasts(
        actual=frame.label.astype(np.float64),
        predictions=tuple(said.prediction.astype(np.float64) for said in models),
        series=code,
        origin=made,
        weight=frame.weight,
        scale=scales,
        no_scale=why,
        levels=tuple(quantiles[0]),
        quantiles=tuple(
            {level: numbers_of(source, column, f"quantile {level:g}") for level, column in columns.items()}
            for columns, _ in zip(quantiles, models, strict=False)
            if columns
        ),
    )


def _check_ahead(origin: str | None, evidence: Evidence) -> None:
    """See that no forecast was made after what it forecasts had come; columns of two types cannot be held together."""
    if origin is None or evidence.time is None or origin == evidence.time:
        return
    import pyarrow.compute as pc

    table = evidence.data.table((origin, evidence.time))
    made, when = table.column(origin), table.column(evidence.time)
    if made.type != when.type:
        return
    late = pc.sum(pc.greater(made, when)).as_py()
    if late:
        what = f"{late} rows were forecast ({origin!r}) after the time that they forecast ({evidence.time!r})"
        raise EvidenceError(what, where=evidence.data.uri, fix="mend `origin`, or remove the rows")


def _check_once(series: Codes, made: Codes, evidence: Evidence) -> None:
    """See that each time of a series is forecast once from an origin."""
    if evidence.time is None:
        return
    when, _ = ranks_of(evidence.data, evidence.time, "time")
    rows = np.stack([series, made, when])
    twice = rows.shape[1] - np.unique(rows, axis=1).shape[1]
    if twice:
        what = f"{twice} rows forecast a time of a series again from the same origin"
        fix = "name the setting `series`, or `origin`, or remove the rows"
        raise EvidenceError(what, where=evidence.data.uri, fix=fix)


def _history(evidence: Evidence, series: str | None, names: tuple[Any, ...], season: int) -> tuple[Floats, Floats]:
    """What the naive forecast loses in the history of each series that is forecast; NaN where it has none."""
    source = evidence.training
    if source is None or evidence.time is None or evidence.label is None:
        raise GateError("there is no history to scale by")
    values = numbers_of(source, evidence.label, "label")
    place, _ = ranks_of(source, evidence.time, "time")
    code, known = np.zeros(source.rows, np.int64), _ONE
    if series is not None:
        code, known = ranks_of(source, series, "series")
    twice = source.rows - len(np.unique(code * (int(place.max()) + 1) + place))
    if twice:
        what = f"{twice} rows of a series' history stand at a time that another row has"
        raise EvidenceError(what, where=source.uri, fix="name the setting `series`, or remove the rows")
    mean, square = naive_scales(code, place, values, season)
    at = {name: index for index, name in enumerate(known)}
    found = np.array([at.get(name, -1) for name in names])
    return np.r_[mean, np.nan][found], np.r_[square, np.nan][found]
