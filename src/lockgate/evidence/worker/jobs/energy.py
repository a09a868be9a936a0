"""The energy that predicting takes, by CodeCarbon, which measures the processor's counters where it may read them.

CodeCarbon must be in the model's interpreter. It runs offline and writes nothing.
"""

import time
from typing import Any

from lockgate.evidence.models.contract import Opened, Refusal
from lockgate.evidence.worker.jobs.latency import batches, one_thread, timed_call


def run(model: Opened, table: Any, settings: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Joules, and the rows that were predicted for `seconds` in batches of `batch`.

    Raises:
        Refusal: CodeCarbon is not there, or found nothing to measure.
    """
    try:
        from codecarbon import OfflineEmissionsTracker
    except ImportError as error:
        fix = "pip install 'lockgate[energy]', or add codecarbon to the environment that `model.environment` names"
        raise Refusal("CodeCarbon is not in the model's interpreter", fix) from error
    _, call, prepare = timed_call(model, settings["task"])
    (rows,) = batches(table, settings["batch"], 1, 0)
    held = prepare(rows)
    with one_thread(model):
        call(held)
        tracker = OfflineEmissionsTracker(
            country_iso_code="USA",  # the mix of its power plants is about emissions, not about energy
            tracking_mode="process",
            measure_power_secs=1,
            save_to_file=False,
            log_level="critical",
            allow_multiple_runs=True,
        )
        tracker.start()
        calls, end = 0, time.monotonic() + settings["seconds"]
        while time.monotonic() < end:
            call(held)
            calls += 1
        tracker.stop()
    kilowatt_hours = float(tracker.final_emissions_data.energy_consumed)
    if not kilowatt_hours > 0:
        raise Refusal("CodeCarbon found no energy to measure", "measure on a machine whose counters it may read")
    return {"joules": kilowatt_hours * 3.6e6, "rows": calls * settings["batch"]}, {}
