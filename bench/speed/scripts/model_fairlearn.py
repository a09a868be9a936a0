"""The same by Fairlearn's MetricFrame, whose groups are the slices and the sensitive columns; no intervals."""

import pandas as pd
from common import SENSITIVE, SLICES
from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate, true_positive_rate
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
label, score = data["label"], data["score"]
predicted = (score >= 0.5).astype(int)
of_predictions = {
    "accuracy": accuracy_score,
    "precision": precision_score,
    "recall": recall_score,
    "f1": f1_score,
}
of_scores = {"roc_auc": roc_auc_score, "log_loss": log_loss, "brier_score": brier_score_loss}
of_groups = {
    "selection_rate": selection_rate,
    "true_positive_rate": true_positive_rate,
    "false_positive_rate": false_positive_rate,
    "precision": precision_score,
    "accuracy": accuracy_score,
}
found = []
for column in SLICES:
    for metrics, answer in ((of_predictions, predicted), (of_scores, score)):
        frame = MetricFrame(metrics=metrics, y_true=label, y_pred=answer, sensitive_features=data[column])
        found.append((frame.overall, frame.by_group))
for columns in (["sex"], ["race"], SENSITIVE):
    frame = MetricFrame(metrics=of_groups, y_true=label, y_pred=predicted, sensitive_features=data[columns])
    found.append((frame.difference(), frame.by_group))
assert len(found) == 9, len(found)
