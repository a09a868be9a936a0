"""Runs one library's script in that library's own interpreter: `python _main.py NAME FOLDER`.

Standard library only, and any Python from 3.10 on. Reads `job.json`, writes `answer.json` and what is to be kept beside
the Record. Nothing leaves this process over the network: what a library tries to send is refused.
"""

import difflib
import importlib.metadata
import importlib.util
import json
import math
import os
import platform
import random
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

LEAST_ROWS = 10
"""Fewer rows of a group, or of an outcome in it, do not show by draws how its rates vary."""

LEAST_UNITS = 10
"""Fewer clusters say nothing about others."""

FEWEST_DRAWS = 50
MOST_SMOOTHED = 1_000
MOST_CELLS = 20_000
"""More kinds of rows than this would take too long to draw."""


class Stop(Exception):
    """What the policy asks cannot be had of the library; its words go to the user."""


class Job:
    """What a script is given, and where it puts what it found.

    Attributes:
        asked: what the library is to do: name, settings, id of each.
        settings: the gate's other settings.
        facts: what the columns mean.
        columns: columns by role (label, prediction).
        scores: columns of the probabilities.
    """

    def __init__(self, folder: Path, job: dict[str, Any]) -> None:
        self.folder = folder
        self.asked: list[dict[str, Any]] = job["asked"]
        self.settings: dict[str, Any] = job["settings"]
        self.facts: dict[str, Any] = job["facts"]
        self.columns: dict[str, str] = job["columns"]
        self.scores: list[str] = job["scores"]
        self._declared = frozenset(job["metrics"])
        self._bounded: list[str] | None = job.get("bounded")
        self._report: bool = job["report"]
        self.versions: dict[str, str] = {}
        self.measurements: list[dict[str, Any]] = []
        self.missing: list[dict[str, Any]] = []
        self._known: dict[tuple[Any, ...], float] = {}
        self.attachments: list[dict[str, str]] = []

    def table(self, name: str) -> Any:
        """The rows of `data` or `reference`, as a pandas frame."""
        import pandas as pd

        return pd.read_parquet(self.folder / f"{name}.parquet")

    def measure(
        self,
        metric: str,
        value: Any,
        *,
        rows: Any = None,
        note: str = "",
        known: Any = None,
        chance: Any = None,
        **at: str,
    ) -> None:
        """Note a number; one that is not finite is missing, with the reason. What nobody can ask for is left out.

        `known` says how well its true value is known, `chance` what it would be if nothing had changed: see
        `lockgate.libraries.laws`. Where rows belong together, what rests on rows that stand alone is left out.
        """
        if metric not in self._declared:
            return
        try:
            number = float(value)
        except (TypeError, ValueError):
            self.lack(metric, f"the library gave {type(value).__name__}, no number", **at)
            return
        if not math.isfinite(number):
            self.lack(metric, f"the library gave {number}", **at)
            return
        place = (metric, *sorted(at.items()))
        if self._known.setdefault(place, number) != number:
            raise Stop(f"{metric} is measured twice at {at or 'all rows'}: give one of the two an `id` of its own")
        entry: dict[str, Any] = {"metric": metric, "value": number, "at": at, "note": note}
        if self.facts.get("together"):
            chance = None
            known = known if known is not None and known.keys() & {"exact", "draws"} else None
        entry |= {key: held for key, held in (("known", known), ("chance", chance)) if held is not None}
        self.measurements.append(entry if rows is None else {**entry, "rows": int(rows)})

    def of_p_value(self, p_value: Any, draws: int = 0) -> dict[str, Any]:
        """What chance would show of a p-value: any value alike, of `draws` permutations none under 1 / (draws + 1)."""
        known = max(float(p_value), 1 / (draws + 1) if draws else 0.0)
        return {"below": known, "above": 1 - known, "mean": 0.5, "quantiles": self.facts["levels"]}

    def bounded(self, *metrics: str) -> bool:
        """Whether the policy bounds one of some metrics: only then is it worth to draw rows anew."""
        return self._bounded is None or any(name in self._bounded for name in metrics)

    def redrawn(self, rows: Any, columns: "Mapping[str, Any]", filled: "Sequence[str]", statistic: Any) -> Any:
        """What a statistic of some rows gives where they are drawn anew, those of one cluster together (Efron 1979).

        Rows that are alike are one row with a weight, so that a draw costs the same however many there are. Where there
        are few kinds of rows, half a row is added to each in the mean, also to those that were not seen, so that a rate
        of 0 or 1 varies too (as Jeffreys' law of a share does).

        Args:
            rows: which rows of the data it is about, as a mask.
            columns: what it reads of each of them, by name.
            filled: the columns of which every combination must hold some rows, because the statistic divides by them.
            statistic: such columns, and weights → its values by key.

        Returns:
            `key → what is known of its value`, without the keys that draws cannot tell of: the library does not weigh
            rows, a draw has no value, or all draws are alike.
        """
        import numpy as np
        import pandas as pd

        draws, rng = int(self.settings.get("draws", 0)), np.random.default_rng([self.facts["seed"], len(rows)])
        frame = pd.DataFrame(columns)
        sizes = frame.groupby(list(filled)).size()
        if draws < FEWEST_DRAWS or sizes.min() < LEAST_ROWS or len(sizes) < math.prod(frame[list(filled)].nunique()):
            return {}
        few = math.prod(frame.nunique()) <= MOST_SMOOTHED
        kinds = [sorted(frame[name].unique()) for name in frame] if few else []
        cells = pd.MultiIndex.from_product(kinds) if few else pd.MultiIndex.from_frame(frame.drop_duplicates())
        cell = cells.get_indexer(pd.MultiIndex.from_frame(frame))
        held = {name: np.asarray(cells.get_level_values(place)) for place, name in enumerate(frame)}
        unit, whole = cell, np.bincount(cell, minlength=len(cells)).astype(float)
        if self.facts["clusters"]:
            clusters = pd.read_parquet(self.folder / "clusters.parquet")["cluster"].to_numpy()[rows]
            unit = np.unique(clusters, return_inverse=True)[1]
        units = len(unit) if unit is cell else int(unit.max()) + 1
        if units < LEAST_UNITS or len(cells) > MOST_CELLS:
            return {}
        found, weighed = statistic(**columns, weights=None), statistic(**held, weights=whole)
        numbers = (key for key, value in found.items() if isinstance(value, int | float | np.number))
        values: dict[Any, list[float]] = {key: [] for key in numbers if _same(found[key], weighed.get(key))}
        for _ in range(draws if values else 0):
            if unit is cell:
                weights = rng.multinomial(units, whole / units).astype(float)
            else:
                times = np.bincount(rng.integers(0, units, units), minlength=units)
                weights = np.bincount(cell, weights=times[unit], minlength=len(cells))
            if few:
                weights += rng.poisson(0.5, len(cells)) * (len(cell) / units)
            drawn = statistic(**held, weights=weights)
            for key, kept in values.items():
                kept.append(float(drawn.get(key, math.nan)))
        return {
            key: {"draws": drawn, "rows": units}
            for key, drawn in values.items()
            if all(map(math.isfinite, drawn)) and len(set(drawn)) > 1
        }

    def lack(self, metric: str, reason: str, *, rows: Any = None, listed: Any = False, **at: str) -> None:
        """Note that a number could not be had."""
        if metric in self._declared:
            entry = {"metric": metric, "reason": reason, "at": at, "listed": listed}
            self.missing.append(entry if rows is None else {**entry, "rows": int(rows)})

    def keep(self, name: str, media_type: str, data: "str | bytes") -> None:
        """Keep the library's own report beside the Record, unless the policy says otherwise."""
        if self._report:
            (self.folder / "kept").mkdir(exist_ok=True)
            (self.folder / "kept" / name).write_bytes(data.encode() if isinstance(data, str) else data)
            self.attachments.append({"name": name, "media_type": media_type})

    def used(self, *distributions: str) -> None:
        """Note the versions that decide the numbers."""
        for name in distributions:
            try:
                self.versions[name] = importlib.metadata.version(name)
            except importlib.metadata.PackageNotFoundError:
                continue

    def stop(self, what: str) -> NoReturn:
        """End here: what the policy asks cannot be had.

        Raises:
            Stop: always.
        """
        raise Stop(what)

    def named(self, holders: Sequence[Any], name: str, what: str) -> Any:
        """The member called `name` of one of some modules.

        Raises:
            Stop: there is none; the nearest names are told.
        """
        for holder in holders:
            found = getattr(holder, name, None)
            if found is not None and not name.startswith("_"):
                return found
        known = sorted({member for holder in holders for member in dir(holder) if not member.startswith("_")})
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
        raise Stop(f"the library has no {what} {name!r}" + (f"; near: {', '.join(near)}" if near else ""))

    def call(self, found: Any, entry: Mapping[str, Any], *args: Any, **more: Any) -> Any:
        """Call something of the library with the policy's settings; a setting that it refuses is named."""
        try:
            return found(*args, **more, **entry["settings"])
        except (TypeError, ValueError) as error:
            raise Stop(f"{entry['name']} does not take these settings: {error}") from error


