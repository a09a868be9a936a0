"""The jobs: what Lockgate is asked, and what each peer runs for the same."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from speed.scripts.common import ALLOWED, FEATURES, SENSITIVE, SLICES

SCRIPTS = Path(__file__).parent / "scripts"

OURS = "lockgate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One piece of work.

    Attributes:
        about: what is measured.
        command: arguments of `lockgate`.
        policy: `lockgate.yaml`.
        peers: script → the environment that it runs in.
        before: arguments of `lockgate` for what is made once and not measured.
        sizes: the numbers of rows that it is run at; None: any.
        most: rows over which a script is not run, and why.
    """

    about: str
    command: tuple[str, ...]
    policy: str
    peers: Mapping[str, str] = field(default_factory=dict)
    before: tuple[str, ...] = ()
    sizes: tuple[int, ...] | None = None
    most: Mapping[str, tuple[int, str]] = field(default_factory=dict)


_FEATURES = ", ".join(FEATURES)
_DRIFT = """\
lockgate: 1
model: {{task: other}}
data: {{validation: data.parquet, reference: {reference}, label: label, features: [{features}]}}
gates: {{drift: {{columns: {{"*": {{psi: {{max: 10}}}}}}}}}}
"""
_MODEL = """\
model: {task: binary, candidate: {predictions: {score: score}}, champion: {predictions: {score: champion}}}
"""
_PERFORMANCE = """\
  performance:
    metrics:
      accuracy: {min: 0.5}
      precision: {min: 0.5}
      recall: {min: 0.5}
      f1: {min: 0.5}
      roc_auc: {min: 0.5}
      log_loss: {max: 2}
      brier_score: {max: 0.5}
    slices:
      accuracy: {min: 0.1}
      precision: {min: 0.1}
      recall: {min: 0.1}
      f1: {min: 0.1}
      roc_auc: {min: 0.1}
      log_loss: {max: 5}
      brier_score: {max: 0.9}
"""
_FAIRNESS = """\
  fairness:
    metrics:
      selection_rate_difference: {max: 0.9}
      equalized_odds_difference: {max: 0.9}
      predictive_parity_difference: {max: 0.9}
      accuracy_difference: {max: 0.9}
"""
_CONTRACT = """\
  data_quality:
    rows: {min: 1000}
    duplicates: {max: 1%}
    columns:
      "*": {nulls: {max: 10%}}
      n*: {type: number, min: -1.0e+12, max: 1.0e+12}
      c??: {regex: "value [0-9]+"}
""" + "".join(f"      {name}: {{allowed: [{', '.join(values)}]}}\n" for name, values in ALLOWED.items())
_COLUMNS = f"features: [{_FEATURES}], sensitive: [{', '.join(SENSITIVE)}], slices: [{', '.join(SLICES)}]"

JOBS: Mapping[str, Job] = {
    "drift": Job(
        about=f"drift of {len(FEATURES)} columns: KS, Wasserstein, PSI, Jensen-Shannon, chi-squared",
        command=("gate", "drift", "--out", "part.json"),
        policy=_DRIFT.format(reference="reference.parquet", features=_FEATURES),
        peers={
            "script": "script",
            "bdp_model_gate": "bdp_model_gate",
            "deepchecks": "deepchecks",
            "nannyml": "nannyml",
            "evidently": "evidently",
        },
        most={
            "evidently": (100_000, "at a million rows it was stopped after 332 s of CPU at 5.6 GiB"),
            "deepchecks": (1_000_000, "it samples 100,000 rows anyway"),
            "nannyml": (1_000_000, "ten million rows need more memory than a runner has"),
            "script": (1_000_000, "ten million rows need more memory than a runner has"),
            "bdp_model_gate": (1_000_000, "ten million rows take it 14 GiB"),
        },
    ),
    "profile": Job(
        about="the same drift against a saved profile of the reference",
        command=("gate", "drift", "--out", "part.json"),
        policy=_DRIFT.format(reference='"profile:train.profile"', features=_FEATURES),
        before=("profile", "reference.parquet", "-o", "train.profile"),
    ),
    "model": Job(
        about="seven metrics on all rows and on 25 slices, four fairness gaps of 2 + 5 + 10 groups, with intervals",
        command=("check", "--format", "json"),
        policy="lockgate: 1\n"
        + _MODEL.replace(", champion: {predictions: {score: champion}}", "")
        + f"data: {{validation: data.parquet, label: label, {_COLUMNS}}}\ngates:\n{_PERFORMANCE}{_FAIRNESS}",
        peers={"script": "script", "fairlearn": "fairlearn"},
    ),
    "contract": Job(
        about="a data contract of 111 checks on 50 columns, duplicate rows among them",
        command=("gate", "data_quality", "--out", "part.json"),
        policy="lockgate: 1\nmodel: {task: other}\n"
        f"data: {{validation: data.parquet, label: label, features: [{_FEATURES}]}}\ngates:\n{_CONTRACT}",
        peers={"script": "script", "pandera": "pandera", "great_expectations": "great_expectations"},
        most=dict.fromkeys(("script", "pandera", "great_expectations"), (1000000, "not asked")),
    ),
    "check": Job(
        about="a whole check: performance, champion, drift, data_quality, fairness; all reports",
        command=("check",),
        policy="lockgate: 1\n"
        + _MODEL
        + "data: {validation: data.parquet, reference: reference.parquet, label: label, "
        + f"{_COLUMNS}}}\ngates:\n{_PERFORMANCE}  champion:\n    metrics: {{f1: {{max_drop: 0.1}}, "
        + "roc_auc: {max_drop: 0.1}}\n"
        + f'  drift:\n    columns: {{"*": {{psi: {{max: 10}}, missing_change: {{max: 50%}}}}}}\n{_CONTRACT}{_FAIRNESS}',
        peers={"import": "evidently"},
        sizes=(100_000,),
    ),
}
