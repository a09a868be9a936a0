"""The gate `fairness`: Fairlearn's numbers on real arrests, and no silent number where a group has none."""

from typing import Any

import numpy as np
import pytest
from fairlearn import metrics as fl
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats
from sklearn.ensemble import HistGradientBoostingClassifier
from sklego.datasets import load_arrests
from tests.gates.frames import binary, groups, measure

from lockgate.evidence.view import Frame, Grouping, Predictions

SEX = list("ffffmmmm")
Y = [0, 0, 1, 1, 0, 0, 1, 1]
SAID = [0, 0, 0, 1, 0, 1, 1, 1]


@pytest.fixture(scope="module")
def arrests() -> tuple[Frame, NDArray[Any]]:
    """Who was released after an arrest in Toronto, predicted by a boosted model; sex, colour and both crossed."""
    table = load_arrests(as_frame=True)
    x = table[["age", "year", "checks"]].to_numpy()
    y = (table["released"] == "Yes").to_numpy().astype(int)
    said = (HistGradientBoostingClassifier(random_state=0).fit(x[::2], y[::2]).predict_proba(x)[:, 1] > 0.8).astype(int)
    crossed = (table["sex"] + ", " + table["colour"]).tolist()
    columns = {"sex": table["sex"].tolist(), "colour": table["colour"].tolist(), "sex × colour": crossed}
    frame = binary(y.tolist(), said.tolist(), groupings=tuple(groups(name, held) for name, held in columns.items()))
    return frame, said


@pytest.mark.parametrize("column", ["sex", "colour", "sex × colour"])
@pytest.mark.parametrize("weighted", [False, True])
def test_agrees_with_fairlearn_on_arrests(arrests: tuple[Frame, NDArray[Any]], column: str, weighted: bool) -> None:
    frame, said = arrests
    weight = np.random.default_rng(0).uniform(0.5, 2, frame.rows) if weighted else None
    grouping = next(held for held in frame.groupings if held.column == column)
    got = measure(
        "fairness",
        Frame(
            task="binary",
            label=frame.label,
            classes=frame.classes,
            favourable=1,
            candidate=frame.candidate,
            weight=weight,
            groupings=(grouping,),
        ),
    )
    kept = {"y_true": frame.label, "y_pred": said, "sensitive_features": grouping.codes, "sample_weight": weight}
    expected = {
        "selection_rate_difference": fl.demographic_parity_difference(**kept),
        "selection_rate_ratio": fl.demographic_parity_ratio(**kept),
        "equal_opportunity_difference": fl.equal_opportunity_difference(**kept),
        "equal_opportunity_ratio": fl.equal_opportunity_ratio(**kept),
        "equalized_odds_difference": fl.equalized_odds_difference(**kept),
        "equalized_odds_ratio": fl.equalized_odds_ratio(**kept),
    }
    for name, number in expected.items():
        assert got.value(f"{name}[column={column}]") == pytest.approx(number, abs=1e-9), name
    of_groups = fl.MetricFrame(
        metrics=fl.selection_rate,
        y_true=frame.label,
        y_pred=said,
        sensitive_features=grouping.codes,
        sample_params=None if weight is None else {"sample_weight": weight},
    ).by_group
    for code, name in enumerate(grouping.groups):
        place = f"selection_rate[column={column},group={name.replace(',', '%2C')}]"
        assert got.value(place) == pytest.approx(of_groups[code], abs=1e-9)


def test_rates_are_about_the_favourable_outcome() -> None:
    frame = binary(Y, SAID, groupings=(groups("sex", SEX),))
    refused = Frame(
        task="binary",
        label=frame.label,
        classes=frame.classes,
        positive=1,
        favourable=0,
        candidate=frame.candidate,
        groupings=frame.groupings,
    )
    said, other = measure("fairness", frame), measure("fairness", refused)
    assert said.value("selection_rate[column=sex,group=f]") == 0.25
    assert other.value("selection_rate[column=sex,group=f]") == 0.75
    assert said.value("selection_rate_ratio[column=sex]") == pytest.approx(1 / 3)
    assert other.value("selection_rate_ratio[column=sex]") == pytest.approx(1 / 3)


