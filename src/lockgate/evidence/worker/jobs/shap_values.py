"""SHAP values (Lundberg and Lee 2017) of an opened model, by the library `shap` in the model's own interpreter.

A table's first `background` rows are what "without a column" means; the others are explained.

- `tree` (Lundberg et al. 2020) and `linear` look into the last step of a pipeline; what they say of the columns that
  this step sees is added up by raw column.
- `permutation`, `exact` and `kernel` ask the whole model about its raw columns, whatever it is.
- `auto` takes the first that is exact: `tree` where every raw column reaches the last step as one column, `linear`
  where every column that this step sees comes from one raw column (a linear model of groups of columns has the group's
  sum as its Shapley value; a tree has not), else `permutation`.

Whatever is taken, base value and attributions are held against what the model itself says of the rows.
"""

import contextlib
import importlib
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import pyarrow as pa

from lockgate.evidence.models.contract import Asked, Opened, Refusal, need
from lockgate.evidence.worker.jobs.explaining import codes, ends
from lockgate.evidence.worker.jobs.explaining.ends import Unsuited
from lockgate.evidence.worker.jobs.explaining.speaking import Speaker, scale_of, speaker

LEAST = "0.46"
_CHUNK = 5  # rows between two looks at the clock


@dataclass(frozen=True)
class _Rows:
    """The rows of a job: those behind "without", those to explain, and how to ask the model."""

    background: pa.Table
    asked: pa.Table
    speaker: Speaker
    settings: dict[str, Any]


@dataclass(frozen=True)
class _Found:
    """Attributions (n, columns, k), base values (n, k), the scale that they add up on, how they were made."""

    values: Any
    base: Any
    scale: str
    method: str
    explainer: str
    summed: bool = False


