"""What the runners of all peers share. Needs pandas alone: it runs in the peers' own environments.

    python -m decisions.peers.with_NAME INDEX OUT

reads an index of scenarios and the tables beside it, and appends one line of JSON per scenario to OUT: what each
reading of the tool says, `block` or `pass`, or the error that it ended with (`crash`).
"""

import json
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from decisions.lines import appending, read

Scenario = Mapping[str, Any]
Judge = Callable[[pd.DataFrame, pd.DataFrame, Scenario], Mapping[str, bool]]
"""Reference, validation, what they are → for every reading of the tool whether it blocks."""


def run(judges: Mapping[str, Judge]) -> None:
    """Judge all scenarios that are not judged yet. A judge that raises is a crash of all its readings."""
    warnings.simplefilter("ignore")
    index, out = Path(sys.argv[1]), Path(sys.argv[2])
    done = {line["id"] for line in read(out)}
    with appending(out) as file:
        for text in index.read_text().splitlines():
            given = json.loads(text)
            if given["id"] in done:
                continue
            tables = [pd.read_parquet(index.parent / given["folder"] / f"{name}.parquet") for name in NAMES]
            clock = time.perf_counter()
            said: dict[str, str] = {}
            for name, judge in judges.items():
                try:
                    found = judge(tables[0].copy(), tables[1].copy(), given)
                    said |= {reading: "block" if blocks else "pass" for reading, blocks in found.items()}
                except Exception as error:  # noqa: BLE001 (whatever it is, the tool did not decide)
                    said[name] = f"crash: {type(error).__name__}: {error}"[:300]
            kept = {key: given[key] for key in ("id", "data", "model", "n", "family", "kind", "size", "large")}
            seconds = round(time.perf_counter() - clock, 3)
            file.write(json.dumps({**kept, "said": said, "seconds": seconds}) + "\n")
            file.flush()


NAMES = ("reference", "validation")


def plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Nullable numbers as floats with NaN, which every tool reads."""
    nullable = [name for name in frame.columns if str(frame[name].dtype) in {"Int64", "Float64"}]
    return frame.astype(dict.fromkeys(nullable, "float64"))
