"""One scenario: the two tables of a run, and what is truly wrong in them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from decisions import models
from decisions.faults import candidate_of, columns_of, drifted, effect_of_drift, is_as_good, lost_by, worst_loss
from decisions.plan import Run
from decisions.policies import Prepared
from decisions.pools import Pool, halves, seed_of, table, with_scores


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """The tables of a run and the truth about it.

    Attributes:
        kind: the fault; of a retrained candidate `retrained, moved` where its true change is no longer small.
        columns: where a fault of the data was planted.
        effect: the true effect in margins of the policy's own limits, for faults of the candidate by `worst_loss`.
        truth: what moved, by metric.
    """

    reference: pd.DataFrame
    validation: pd.DataFrame
    kind: str
    columns: tuple[str, ...]
    effect: float | None
    truth: dict[str, float]


LIMITS = {"psi": 0.2, "wasserstein_normed": 0.2, "missing_change": 0.05}
"""The customary limits of drift, in which a fault of the data is measured."""


def scenario(run: Run, pool: Pool, prepared: Prepared) -> Scenario:
    """The tables of a run, made from its name's seed alone."""
    rng = np.random.default_rng(seed_of("run", run.id))
    reference, validation = halves(len(pool.rows), run.cell.n, prepared.split, rng)
    fault, champion = run.fault, prepared.champion
    scores, variant = candidate_of(fault, pool, champion, prepared.margins, rng)
    before = table(pool, reference, scores, pool.scores(champion))
    if fault.family == "drift":
        columns = columns_of(fault, pool, rng)
        rows = drifted(pool.rows.iloc[validation].reset_index(drop=True), fault, columns, pool, rng)
        said = models.scores(pool.model(champion), rows[pool.data.features])
        truth = effect_of_drift(fault, pool, columns)
        effect: float | None = max(truth[name] / limit for name, limit in LIMITS.items())
        return Scenario(
            reference=before,
            validation=with_scores(rows, said, said),
            kind=fault.kind,
            columns=columns,
            effect=effect,
            truth=truth,
        )
    kind = fault.kind
    if kind == "retrained" and not is_as_good(pool, variant, champion, prepared.margins):
        kind = "retrained, moved"
    if kind == "clean" and variant == champion:
        kind = "clean, same model"
    lost = lost_by(pool, scores, variant, champion)
    return Scenario(
        reference=before,
        validation=table(pool, validation, scores, pool.scores(champion)),
        kind=kind,
        columns=(),
        effect=None if lost is None else worst_loss(lost, prepared.margins),
        truth=lost or {},
    )
