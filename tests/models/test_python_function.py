"""A Python function as a model, and what becomes of models that misbehave: catalogue and bad inputs of predicting."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from tests.models.helpers import labels, opened, refused, scores, told

from lockgate.errors import EvidenceError
from lockgate.evidence.raw import RawPredictions
from lockgate.evidence.worker.process import Limits
from lockgate.types import Sandbox, Task

SOURCE = """
import os, sys, time
import numpy as np
import pyarrow.compute as pc

def column(table):
    return table["a"].to_numpy()

def probability(table):
    return column(table) / 10

def decision(table):
    return column(table) > 5

def texts(table):
    return ["high" if a > 5 else "low" for a in column(table)]

def both(table):
    return pc.greater(table["a"], 5), pc.divide(table["a"], 10)

def matrix(table):
    p = column(table) / 10
    return np.column_stack([p / 2, 1 - p, p / 2])
matrix.classes = ["red", "green", "blue"]

def codes(table):
    return np.column_stack([1 - column(table) / 10, column(table) / 10])

def numbers(table):
    return column(table) * 2.5

def raises(table):
    raise ValueError("no \\x1b[31mluck\\nat all")

def leaves(table):
    sys.exit(0)

def dies(table):
    os._exit(3)

def crashes(table):
    os.kill(os.getpid(), 11)

def is_killed(table):
    os.kill(os.getpid(), 9)

def hangs(table):
    time.sleep(600)

def short(table):
    return column(table)[:-1]

def long(table):
    return np.concatenate([column(table), [1.0]])

def nothing(table):
    return None

