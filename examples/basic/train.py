"""Trains the candidate and writes the data that it is judged on.

The data are the 569 tumours of the Wisconsin breast cancer study, which scikit-learn carries. Your own repository reads
its own tables here.
"""

from pathlib import Path

from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skops.io import dump

LABEL = "malignant"

table = load_breast_cancer(as_frame=True).frame
table.columns = [name.replace(" ", "_") for name in table.columns]
table[LABEL] = 1 - table.pop("target")

train, validation = train_test_split(table, test_size=0.4, stratify=table[LABEL], random_state=7)
labels = train[LABEL]

model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
model.fit(train.drop(columns=LABEL), labels)

Path("data").mkdir(exist_ok=True)
Path("models").mkdir(exist_ok=True)
train.to_parquet("data/train.parquet", index=False)
validation.to_parquet("data/validation.parquet", index=False)
dump(model, "models/candidate.skops")
print(f"trained on {len(train)} rows, {len(validation)} left to judge it on")
