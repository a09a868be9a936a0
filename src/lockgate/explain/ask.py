"""Asks models for attributions of sampled rows, and holds these against what the models predicted."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from lockgate.errors import EvidenceError
from lockgate.evidence.view import Codes, Done, Evidence, Floats, OpenModel, Predictions
from lockgate.stats.chance.shuffles import draw_of
from lockgate.types import JSON

LEAST_ROWS = 30
"""Where the model itself is asked, so many rows are explained whatever it costs."""

_CLOSE = 1e-3
_AT_ONCE = 25
_GRACE = 120.0  # seconds to import the library and to answer, beside those of the explanation


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How attributions are asked for.

    Attributes:
        method: auto, tree, linear, permutation, exact or kernel.
        rows: sampled and explained, at most.
        background: rows behind "without this column".
        permutations: of the columns for each row.
        evaluations: rows that the model itself is asked for, altogether; what is over that costs explained rows.
        seconds: for each model.
        options: what goes to the explainer besides.
        call: what goes to its call besides.
    """

    method: str = "auto"
    rows: int = 500
    background: int = 50
    permutations: int = 5
    evaluations: int = 500_000
    seconds: float = 300.0
    options: Mapping[str, JSON] = field(default_factory=dict)
    call: Mapping[str, JSON] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Which rows of the data are explained, and which stand behind "without this column"."""

    rows: Codes
    background: Codes


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributions:
    """What a model's output for some rows is attributed to.

    Attributes:
        columns: the model's features.
        rows: places of the explained rows in the data (n,).
        values: attributions (n, columns, k); k is 1 but for three and more classes.
        said: (n, k) what base value and attributions add up to.
        method: tree, linear, permutation, exact or kernel.
        scale: probability, log-odds, value, logarithm or decision.
        library: version of shap.
        summed: values of encoded columns were added up by raw column under trees, which is no raw column's own value.
        why: why `auto` took no exact method.
    """

    columns: tuple[str, ...]
    rows: Codes
    values: Floats
    said: Floats
    method: str
    scale: str
    library: str
    summed: bool
    why: str

    @property
    def words(self) -> str:
        """How it was made, in a few words."""
        summed = ", encoded columns added up" if self.summed else ""
        return f"{self.method} SHAP on the {self.scale} scale{summed}, {len(self.rows)} rows"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Model:
    """A model that is asked, what messages call it, and what it predicted of all rows."""

    who: str
    open: OpenModel
    predicted: Predictions


def sampled(evidence: Evidence, rows: int, background: int) -> Sample:
    """Rows to explain, in random order, and other rows behind them (the same ones where there are too few)."""
    total = evidence.data.rows
    order = draw_of("explained-rows", evidence.seed, total).permutation(total).astype(np.int64)
    return Sample(rows=order[:rows], background=order[-min(background, total) :])


def explained(evidence: Evidence, asking: Asking, sample: Sample) -> tuple[Attributions, Attributions | None, str]:
    """Attributions of the candidate and, where it can be asked, of the champion, made in the same way.

    Where `auto` takes different methods or scales for the two, both are explained by permutation, so that their
    attributions can be compared.

    Returns:
        The candidate's, the champion's or None, and why there are none of the champion.

    Raises:
        EvidenceError: the candidate cannot be explained.
    """
    frame = evidence.frame
    if evidence.candidate_model is None or frame is None or frame.candidate is None:
        raise EvidenceError("the candidate cannot be asked", where="model.candidate", fix="name the model itself")
    one = _Model(who="candidate", open=evidence.candidate_model, predicted=frame.candidate)
    candidate = _attributions(one, evidence, asking, sample)
    if evidence.champion_model is None or frame.champion is None:
        return candidate, None, "there is no champion that can be asked"
    other = _Model(who="champion", open=evidence.champion_model, predicted=frame.champion)
    try:
        champion = _attributions(other, evidence, asking, sample)
        if asking.method == "auto" and (candidate.method, candidate.scale) != (champion.method, champion.scale):
            whole = replace(asking, method="permutation", options={}, call={})
            if candidate.method != "permutation":
                candidate = _attributions(one, evidence, whole, sample)
            if champion.method != "permutation":
                champion = _attributions(other, evidence, whole, sample)
    except EvidenceError as error:
        return candidate, None, f"the champion cannot be explained: {error}"
    return candidate, champion, ""


def _attributions(model: _Model, evidence: Evidence, asking: Asking, sample: Sample) -> Attributions:
    table = evidence.data.table(model.open.features, rows=np.concatenate([sample.background, sample.rows]))
    each = (2 * len(model.open.features) + 1) * asking.permutations * len(sample.background)
    most = min(len(sample.rows), max(LEAST_ROWS, asking.evaluations // max(1, each)))
    seconds = asking.seconds if evidence.seconds is None else min(asking.seconds, evidence.seconds)
    parts: list[Done] = []
    at, end = 0, most
    method = asking.method
    while at < end:
        evidence.step(f"explaining the {model.who}", at, end)
        settings: dict[str, JSON] = {
            "background": len(sample.background),
            "method": method,
            "task": evidence.task,
            "seed": evidence.seed,
            "start": at,
            "stop": at + _AT_ONCE,
            "most": most,
            "permutations": asking.permutations,
            "seconds": seconds * (end - at) / end,
            "options": dict(asking.options),
            "call": dict(asking.call),
        }
        parts.append(model.open.job("shap_values", table, settings, seconds=seconds + _GRACE))
        done = len(parts[-1].arrays.get("values", ()))
        if done == 0:
            raise _malformed(model.open)
        at += done
        end, method = _plan(parts[-1], model.open)
    return _checked(model, parts, sample)


def _plan(done: Done, model: OpenModel) -> tuple[int, str]:
    """How many rows there will be, and the method that the first answer settled."""
    rows, method = done.facts.get("rows"), done.facts.get("method")
    if not isinstance(rows, int) or not isinstance(method, str) or rows < 1:
        raise _malformed(model)
    return rows, method


def _checked(model: _Model, parts: list[Done], sample: Sample) -> Attributions:
    """The attributions, if they add up to what the model predicted: they come from the model's own process."""
    facts = parts[0].facts
    try:
        values = np.concatenate([part.arrays["values"] for part in parts])
        base = np.concatenate([part.arrays["base"] for part in parts])
    except (KeyError, ValueError) as error:
        raise _malformed(model.open) from error
    rows, columns = len(values), len(model.open.features)
    good = values.ndim == 3 and values.shape[1] == columns and base.shape == (rows, values.shape[2])
    if not good or rows > len(sample.rows) or not np.isfinite(values).all() or not np.isfinite(base).all():
        raise _malformed(model.open)
    scale = str(facts.get("scale"))
    said = base + values.sum(axis=1)
    places = sample.rows[:rows]
    if not _is_what_was_predicted(said, scale, model.predicted, places):
        what = f"the attributions do not add up to what the {model.who} predicted"
        raise EvidenceError(what, where=model.open.facts.uri, fix="take the method permutation")
    return Attributions(
        columns=tuple(model.open.features),
        rows=places,
        values=values,
        said=said,
        method=str(facts.get("method")),
        scale=scale,
        library=str(facts.get("library"))[:20],
        summed=bool(facts.get("summed")),
        why=str(facts.get("why"))[:400],
    )


