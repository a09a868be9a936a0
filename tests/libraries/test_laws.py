"""What a library says about how well its numbers are known becomes a law that `judge` reads, or it is refused."""

import importlib.util
import math
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lockgate import law as laws
from lockgate.libraries import runner
from lockgate.libraries.laws import null_of, uncertainty_of
from lockgate.types import LEVELS, Metric

SHARE = Metric(direction="lower", meaning="A share.", low=0.0, high=1.0)
ANY = Metric(direction="neither", meaning="A number.")


def interval(known: dict[str, Any], value: float, metric: Metric = SHARE) -> tuple[float, float]:
    law = uncertainty_of({"known": known}, value, metric)
    assert law is not None
    return laws.quantile(law.law, 0.025), laws.quantile(law.law, 0.975)


def test_a_fact_is_certain() -> None:
    assert interval({"exact": True, "rows": 80}, 0.25) == (0.25, 0.25)


def test_a_standard_error_is_a_normal_law_inside_the_metrics_domain() -> None:
    assert interval({"error": 0.1, "rows": 80}, 3.0, ANY) == pytest.approx((3 - 0.19600, 3 + 0.19600), abs=1e-4)
    assert interval({"error": 0.1, "rows": 80}, 0.95)[1] == 1.0
    assert uncertainty_of({"known": {"error": 0.0, "rows": 80}}, 0.5, SHARE) is None


def test_a_share_has_the_law_of_shares() -> None:
    """Of 8 in 80 Wilson's interval is 0.0515 to 0.1851, Clopper and Pearson's 0.0442 to 0.1876."""
    low, high = interval({"share": True, "rows": 80}, 0.1)

    assert 0.044 < low < 0.053
    assert 0.180 < high < 0.189


def test_draws_around_a_value_give_its_percentiles() -> None:
    draws = np.random.default_rng(1).normal(0.3, 0.05, 400)

    low, high = interval({"draws": draws.tolist(), "rows": 80}, 0.3)

    assert (low, high) == pytest.approx((0.3 - 0.098, 0.3 + 0.098), abs=0.02)


def test_a_largest_gap_that_chance_explains_reaches_to_none() -> None:
    """Two equal rates of 200 rows: the draws of the gap lie above it, and all above 0."""
    rng = np.random.default_rng(2)
    draws = np.abs(rng.normal(0.03, 0.05, 400)) + 1e-3

    assert interval({"draws": draws.tolist(), "rows": 400}, 0.03)[0] == 0.0


@pytest.mark.parametrize(
    "known",
    [
        {"draws": [0.1] * 49, "rows": 80},
        {"draws": [0.1] * 60 + [math.nan], "rows": 80},
        {"draws": ["0.1"] * 60, "rows": 80},
        {"error": -0.1, "rows": 80},
        {"error": math.inf, "rows": 80},
        {"share": True, "rows": 0},
        {"exact": True},
        {"rows": 80},
    ],
)
def test_what_is_no_law_is_refused(known: dict[str, Any]) -> None:
    with pytest.raises((ValueError, KeyError)):
        uncertainty_of({"known": known}, 0.1, SHARE)


def test_a_share_over_one_is_refused() -> None:
    with pytest.raises(ValueError, match="no share"):
        uncertainty_of({"known": {"share": True, "rows": 80}}, 1.5, ANY)


@pytest.mark.parametrize(
    "changed",
    [{"below": 1.1}, {"above": math.nan}, {"quantiles": [0.1]}, {"quantiles": [*LEVELS[::-1]]}, {"mean": "0.5"}],
)
def test_what_is_no_law_of_chance_is_refused(changed: dict[str, Any]) -> None:
    chance = {"below": 0.2, "above": 0.8, "mean": 0.5, "quantiles": [*LEVELS]}
    assert null_of({"chance": chance}) is not None
    with pytest.raises(ValueError, match=r"number|chance|quantiles"):
        null_of({"chance": chance | changed})


# --- rows drawn anew, as the scripts do it ----------------------------------------------------------------------------


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("lockgate_scripts_main", runner._MAIN)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def job(folder: Path, *, draws: int = 200, clusters: bool = False, **more: Any) -> Any:
    facts = {"seed": 7, "clusters": clusters, "together": clusters, "levels": [*LEVELS]}
    plain = {"asked": [], "columns": {}, "scores": [], "report": False, "metrics": ["gap"]}
    return script().Job(folder, {**plain, "settings": {"draws": draws}, "facts": facts, **more})


