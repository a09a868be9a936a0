"""Runs the underwriters' cases against the candidate: `evaluation/cases.csv` in, `evaluation/results.json` out.

Stands for whatever a team tests a model with outside of Lockgate. The result holds the digest of the model's file, so
that the gate `external` takes no result of another model.
"""

import json
from hashlib import sha256
from pathlib import Path

import pandas as pd
from ruamel.yaml import YAML
from skops.io import get_untrusted_types, load

MODEL = Path("models/candidate.skops")
POLICY = YAML(typ="safe").load(Path("lockgate.yaml"))

cases = pd.read_csv("evaluation/cases.csv")
model = load(MODEL, trusted=get_untrusted_types(file=MODEL))  # made by train.py a moment ago
scores = model.predict_proba(cases[list(model.feature_names_in_)])[:, 1]
cases["score"] = scores.round(4)
cases["outcome"] = ["recommended" if score >= POLICY["model"]["threshold"] else "review" for score in scores]
cases["passed"] = cases["expected"] == cases["outcome"]
results = cases[["case", "expected", "outcome", "score", "passed"]].to_dict("records")
document = {"model": sha256(MODEL.read_bytes()).hexdigest(), "results": results}
Path("evaluation/results.json").write_text(json.dumps(document, indent=2) + "\n", "utf-8")
others = ", ".join(cases["case"][~cases["passed"]]) or "none"
print(f"{cases['passed'].sum()} of {len(cases)} cases end as written down; otherwise: {others}")
