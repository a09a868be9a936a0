"""Deepchecks 0.19: the suites train-test validation and model evaluation with their own conditions."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from decisions.peers.common import Scenario, plain, run
from deepchecks.core import ConditionCategory
from deepchecks.tabular import Dataset
from deepchecks.tabular.suites import model_evaluation, train_test_validation


def validation_suite(reference: pd.DataFrame, validation: pd.DataFrame, given: Scenario) -> Mapping[str, bool]:
    """Train-test validation: the data alone."""
    train, test = (_dataset(frame, given) for frame in (reference, validation))
    result = train_test_validation().run(train_dataset=train, test_dataset=test, with_display=False)
    return {"deepchecks train-test validation": _failed(result)}


def evaluation_suite(reference: pd.DataFrame, validation: pd.DataFrame, given: Scenario) -> Mapping[str, bool]:
    """Model evaluation: the candidate's predictions on both."""
    train, test = (_dataset(frame, given) for frame in (reference, validation))
    said = {
        f"y_{what}_{part}": value
        for part, frame in (("train", reference), ("test", validation))
        for what, value in (("pred", _classes(frame)), ("proba", _chances(frame)))
    }
    result = model_evaluation().run(
        train_dataset=train,
        test_dataset=test,
        with_display=False,
        feature_importance=None,
        model_classes=[0, 1],
        **said,
    )
    return {"deepchecks model evaluation": _failed(result)}


def _dataset(frame: pd.DataFrame, given: Scenario) -> Dataset:
    columns = [*given["features"], given["label"]]
    return Dataset(plain(frame[columns]), label=given["label"], cat_features=given["categories"], label_type="binary")


def _classes(frame: pd.DataFrame) -> np.ndarray:
    return np.asarray(frame["candidate_class"].to_numpy(dtype=float, na_value=np.nan))


def _chances(frame: pd.DataFrame) -> np.ndarray:
    score = frame["candidate_score"].to_numpy(dtype=float)
    return np.stack([1 - score, score], axis=1)


def _failed(result: Any) -> bool:
    """Whether a condition of the suite fails, or a check broke off that could have held one."""
    conditions = [c for check in result.get_not_passed_checks(fail_if_warning=False) for c in check.conditions_results]
    return any(c.category in {ConditionCategory.FAIL, ConditionCategory.ERROR} for c in conditions)


if __name__ == "__main__":
    run({"deepchecks train-test validation": validation_suite, "deepchecks model evaluation": evaluation_suite})
