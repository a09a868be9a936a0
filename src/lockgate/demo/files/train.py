"""Makes the data and the models of this project; `lockgate demo` ran exactly this file.

    python train.py                     data/, models/champion.skops, models/candidate.skops
    python train.py --without colour    models/mended.skops: the candidate again, which does not see that column

Data: 5,226 arrests in Toronto for possession of small amounts of marijuana, 1997 to 2002 (Friendly and Fox, carried by
scikit-lego). The police either released the person with a summons, or held them.
"""

import argparse
from pathlib import Path

import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklego.datasets import load_arrests
from skops.io import dump

HERE = Path(__file__).resolve().parent
LABEL = "released"
FIRST_YEAR_OF_VALIDATION = 2000
CHAMPION_SEES = ["age", "checks", "employed"]
CANDIDATE_SEES = ["age", "checks", "employed", "citizen", "sex", "colour"]


def split(arrests: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Earlier years to learn from, later ones to judge by: a model in use meets the future, never its own past."""
    later = arrests["year"] >= FIRST_YEAR_OF_VALIDATION
    return arrests[~later].reset_index(drop=True), arrests[later].reset_index(drop=True)


def champion() -> Pipeline:
    """The model in use: a logistic regression on three facts."""
    columns = make_column_transformer(
        (OneHotEncoder(drop="if_binary"), ["employed"]),
        (StandardScaler(), ["age", "checks"]),
    )
    return make_pipeline(columns, LogisticRegression())


def candidate(sees: list[str]) -> Pipeline:
    """The model that wants to replace it: small boosted trees on all that is known about a person."""
    texts = [column for column in sees if column not in {"age", "checks"}]
    columns = make_column_transformer((OneHotEncoder(drop="if_binary"), texts), remainder="passthrough")
    trees = HistGradientBoostingClassifier(learning_rate=0.05, max_iter=60, max_leaf_nodes=6, random_state=7)
    return make_pipeline(columns, trees)


def main() -> None:
    """Write what the command line asks for."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--without", action="append", default=[], choices=CANDIDATE_SEES, help="hide this column")
    hidden = options.parse_args().without
    models, data = HERE / "models", HERE / "data"
    models.mkdir(exist_ok=True)
    data.mkdir(exist_ok=True)

    train, validation = split(load_arrests(as_frame=True))
    if hidden:
        sees = [column for column in CANDIDATE_SEES if column not in hidden]
        dump(candidate(sees).fit(train[sees], train[LABEL]), models / "mended.skops")
        return
    train.to_parquet(data / "train.parquet")
    validation.to_parquet(data / "validation.parquet")
    dump(champion().fit(train[CHAMPION_SEES], train[LABEL]), models / "champion.skops")
    dump(candidate(CANDIDATE_SEES).fit(train[CANDIDATE_SEES], train[LABEL]), models / "candidate.skops")


if __name__ == "__main__":
    main()