def test_of_several_classes_one_is_favourable() -> None:
    frame = Frame(
        task="multiclass",
        label=np.array([0, 1, 2, 2, 0, 1, 2, 2]),
        classes=("refuse", "ask", "grant"),
        favourable=2,
        candidate=Predictions(prediction=np.array([0, 1, 2, 1, 0, 2, 2, 2])),
        groupings=(groups("sex", SEX),),
    )
    said = measure("fairness", frame)
    assert said.value("selection_rate_difference[column=sex]") == pytest.approx(0.75 - 0.25)
    assert said.value("true_positive_rate[column=sex,group=f]") == 0.5
    assert said.value("accuracy[column=sex,group=f]") == 0.75  # about grant or not: 1 for 0 is no mistake here


def test_the_details_name_the_rate_and_the_groups_lowest_first() -> None:
    frame = binary(Y * 8, SAID * 8, groupings=(groups("sex", SEX * 8),))
    got = measure("fairness", frame).measured["equalized_odds_difference[column=sex]"]
    assert got.details == {"rate": "true_positive_rate", "groups": {"f": 0.5, "m": 1.0}}


def test_groups_of_fewer_than_10_rows_are_not_named_in_details() -> None:
    got = measure("fairness", binary(Y, SAID, groupings=(groups("sex", SEX),)))
    assert got.measured["selection_rate_ratio[column=sex]"].details["groups"] == {}


