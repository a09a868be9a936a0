"""scikit-learn's metrics on all rows, on every slice and for every group; no intervals."""

import pandas as pd
from common import SENSITIVE, SLICES
from sklearn.metrics import (
    accuracy_score,
    brier_score_loss,
    f1_score,
    log_loss,
    precision_score,
    recall_score,
    roc_auc_score,
)

data = pd.read_parquet("data.parquet", columns=["label", "score", *SLICES, *SENSITIVE])
data["predicted"] = (data["score"] >= 0.5).astype(int)


def metrics(rows):
    label, predicted, score = rows["label"], rows["predicted"], rows["score"]
    return {
        "accuracy": accuracy_score(label, predicted),
        "precision": precision_score(label, predicted),
        "recall": recall_score(label, predicted),
        "f1": f1_score(label, predicted),
        "roc_auc": roc_auc_score(label, score),
        "log_loss": log_loss(label, score),
        "brier_score": brier_score_loss(label, score),
    }


def rates(rows):
    label, predicted = rows["label"], rows["predicted"]
    return {
        "selection_rate": predicted.mean(),
        "true_positive_rate": recall_score(label, predicted),
        "false_positive_rate": 1 - recall_score(label, predicted, pos_label=0),
        "precision": precision_score(label, predicted),
        "accuracy": accuracy_score(label, predicted),
    }


found = {"all": metrics(data)}
for column in SLICES:
    for value, rows in data.groupby(column):
        found[column, value] = metrics(rows)
for columns in (["sex"], ["race"], SENSITIVE):
    by_group = pd.DataFrame({group: rates(rows) for group, rows in data.groupby(columns)})
    found[tuple(columns)] = (by_group.max(axis=1) - by_group.min(axis=1)).to_dict()
assert len(found) == 1 + 25 + 3, len(found)