def _is_what_was_predicted(said: Floats, scale: str, predicted: Predictions, places: Codes) -> bool:
    """Whether base values and attributions add up to the predictions that all gates were given."""
    with np.errstate(over="ignore"):
        if scale == "logarithm":
            said = np.exp(said)
        elif scale == "log-odds" and said.shape[1] == 1:
            said = 1 / (1 + np.exp(-said))
        elif scale == "log-odds":
            said = np.exp(said - said.max(axis=1, keepdims=True))
            said = said / said.sum(axis=1, keepdims=True)
    if scale == "decision":
        return bool(np.isin(np.round(said, 3), (0.0, 1.0)).all())
    if scale in ("value", "logarithm"):
        wanted = predicted.prediction[places].astype(np.float64)
    elif predicted.score is None:
        return False
    else:
        wanted = predicted.score[places]
    return _alike(said, wanted.reshape(len(places), -1))


def _alike(said: Floats, wanted: Floats) -> bool:
    if said.shape[1] == 1 and wanted.shape[1] == 2:
        wanted = wanted[:, 1:]
    if said.shape != wanted.shape:
        return False
    close = _CLOSE * max(float(np.ptp(wanted)), 1e-3 * float(np.abs(wanted).max()), 1e-9)
    if said.shape[1] == 1:  # the positive class may be either of the two
        return bool(min(np.abs(said - wanted).max(), np.abs(1 - said - wanted).max()) <= close)
    return bool(np.abs(np.sort(said, axis=1) - np.sort(wanted, axis=1)).max() <= close)  # in the policy's order


def _malformed(model: OpenModel) -> EvidenceError:
    what = "its attributions are not in the form that the job gives"
    return EvidenceError(what, where=model.facts.uri, fix="do not trust the model")