def test_of_many_groups_the_details_name_the_ends() -> None:
    count = 30
    column = np.repeat([f"g{code:02}" for code in range(count)], count)
    said = (np.tile(np.arange(count), count) <= np.repeat(np.arange(count), count)).astype(int).tolist()
    got = measure("fairness", binary([1, 0] * (count * count // 2), said, groupings=(groups("g", column.tolist()),)))
    shown: Any = got.measured["selection_rate_ratio[column=g]"].details["groups"]
    assert len(shown) == 20
    assert [*shown][:: len(shown) - 1] == ["g00", "g29"]


def test_a_group_under_min_rows_is_listed_and_not_compared() -> None:
    frame = binary([*Y, 1], [*SAID, 0], groupings=(groups("sex", [*SEX, "x"]),))
    said = measure("fairness", frame, min_rows=2)
    small = said.missing["selection_rate[column=sex,group=x]"]
    assert (small.listed, small.rows, small.reason) == (True, 1, "1 rows, and data.min_rows is 2")
    assert said.value("selection_rate_ratio[column=sex]") == pytest.approx(1 / 3)
    assert said.measured["selection_rate_ratio[column=sex]"].rows == 8


@pytest.mark.parametrize(
    ("column", "min_rows", "there"),
    [(["f"] * 8, 1, "only 'f'"), ([*"fffffffm"], 2, "only 'f'"), (SEX, 5, "none")],
    ids=["one group", "one large group", "no large group"],
)
def test_catalogue_26_one_group_only_is_nothing_to_compare(column: list[str], min_rows: int, there: str) -> None:
    said = measure("fairness", binary(Y, SAID, groupings=(groups("sex", column),)), min_rows=min_rows)
    for name in ("selection_rate_ratio", "selection_rate_difference", "equalized_odds_difference", "accuracy_ratio"):
        missing = said.missing[f"{name}[column=sex]"]
        assert missing.reason == f"two groups must be there to be compared, and there is {there} with enough rows"
        assert not missing.listed


def test_catalogue_15_a_group_without_favourable_labels_is_listed_where_a_rate_is_about_them() -> None:
    frame = binary([0, 0, 0, 0, 0, 0, 1, 1], SAID, groupings=(groups("sex", SEX),))
    said = measure("fairness", frame)
    small = said.missing["true_positive_rate[column=sex,group=f]"]
    assert (small.listed, small.rows) == (True, 0)
    for name in ("equal_opportunity_difference", "equal_opportunity_ratio", "equalized_odds_difference"):
        missing = said.missing[f"{name}[column=sex]"]
        assert missing.reason.endswith("there is only 'm' with enough rows"), "and with no two groups left, an error"
        assert not missing.listed
    assert said.value("selection_rate_difference[column=sex]") == 0.5


def test_catalogue_15_a_model_that_predicts_nothing_for_a_group_does_not_leave_the_comparison() -> None:
    frame = binary(Y, [0, 0, 0, 0, 1, 1, 1, 1], groupings=(groups("sex", SEX),))
    missing = measure("fairness", frame).missing["predictive_parity_difference[column=sex]"]
    assert not missing.listed
    assert "the precision of the group 'f' has no value" in missing.reason


def test_catalogue_15_a_rate_of_0_in_every_group_has_no_ratio() -> None:
    said = measure("fairness", binary(Y, [0] * 8, groupings=(groups("sex", SEX),)))
    assert "0 in every group" in said.reason("selection_rate_ratio[column=sex]")
    assert said.value("selection_rate_difference[column=sex]") == 0


def test_without_a_favourable_outcome_nothing_is_measured() -> None:
    frame = Frame(
        task="multiclass",
        label=np.array([0, 1]),
        classes=("a", "b"),
        candidate=Predictions(prediction=np.array([0, 1])),
        groupings=(groups("sex", ["f", "m"]),),
    )
    said = measure("fairness", frame)
    assert not said.measured
    assert "which outcome people want" in said.reason("selection_rate_ratio[column=sex]")


def test_without_a_sensitive_column_nothing_is_measured() -> None:
    said = measure("fairness", binary(Y, SAID))
    assert said.reason("selection_rate_ratio") == "data.sensitive names no column"


def test_regressions_compare_means_and_errors() -> None:
    label = np.array([1.0, 2.0, 3.0, 4.0])
    frame = Frame(
        task="regression",
        label=label,
        candidate=Predictions(prediction=label + np.array([1.0, 1.0, -2.0, -2.0])),
        groupings=(groups("sex", [*"ffmm"]),),
    )
    said = measure("fairness", frame)
    assert said.value("mean_prediction[column=sex,group=f]") == 2.5
    assert said.value("mean_prediction_difference[column=sex]") == 1
    assert said.value("mean_prediction_ratio[column=sex]") == pytest.approx(1.5 / 2.5)
    assert said.value("mean_error_difference[column=sex]") == 3
    assert said.value("mae_difference[column=sex]") == 1
    assert said.value("mae_ratio[column=sex]") == 0.5


def test_means_on_both_sides_of_0_have_no_ratio() -> None:
    frame = Frame(
        task="regression",
        label=np.array([0.0, 0.0]),
        candidate=Predictions(prediction=np.array([-1.0, 2.0])),
        groupings=(groups("sex", ["f", "m"]),),
    )
    said = measure("fairness", frame)
    assert "'f' is negative" in said.reason("mean_prediction_ratio[column=sex]")
    assert said.value("mean_prediction_difference[column=sex]") == 3


def test_a_group_that_the_data_do_not_hold_is_listed() -> None:
    grouping = Grouping(column="age", groups=("young", "old", "oldest"), codes=np.array([0, 0, 0, 0, 1, 1, 1, 1]))
    said = measure("fairness", binary(Y, SAID, groupings=(grouping,)))
    assert said.missing["selection_rate[column=age,group=oldest]"].listed
    assert said.value("selection_rate_ratio[column=age]") == pytest.approx(1 / 3)


@pytest.mark.parametrize("weight", [0.0, -1.0, np.nan])
def test_catalogue_16_broken_weights_leave_nothing_measured(weight: float) -> None:
    weights = np.array([1.0] * 7 + [weight])
    said = measure("fairness", binary(Y, SAID, weight=weights, groupings=(groups("sex", SEX),)))
    assert not said.measured
    assert "weight" in said.reason("selection_rate[column=sex]")


def test_a_prediction_that_is_no_class_leaves_nothing_measured() -> None:
    said = measure("fairness", binary(Y, [*SAID[1:], -1], groupings=(groups("sex", SEX),)))
    assert not said.measured
    assert said.reason("selection_rate[column=sex]") == "a label or prediction is none of the 2 classes"


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_a_group_whose_rows_hardly_weigh_is_an_error(task: str) -> None:
    weight = np.array([1.0] * 4 + [1e-9] * 3 + [1e9])
    frame = binary(Y, SAID, weight=weight, groupings=(groups("sex", SEX),))
    if task == "regression":
        numbers = Predictions(prediction=np.array(SAID, np.float64))
        label = np.array(Y, np.float64)
        frame = Frame(task="regression", label=label, candidate=numbers, weight=weight, groupings=frame.groupings)
    said = measure("fairness", frame, min_rows=2)
    rate, gap = ("selection_rate", "selection_rate_ratio") if task == "binary" else ("mae", "mae_ratio")
    assert said.value(f"{rate}[column=sex,group=f]") is not None
    assert "count as 1.0 rows, and data.min_rows is 2" in said.reason(f"{rate}[column=sex,group=m]")
    assert "the group 'm' has no value" in said.reason(f"{gap}[column=sex]")


def test_a_rate_about_a_label_asks_for_the_weights_of_its_rows() -> None:
    weight = np.array([1.0] * 6 + [1e-9, 1.0])  # of the men's favourable labels one alone weighs
    said = measure("fairness", binary(Y, SAID, weight=weight, groupings=(groups("sex", SEX),)), min_rows=2)
    assert said.value("selection_rate[column=sex,group=m]") > 0
    assert "count as 1.0 rows" in said.reason("true_positive_rate[column=sex,group=m]")


# --- laws -------------------------------------------------------------------------------------------------------------


def people(seed: int, rows: int = 600, gap: float = 0.0, **more: Any) -> Frame:
    """Women and men of whom the men are predicted the favourable outcome more often by `gap`."""
    rng = np.random.default_rng(seed)
    men = rng.random(rows) < 0.5
    said = (rng.random(rows) < 0.4 + gap * men).astype(int)
    label = (rng.random(rows) < 0.5).astype(int)
    sex = np.where(men, "m", "f").tolist()
    return binary(label.tolist(), said.tolist(), groupings=(groups("sex", sex),), **more)


def test_every_value_has_a_law_and_every_comparison_says_what_chance_would_show() -> None:
    said = measure("fairness", people(0))
    for name, measured in said.measured.items():
        assert measured.uncertainty is not None, name
        low, high = measured.uncertainty.law.quantiles[5], measured.uncertainty.law.quantiles[13]
        assert 0 <= low <= high <= 1
        if "group=" in name:
            assert low < measured.value < high
            assert measured.null is None, "a group's own rate is held against nothing"
            assert measured.uncertainty.bias == 0
        else:
            assert measured.null is not None, name
    gap = said.measured["selection_rate_difference[column=sex]"]
    ratio = said.measured["selection_rate_ratio[column=sex]"]
    assert gap.uncertainty is not None
    assert gap.uncertainty.bias > 0
    assert ratio.uncertainty is not None
    assert ratio.uncertainty.bias < 0


def test_the_chance_of_a_gap_is_fishers_exact_test() -> None:
    frame = people(1, gap=0.1)
    null = measure("fairness", frame).measured["selection_rate_difference[column=sex]"].null
    assert null is not None
    codes, said = frame.groupings[0].codes, np.asarray(frame.candidate.prediction if frame.candidate else [])
    rows = np.bincount(codes)
    total = int(said.sum())
    hits = np.arange(max(0, total - rows[1]), min(rows[0], total) + 1)
    chances = stats.hypergeom(rows.sum(), total, rows[0]).pmf(hits)
    apart = np.abs(hits / rows[0] - (total - hits) / rows[1])
    reached = np.abs(said[codes == 0].mean() - said[codes == 1].mean())
    assert null.above == pytest.approx(chances[apart >= reached - 1e-12].sum(), rel=1e-9)


def test_odds_are_compared_given_the_labels() -> None:
    """A model whose errors do not hang on the group is fair by its odds, though the groups' labels differ."""
    rng = np.random.default_rng(2)
    men = rng.random(4000) < 0.5
    label = rng.random(4000) < np.where(men, 0.8, 0.3)
    said = rng.random(4000) < np.where(label, 0.9, 0.2)
    grouping = groups("sex", np.where(men, "m", "f").tolist())
    got = measure("fairness", binary(label.astype(int).tolist(), said.astype(int).tolist(), groupings=(grouping,)))
    odds = got.measured["equalized_odds_difference[column=sex]"].null
    selected = got.measured["selection_rate_difference[column=sex]"].null
    assert odds is not None
    assert selected is not None
    assert selected.above < 1e-9 < 0.01 < odds.above


def test_laws_are_made_for_what_is_asked_and_do_not_hang_on_it() -> None:
    frame = people(3)
    name = "equalized_odds_difference"
    alone = measure("fairness", frame, asked=frozenset({name}))
    every = measure("fairness", frame)
    assert alone.measured.keys() == every.measured.keys()
    assert {key for key, measured in alone.measured.items() if measured.null is not None} == {f"{name}[column=sex]"}
    assert alone.measured[f"{name}[column=sex]"] == every.measured[f"{name}[column=sex]"]
    assert [m.value for m in alone.measured.values()] == [m.value for m in every.measured.values()]


def test_weights_and_clusters_count_in_the_laws() -> None:
    rng = np.random.default_rng(4)
    name = "selection_rate[column=sex,group=f]"
    plain = measure("fairness", people(5)).measured[name].uncertainty
    weighed = measure("fairness", people(5, weight=rng.exponential(1, 600) + 0.01)).measured[name].uncertainty
    assert plain is not None
    assert weighed is not None
    assert weighed.rows < 0.7 * plain.rows
    blocks = measure("fairness", people(5, cluster=np.arange(600) // 30))
    assert blocks.measured[name].uncertainty is not None
    few = measure("fairness", people(5, cluster=np.arange(600) // 75))
    for measured in few.measured.values():
        assert measured.uncertainty is None, "8 clusters do not tell how clusters differ"
        assert measured.null is None


def test_a_regressions_means_have_laws_inside_their_domain() -> None:
    rng = np.random.default_rng(6)
    label = rng.normal(10, 1, 200)
    frame = Frame(
        task="regression",
        label=label,
        candidate=Predictions(prediction=label + rng.normal(0, 0.5, 200)),
        groupings=(groups("sex", ["f", "m"] * 100),),
    )
    said = measure("fairness", frame)
    assert all(measured.uncertainty is not None for measured in said.measured.values())
    of_mae = said.measured["mae_difference[column=sex]"]
    assert of_mae.uncertainty is not None
    assert of_mae.null is not None
    assert min(of_mae.uncertainty.law.quantiles) >= 0
    assert min(of_mae.null.law.quantiles) >= 0


def test_a_rate_that_every_row_has_leaves_nothing_to_chance() -> None:
    said = measure("fairness", binary([0, 1] * 40, [1] * 80, groupings=(groups("sex", [*"ffmm"] * 20),)))
    gap = said.measured["selection_rate_difference[column=sex]"]
    assert gap.null is not None
    assert (gap.value, gap.null.above, gap.null.mean) == (0, 1, 0)
    ratio = said.measured["selection_rate_ratio[column=sex]"]
    assert ratio.null is not None
    assert (ratio.value, ratio.null.below) == (1, 1)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.floats(-1e300, 1e300) | st.sampled_from([0.0, 1.0, -1.0, 1e-300, 1e154]), min_size=4, max_size=12),
    st.sampled_from([1.0, 1e-200, 1e200]),
)
def test_numbers_of_any_size_have_a_sound_law_or_none(label: list[float], weight: float) -> None:
    rows = len(label)
    frame = Frame(
        task="regression",
        label=np.array(label),
        candidate=Predictions(prediction=np.array(label[::-1])),
        weight=None if weight == 1 else np.full(rows, weight),
        groupings=(groups("sex", ["f" if row % 2 else "m" for row in range(rows)]),),
    )
    for measured in measure("fairness", frame, min_rows=2).measured.values():
        for known in (measured.uncertainty, measured.null):
            if known is not None:
                assert np.isfinite(known.law.quantiles).all()
                assert np.all(np.diff(known.law.quantiles) >= 0)