def run(model: Opened, table: pa.Table, settings: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Explain rows.

    Args:
        model: the opened model.
        table: the background, then the rows.
        settings: `background`: rows of it; `method`; `task`; `seed`; `start` and `stop`: which of the rows to explain
            where the model itself is asked, for `tree` and `linear` give all; `most`: how many of the rows are
            explained altogether then; `permutations` of each row; `seconds`; `options` and `call`: what goes to the
            explainer and to its call besides.

    Raises:
        Refusal: shap is not there, the method does not suit the model, or it takes too long.
    """
    library = imported(model.asked)
    limit = int(settings["background"])
    back, asked = table.slice(0, limit), table.slice(limit)
    rows = _Rows(background=back, asked=asked, speaker=speaker(model, table, settings["task"]), settings=settings)
    found, why = _explained(model, library, rows)
    whole = found.method in _INSIDE
    facts = {
        "method": found.method,
        "explainer": found.explainer,
        "scale": found.scale,
        "kind": rows.speaker.kind,
        "summed": found.summed,
        "rows": asked.num_rows if whole else min(int(settings["most"]), asked.num_rows),
        "library": str(library.__version__),
        "why": why,
    }
    return facts, {"values": found.values, "base": found.base}


def imported(asked: "Asked | None") -> ModuleType:
    """The library, without what it draws with and without compiling: both cost seconds and serve nothing here.

    Raises:
        Refusal: it is not there, or too old.
    """
    held = asked or Asked(path="", name="", task="other")
    if "shap" in sys.modules:
        return need("shap", held, least=LEAST, what_for="the explanation")
    with contextlib.ExitStack() as stack:
        if "matplotlib" not in sys.modules:
            sys.modules["matplotlib"] = None  # type: ignore[assignment]
            stack.callback(sys.modules.pop, "matplotlib")
        with contextlib.suppress(ImportError):
            config: Any = importlib.import_module("numba").config
            stack.callback(setattr, config, "DISABLE_JIT", config.DISABLE_JIT)
            config.DISABLE_JIT = True
        return need("shap", held, least=LEAST, what_for="the explanation")


def _explained(model: Opened, library: ModuleType, rows: _Rows) -> tuple[_Found, str]:
    """What the asked method finds, and for `auto` why the exact ones were not taken."""
    method = rows.settings["method"]
    reasons: list[str] = []
    for name, way in _INSIDE.items():
        if method not in ("auto", name):
            continue
        try:
            return way(model, library, rows, exact=method == "auto"), "; ".join(reasons)
        except Unsuited as unsuited:
            reasons.append(f"{name}: {unsuited}")
            if method == name:
                fix = "take the method auto or permutation, which asks the model as a whole"
                raise Refusal(f"the method {name} does not suit the model: {unsuited}", fix) from unsuited
    return _asked(library, rows, "permutation" if method == "auto" else method), "; ".join(reasons)


# --- looking inside ---------------------------------------------------------------------------------------------------


def _tree(model: Opened, library: ModuleType, rows: _Rows, *, exact: bool) -> _Found:
    end, options, call = ends.end_of(model), rows.settings["options"], rows.settings["call"]
    given = end.given(rows.asked)
    with _as_unsuited("shap's TreeExplainer"):
        data = (
            ends.matrix(end.given(rows.background)) if options.get("feature_perturbation") == "interventional" else None
        )
        explainer = library.TreeExplainer(end.native, data=data, **options)
        values = explainer.shap_values(given, check_additivity=False, **call)
        base = np.atleast_1d(np.asarray(explainer.expected_value, dtype=np.float64)).reshape(1, -1)
    return _inside(end, rows, _cube(values), base, "tree", one_each=exact)


def _linear(model: Opened, library: ModuleType, rows: _Rows, *, exact: bool) -> _Found:  # noqa: ARG001 (always exact)
    end, call = ends.end_of(model), rows.settings["call"]
    if not (type(end.native).__module__.startswith("sklearn.") and hasattr(end.native, "coef_")):
        raise Unsuited(f"{type(end.native).__name__} is no linear model of scikit-learn")
    slopes = np.asarray(end.native.coef_, dtype=np.float64)
    offset = np.atleast_1d(np.asarray(end.native.intercept_, dtype=np.float64))
    one = slopes.ndim == 1 or len(slopes) == 1
    pair = (slopes.reshape(-1), float(offset[0])) if one else (slopes, offset)
    given, behind = ends.matrix(end.given(rows.asked)), ends.matrix(end.given(rows.background))
    with _as_unsuited("shap's LinearExplainer"):
        masker = library.maskers.Independent(behind, max_samples=len(behind))
        explainer = library.LinearExplainer(pair, masker, **rows.settings["options"])
        values = explainer.shap_values(given, **call)
        base = np.atleast_1d(np.asarray(explainer.expected_value, dtype=np.float64)).reshape(1, -1)
    return _inside(end, rows, _cube(values), base, "linear", one_each=False)


_INSIDE: dict[str, Callable[..., _Found]] = {"tree": _tree, "linear": _linear}
"""The methods that look into a model, in the order in which `auto` tries them."""


def _inside(end: ends.End, rows: _Rows, values: Any, base: Any, method: str, *, one_each: bool) -> _Found:
    """Attributions of what the last step sees → of the raw columns, on a scale that they add up on.

    Raises:
        Unsuited: they do not add up to what the model says, or cannot be given to raw columns.
    """
    if values.shape[2] == 2 and base.shape[1] == 2 and rows.speaker.kind != "value":
        values, base = values[:, :, 1:], base[:, 1:]
    if base.shape[1] != values.shape[2] or not np.isfinite(values).all():
        raise Unsuited("the library's answer has not the form that it should have, or holds no numbers")
    scale = scale_of(base + values.sum(axis=1), rows.speaker.ask(rows.asked), rows.speaker.kind)
    if scale is None:
        raise Unsuited("what the library explains does not add up to what the model says")
    found = ends.owners(end, pa.concat_tables([rows.background, rows.asked]), int(rows.settings["seed"]))
    held = found[found >= 0]
    several = len(np.unique(held)) < len(held)
    if one_each and (several or len(held) < len(found)):
        raise Unsuited("a raw column reaches the trees as several columns, whose values do not add up to its own")
    return _Found(
        values=ends.summed(values, found, rows.asked.num_columns),
        base=np.repeat(base, rows.asked.num_rows, axis=0),
        scale=scale,
        method=method,
        explainer={"tree": "TreeExplainer", "linear": "LinearExplainer"}[method],
        summed=several,
    )


@contextlib.contextmanager
def _as_unsuited(what: str) -> Iterator[None]:
    """What the library cannot do with a model it says by whatever exception comes first."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the forms of its answers in other versions
            yield
    except (Unsuited, Refusal, MemoryError):
        raise
    except Exception as error:
        said = (str(error).strip().splitlines() or [""])[0]
        raise Unsuited(f"{what} cannot take it ({type(error).__name__}: {said[:160]})") from error


# --- asking the model as a whole --------------------------------------------------------------------------------------


def _asked(library: ModuleType, rows: _Rows, method: str) -> _Found:
    settings, columns = rows.settings, rows.asked.num_columns
    matrix, table_of = codes.coded(pa.concat_tables([rows.background, rows.asked]).unify_dictionaries())
    behind, wanted = matrix[: rows.background.num_rows], matrix[rows.background.num_rows :]
    start, stop = int(settings["start"]), min(int(settings["stop"]), int(settings["most"]), len(wanted))
    several = rows.speaker.ask(rows.asked.slice(0, 1)).shape[1] > 1

    def said(mixed: Any) -> Any:
        answer = rows.speaker.ask(table_of(mixed))
        return answer if several else answer[:, 0]

    call = {"silent": True, **settings["call"]}
    if method == "kernel":
        explainer = library.KernelExplainer(said, behind, **settings["options"])
    else:
        masker = library.maskers.Independent(behind, max_samples=len(behind))
        if method == "exact":
            explainer = library.ExactExplainer(said, masker, **settings["options"])
        else:
            options = {"seed": int(settings["seed"]) + start, **settings["options"]}
            explainer = library.PermutationExplainer(said, masker, **options)
            call = {"max_evals": int(settings["permutations"]) * (2 * columns + 1), **call}
    np.random.seed((int(settings["seed"]) + start) % (1 << 32))
    parts, clock = [], time.monotonic()
    for at in range(start, stop, _CHUNK):
        part = explainer(wanted[at : min(at + _CHUNK, stop)], **call)
        parts.append((_cube(part.values), np.asarray(part.base_values, dtype=np.float64)))
        if at + _CHUNK < stop and time.monotonic() - clock > float(settings["seconds"]):
            done = f"{at + _CHUNK - start} of {stop - start} rows took {settings['seconds']:g} s"
            raise Refusal(f"explaining it takes too long: {done}", "lower rows or evaluations, or raise seconds")
    values = np.concatenate([part for part, _ in parts])
    base = np.concatenate([held.reshape(len(part), -1) for part, held in parts])
    if base.shape[1] != values.shape[2]:
        base = np.repeat(base[:, :1], values.shape[2], axis=1)
    here = rows.asked.slice(start, stop - start)
    scale = scale_of(base + values.sum(axis=1), rows.speaker.ask(here), rows.speaker.kind)
    if scale is None:
        raise Refusal("what shap explains does not add up to what the model says", "let the model answer repeatably")
    return _Found(values=values, base=base, scale=scale, method=method, explainer=type(explainer).__name__)


def _cube(values: Any) -> Any:
    """What shap gives as (n, columns, k)."""
    held = np.asarray(np.stack(values, axis=-1) if isinstance(values, list) else values, dtype=np.float64)
    return held[:, :, None] if held.ndim == 2 else held