def lists(table):
    return [[1, 2], [3]] * (len(table) // 2)

def nans(table):
    held = column(table).astype(float) / 10
    held[3] = float("nan")
    return held

def infinite(table):
    return np.full(len(table), np.inf)

def too_large(table):
    return column(table) * 1.5

def negative(table):
    return column(table) - 0.5

def sums(table):
    return np.full((len(table), 3), 0.4)

def rounded(table):
    return np.column_stack([column(table) / 10, 1 - column(table) / 10]).astype("float32") * np.float32(1.0000001)

def strange_label(table):
    return np.where(column(table) > 5, "high", "middle"), matrix(table)
strange_label.classes = ["red", "high", "low"]

def mixed(table):
    return ["a", 1] * (len(table) // 2)

def draws(table):
    return np.random.default_rng().random(len(table))

def ranks(table):
    return column(table).argsort().argsort() / len(table)

def prints(table):
    for _ in range(256):
        sys.stdout.write("x" * (1 << 20))
        os.write(2, b"y" * (1 << 20))
    print("the last word", flush=True)
    return probability(table)

def prints_and_dies(table):
    print("lost \\x1b[2Jmy way", flush=True)
    os._exit(7)

def writes_too_much(table):
    with open("large", "wb") as file:
        file.write(b"x" * (64 << 20))

def eats(table):
    return np.ones((1 << 40,))

def forks(table):
    if os.fork() == 0:
        open("CANARY", "a").close()
        time.sleep(600)
    return probability(table)

def looks(table):
    import json
    held = {"env": dict(os.environ), "argv": sys.argv, "cwd": os.getcwd(), "path": sys.path}
    held["flags"] = [sys.flags.no_user_site, sys.flags.hash_randomization]
    held |= {"columns": table.column_names, "session": os.getsid(0) == os.getpid()}
    files = [f"/proc/self/fd/{n}" for n in os.listdir("/proc/self/fd")]
    held["files"] = [os.readlink(file) for file in files if os.path.exists(file)]
    held["modules"] = sorted(m for m in sys.modules if m.startswith("lockgate"))
    json.dump(held, open("CANARY", "w"))
    return probability(table)

def garbles(table):
    for fd in range(3, 64):
        try:
            os.write(fd, b"\\xff" * 64)
        except OSError:
            pass
    return probability(table)

def masked(table):
    return np.ma.masked_greater(column(table) / 10, 0.75)

def masked_scores(table):
    return column(table) > 5, masked(table)

def unmasked(table):
    return np.ma.masked_array(column(table) / 10)

def order_of_a_set(table):
    return np.full(len(table), hash("a text") % 1000 / 1000)

def is_not_callable_here(table):
    return probability(table)
value = 5
"""
TABLE = pa.table({"a": [float(i) for i in range(10)]})
QUICK = Limits(seconds=30)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("policy")
    (made / "mine.py").write_text(SOURCE.replace("CANARY", str(made / "canary")))
    return made


@pytest.fixture
def canary(folder: Path) -> Iterator[Path]:
    path = folder / "canary"
    path.unlink(missing_ok=True)
    yield path
    path.unlink(missing_ok=True)


def said(
    folder: Path, function: str, task: Task = "binary", limits: Limits = QUICK, sandbox: Sandbox = "best_effort"
) -> RawPredictions:
    with opened(f"python:mine:{function}", task, base=folder, limits=limits, sandbox=sandbox) as held:
        return held.predict(TABLE)


def fails(folder: Path, function: str, *words: str, task: Task = "binary", limits: Limits = QUICK) -> None:
    with pytest.raises(EvidenceError) as caught:
        said(folder, function, task, limits)
    told(caught.value, f"python:mine:{function}", *words)


def test_a_function_gives_probabilities(folder: Path) -> None:
    with opened("python:mine:probability", base=folder) as held:
        assert held.facts.format == "python"
        assert held.features is None
        assert held.facts.digest is not None
        answer = held.predict(TABLE)
    np.testing.assert_array_equal(scores(answer), np.arange(10) / 10)
    assert (answer.prediction, answer.classes) == (None, None)


def test_a_function_gives_decisions_and_both(folder: Path) -> None:
    assert labels(said(folder, "decision")) == [False] * 6 + [True] * 4
    assert labels(said(folder, "texts")) == ["low"] * 6 + ["high"] * 4
    answer = said(folder, "both")
    assert labels(answer) == [False] * 6 + [True] * 4
    np.testing.assert_array_equal(scores(answer), np.arange(10) / 10)


def test_a_function_gives_a_matrix_or_numbers(folder: Path) -> None:
    answer = said(folder, "matrix", "multiclass")
    assert answer.classes == ("red", "green", "blue")
    assert labels(answer) == ["green"] * 7 + ["red"] * 3
    assert said(folder, "codes").classes == (0, 1)
    assert labels(said(folder, "numbers", "regression")) == [2.5 * i for i in range(10)]
    assert scores(said(folder, "rounded")).max() == 1.0


def test_a_mask_that_hides_nothing_is_none(folder: Path) -> None:
    np.testing.assert_array_equal(scores(said(folder, "unmasked")), np.arange(10) / 10)


def test_sets_of_texts_have_one_order(folder: Path) -> None:
    """Python draws the order of each process anew unless it is told not to."""
    first, second = (scores(said(folder, "order_of_a_set")) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_bad_input_81_missing_function_or_module(folder: Path) -> None:
    refused("python:mine:probabilty", "has no function", "probability", base=folder)
    refused("python:mine:value", "has no function", base=folder)
    refused("python:mein:probability", "no module 'mein'", "did you mean 'mine'?", base=folder)
    for uri in ("python:mine", "python:mine:a:b", "python:../mine:probability", "python:mine:", "python::x"):
        refused(uri, "python:module:function", base=folder)


def test_the_digest_is_of_the_bytes_that_ran(folder: Path) -> None:
    import hashlib

    with opened("python:mine:decision", base=folder) as held:
        assert held.facts.digest == f"sha256:{hashlib.sha256((folder / 'mine.py').read_bytes()).hexdigest()}"


@pytest.mark.parametrize("function", ["short", "long"])
def test_catalogue_32_as_many_predictions_as_rows(function: str, folder: Path) -> None:
    count = {"short": 9, "long": 11}[function]
    fails(folder, function, f"10 rows with {count} values", "one value for each row")


@pytest.mark.parametrize(
    ("function", "words"),
    [
        ("raises", "its predict raised ValueError: no  [31mluck at all"),
        ("leaves", "its predict raised SystemExit"),
        ("nothing", "answers 10 rows with an array of the shape ()"),
        ("lists", "its predict raised ValueError"),
        ("nans", "1 of 10 scores are no probabilities, the first in row 3 (nan)"),
        ("infinite", "10 of 10 scores are no probabilities"),
        ("too_large", "9 of 10 scores are no probabilities, the first in row 1 (1.5)"),
        ("negative", "no probabilities, the first in row 0 (-0.5)"),
        ("sums", "the probabilities of 10 of 10 rows do not sum to 1, the first in row 0 (1.2)"),
        ("strange_label", "predicts 'middle', which is none of its classes (red, high, low)"),
        ("draws", "answers the same rows differently"),
        ("masked", "2 values of the model's answer are masked"),
        ("masked_scores", "2 values of the model's answer are masked"),
        ("writes_too_much", "its predict raised OSError"),
        ("eats", "needs more than"),
    ],
)
def test_bad_input_103_predict_gives_no_answer(function: str, words: str, folder: Path) -> None:
    fails(folder, function, words)


@pytest.mark.parametrize(
    ("function", "words"),
    [("nans", "1 of 10 predictions are not finite"), ("infinite", "10 of 10"), ("texts", "predicts texts")],
)
def test_bad_input_103_a_regression_gives_no_numbers(function: str, words: str, folder: Path) -> None:
    fails(folder, function, words, task="regression")


def test_bad_input_103_answers_depend_on_the_other_rows(folder: Path) -> None:
    fails(folder, "ranks", "answers the same rows differently", "each row on its own")


def test_bad_input_103_prints_half_a_gigabyte(folder: Path) -> None:
    """What it prints never reaches the answers, and only the end of it is kept."""
    with opened("python:mine:prints", base=folder, limits=QUICK) as held:
        np.testing.assert_array_equal(scores(held.predict(TABLE)), np.arange(10) / 10)
    printed = held._process.printed()  # closed: all that was in the pipe has been read
    assert len(printed) <= QUICK.output
    assert printed.endswith("the last word")


def test_bad_input_103_writes_into_the_pipes(folder: Path) -> None:
    fails(folder, "garbles", "not in the form that a worker gives")


def test_bad_input_103_forks(folder: Path, canary: Path) -> None:
    """What it started ends with it, where no sandbox keeps it from starting anything."""
    with opened("python:mine:forks", base=folder, limits=QUICK, sandbox="none") as held:
        held.predict(TABLE)
        group = held._process._process.pid
        assert canary.exists()
    deadline = time.monotonic() + 10
    while _alive(group):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _alive(group: int) -> bool:
    """Whether a process of the group still runs; one that ended and waits for init does not."""
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            return True
    return False


def test_catalogue_52_a_model_that_hangs_is_stopped(folder: Path) -> None:
    started = time.monotonic()
    fails(folder, "hangs", "took longer than 3 s and was stopped", limits=Limits(seconds=3))
    assert time.monotonic() - started < 15


@pytest.mark.parametrize(
    ("function", "words"),
    [
        ("is_killed", "was killed, most likely because the machine ran out of memory"),
        ("crashes", "crashed (SIGSEGV)"),
        ("dies", "ended (exit code 3)"),
        ("prints_and_dies", "it last printed: lost  [2Jmy way"),
    ],
)
def test_catalogue_52_a_worker_that_dies(function: str, words: str, folder: Path) -> None:
    fails(folder, function, words)


def test_catalogue_11_probabilities_are_held_in_float64(folder: Path) -> None:
    """A score of float32 is compared as the float64 of the same value, never rounded again."""
    answer = scores(said(folder, "rounded"))
    assert answer.dtype == np.float64
    assert answer[7, 0] == float(np.float32(0.7) * np.float32(1.0000001))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="reads /proc")
def test_a_model_sees_nothing_of_ours(folder: Path, canary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable, no file, no package of the process that asks; and of the data the features alone."""
    import json

    monkeypatch.setenv("LOCKGATE_TEST_SECRET", "hunter2")
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    with (folder / "mine.py").open() as inherited:
        os.set_inheritable(inherited.fileno(), True)
        said(folder, "looks", sandbox="none")  # else it could tell nobody
    held = json.loads(canary.read_text())
    assert set(held["env"]) <= {
        *(
            "LANG",
            "LC_ALL",
            "LC_CTYPE",
            "TZ",
            "HOME",
            "TMPDIR",
            "LD_LIBRARY_PATH",
            "KMP_DUPLICATE_LIB_OK",
            "KMP_INIT_AT_FORK",
            "PYTHONHASHSEED",
            "PYTHONSAFEPATH",
            "JOBLIB_MULTIPROCESSING",
        ),
        *(f"{name}_NUM_THREADS" for name in ("OMP", "OPENBLAS", "MKL", "BLIS", "NUMEXPR", "VECLIB_MAXIMUM")),
    }
    assert "hunter2" not in json.dumps(held)
    assert held["env"]["HOME"] == held["cwd"] != str(folder)
    assert held["flags"] == [1, 0]
    assert not {"", held["cwd"]} & set(held["path"])
    assert "/nowhere" not in held["path"]
    assert held["session"]
    assert held["columns"] == ["a"]
    assert held["modules"] == sorted(held["modules"])
    ours = {module for module in held["modules"] if not module.startswith("lockgate.evidence.models")}
    parts = {
        f"lockgate.evidence.worker{part}"
        for part in ("", ".child", ".imports", ".jobs", ".jobs.latency", ".limits", ".wire")
    }
    assert ours == {"lockgate", "lockgate.evidence", *parts}
    assert not any(str(folder) in file for file in held["files"] if "canary" not in file)
    assert not Path(held["cwd"]).exists()
