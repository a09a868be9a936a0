"""What a profile keeps of a data set and what it never shows; how profiles are joined; what a run may ask of one."""

import math
import os
import re
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sklego.datasets import load_arrests
from tests.evidence_data.profiling import document, profiled, quiet, saved, table

from lockgate.errors import EvidenceError, UsageError
from lockgate.evidence.profile.make import join_profiles, make_profile, notes_on
from lockgate.evidence.profile.model import LEAST, MOST_BINS, ColumnProfile, NumberBins, Profile
from lockgate.evidence.profile.read import load
from lockgate.evidence.profile.write import dump
from lockgate.evidence.resolve import open_source
from lockgate.evidence.sources.profile import open_profile

ROWS = 400
RNG = np.random.default_rng(11)
NORMAL = RNG.normal(size=ROWS)


def column(profile: Profile, name: str) -> ColumnProfile:
    return next(held for held in profile.columns if held.name == name)


def numbers(values: object) -> NumberBins:
    found = column(profiled(table({"x": values})), "x").numbers
    assert found is not None
    return found


# --- what it shows ----------------------------------------------------------------------------------------------------

few = st.floats(-1e6, 1e6, allow_nan=False) | st.integers(-5, 5).map(float)
samples = st.lists(few, min_size=1, max_size=40).flatmap(
    lambda some: st.lists(st.sampled_from(some) | few, min_size=100, max_size=300)
)


@settings(max_examples=30, phases=[Phase.generate])
@given(samples)
def test_no_bin_is_small_and_no_end_is_a_rare_value(values: list[float]) -> None:
    held = document(profiled(table({"x": values})))["columns"][0]
    ends = {*held["numbers"]["low"], *held["numbers"]["high"], *(held["numbers"]["deciles"] or ())}
    assert min(held["numbers"]["rows"]) >= LEAST
    assert sum(held["numbers"]["rows"]) == len(values)
    for value in {end for end in ends if end in values}:
        assert sum(math.isclose(value, other, rel_tol=1e-15) for other in values) >= LEAST
    for value in held["values"]["names"]:
        assert values.count(value) >= LEAST


@settings(max_examples=30, phases=[Phase.generate])
@given(samples)
def test_every_row_lies_in_its_bin_and_every_mean_is_within_its_slack(values: list[float]) -> None:
    held, ordered = numbers(values), np.sort(values)
    cuts = np.concatenate([[0], np.cumsum(held.rows)])
    for i, (start, end) in enumerate(pairwise(cuts)):
        rows = ordered[start:end]
        assert held.low[i] <= rows[0]
        assert rows[-1] <= held.high[i]
        assert abs(math.fsum(rows) / len(rows) - held.mean[i]) <= held.slack[i] + 1e-9


@pytest.mark.parametrize("extreme", [1e4, 123_456.789, -98_765.4321])
def test_an_extreme_value_of_one_row_cannot_be_told(extreme: float) -> None:
    """Neither an end nor a mean gives it away: with any value of the bin in its place the mean would be the same."""
    held = numbers([*NORMAL, extreme])
    low, high, rows, mean, slack = (
        array[0 if extreme < 0 else -1] for array in (held.low, held.high, held.rows, held.mean, held.slack)
    )
    inner = high if extreme < 0 else low
    assert abs(extreme - inner) < abs((low if extreme < 0 else high) - inner) <= 2.6 * abs(extreme - inner)
    beside = np.sort(NORMAL if extreme > 0 else -NORMAL)[1 - int(rows) :] * np.sign(extreme)
    others = float(np.abs(beside - inner).sum())
    assert others < 0.4 * abs(high - low)
    for excess in (0, abs(high - low)):
        assert abs((excess + others) / rows - abs(mean - inner)) <= slack


def test_nor_can_one_between_two_crowds() -> None:
    crowds = [*(NORMAL * 0.01), 517.25, *(1000 + NORMAL * 0.01)]
    held = numbers(crowds)
    i = int(np.flatnonzero((held.low < 517.25) & (held.high > 517.25))[0])
    assert held.slack[i] > 0
    assert "517.25" not in dump(profiled(table({"x": crowds}))).decode()


