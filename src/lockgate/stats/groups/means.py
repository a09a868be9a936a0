"""The mean of something in each of several groups, and how far chance moves it: shares, and means of numbers."""

from dataclasses import dataclass

import numpy as np

from lockgate.stats.chance.student import LEAST_CLUSTERS, student
from lockgate.stats.checks import Bools, Codes, Floats

_NO_SKEW = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The rows that a group's mean is about, each in one group.

    Attributes:
        codes: group of each row.
        groups: number of groups.
        values: what is averaged: 0 or 1, or any number.
        share: the values are 0 or 1.
        weight: weight of each row.
        cluster: which rows belong together.
    """

    codes: Codes
    groups: int
    values: Floats | Bools
    share: bool
    weight: Floats | None = None
    cluster: Codes | None = None

    def only(self, rows: Bools) -> "Rows":
        """Some of the rows."""
        return Rows(
            codes=self.codes[rows],
            groups=self.groups,
            values=self.values[rows],
            share=self.share,
            weight=None if self.weight is None else self.weight[rows],
            cluster=None if self.cluster is None else self.cluster[rows],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """The means of some groups, taken as independent of each other.

    Attributes:
        values: the (weighted) means (groups,).
        rows: how many rows each counts as: what gives a share's binomial variance its true size (groups,).
        deviations: their standard errors; for shares those of `values` themselves (groups,).
        degrees: degrees of freedom of the standard errors; infinite where they follow from the mean (groups,).
        skews: skewness of the sum of each group's influences; 0 for shares, whose limits know it (groups,).
        share: they are shares, between 0 and 1.
        whole: each is a whole number of hits among `rows`.
    """

    values: Floats
    rows: Floats
    deviations: Floats
    degrees: Floats
    skews: Floats
    share: bool
    whole: bool

    def pick(self, groups: Codes) -> "Means":
        """Those of some groups."""
        return Means(
            values=self.values[groups],
            rows=self.rows[groups],
            deviations=self.deviations[groups],
            degrees=self.degrees[groups],
            skews=self.skews[groups],
            share=self.share,
            whole=self.whole,
        )


def means_of(rows: Rows) -> Means | None:
    """Each group's mean and its standard error by the rows' influence (Hampel 1974; Huber's sandwich for clusters).

    An influence is w · (value − mean) / Σw; a cluster's is the sum of its rows'. A share counts as so many rows as
    give the binomial law that variance, never as more than Kish's (Σw)² / Σw² (Survey Sampling, 1965). Groups without
    rows have NaN.

    Returns:
        None where a group has rows of fewer than `LEAST_CLUSTERS` clusters.
    """
    weight = np.ones(len(rows.codes)) if rows.weight is None else rows.weight / rows.weight.max()

    def summed(held: Floats) -> Floats:
        return np.bincount(rows.codes, held, rows.groups).astype(np.float64)

    mass = summed(weight)
    with np.errstate(invalid="ignore", divide="ignore"):
        kish = mass**2 / summed(weight**2)
        values = summed(weight * rows.values) / mass
        influence = weight * (rows.values - values[rows.codes]) / mass[rows.codes]
        units, codes, parts = kish, rows.codes, influence
        if rows.cluster is not None:
            codes, parts = _of_clusters(rows, rows.cluster, influence)
            units = np.bincount(codes, minlength=rows.groups).astype(np.float64)
            if np.any((units > 0) & (units < LEAST_CLUSTERS)):
                return None
        variance = np.bincount(codes, parts**2, rows.groups)
        deviation = np.sqrt(variance)[codes]
        standard = np.divide(parts, deviation, out=np.zeros(len(parts)), where=deviation > 0)
        skews = np.bincount(codes, standard**3, rows.groups).astype(np.float64)
        if rows.cluster is not None or not rows.share:
            variance = variance * np.maximum(units, 2) / (np.maximum(units, 2) - 1)
        degrees = np.maximum(units, 2) - 1
        if not rows.share:
            return Means(
                values=values,
                rows=kish,
                deviations=np.sqrt(variance),
                degrees=degrees,
                skews=skews,
                share=False,
                whole=False,
            )
        spread = values * (1 - values)
        effective = np.where(variance > 0, np.minimum(kish, spread / variance), np.minimum(kish, units))
        return Means(
            values=values,
            rows=effective,
            deviations=np.sqrt(spread / effective),
            degrees=np.full(rows.groups, np.inf) if rows.cluster is None else degrees,
            skews=np.zeros(rows.groups),
            share=True,
            whole=False,
        )


def shares(hits: Floats, rows: Floats) -> Means:
    """Shares of rows that stand alone and count as one; NaN where there are none."""
    with np.errstate(invalid="ignore", divide="ignore"):
        values = hits / rows
        deviations = np.sqrt(values * (1 - values) / rows)
    return Means(
        values=values,
        rows=rows,
        deviations=deviations,
        degrees=np.full(len(rows), np.inf),
        skews=np.zeros(len(rows)),
        share=True,
        whole=True,
    )


def _of_clusters(rows: Rows, cluster: Codes, influence: Floats) -> tuple[Codes, Floats]:
    """Of each cluster's part in a group that group, and the sum of its influences."""
    clusters = int(cluster.max()) + 1
    pairs, inverse = np.unique(rows.codes * clusters + cluster, return_inverse=True)
    return pairs // clusters, np.bincount(inverse, influence, len(pairs)).astype(np.float64)


def limits(means: Means, scores: Floats) -> Floats:
    """How high each group's true mean may be, at normal scores of confidence; how low, at negative ones.

    Shares by Wilson's score limits (Wilson 1927), others by Student's, the longer tail lengthened for skewness by the
    cubic transformation of Hall (JRSS B 54, 1992).

    Args:
        means: the groups' means.
        scores: normal scores (levels,).

    Returns:
        Limits (levels, groups).
    """
    z = student(scores[:, None], means.degrees)
    if not means.share:
        skews = np.where(np.abs(means.skews) < _NO_SKEW, _NO_SKEW, means.skews)
        turned = -3 / skews * (np.cbrt(1 - skews * (z + skews / 6)) - 1)
        outer = np.where(scores[:, None] > 0, np.maximum(z, turned), np.minimum(z, turned))
        found: Floats = means.values + means.deviations * outer
        return found
    rows, share = means.rows, means.values
    centre = share + z * z / (2 * rows)
    half = z * np.sqrt(share * (1 - share) / rows + z * z / (4 * rows * rows))
    return np.clip((centre + half) / (1 + z * z / rows), 0.0, 1.0)
