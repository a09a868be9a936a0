"""The energy that predicting takes, by CodeCarbon, which measures the processor's counters where it may read them.

CodeCarbon must be in the model's interpreter. It runs offline and writes nothing. In the sandbox it sees no counters,
and may not start the programs by which it asks for the processor's name: it is told that, and estimates.
"""

import logging
import time
from pathlib import Path
from typing import Any

from lockgate.evidence.models.contract import Opened, Refusal
from lockgate.evidence.worker.jobs.latency import batches, one_thread, timed_call

_COUNTERS = frozenset({"intel_rapl", "intel_power_gadget", "windows_emi"})
_FIX = "leave `energy` out, or measure it on a machine that CodeCarbon knows"


def run(model: Opened, table: Any, settings: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Joules, the rows that were predicted for `seconds` in batches of `batch`, and how the joules are known.

    `watts` is what the processor takes at full load by CodeCarbon's table; None where its counters were read.

    Raises:
        Refusal: CodeCarbon is not there, does not start, or found nothing to measure.
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
        try:
            _tell()
            tracker = OfflineEmissionsTracker(
                country_iso_code="USA",  # the mix of its power plants is about emissions, not about energy
                tracking_mode="process",
                measure_power_secs=1,
                save_to_file=False,
                log_level="critical",
                allow_multiple_runs=True,
            )
            tracker.start()
        except Exception as error:  # of any kind: it is another's code
            raise Refusal(f"CodeCarbon does not start: {type(error).__name__}: {error}", _FIX) from error
        parts = getattr(tracker, "_hardware", ())
        processor = next((part for part in parts if type(part).__name__ in {"CPU", "AppleSiliconChip"}), None)
        if processor is None:  # it keeps its errors to itself
            raise Refusal("CodeCarbon found no processor that it could measure or estimate", _FIX)
        calls, end = 0, time.monotonic() + settings["seconds"]
        while time.monotonic() < end:
            call(held)
            calls += 1
        tracker.stop()
    found = getattr(tracker, "final_emissions_data", None)
    if found is None or not float(found.cpu_energy) > 0:
        raise Refusal("CodeCarbon found no energy of the processor to measure", f"{_FIX}; or raise `seconds`")
    counted = getattr(processor, "_mode", "") in _COUNTERS or type(processor).__name__ != "CPU"
    watts = None if counted else float(getattr(processor, "_tdp", 0.0))
    joules = float(found.energy_consumed) * 3.6e6
    return {"joules": joules, "rows": calls * settings["batch"], "watts": watts}, {}


def _tell() -> None:
    """Tell CodeCarbon what it would otherwise ask of programs, of `/proc` and of the user's folder."""
    from codecarbon import emissions_tracker

    if hasattr(emissions_tracker, "get_hierarchical_config"):
        emissions_tracker.get_hierarchical_config = dict  # a file beside the policy would change the number
    logging.getLogger("codecarbon").setLevel(logging.CRITICAL)
    name = _processor()
    if name:
        import cpuinfo

        cpuinfo.get_cpu_info = lambda: {"brand_raw": name}
    import psutil

    try:
        psutil.Process().children()
    except OSError:  # the sandbox shows no other processes, and lets none be started
        psutil.Process.children = lambda *_, **__: []


def _processor() -> str:
    """The processor's name, as Linux tells it; empty elsewhere."""
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8", errors="replace") as file:
            lines = [line.partition(":") for line in file]
    except OSError:
        return ""
    return next((value.strip() for key, _, value in lines if key.strip() == "model name"), "")