def test_no_rare_text_is_shown_and_none_is_lost() -> None:
    names = ["anna"] * 300 + ["otto"] * 90 + ["ada", "ada", "eve", *["max"] * 9, *["x" * 600] * 20]
    profile = profiled(table({"name": names}))
    held = column(profile, "name").values
    assert held is not None
    assert held.values == ("anna", "otto")
    assert held.rows.tolist() == [300, 90]
    assert (held.rare.rows, held.rare.values, held.rare.most) == (32, 4, 20)
    assert not re.search("ada|eve|max|xxx", dump(profile).decode())


def test_a_column_of_names_is_kept_as_a_number_of_them() -> None:
    held = column(profiled(table({"id": [f"customer {i}" for i in range(ROWS)]})), "id").values
    assert held is not None
    assert held.values == ()
    assert (held.rare.rows, held.rare.values) == (ROWS, ROWS)


def test_the_address_of_the_data_is_shown_without_its_secrets(tmp_path: Path) -> None:
    pq.write_table(table({"x": NORMAL}), tmp_path / "t.parquet")
    source = open_source("t.parquet", base=tmp_path, role="reference")
    source._uri = "s3://***@bucket/t.parquet"  # what `open_source` makes of a URL with a key
    (origin,) = make_profile(source, "x", quiet).origins
    assert (origin.uri, origin.format, origin.digest, origin.rows) == (source.uri, "parquet", source.digest, ROWS)


def test_what_makes_its_bounds_wide_is_said() -> None:
    profile = profiled(table({"x": np.repeat(np.arange(12.0), 9), "t": [f"rare {i // 2}" for i in range(108)]}))
    rows, deciles, rare = notes_on(profile)
    assert "108 rows: the bounds on Kolmogorov–Smirnov and Wasserstein will be wide" in rows
    assert "the deciles of column 'x' cannot be kept" in deciles
    assert "108 rows of column 't' hold values in fewer than 10 rows" in rare


def test_few_rows_are_refused() -> None:
    with pytest.raises(EvidenceError, match="99 rows are too few") as caught:
        profiled(table({"x": NORMAL[:99]}))
    assert "use the data themselves" in caught.value.fix


# --- what it keeps ----------------------------------------------------------------------------------------------------


def test_each_kind_of_column() -> None:
    some = [None, *range(ROWS - 1)]
    profile = profiled(
        table(
            {
                "whole": pa.array(some, pa.int32()),
                "float": [math.nan, math.inf, *NORMAL[2:]],
                "flag": [None, *[True] * 200, *[False] * (ROWS - 201)],
                "day": [None, *[date(2024, 1, 1) + timedelta(days=i) for i in range(ROWS - 1)]],
                "at": [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=i) for i in range(ROWS)],
                "text": [None, *["a"] * (ROWS - 1)],
                "list": [[1]] * ROWS,
                "empty": pa.nulls(ROWS),
                "huge": [2**60 + 2 * i + 1 for i in range(ROWS)],
                "sparse": [1.5, *[None] * (ROWS - 1)],
            }
        )
    )
    assert [(c.name, c.kind, c.type, c.nulls, c.infinite) for c in profile.columns] == [
        ("whole", "number", "int32", 1, 0),
        ("float", "number", "double", 1, 1),
        ("flag", "boolean", "bool", 1, 0),
        ("day", "time", "date32[day]", 1, 0),
        ("at", "time", "timestamp[us, tz=UTC]", 0, 0),
        ("text", "category", "string", 1, 0),
        ("list", "other", "list<item: int64>", 0, 0),
        ("empty", "category", "null", ROWS, 0),
        ("huge", "number", "int64", 0, 0),
        ("sparse", "number", "double", ROWS - 1, 0),
    ]
    gaps = {c.name: c.gap for c in profile.columns if c.gap}
    assert set(gaps) == {"list", "huge", "sparse"}
    assert not any(re.search(r"\d{3}", gap.replace("2^53", "")) for gap in gaps.values()), "no value is shown"
    assert load(dump(profile), "x").columns[0].numbers is not None
    assert "column 'list' is not kept" in " ".join(notes_on(profile))


def test_wide_data_are_kept_in_a_limited_number_of_bins() -> None:
    values = np.random.default_rng(3).normal(size=50_000)
    held = numbers(values)
    assert MOST_BINS <= len(held.rows) < 1.1 * MOST_BINS
    assert held.rows.max() == 20
    assert held.deciles is not None
    assert len(held.deciles) == 9


