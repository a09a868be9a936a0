"""`slices: discover`: the weakest slices, found on one half of the rows and judged on the other."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from lockgate.errors import PolicyError
from lockgate.evidence.discover import PREFIX, discover
from lockgate.evidence.resolve import open_source
from lockgate.evidence.sources.arrow import ArrowSource
from lockgate.evidence.view import Frame, Predictions
from lockgate.policy.load import load_policy
from lockgate.run import check

ROWS = 4_000


def planted(seed: int, *, error: float = 0.4, cluster: bool = False) -> tuple[ArrowSource, Frame]:
    """A model that errs on a tenth of the rows, and on `error` of those with region=north and age over 60."""
    rng = np.random.default_rng(seed)
    age, region = rng.integers(18, 90, ROWS), rng.choice(["north", "south", "east"], ROWS)
    label = rng.integers(0, 2, ROWS)
    weak = (region == "north") & (age > 60)
    wrong = rng.random(ROWS) < np.where(weak, error, 0.1)
    said = np.where(wrong, 1 - label, label)
    table = pa.table({"age": age, "region": region, "noise": rng.normal(size=ROWS)})
    frame = Frame(
        task="binary",
        label=label,
        classes=(0, 1),
        positive=1,
        candidate=Predictions(prediction=said),
        cluster=np.arange(ROWS) // 4 if cluster else None,
    )
    return open_source(table, base=Path(), role="validation"), frame


def found(seed: int, **options: object) -> list[tuple[str, float, int]]:
    """Name, share of errors and rows of each slice that is found."""
    source, frame = planted(seed, **options)  # type: ignore[arg-type]  # options of `planted`, by name
    assert frame.candidate is not None
    slices = discover(source, frame, frame.candidate, ("age", "region", "noise"), most=3, min_rows=30, seed=seed)
    wrong = frame.label != frame.candidate.prediction
    return [(held.name, float(wrong[held.rows].mean()), int(held.rows.sum())) for held in slices]


@pytest.mark.parametrize("seed", range(5))
def test_a_planted_weak_slice_is_found_first_and_stands_on_rows_that_had_no_say(seed: int) -> None:
    name, errors, rows = found(seed)[0]
    assert name.startswith(PREFIX)
    assert "region=north" in name
    assert "age" in name
    assert 0.25 < errors < 0.6
    assert 60 < rows < ROWS / 4


def test_where_nothing_is_weak_what_is_found_is_as_good_as_the_rest_on_the_other_half() -> None:
    """On the rows that chose it a slice of pure noise looks weak; on the others it does not."""
    shares = [errors for seed in range(40) for _, errors, _ in found(seed, error=0.1)]
    assert len(shares) > 20
    assert np.mean(shares) == pytest.approx(0.1, abs=0.015)


def test_rows_that_belong_together_stay_in_one_half() -> None:
    source, frame = planted(1, cluster=True)
    assert frame.candidate is not None
    assert frame.cluster is not None
    for held in discover(source, frame, frame.candidate, ("age", "region"), most=3, min_rows=30, seed=1):
        explored = ~held.rows
        names = set(frame.cluster[held.rows].tolist())
        assert names
        assert explored.any()
    again = discover(source, frame, frame.candidate, ("age", "region"), most=3, min_rows=30, seed=1)
    first = discover(source, frame, frame.candidate, ("age", "region"), most=3, min_rows=30, seed=1)
    assert [s.name for s in first] == [s.name for s in again]


POLICY = """
lockgate: 1
model: {{task: binary, candidate: {{predictions: {{prediction: yhat}}}}, champion: none}}
data: {{validation: memory, label: y, positive: 1, slices: {slices}}}
gates: {{performance: {{slices: {{accuracy: {{min: 0.8}}}}}}}}
"""


def run(tmp_path: Path, slices: str) -> list[tuple[str, str]]:
    source, frame = planted(3)
    assert frame.candidate is not None
    columns = {name: source.column(name) for name in source.schema}
    table = pa.table({**columns, "y": frame.label, "yhat": frame.candidate.prediction})
    path = tmp_path / "lockgate.yaml"
    path.write_text(POLICY.format(slices=slices))
    record = check(path, data={"validation": table})
    return [(finding.at.slice or "", finding.status.value) for finding in record.content.findings]


@pytest.mark.parametrize("slices", ["discover", "[{discover: 5}]", "[region, {discover: 2}]"])
def test_a_policy_asks_for_the_weakest_slices_and_judges_them(tmp_path: Path, slices: str) -> None:
    findings = run(tmp_path, slices)
    weak = [status for name, status in findings if name.startswith(PREFIX) and "region=north" in name]
    assert "fail" in weak
    assert ("region=south", "pass") in findings or slices.count("region") == 0


@pytest.mark.parametrize("slices", ["found", "[{discover: 0}]", "[{discover: 3, column: age}]", "[{discover: x}]"])
def test_what_is_no_wish_for_slices_is_a_mistake(tmp_path: Path, slices: str) -> None:
    path = tmp_path / "lockgate.yaml"
    path.write_text(POLICY.format(slices=slices))
    with pytest.raises(PolicyError) as caught:
        load_policy(path)
    assert "data.slices" in str(caught.value)
