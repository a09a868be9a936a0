"""The gate `explainability`: what the candidate leans on, whether it may, and whether that has changed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from lockgate.errors import EvidenceError, did_you_mean
from lockgate.evidence.samples import frame_of
from lockgate.evidence.view import Evidence, Frame
from lockgate.explain.ask import Asking, Attributions, explained, sampled
from lockgate.explain.examples import COLUMNS, FILES, PREDICTED, ROLES, model
from lockgate.explain.leaning import Leaning, leanings, named, of_columns, of_one, of_two, weighed
from lockgate.explain.lime import LEAST_ROWS, surrogates
from lockgate.explain.proxies import leading, told
from lockgate.gates.base import API, Example, Judged, Needs, Params
from lockgate.globs import matches
from lockgate.numbers import short
from lockgate.stats.attribution import shares as of
from lockgate.stats.attribution.draws import agreement_of_halves, around, drawn_mean
from lockgate.stats.chance.laws import law_of_draws, normal_law, uncertainty
from lockgate.stats.undefined import Undefined
from lockgate.types import JSON, At, Attached, Condition, Measurement, Metric, Missing, Status


def _share(meaning: str, *, compared: bool = False) -> Metric:
    return Metric(direction="lower", meaning=meaning, low=0, high=1, unit="share", compared=compared)


def _agreement(meaning: str) -> Metric:
    return Metric(direction="higher", meaning=meaning, low=-1, high=1)


METRICS: Mapping[str, Metric] = {
    "attribution": _share("A column's share of the attribution: its mean |SHAP| over that of all.", compared=True),
    "mean_abs": Metric(
        direction="neither",
        meaning="A column's mean |SHAP|, in units of what is explained (log-odds, probability, value).",
        low=0,
        compared=True,
    ),
    "top_share": _share("Largest share of the attribution that one column has.", compared=True),
    "concentration": Metric(
        direction="lower",
        meaning="Σ share² (Herfindahl–Hirschman): 1 where one column has all, 1 / columns where all have alike.",
        low=0,
        high=1,
        compared=True,
    ),
    "gini": Metric(direction="lower", meaning="Gini coefficient of the shares.", low=0, high=1, compared=True),
    "forbidden_share": _share("Share of the attribution that the columns of `forbid` have together.", compared=True),
    "proxy_share": _share(
        "Σ share · (2 AUC - 1) over the other columns, AUC being how well a column alone tells the sensitive one on "
        "held-out rows: 0 where none of what the model leans on tells it, 1 where all of it tells it without fail.",
        compared=True,
    ),
    "proxy_auc": Metric(
        direction="lower",
        meaning="Held-out AUC with which the other columns that hold `leading` of the attribution tell a sensitive "
        "column together; 0.5 is chance.",
        low=0,
        high=1,
    ),
    "rank_correlation": _agreement("Spearman's rank correlation of mean |SHAP| with the champion's, over the columns."),
    "largest_shift": _share("Largest change of a column's share of the attribution against the champion."),
    "total_shift": _share("Share of the attribution that lies on other columns than the champion's: ½ Σ |change|."),
    "stability": _agreement("Mean rank correlation of mean |SHAP| between two halves of the rows, over random halves."),
    "lime_agreement": _agreement("Mean rank correlation of a row's SHAP values with the weights of LIME."),
}
"""All metrics that the gate measures, by name."""

_AGAINST = ("rank_correlation", "largest_shift", "total_shift")


class ExplainabilityParams(Params):
    """Settings of the explainability gate."""

    method: Literal["auto", "tree", "linear", "permutation"] = Field(
        "auto", description="how SHAP values are made; `auto` takes the first that is exact"
    )
    rows: int = Field(500, ge=30, le=20_000, description="rows that are sampled and explained, at most")
    background: int = Field(50, ge=2, le=5_000, description='rows that stand for "without this column"')
    permutations: int = Field(5, ge=1, le=1_000, description="orders of the columns for each row, by permutation")
    evaluations: int = Field(
        500_000, ge=1_000, description="rows that the model is asked for, by permutation; over it fewer are explained"
    )
    seconds: float = Field(300.0, gt=0, description="time for explaining each model")
    forbid: Annotated[tuple[str, ...], Judged(by=("forbidden_share",), fix="forbidden_share: {max: 0}")] = Field(
        (), description="columns, or globs, that the model may not lean on"
    )
    leading: float = Field(0.9, gt=0, le=1, description="share of the attribution that `proxy_auc` is about")
    lime_rows: int = Field(30, ge=LEAST_ROWS, le=5_000, description="rows that LIME explains too")
    lime_samples: int = Field(2_000, ge=100, description="rows that LIME makes around each of them")
    picture: bool = Field(default=True, description="whether pictures of the attributions are kept beside the Record")


def _metrics(params: ExplainabilityParams) -> Mapping[str, Metric]:
    """What is forbidden may have no share at all, unless the policy allows some."""
    if not params.forbid:
        return METRICS
    return {**METRICS, "forbidden_share": replace(METRICS["forbidden_share"], default=Condition(max=0))}


class Explainability:
    """What the candidate leans on, whether it may, and whether that has changed.

    What it checks
    --------------
    Up to `rows` rows of `data.validation`, sampled by the policy's seed, are explained by SHAP values (Lundberg and Lee
    2017), made by the library `shap` in the model's own process: `pip install 'lockgate[explain]'` where the model
    runs. A column's share of the attribution is its mean |SHAP| over that of all columns; of several classes their
    mean. Metrics bound the largest share, how concentrated the shares are, what `forbid` names, single columns
    (`columns: {age: {attribution: {max: 30%}}}`), how far the shares lie from the champion's, whether two halves of
    the rows agree, and whether LIME (Ribeiro, Singh and Guestrin 2016) agrees.

    `method: auto` takes the first that is exact for the raw columns: TreeExplainer (path-dependent) for tree models to
    which every column comes as one column, the linear formula for linear models behind any preprocessing that does not
    mix columns, else permutations of the raw columns, which ask the whole model. Trees behind a one-hot encoding are
    explained by permutation: the values of a column's indicators do not add up to the column's own; `method: tree`
    adds them up nevertheless, quicker, and says so. Base value and attributions must add up to what the model
    predicted, or there is no measurement. Where candidate and champion would be explained on different scales, both
    are explained by permutation.

    `proxy_share` looks for stand-ins of `data.sensitive`: how well each column alone tells the sensitive one on
    held-out rows, times how much the model leans on it. `proxy_auc` asks how well the leading columns tell it together
    (naive Bayes, cross-fitted over at most 10,000 rows). The sensitive column itself counts in neither: name it under
    `forbid`. Intervals say what the choice of rows costs (bias-corrected bootstrap, rows of a cluster together); that
    permutations are drawn is part of it, which rows stand behind "without this column" is not.

    Pictures are kept beside the Record as `explainability-attributions.html`: shares, a beeswarm, and three single rows
    with their values as fifths of the column. No value of a row stands in it or in the Record.

    Why it matters
    --------------
    A model can be right for reasons that will not last, or that it must not use: an id that leaked, one sensor that
    decides everything, a postcode that stands in for origin. Its accuracy does not show that. A retrained model that
    suddenly leans on other columns is a new model, even where its accuracy is the same.

    How to mend a failure
    ---------------------
    See the picture for which columns lead. A single column that decides: look for a leak of the label or a shortcut.
    A forbidden column: train without it. A proxy: see which columns tell the sensitive one, and drop or coarsen them,
    or constrain the training; then see the gate `fairness` for what it does to people. Far from the champion: look at
    what changed in the data or the features. Halves or LIME that disagree: explain more rows, or doubt explanations of
    single rows of this model.
    """

    api: ClassVar[int] = API
    dimension: ClassVar[str] = "explainability"
    params = ExplainabilityParams
    needs: ClassVar[Needs] = Needs(data="validation", candidate="yes", champion="if_there", model="yes")
    metrics: ClassVar[Callable[[ExplainabilityParams], Mapping[str, Metric]]] = staticmethod(_metrics)
    libraries: ClassVar[Sequence[str]] = ("lockgate", "numpy", "shap", "lime")
    examples: ClassVar[Sequence[Example]] = (
        Example(
            name="does not lean on the sex, nor on what stands in for it",
            policy="{forbid: [sex], metrics: {forbidden_share: {max: 1%}, proxy_share: {max: 0.3}}}",
            status=Status.PASS,
            data=COLUMNS,
            model=model("by_income"),
            roles=ROLES,
            files=FILES,
        ),
        Example(
            name="leans on a column that tells the sex",
            policy="metrics: {proxy_share: {max: 0.3}}",
            status=Status.FAIL,
            data=COLUMNS,
            model=model("by_height"),
            roles=ROLES,
            files=FILES,
        ),
        Example(
            name="only what the candidate predicted is there, so that it cannot be asked",
            policy="metrics: {top_share: {max: 90%}}",
            status=Status.ERROR,
            data=COLUMNS,
            model=PREDICTED,
            roles="{label: granted, positive: 1}",
        ),
    )

    def measure(self, params: ExplainabilityParams, evidence: Evidence) -> Iterator[Measurement | Missing]:
        """Explain both models on the same rows, and measure what they lean on."""
        frame = frame_of(evidence)
        sample = sampled(evidence, params.rows, params.background)
        asking = Asking(
            method=params.method,
            rows=params.rows,
            background=params.background,
            permutations=params.permutations,
            evaluations=params.evaluations,
            seconds=params.seconds,
        )
        candidate, champion, why = explained(evidence, asking, sample)
        pair = (candidate,) if champion is None else (candidate, champion)
        try:
            models = leanings(frame, pair, evidence.seed)
            models[0].shares  # noqa: B018  (raises where there are none)
        except Undefined as undefined:
            yield from (Missing(metric=name, reason=str(undefined)) for name in METRICS)
            return
        yield from of_columns(models, candidate.columns, "attribution", "mean_abs")
        yield from _of_shares(models, candidate)
        yield from _forbidden(models, params.forbid, evidence)
        yield from _proxies(models, params.leading, evidence, frame)
        yield from _against(models, why)
        yield from _stability(models[0], evidence.seed)
        if evidence.asks("lime_agreement"):
            yield _lime(params, evidence, candidate)
        if params.picture:
            from lockgate.explain.pictures import page

            evidence.step("drawing the attributions")
            drawn = page(evidence, candidate, models)
            evidence.keep(Attached(name="attributions.html", media_type="text/html", data=drawn))


def _tried(metric: str, make: Callable[[], Measurement], at: At | None = None) -> Measurement | Missing:
    try:
        return make()
    except Undefined as undefined:
        return Missing(metric=metric, reason=str(undefined), at=at or At())


def _of_shares(models: Sequence[Leaning], found: Attributions) -> Iterator[Measurement | Missing]:
    lead = models[0].columns[int(np.argmax(models[0].shares))]
    details: dict[str, JSON] = {
        "columns": named(models[0]),
        "method": found.method,
        "scale": found.scale,
        "shap": found.library,
    }
    yield of_one("top_share", of.top, models, high=1.0, note=f"{lead!r}; {found.words}", details=details)
    yield of_one("concentration", of.concentration, models, high=1.0)
    yield of_one("gini", of.gini, models, high=1.0)


def _forbidden(models: Sequence[Leaning], forbid: Sequence[str], evidence: Evidence) -> Iterator[Measurement | Missing]:
    if not forbid:
        yield Missing(metric="forbidden_share", reason="the setting `forbid` names no column")
        return
    columns = models[0].columns
    known = [*columns, *evidence.data.schema]
    for name in forbid:
        if not any(matches(column, name) for column in known):
            hint = did_you_mean(name, known)
            yield Missing(metric="forbidden_share", reason=f"`forbid` names {name!r}, which is no column; {hint}")
            return
    places = [at for at, name in enumerate(columns) if any(matches(name, glob) for glob in forbid)]
    held = ", ".join(columns[at] for at in places) or "none of them is a feature"
    yield of_one("forbidden_share", lambda shares: shares[..., places].sum(axis=-1), models, high=1.0, note=held)


def _proxies(
    models: Sequence[Leaning], enough: float, evidence: Evidence, frame: Frame
) -> Iterator[Measurement | Missing]:
    """How well the columns that the model leans on tell each sensitive one."""
    wanted = evidence.asks("proxy_share") or evidence.asks("proxy_auc")
    groupings = [held for held in frame.groupings if held.column in evidence.sensitive]
    if not wanted or not groupings:
        reason = "data.sensitive names no column" if wanted else "nobody asks for it"
        yield from (Missing(metric=name, reason=reason) for name in ("proxy_share", "proxy_auc"))
        return
    columns = models[0].columns
    for grouping in groupings:
        at = At(column=grouping.column)
        evidence.step(f"looking for proxies of {grouping.column}")
        try:
            held = told(evidence, grouping, columns)
            skills = held.skills(columns)
            deviation = held.spread(dict(zip(columns, models[0].shares.tolist(), strict=True)))
            yield weighed(models, skills, deviation, at, evidence.seed)
            lead = tuple(name for name in leading(models[0].shares, columns, enough) if name != grouping.column)
            together = held.together(lead)
        except Undefined as undefined:
            yield from (Missing(metric=name, at=at, reason=str(undefined)) for name in ("proxy_share", "proxy_auc"))
            continue
        law = normal_law(together.auc, together.deviation)
        yield Measurement(
            metric="proxy_auc",
            at=at,
            value=together.auc,
            uncertainty=uncertainty("delong-crossfit", held.rows, law),
            rows=held.rows,
            note=f"from {', '.join(lead[:5])}",
        )


def _against(models: Sequence[Leaning], why: str) -> Iterator[Measurement | Missing]:
    """How far what the candidate leans on is from what the champion does."""
    if len(models) == 1:
        yield from (Missing(metric=name, reason=why) for name in _AGAINST)
        return
    change = models[0].shares - models[1].shares
    at = int(np.argmax(np.abs(change)))
    note = f"{models[0].columns[at]!r}: {short(models[1].shares[at])} → {short(models[0].shares[at])}"
    yield _tried(
        "rank_correlation", lambda: of_two("rank_correlation", of.rank_correlation, models, by_means=True, low=-1.0)
    )
    yield _tried("largest_shift", lambda: of_two("largest_shift", of.largest_shift, models, note=note))
    yield _tried("total_shift", lambda: of_two("total_shift", of.total_shift, models))


def _stability(model: Leaning, seed: int) -> Iterator[Measurement | Missing]:
    """How well the orders of the columns agree between halves of the rows."""
    try:
        found = agreement_of_halves(of.rank_correlation, model.sizes, seed, cluster=model.cluster)
    except Undefined as undefined:
        yield Missing(metric="stability", reason=str(undefined))
        return
    if not np.isfinite(found).all():
        yield Missing(metric="stability", reason="all columns have the same attribution, so that they have no order")
        return
    # What single halves show varies more than their mean: the interval is wide rather than narrow.
    law = uncertainty("half-splits", len(model.sizes), law_of_draws(found))
    yield Measurement(metric="stability", value=float(found.mean()), uncertainty=law, rows=len(model.sizes))


def _lime(params: ExplainabilityParams, evidence: Evidence, found: Attributions) -> Measurement | Missing:
    """How well LIME's weights agree with the SHAP values of the same rows."""
    rows = min(params.lime_rows, len(found.rows))
    asked = evidence.candidate_model
    if asked is None:
        raise EvidenceError("the candidate cannot be asked", where="model.candidate")
    background = sampled(evidence, rows, max(params.background, 500)).background
    held = surrogates(
        "candidate",
        asked,
        evidence,
        rows=found.rows[:rows],
        background=background,
        seconds=params.seconds,
        options={},
        call={"num_samples": params.lime_samples},
    )
    labels = held.label if found.values.shape[2] > 1 else np.zeros(rows, dtype=np.int64)
    own = found.values[np.arange(rows), :, labels]
    each = of.rank_correlation(own, held.weights)
    each = each[np.isfinite(each)]
    if len(each) < LEAST_ROWS:
        return Missing(metric="lime_agreement", reason=f"{len(each)} rows have an order of columns in both", rows=rows)
    return Measurement(
        metric="lime_agreement",
        value=float(each.mean()),
        uncertainty=around(drawn_mean(each, evidence.seed), float(each.mean()), len(each), low=-1.0, high=1.0),
        rows=len(each),
        note=f"R² of LIME's surrogates {short(float(held.score.mean()))}",
        details={"lime": held.library},
    )