def test_the_same_data_give_the_same_bytes_in_any_process(tmp_path: Path) -> None:
    arrests = load_arrests(as_frame=True)
    arrests.to_parquet(tmp_path / "t.parquet")
    code = """
import sys
from itertools import pairwise
from pathlib import Path
from tests.evidence_data.profiling import profiled
from lockgate.evidence.profile.write import dump
sys.stdout.buffer.write(dump(profiled("t.parquet", Path(sys.argv[1]))))
"""
    documents = [
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path)],
            capture_output=True,
            check=True,
            cwd=Path(__file__).parents[2],
            env={**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": "C", "PYTHONPATH": str(Path(__file__).parents[2])},
        ).stdout
        for seed in ("1", "2")
    ]
    assert documents[0] == documents[1] == dump(profiled("t.parquet", tmp_path))


def test_a_document_is_read_as_it_was_written() -> None:
    rng = np.random.default_rng(4)
    profile = profiled(table({"x": rng.standard_t(2, ROWS), "n": rng.integers(0, 9, ROWS), "t": ["a", "ü"] * 200}))
    assert dump(load(dump(profile), "x")) == dump(profile)
    assert dump(profile).count(b"\n") == 5 + len(profile.columns), "a line per column, to be compared"


# --- joining ----------------------------------------------------------------------------------------------------------


def parts(*each: dict[str, object]) -> list[tuple[str, Profile]]:
    return [(f"{i}.profile", profiled(table(dict(columns)))) for i, columns in enumerate(each)]


def test_profiles_are_joined() -> None:
    joined = join_profiles(
        parts(
            {"x": [None, *NORMAL[1:]], "t": ["a"] * 395 + ["b"] * 5, "n": [0, 1] * 200},
            {"x": NORMAL + 1, "t": ["a"] * 200 + ["b"] * 100 + ["c"] * 100, "n": [1, 2] * 200},
        )
    )
    assert joined.rows == 2 * ROWS
    x, t, n = joined.columns
    assert x.nulls == 1
    assert x.numbers is not None
    assert int(x.numbers.rows.sum()) == 2 * ROWS - 1
    assert t.values is not None
    assert dict(zip(t.values.values, t.values.rows.tolist(), strict=True)) == {"a": 595, "b": 100, "c": 100}
    assert t.values.more.tolist() == [0, 5, 5], "b may stand in 5 more rows, and so may c"
    assert (t.values.rare.rows, t.values.rare.values, t.values.rare.most) == (5, 1, 5 + 4)
    assert n.numbers is not None
    assert n.numbers.mean.tolist() == [0, 1, 2]
    assert n.numbers.rows.tolist() == [200, 400, 200]
    assert dump(load(dump(joined), "x")) == dump(joined)


def test_the_order_of_profiles_does_not_matter() -> None:
    both = parts({"x": NORMAL}, {"x": NORMAL + 1})
    assert dump(join_profiles(both)) == dump(join_profiles(both[::-1]))


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"x": NORMAL}, "holds data that another profile holds too"),
        ({"y": NORMAL + 1}, "there is no column 'x'"),
        ({"x": NORMAL + 1, "y": NORMAL}, "there is no column 'y'"),
        ({"x": ["a"] * ROWS}, "column 'x' is string, and double in 0.profile"),
    ],
)
def test_what_does_not_belong_together_is_not_joined(other: dict[str, object], words: str) -> None:
    with pytest.raises(EvidenceError, match=words) as caught:
        join_profiles(parts({"x": NORMAL}, other))
    assert caught.value.where.endswith(".profile")
    assert caught.value.fix


def test_what_is_not_kept_of_one_part_is_not_kept_of_all() -> None:
    joined = join_profiles(parts({"x": NORMAL}, {"x": [1.0, *[None] * (ROWS - 1)]}))
    assert joined.columns[0].numbers is None
    assert joined.columns[0].gap


# --- in the place of the data -----------------------------------------------------------------------------------------


