"""The gate `forecast`: how well the candidate forecasts time series, over rolling origins."""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, Literal, Self

import numpy as np
from pydantic import Field, field_validator, model_validator

from lockgate.errors import GateError
from lockgate.evidence.cuts import Asked, Cut, cuts, measurement
from lockgate.evidence.forecast_losses import losses_of
from lockgate.evidence.forecasts import Forecasts, forecasts_of
from lockgate.evidence.samples import candidate_of, frame_of
from lockgate.evidence.view import Evidence
from lockgate.gates.base import API, Example, Needs, Params
from lockgate.stats.paired.serial import LEAST_UNITS
from lockgate.stats.paired.totals import Totals
from lockgate.stats.undefined import Undefined
from lockgate.types import At, Direction, Measurement, Metric, Missing, Status


def _metric(direction: Direction, meaning: str, low: float | None = 0.0, high: float | None = None) -> Metric:
    unit = "share" if (low, high) == (0.0, 1.0) else None
    return Metric(
        direction=direction, meaning=meaning, low=low, high=high, unit=unit, compared=True, tasks=("regression",)
    )


METRICS: Mapping[str, Metric] = {
    "mase": _metric("lower", "Mean absolute scaled error: 1 is what the naive forecast errs in the history."),
    "rmsse": _metric("lower", "Root mean squared scaled error of each forecast (series and origin), in the mean."),
    "smape": _metric("lower", "Mean of 2 |error| / (|actual| + |forecast|), 0 to 2.", 0.0, 2.0),
    "wape": Metric(
        direction="lower",
        meaning="Sum of the errors' sizes over that of the actual values'.",
        low=0.0,
        unit="share",
        compared=True,
        tasks=("regression",),
    ),
    "bias": _metric("neither", "Mean of forecast less actual; 0 is right.", None),
    "scaled_bias": _metric("neither", "The same in errors of the naive forecast.", None),
    "pinball_loss": _metric("lower", "Mean loss of the quantiles, over all levels."),
    "scaled_pinball_loss": _metric("lower", "The same in errors of the naive forecast."),
    "quantile_share": _metric("neither", "Share of the actual values up to a quantile; its level is right.", 0.0, 1.0),
    "interval_coverage": _metric(
        "neither", "Share of the actual values inside the interval of two quantiles.", 0.0, 1.0
    ),
    "interval_width": _metric("lower", "Mean width of the interval."),
    "interval_score": _metric("lower", "Winkler's score: the width, and a penalty for what lies outside.", None),
    "crossed_quantiles": _metric("lower", "Share of the rows in which a quantile lies above a higher one.", 0.0, 1.0),
}

_MODEL = "{task: regression, candidate: {predictions: {prediction: new}}, champion: {predictions: {prediction: old}}}"
_ROLES = "{label: sold, time: month, min_rows: 8}"


def _months(new: float, old: float, count: int = 48) -> Mapping[str, Sequence[object]]:
    """The columns of an example: a series with a season, and two forecasts that err by so much, up and down."""
    sold = [100 + 20 * (month % 12) for month in range(count)]
    sign = [(1, -1, 1, 1, -1)[month % 5] for month in range(count)]
    size = [1 + (month * 7 % 10) / 10 for month in range(count)]
    return {
        "month": list(range(count)),
        "sold": sold,
        "new": [y + new * s * z for y, s, z in zip(sold, sign, size, strict=True)],
        "old": [y - old * s * z for y, s, z in zip(sold, sign, size, strict=True)],
        "scale": [10.0] * count,
    }


def _with_interval(reach: float) -> Mapping[str, Sequence[object]]:
    """The same with an interval around the candidate's forecasts."""
    columns = _months(4, 4)
    said = [float(str(value)) for value in columns["new"]]
    return {**columns, "low": [value - reach for value in said], "high": [value + reach for value in said]}


class Settings(Params):
    """What the columns of the forecasts are."""

    series: str | None = Field(None, description="column of the series that a row belongs to; left out: there is one")
    origin: str | None = Field(
        None, description="column of the time at which a row was forecast; left out: `data.time`, one step ahead"
    )
    season: int = Field(1, ge=1, description="rows of the history after which the season repeats; 1: none")
    scale: str | None = Field(
        None, description="column with the naive forecast's mean absolute error; left out: from `data.training`"
    )
    unit: Literal["origin", "series"] = Field(
        "origin",
        description="what an interval is over: origins, as they follow in time, or series that do not depend",
    )
    quantiles: Mapping[str, float] = Field(
        {}, description="the candidate's quantiles: level by column, as `{p10: 0.1, p90: 0.9}`"
    )
    champion_quantiles: Mapping[str, float] = Field({}, description="the champion's, of the same levels")

    @field_validator("quantiles", "champion_quantiles")
    @classmethod
    def _levels(cls, held: Mapping[str, float]) -> Mapping[str, float]:
        if any(not 0 < level < 1 for level in held.values()) or len(set(held.values())) < len(held):
            raise ValueError("levels are different numbers between 0 and 1")
        return held

    @model_validator(mode="after")
    def _same_levels(self) -> Self:
        if self.champion_quantiles and set(self.champion_quantiles.values()) != set(self.quantiles.values()):
            raise ValueError("`champion_quantiles` has other levels than `quantiles`")
        return self


