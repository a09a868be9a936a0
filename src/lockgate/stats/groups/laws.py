"""The laws of groups' means and of how far they stand apart, each made when it is asked for, and once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from lockgate.stats.chance.laws import SCORES, uncertainty
from lockgate.stats.chance.shares import FEW_EVENTS, share_of_estimate
from lockgate.stats.chance.shuffles import draw_of
from lockgate.stats.checks import Codes
from lockgate.stats.groups.gaps import Scale, lift, worst_gap
from lockgate.stats.groups.means import Means, Rows, limits, means_of
from lockgate.stats.groups.nulls import Dealt, dealt, dealt_hits, largest_apart, null_of
from lockgate.types import Law, Null, Uncertainty

_Chosen: TypeAlias = tuple[str, tuple[int, ...]]  # a rate, and the groups that are compared by it


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupLaws:
    """Laws of the rates of one grouping.

    Attributes:
        name: of the grouping; every draw is its own and the rate's.
        rows: the rows that a rate is about.
        counted: the rates' shares, where rows stand alone and count as one; empty otherwise.
        seed: of the draws.
    """

    name: str
    rows: Callable[[str], Rows]
    counted: Mapping[str, Means]
    seed: int
    _means: dict[str, Means | None] = field(default_factory=dict, init=False)
    _dealt: dict[_Chosen, Dealt] = field(default_factory=dict, init=False)
    _largest: dict[tuple[_Chosen, ...], Null] = field(default_factory=dict, init=False)

    def of_group(self, rate: str, group: int, lowest: float = -np.inf) -> Uncertainty | None:
        """Where one group's true rate is, which is at least `lowest`."""
        with np.errstate(all="ignore"):
            means = self._means_of(rate)
            law = None if means is None else _of_group(means, group, lowest)
        return law if law is not None and _fits(law) else None

    def between(
        self, chosen: Mapping[str, Sequence[int]], scale: Scale, value: float
    ) -> tuple[Uncertainty | None, Null | None]:
        """Where the worst gap of some rates truly is, and what chance would show of it.

        Args:
            chosen: the rates, and of each the groups that are compared, at least two.
            scale: how a gap is measured.
            value: the worst gap that was measured.

        Returns:
            None where there are too few clusters, or numbers too large or small for a law in float64.
        """
        with np.errstate(all="ignore"):
            law, null = self._between(chosen, scale, value)
        return (law, null) if law is not None and null is not None and _fits(law) and _fits(null) else (None, None)

    def _between(
        self, chosen: Mapping[str, Sequence[int]], scale: Scale, value: float
    ) -> tuple[Uncertainty | None, Null | None]:
        parts, lifts, deals = [], [], []
        for rate, groups in chosen.items():
            means = self._means_of(rate)
            if means is None:
                return None, None
            codes = np.array(groups)
            parts.append(means.pick(codes))
            lifts.append(lift(parts[-1], scale, self._draw("lift", rate)))
            deals.append(self._deal(rate, parts[-1], codes))
        key = tuple((rate, tuple(groups)) for rate, groups in chosen.items())
        if key not in self._largest:
            self._largest[key] = largest_apart(deals, self._draw("apart", *chosen))
        apart = self._largest[key]
        null = null_of(deals, apart, scale, value, self._draw("gap", *chosen))
        return worst_gap(parts, lifts, apart.law, scale), null

    def _means_of(self, rate: str) -> Means | None:
        if rate in self.counted:
            return self.counted[rate]
        if rate not in self._means:
            self._means[rate] = means_of(self.rows(rate))
        return self._means[rate]

    def _deal(self, rate: str, means: Means, groups: Codes) -> Dealt:
        key = rate, tuple(groups.tolist())
        if key not in self._dealt:
            rng = self._draw("dealt", rate)
            self._dealt[key] = dealt_hits(means, rng) if means.whole else dealt(self.rows(rate), means, groups, rng)
        return self._dealt[key]

    def _draw(self, *names: str) -> np.random.Generator:
        return draw_of("/".join(["fairness", self.name, *names]), self.seed)


def _fits(law: Uncertainty | Null) -> bool:
    """Whether all of a law's numbers fit into float64."""
    also = law.bias if isinstance(law, Uncertainty) else law.mean
    return bool(np.isfinite([*law.law.quantiles, also]).all())


def _of_group(means: Means, group: int, lowest: float) -> Uncertainty:
    """Where one group's true mean is, which is at least `lowest`."""
    own = means.pick(np.array([group]))
    rows = float(own.rows[0])
    if own.share:
        value, variance = float(own.values[0]), float(own.deviations[0]) ** 2
        quantiles = share_of_estimate(value, variance, 1 / rows, 1 / rows, float(own.degrees[0]))
        few = rows * min(value, 1 - value) <= FEW_EVENTS
        return uncertainty(
            "clopper-pearson" if few else "beta", rows, Law(quantiles=tuple(quantiles.tolist()), tail="analytic")
        )
    quantiles = np.maximum(limits(own, SCORES)[:, 0], lowest)
    return uncertainty("influence", rows, Law(quantiles=tuple(quantiles.tolist()), tail="analytic"))