def _same(value: Any, weighed: Any) -> bool:
    return weighed is not None and math.isclose(value, weighed, rel_tol=1e-9, abs_tol=1e-9)


def _offline(tried: list[str]) -> None:
    """Refuse connections to other machines: no library sends anything anywhere."""

    def watch(event: str, args: tuple[Any, ...]) -> None:
        outside = event == "socket.connect" and isinstance(args[1], tuple)
        if outside or event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
            tried.append(event)
            raise ConnectionRefusedError("Lockgate runs libraries without a network")

    sys.addaudithook(watch)


def _end_with_parent() -> None:
    """End when Lockgate does: its end of this pipe closes then."""

    def wait() -> None:
        sys.stdin.buffer.read()
        os.killpg(os.getpgid(0), signal.SIGKILL)

    threading.Thread(target=wait, daemon=True).start()


def _seeded(seed: int) -> None:
    """The same draws each time, also of libraries that draw from the global state of NumPy."""
    random.seed(seed)
    try:
        import numpy as np
    except ImportError:
        return
    np.random.seed(seed % 2**32)  # the libraries' own draws come from here


def _load(name: str) -> Any:
    path = Path(__file__).parent / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"lockgate_runs_{name}", path)
    if spec is None or spec.loader is None:
        raise Stop(f"there is no script {name}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _place(error: BaseException) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1:]
    return "".join(f" ({Path(frame.filename).name}:{frame.lineno})" for frame in last)


def main(name: str, folder: Path) -> None:
    """Run the script and write the answer, also where it fails."""
    _end_with_parent()
    tried: list[str] = []
    _offline(tried)
    warnings.simplefilter("ignore")
    answer: dict[str, Any] = {"versions": {}, "measurements": [], "missing": [], "attachments": []}
    job = Job(folder, json.loads((folder / "job.json").read_text("utf-8")))
    try:
        script = _load(name)
        _seeded(job.facts.get("seed", 0))
        script.run(job)
    except Stop as error:
        answer["error"] = {"kind": "asked", "what": str(error)}
    except ImportError as error:
        answer["error"] = {"kind": "import", "what": f"{type(error).__name__}: {error}"}
    except BaseException as error:  # noqa: BLE001 (a library may raise anything, and even its SystemExit is no result)
        answer["error"] = {"kind": "broke", "what": f"{type(error).__name__}: {error}{_place(error)}"}
    answer["versions"] = {"python": platform.python_version(), **job.versions}
    answer |= {"measurements": job.measurements, "missing": job.missing, "attachments": job.attachments}
    answer["refused"] = len(tried)
    beside = folder / "answer.json.new"
    beside.write_text(json.dumps(answer, allow_nan=False), "utf-8")
    beside.rename(folder / "answer.json")
    sys.stdout.flush()
    os._exit(0)  # threads that a library left behind end here


if __name__ == "__main__":
    # Scripts are called like the libraries that they import: this folder is no place to look for modules.
    sys.path[:] = [path for path in sys.path if Path(path).resolve() != Path(__file__).resolve().parent]
    main(sys.argv[1], Path(sys.argv[2]))
