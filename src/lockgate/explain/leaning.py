"""What models lean on, from the attributions of sampled rows, with what the choice of rows costs."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from lockgate.evidence.view import Codes, Floats, Frame
from lockgate.numbers import short
from lockgate.stats.attribution.draws import around, drawn_means, drawn_weights
from lockgate.stats.attribution.shares import means, shares, sizes
from lockgate.stats.chance.shuffles import draw_of
from lockgate.stats.undefined import Undefined
from lockgate.types import JSON, At, Difference, Measurement

MOST_NAMED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaning:
    """What one model leans on.

    Attributes:
        columns: by name; a column that the model is not given has nothing.
        sizes: of the attributions (rows, columns).
        means: mean size of each column's attribution (columns,).
        drawn: the same of rows drawn anew (draws, columns); None where there are too few to draw from.
        places: of the rows in the data.
        cluster: which rows belong together.
    """

    columns: tuple[str, ...]
    sizes: Floats
    means: Floats
    drawn: Floats | None
    places: Codes
    cluster: Codes | None

    @property
    def shares(self) -> Floats:
        """Each column's share of the attribution (columns,).

        Raises:
            Undefined: nothing is attributed to any column.
        """
        return shares(self.means)

    @property
    def drawn_shares(self) -> Floats | None:
        """The shares of rows drawn anew (draws, columns); None where some draw has none."""
        if self.drawn is None or not (self.drawn.sum(axis=1) > 0).all():
            return None
        return shares(self.drawn)


class Explained(Protocol):
    """What some rows' outputs are attributed to."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The model's features."""
        ...

    @property
    def rows(self) -> Codes:
        """Places of the rows in the data (n,)."""
        ...

    @property
    def values(self) -> Floats:
        """Attributions (n, columns, k)."""
        ...


def leanings(frame: Frame, found: Sequence[Explained], seed: int) -> tuple[Leaning, ...]:
    """What each of some models leans on, over the same rows and the same draws, by the columns of all of them.

    Raises:
        Undefined: an attribution is no number.
    """
    rows = min(len(held.rows) for held in found)
    columns = tuple(dict.fromkeys(name for held in found for name in held.columns))
    places = found[0].rows[:rows]
    weight = None if frame.weight is None else frame.weight[places]
    cluster = None if frame.cluster is None else frame.cluster[places]
    try:
        weights = drawn_weights(rows, seed, weight=weight, cluster=cluster)
    except Undefined:
        weights = None
    made = []
    for held in found:
        own = sizes(held.values[:rows])
        whole = np.zeros((rows, len(columns)))
        whole[:, [columns.index(name) for name in held.columns]] = own
        made.append(
            Leaning(
                columns=columns,
                sizes=whole,
                means=means(whole, weight),
                drawn=None if weights is None else drawn_means(whole, weights),
                places=places,
                cluster=cluster,
            )
        )
    return tuple(made)


Statistic = Callable[[Floats], Floats]
"""Something of each column's numbers along the last axis: of one sample (columns,) or of draws (draws, columns)."""


def of_one(
    metric: str,
    statistic: Statistic,
    models: Sequence[Leaning],
    *,
    at: At | None = None,
    by_means: bool = False,
    high: float = np.inf,
    note: str = "",
    details: dict[str, JSON] | None = None,
) -> Measurement:
    """A statistic of each model: the candidate's value, and the champion's with their difference where there is one.

    Args:
        metric: its name.
        statistic: of shares, or of mean sizes where `by_means`.
        models: the candidate, and the champion if it was explained.
        at: what it is about.
        by_means: whether it is of mean sizes.
        high: its largest possible value; the smallest is 0.
        note: for a person.
        details: for charts.

    Raises:
        Undefined: nothing is attributed to any column.
    """
    values = [float(statistic(model.means if by_means else model.shares)) for model in models]
    draws = [model.drawn if by_means else model.drawn_shares for model in models]
    drawn = [None if held is None else statistic(held) for held in draws]
    rows = len(models[0].places)
    champion = values[1] if len(values) > 1 else None
    difference = ratio = None
    if champion is not None:
        moved = None if drawn[0] is None or drawn[1] is None else drawn[0] - drawn[1]
        gap = values[0] - champion
        law = None if moved is None else around(moved, gap, rows, low=-high, high=high)
        difference = Difference(scale="difference", value=gap, uncertainty=law)
        if values[0] > 0 and champion > 0:
            ratio = _ratio(values[0], champion, drawn, rows)
    return Measurement(
        metric=metric,
        value=values[0],
        at=at or At(),
        uncertainty=None if drawn[0] is None else around(drawn[0], values[0], rows, low=0.0, high=high),
        champion=champion,
        difference=difference,
        ratio=ratio,
        rows=rows,
        note=note,
        details=details or {},
    )