def gap(*, group: Any, said: Any, weights: Any) -> dict[str, float]:
    rates = [np.average(said[group == one], weights=None if weights is None else weights[group == one]) for one in "fm"]
    return {"gap": abs(rates[0] - rates[1])}


def rows(seed: int = 3, size: int = 400) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    group = np.array([*"fm"])[rng.integers(0, 2, size)]
    return {"group": group, "said": (rng.random(size) < np.where(group == "f", 0.6, 0.3)).astype(int)}


def test_draws_vary_as_the_statistic_does(tmp_path: Path) -> None:
    held = rows()

    known = job(tmp_path).redrawn(np.ones(400, dtype=bool), held, ["group"], gap)["gap"]

    sizes = [np.sum(held["group"] == one) for one in "fm"]
    rates = [np.mean(held["said"][held["group"] == one]) for one in "fm"]
    wanted = math.sqrt(sum(rate * (1 - rate) / size for rate, size in zip(rates, sizes, strict=True)))
    assert np.std(known["draws"]) == pytest.approx(wanted, rel=0.15)
    assert known["rows"] == 400
    assert known == job(tmp_path).redrawn(np.ones(400, dtype=bool), held, ["group"], gap)["gap"]


def test_rows_of_a_cluster_are_drawn_together(tmp_path: Path) -> None:
    """100 clusters of 4 equal rows vary twice as much as 400 rows that stand alone."""
    one = rows(size=100)
    held = {name: np.repeat(values, 4) for name, values in one.items()}
    pq.write_table(pa.table({"cluster": np.repeat(np.arange(100), 4)}), tmp_path / "clusters.parquet")
    whole = np.ones(400, dtype=bool)

    alone = job(tmp_path).redrawn(whole, held, ["group"], gap)["gap"]
    together = job(tmp_path, clusters=True).redrawn(whole, held, ["group"], gap)["gap"]

    assert together["rows"] == 100
    assert np.std(together["draws"]) / np.std(alone["draws"]) == pytest.approx(2, rel=0.2)


def test_a_rate_without_misses_varies_too(tmp_path: Path) -> None:
    """Of 60 rows without a miss the truth may lie two misses lower and more: Jeffreys' law says 0.959 to 1."""
    held = {"group": np.array([*"f" * 60, *"m" * 60]), "said": np.array([1] * 60 + [0, 1] * 30)}

    def rate(*, group: Any, said: Any, weights: Any) -> dict[str, float]:
        own = group == "f"
        return {"gap": float(np.average(said[own], weights=None if weights is None else weights[own]))}

    known = job(tmp_path).redrawn(np.ones(120, dtype=bool), held, ["group"], rate)["gap"]

    assert 0.93 < interval(known, 1.0)[0] < 0.975


def test_what_draws_cannot_tell_is_not_told(tmp_path: Path) -> None:
    held, whole = rows(), np.ones(400, dtype=bool)

    def counted(*, group: Any, said: Any, weights: Any) -> dict[str, float]:
        del group, weights
        return {"gap": float(len(said))}  # takes no notice of weights

    assert job(tmp_path).redrawn(whole, held, ["group"], counted) == {}
    assert job(tmp_path, draws=0).redrawn(whole, held, ["group"], gap) == {}
    few = {name: values[:15] for name, values in held.items()}
    assert job(tmp_path).redrawn(whole[:15], few, ["group"], gap) == {}


def test_where_rows_belong_together_nothing_rests_on_rows_that_stand_alone(tmp_path: Path) -> None:
    for clusters, kept in ((False, {"known", "chance"}), (True, set())):
        held = job(tmp_path, clusters=clusters)
        held.measure("gap", 0.2, known={"error": 0.1, "rows": 40}, chance=held.of_p_value(0.2))
        assert held.measurements[0].keys() & {"known", "chance"} == kept


def test_permutations_show_no_chance_smaller_than_one_of_them(tmp_path: Path) -> None:
    assert job(tmp_path).of_p_value(0.0, 99)["below"] == 0.01
