"""The data sets: those that registry packages carry, and those of a folder where it is there. Binary tasks all.

Each is shuffled once with a fixed seed, so that any rows of it are a fair draw of all. `ordered` keeps the order of
time, for what is reported of adjacent blocks.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

FOLDER = Path("../shared/data")
"""Where the larger data sets may stand, seen from the root of the repository."""

LEFT_OUT = {
    "wine": "178 rows: three disjoint parts of 150 do not fit",
    "hearts": "303 rows: three disjoint parts of 150 do not fit",
}
"""Packaged data sets that are too small, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """A table and what its columns are.

    Attributes:
        frame: features and label, shuffled unless it was asked for in the order of time.
        label: the label's column, 0 or 1.
        group: a sensitive column with a group of at least a tenth of the rows; None: it has none.
        train: number of first rows that models learn from; all others are the pool.
    """

    name: str
    frame: pd.DataFrame
    label: str
    group: str | None
    train: int

    @property
    def features(self) -> list[str]:
        """All columns but the label."""
        return [name for name in self.frame.columns if name != self.label]

    @property
    def numbers(self) -> list[str]:
        """Feature columns of numbers."""
        return [name for name in self.features if pd.api.types.is_numeric_dtype(self.frame[name])]

    @property
    def categories(self) -> list[str]:
        """Feature columns of texts."""
        return [name for name in self.features if name not in self.numbers]

    @property
    def pool(self) -> pd.DataFrame:
        """The rows that no model has learnt from."""
        return self.frame.iloc[self.train :].reset_index(drop=True)


Made = tuple[pd.DataFrame, str, str | None, int]


def _breast_cancer(_: Path) -> Made:
    from sklearn.datasets import load_breast_cancer

    bunch = load_breast_cancer(as_frame=True)
    frame = bunch.data.rename(columns=lambda name: str(name).replace(" ", "_"))
    return frame.assign(malignant=(bunch.target == 0).astype(int)), "malignant", None, 110


def _digits(_: Path) -> Made:
    from sklearn.datasets import load_digits

    bunch = load_digits(as_frame=True)
    varying = bunch.data.columns[bunch.data.nunique() > 4]  # the corners are the same in nearly all pictures
    return bunch.data[varying].astype(int).assign(odd=(bunch.target % 2).astype(int)), "odd", None, 800


def _arrests(_: Path) -> Made:
    from sklego.datasets import load_arrests

    frame = load_arrests(as_frame=True)
    return frame.assign(released=(frame["released"] == "Yes").astype(int)), "released", "colour", 1800


def _abalone(_: Path) -> Made:
    from sklego.datasets import load_abalone

    frame = load_abalone(as_frame=True)
    return frame.drop(columns="rings").assign(old=(frame["rings"] > 9).astype(int)), "old", "sex", 1000


def _affairs(_: Path) -> Made:
    from statsmodels.datasets import fair

    frame = fair.load_pandas().data
    return frame.assign(affair=(frame.pop("affairs") > 0).astype(int)), "affair", None, 1500


def _doctor(_: Path) -> Made:
    from statsmodels.datasets import randhie

    frame = randhie.load_pandas().data
    return frame.assign(seen=(frame.pop("mdvis") > 0).astype(int)), "seen", None, 5000


def _adult(folder: Path) -> Made:
    parts = [pd.read_parquet(folder / f"adult_{part}.parquet") for part in ("train", "test")]
    return pd.concat(parts, ignore_index=True).drop(columns="fnlwgt"), "income", "sex", 10_000


def _german_credit(folder: Path) -> Made:
    return pd.read_parquet(folder / "german_credit.parquet"), "bad_credit", None, 400


def _elec2(folder: Path) -> Made:
    return pd.read_parquet(folder / "elec2.parquet"), "class", None, 10_000


def _employment(folder: Path) -> Made:
    frame = pd.read_parquet(folder / "ma_employment_2015.parquet")
    return frame.drop(columns=["id", "year", "prediction", "predicted_probability"]), "employed", "SEX", 12_000


def _employment_later(folder: Path) -> Made:
    names = ("ma_employment_2015", "ma_employment_2016_2018")
    frame = pd.concat([pd.read_parquet(folder / f"{name}.parquet") for name in names], ignore_index=True)
    return frame.drop(columns=["id", "year", "prediction", "predicted_probability"]), "employed", "SEX", 12_000


_PACKAGED: dict[str, Callable[[Path], Made]] = {
    "breast_cancer": _breast_cancer,
    "digits": _digits,
    "arrests": _arrests,
    "abalone": _abalone,
    "affairs": _affairs,
    "doctor": _doctor,
}
_OF_FOLDER: dict[str, tuple[Callable[[Path], Made], str]] = {
    "adult": (_adult, "adult_train.parquet"),
    "german_credit": (_german_credit, "german_credit.parquet"),
    "elec2": (_elec2, "elec2.parquet"),
    "employment": (_employment, "ma_employment_2015.parquet"),
}
_IN_TIME: dict[str, tuple[Callable[[Path], Made], str]] = {
    "elec2": (_elec2, "elec2.parquet"),
    "employment": (_employment_later, "ma_employment_2016_2018.parquet"),
}


def names(folder: Path) -> list[str]:
    """The data sets at hand."""
    return [*_PACKAGED, *(name for name, (_, file) in _OF_FOLDER.items() if (folder / file).exists())]


def names_in_time(folder: Path) -> list[str]:
    """The data sets at hand whose rows are in the order of time."""
    return [name for name, (_, file) in _IN_TIME.items() if (folder / file).exists()]


def absent(folder: Path) -> dict[str, str]:
    """The data sets that are not used, and why."""
    gone = {name: f"{file} is not in {folder}" for name, (_, file) in _OF_FOLDER.items()}
    return {**{name: why for name, why in gone.items() if name not in names(folder)}, **LEFT_OUT}


def load(name: str, folder: Path, *, ordered: bool = False) -> DataSet:
    """A data set; `ordered`: in the order of time, else shuffled by a fixed seed."""
    makers = _PACKAGED | {known: make for known, (make, _) in (_IN_TIME if ordered else _OF_FOLDER).items()}
    frame, label, group, train = makers[name](folder)
    if not ordered:
        frame = frame.iloc[np.random.default_rng(len(frame)).permutation(len(frame))]
    columns = [*(column for column in frame.columns if column != label), label]
    tidy = frame[columns].reset_index(drop=True).astype({label: "int64"})
    return DataSet(name=f"{name}-in-time" if ordered else name, frame=tidy, label=label, group=group, train=train)