def _ratio(value: float, champion: float, drawn: Sequence[Floats | None], rows: int) -> Difference:
    one, other = drawn[0], drawn[1]
    law = None
    if one is not None and other is not None and (one > 0).all() and (other > 0).all():
        law = around(np.log(one / other), float(np.log(value / champion)), rows)
    return Difference(scale="log_ratio", value=float(np.log(value / champion)), uncertainty=law)


def of_two(
    metric: str,
    statistic: Callable[[Floats, Floats], Floats],
    models: Sequence[Leaning],
    *,
    by_means: bool = False,
    low: float = 0.0,
    note: str = "",
) -> Measurement:
    """A statistic of both models together: how far apart what they lean on is.

    Raises:
        Undefined: it has no value.
    """
    one, other = (model.means if by_means else model.shares for model in models)
    value = float(statistic(one, other))
    if not np.isfinite(value):
        raise Undefined("all columns have the same attribution, so that they have no order")
    draws = [model.drawn if by_means else model.drawn_shares for model in models]
    rows = len(models[0].places)
    law = None
    if draws[0] is not None and draws[1] is not None:
        law = around(statistic(draws[0], draws[1]), value, rows, low=low, high=1.0)
    return Measurement(metric=metric, value=value, uncertainty=law, rows=rows, note=note)


def of_columns(models: Sequence[Leaning], columns: tuple[str, ...], share: str, size: str) -> Iterator[Measurement]:
    """Each column's share of the attribution and its mean size, under the names of two metrics.

    Raises:
        Undefined: nothing is attributed to any column.
    """
    for place, name in enumerate(models[0].columns):
        if name not in columns:
            continue

        def own(held: Floats, place: int = place) -> Floats:
            return held[..., place]

        at = At(column=name)
        yield of_one(share, own, models, at=at, high=1.0)
        yield of_one(size, own, models, at=at, by_means=True)


def weighed(models: Sequence[Leaning], skills: Floats, deviation: float, at: At, seed: int) -> Measurement:
    """Each model's `proxy_share`: Σ share · skill, between 0 and 1.

    Args:
        models: the candidate, and the champion if it was explained.
        skills: of each column.
        deviation: what the rows by which the skills are known add to the candidate's value, as standard deviation.
        at: what it is about.
        seed: of the draws.

    Raises:
        Undefined: nothing is attributed to any column.
    """

    def statistic(shares: Floats) -> Floats:
        found: Floats = np.clip((shares * skills).sum(axis=-1), 0.0, 1.0)
        return found

    measured = of_one("proxy_share", statistic, models, at=at, high=1.0, note=_told(models[0], skills))
    drawn = models[0].drawn_shares
    if drawn is None:
        return measured
    noise = draw_of("skills", seed, len(skills)).standard_normal(len(drawn)) * deviation
    moved = np.clip(statistic(drawn) + noise, 0.0, 1.0)
    return replace(measured, uncertainty=around(moved, measured.value, measured.rows or 0, low=0.0, high=1.0))


def _told(model: Leaning, skills: Floats) -> str:
    """The columns that add most."""
    parts = model.shares * skills
    order = [at for at in np.argsort(-parts, kind="stable")[:3] if parts[at] > 0.01]
    return ", ".join(f"{model.columns[at]!r} {short(float(parts[at]))}" for at in order)


def named(model: Leaning) -> dict[str, JSON]:
    """The largest shares by column, for a chart."""
    held = model.shares
    order = np.argsort(-held, kind="stable")[:MOST_NAMED]
    return {model.columns[at]: round(float(held[at]), 6) for at in order}