def test_it_answers_what_a_gate_asks_of_a_reference(tmp_path: Path) -> None:
    source = saved(tmp_path, table({"x": [None, math.inf, *NORMAL[2:]], "t": [None, "b", *["a"] * 398]}))
    assert source.rows == ROWS
    assert source.digest.startswith("sha256:")
    assert {name: held.kind for name, held in source.schema.items()} == {"x": "number", "t": "category"}
    assert (source.facts().format, source.facts().columns) == ("profile", 2)
    found = source.distribution("x")
    assert (found.count, found.nulls, found.infinite, found.rows) == (ROWS - 2, 1, 1, ROWS)
    assert 0 < found.rank_error < 0.1
    counts = source.counts(("t",))
    assert dict(zip(counts.keys, counts.counts.tolist(), strict=True)) == {("a",): 398, (None,): 1}
    assert counts.rare is not None
    assert counts.rare.rows == 1
    assert counts.rows == ROWS
    assert source.nulls("t") == 1
    source.verify()


def test_no_rank_is_further_off_than_it_says(tmp_path: Path) -> None:
    values = np.random.default_rng(2).lognormal(size=(3, 1_000))
    for sets in (values[:1], values):
        found = saved(tmp_path, *(table({"x": each}) for each in sets)).distribution("x")
        assert found.weights is not None
        true = np.sort(sets.reshape(-1))
        for at in (*true, *found.values):
            share = found.weights[found.values <= at].sum() / found.count
            assert abs(share - np.searchsorted(true, at, side="right") / len(true)) <= found.rank_error + 1e-12
            share = found.weights[found.values < at].sum() / found.count
            assert abs(share - np.searchsorted(true, at, side="left") / len(true)) <= found.rank_error + 1e-12


def test_of_two_truth_values_the_rare_one_is_known(tmp_path: Path) -> None:
    counts = saved(tmp_path, table({"flag": [True] * 397 + [False] * 3})).counts(("flag",))
    assert counts.rare is None
    assert dict(zip(counts.keys, counts.counts.tolist(), strict=True)) == {(True,): 397, (False,): 3}


def test_what_it_cannot_tell_it_says_with_what_to_do(tmp_path: Path) -> None:
    both = table({"x": NORMAL, "t": ["a"] * ROWS, "at": pa.array(range(ROWS), pa.timestamp("s"))})
    source, data = saved(tmp_path, both), open_source(both, base=tmp_path, role="validation")
    for ask, words in (
        (lambda: source.counts(("x", "t")), "no joint counts"),
        (lambda: source.counts(("at",)), "holds nothing of the values of column 'at'"),
        (lambda: source.distribution("t"), "it is text, and numbers are needed"),
        (lambda: source.distinct_rows(("x",)), "holds no rows"),
        (lambda: source.shared_rows(data, ("x",)), "holds no rows"),
        (lambda: data.shared_rows(source, ("x",)), "rows cannot be compared with profile data"),
    ):
        with pytest.raises(EvidenceError, match=words) as caught:
            ask()
        assert caught.value.where
    with pytest.raises(EvidenceError, match="there is no column 'X'") as caught:
        source.nulls("X")
    assert caught.value.fix == "did you mean 'x'?"


@pytest.mark.parametrize("role", ["validation", "training", "production"])
def test_it_can_be_the_reference_alone(tmp_path: Path, role: str) -> None:
    saved(tmp_path, table({"x": NORMAL}))
    with pytest.raises(UsageError, match="it can be the reference alone"):
        open_profile("profile:train.profile", base=tmp_path, role=role)
    with pytest.raises(UsageError, match="it can only be the reference"):
        open_source("profile:train.profile", base=tmp_path, role=role)


@pytest.mark.usefixtures("read_again")
def test_a_profile_that_changes_under_a_run_is_noticed(tmp_path: Path) -> None:
    source = saved(tmp_path, table({"x": NORMAL}))
    (tmp_path / "train.profile").write_bytes(dump(profiled(table({"x": NORMAL + 1}))))
    with pytest.raises(EvidenceError, match="the file changed after it was pinned"):
        source.verify()


def test_several_profiles_are_not_taken_for_one(tmp_path: Path) -> None:
    for name in ("a.profile", "b.profile"):
        saved(tmp_path, table({"x": NORMAL}), name=name)
    with pytest.raises(UsageError, match="several profiles") as caught:
        open_profile("profile:*.profile", base=tmp_path, role="reference")
    assert "lockgate profile" in caught.value.fix
    with pytest.raises(EvidenceError, match="the file is missing"):
        open_profile("profile:c.profile", base=tmp_path, role="reference")