class Forecast:
    """How well the candidate forecasts time series over rolling origins, against the champion's same forecasts.

    What it checks
    --------------
    Each row is one forecast: of a series, made at an origin, for the time `data.time`; the prediction is held against
    the label, and no origin may lie after that time. MASE and RMSSE divide errors by those of the seasonal naive
    forecast, one season back, in each series' history in `data.training` (Hyndman and Koehler 2006), or by a column
    (`scale`); MASE is the mean over rows, RMSSE the mean over forecasts (series and origin) of the root over their
    rows. sMAPE runs from 0 to 2, and is 0 where actual value and forecast both are 0. With `quantiles`, the pinball
    loss (mean over levels, and of each level as a case), the share of actual values up to each quantile, and for each
    pair of levels p and 1 - p the coverage, width and Winkler score of the interval are measured. Forecasts of one
    origin err together and those of neighbouring origins do too: the interval is that of a mean of origins in the order
    of time whose dependence is estimated (Lazarus, Lewis, Stock and Watson 2018), and so is the comparison with the
    champion, which is a test of Diebold and Mariano. With fewer than 12 origins there is no interval; `unit: series`
    counts series instead, where they do not depend on each other; `data.cluster` does not count here. `data.weight`
    weighs rows.

    Why it matters
    --------------
    One split into past and future says little: the next origin may say the opposite. An error in units of the series
    says nothing across series. And a forecast is planned with: an interval that holds less often than it says is worse
    than none.

    How to mend a failure
    ---------------------
    A MASE over 1 on short horizons means that last season's value would have done better: look for a break in level,
    a leak in the training data, or a missing season. If `bias` explains the error, the trend has turned since the fit:
    fit again, or weigh recent rows. If `interval_coverage` falls, widen the quantiles by what a recent window missed
    (conformal prediction) before the model is touched.
    """

    api: ClassVar[int] = API
    dimension: ClassVar[str] = "performance"
    params = Settings
    needs: ClassVar[Needs] = Needs(
        data="validation", training="if_there", candidate="yes", champion="if_there", either=("data.time", "origin")
    )
    metrics: ClassVar[Mapping[str, Metric]] = METRICS
    libraries: ClassVar[Sequence[str]] = ("lockgate", "numpy")
    examples: ClassVar[Sequence[Example]] = (
        Example(
            name="better than the naive forecast and the champion",
            policy="scale: scale\nmetrics: {mase: {max: 1, max_drop: 0}, wape: {max: 10%}}",
            status=Status.PASS,
            data=_months(4, 6),
            model=_MODEL,
            roles=_ROLES,
        ),
        Example(
            name="worse than the champion",
            policy="metrics: {smape: {max_drop: 0.01}}",
            status=Status.FAIL,
            data=_months(9, 4),
            model=_MODEL,
            roles=_ROLES,
        ),
        Example(
            name="an interval that holds too seldom",
            policy="quantiles: {low: 0.1, high: 0.9}\nmetrics: {interval_coverage: {min: 0.7}}",
            status=Status.FAIL,
            data=_with_interval(5),
            model=_MODEL,
            roles=_ROLES,
        ),
        Example(
            name="too few origins to tell",
            policy="metrics: {smape: {max_drop: 0.01}}",
            status=Status.INCONCLUSIVE,
            data=_months(9, 4, count=4),
            model=_MODEL,
            roles="{label: sold, time: month, min_rows: 4}",
        ),
        Example(
            name="no history to scale errors by",
            policy="metrics: {mase: {max: 1}}",
            status=Status.ERROR,
            data=_months(4, 6),
            model=_MODEL,
            roles=_ROLES,
        ),
    )

    def measure(self, params: Settings, evidence: Evidence) -> Iterator[Measurement | Missing]:
        """Measure both models' forecasts on all rows and on every slice."""
        frame = frame_of(evidence)
        if frame.task != "regression":
            raise GateError(f"a forecast is a number, and the task is {frame.task}", fix="say task: regression")
        candidate_of(frame)
        held = forecasts_of(
            evidence,
            series=params.series,
            origin=params.origin,
            scale=params.scale,
            season=params.season,
            quantiles=(_by_level(params.quantiles), _by_level(params.champion_quantiles)),
        )
        for cut in cuts(evidence):
            names = [name for name in METRICS if evidence.asks(name)]
            if cut.lacking is not None:
                yield from (cut.without(name, cut.lacking) for name in names)
                continue
            for name in names:
                try:
                    yield from _measured(name, cut, held, params.unit, evidence)
                except Undefined as undefined:
                    yield cut.without(name, str(undefined))


def _by_level(columns: Mapping[str, float]) -> Mapping[float, str]:
    return dict(sorted((level, column) for column, level in columns.items()))


def _measured(
    name: str, cut: Cut, held: Forecasts, unit: Literal["origin", "series"], evidence: Evidence
) -> Iterator[Measurement]:
    held = held.of(cut.rows)
    units = held.origin if unit == "origin" else held.series
    count = len(np.unique(units))
    note = f"{count} {unit}s" if unit == "origin" else f"{count} series"
    if unit == "origin" and count < LEAST_UNITS:
        note += f"; of fewer than {LEAST_UNITS} there is no interval"
    if unit == "series" and count == 1:
        raise Undefined("one series alone says nothing of others; write unit: origin")
    for rows in losses_of(name, held):
        weight, of = held.weight, units
        if rows.windows is not None:
            first = np.unique(rows.windows, return_index=True)[1]
            of = units[first]
            if weight is not None:
                weight = np.bincount(rows.windows, weight) / np.bincount(rows.windows)
        totals = Totals(candidate=rows.candidate, champion=rows.champion, base=rows.base, weight=weight, unit=of)
        asked = Asked(name=name, metric=METRICS[name], seed=evidence.seed, serial=unit == "origin", note=note)
        yield measurement(asked, totals, At(slice=cut.at.slice, case=rows.case), cut.count)
