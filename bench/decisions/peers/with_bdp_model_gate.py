"""bdp-model-gate 0.7: the whole gate with its defaults, and its comparison with the champion alone."""

import logging
from collections.abc import Mapping

import numpy as np
import pandas as pd
from bdp_model_gate import Champion, ModelGate, StructuredGateContext
from decisions.peers.common import Scenario, plain, run

CARD = {
    "legal_basis": "contract",
    "data_minimization_justification": "only what the model needs",
    "training_data_source": "the benchmark's own",
    "use_case": "benchmark",
    "validation_strategy": "random_split",
}
"""Filled in, so that nothing blocks for want of papers."""


def gate(reference: pd.DataFrame, validation: pd.DataFrame, given: Scenario) -> Mapping[str, bool]:
    """The gate with all that it asks for; the candidate answers by its known scores."""
    scores = validation["candidate_score"].to_numpy(dtype=float)

    def predict(frame: pd.DataFrame) -> np.ndarray:
        return np.asarray(scores[frame.index.to_numpy() % len(scores)])

    features = plain(validation[given["features"]])
    report = ModelGate().run(
        StructuredGateContext(
            predict_fn=predict,
            X=features,
            y_true=validation[given["label"]].to_numpy(),
            y_pred=scores,
            protected_df=None if given["group"] is None else features[[given["group"]]],
            X_train=plain(reference[given["features"]]),
            model_card=CARD,
            champion=Champion(predictions=validation["champion_score"].to_numpy(dtype=float)),
            task="binary",
        )
    )
    compared = [flag for flag in report.flags if flag.category == "comparison" and flag.blocking]
    return {
        "bdp-model-gate, blocked": report.gate_status == "BLOCKED",
        "bdp-model-gate, blocked or to review": report.gate_status != "PASS",
        "bdp-model-gate, its champion comparison alone": bool(compared),
    }


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    run({"bdp-model-gate": gate})
