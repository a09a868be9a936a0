"""A team's own gate that is wrong, or breaks while the policy is read, is a mistake in the policy: never a crash."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.policy.conftest import Refused

from lockgate.errors import GateError
from lockgate.plugins import find_gate

GATE = '''
from lockgate import *
from lockgate.types import *
from lockgate.gates.base import *


class S(Params):
    size: int = 1


class G:
    """A gate.

    What it checks
    a
    Why it matters
    b
    How to mend a failure
    c
    """

    api = 1
    dimension = "own"
    params = S
    needs = Needs()
    metrics = {"r": Metric(direction="lower", low=0, high=1, meaning="m")}
    examples = ()
    libraries = ()

    def measure(self, params, evidence):
        yield Measurement(metric="r", value=0.0)
'''
POLICY = """\
lockgate: 1
model: {task: binary, candidate: m.skops}
data: {validation: v.parquet, label: income}
gates:
  own: {uses: "g.py:G", metrics: {r: {max: 0.1}}}
"""
METRIC = 'Metric(direction="lower", low=0, high=1, meaning="m")'
METRICS = f'{{"r": {METRIC}}}'
NEEDS = "needs = Needs()"


def write(folder: Path, before: str, after: str) -> None:
    assert before in GATE
    (folder / "g.py").write_text(GATE.replace(before, after))


BROKEN = [
    (NEEDS, "needs = 5", "`needs`"),
    (NEEDS, "needs = Needs(data='')", "`needs`"),
    (NEEDS, "needs = Needs(sensitive='no')", "`needs`"),
    (NEEDS, "needs = Needs(either='data.group')", "`needs`: `either`"),
    (NEEDS, "needs = Needs(champion='maybe')", "no, if_there, yes"),
    (NEEDS, "needs = Needs(data='nowhere')", "the data role 'nowhere', which no policy names"),
    ('dimension = "own"', "dimension = 5", "`dimension`"),
    ('dimension = "own"', "dimension = ''", "`dimension`"),
    ("libraries = ()", "libraries = 'numpy'", "`libraries`"),
    ("libraries = ()", "libraries = ('',)", "`libraries`"),
    ("libraries = ()", "libraries = 5", "`libraries`"),
    ("examples = ()", "examples = 'one'", "`examples`"),
    ("def measure(self, params, evidence):", "measure = 5\n    def other(self):", "`measure`"),
    (METRICS, "5", "`metrics`"),
    (METRICS, "{'r': 5}", "`metrics`"),
    (METRICS, f"{{5: {METRIC}}}", "`metrics`"),
    ('"lower"', '"up"', "`direction`"),
    ("low=0", "low='0'", "finite numbers"),
    ("low=0", "low=float('nan')", "finite numbers"),
    ("low=0", "low=1", "`low` must be below `high`"),
    ('meaning="m"', "meaning=5", "`meaning`"),
    ('meaning="m"', "meaning='m', tasks=('ranking',)", "`tasks`"),
    ('meaning="m"', "meaning='m', asked_by='size'", "`asked_by`"),
    ('meaning="m"', "meaning='m', default=0.5", "`default`"),
    (METRICS, "lambda params: 1 / 0", "ZeroDivisionError"),
    (METRICS, "lambda params: None", "`metrics`"),
    (METRICS, "lambda params: {'r': 5}", "`metrics`"),
    (METRICS, "lambda params: (_ for _ in ()).throw(SystemExit(0))", "SystemExit: 0"),
    (METRICS, "lambda params: (_ for _ in ()).throw(__import__('click').exceptions.Exit(0))", "Exit: 0"),
    ("size: int = 1", "def model_post_init(self, context): 1 / 0", "ZeroDivisionError"),
    ("size: int = 1", "def model_post_init(self, context): raise SystemExit(0)", "SystemExit: 0"),
    ("size: int = 1", "size: float = float('nan')", "nan"),
    ("size: int = 1", "size: object = object()", "object"),
    ("class S(", "raise __import__('click').exceptions.Exit(0)\nclass S(", "does not load: Exit: 0"),
    ("class S(", "class E(BaseException):\n    def __str__(self): 1 / 0\nraise E\nclass S(", "does not load: E"),
]


@pytest.mark.parametrize(("before", "after", "what"), BROKEN)
def test_bad_input_116_a_gate_that_breaks_while_the_policy_is_read(
    folder: Path, refused: Refused, before: str, after: str, what: str
) -> None:
    write(folder, before, after)
    (mistake,) = refused(POLICY)
    assert what in mistake.what
    assert mistake.place.key in ("gates.own", "gates.own.uses")
    assert mistake.place.line == 5


def test_a_role_that_no_policy_names_is_open_where_the_policy_names_one(folder: Path, refused: Refused) -> None:
    write(folder, NEEDS, "needs = Needs(data='nowhere')")
    mistakes = refused(POLICY.replace("metrics:", "data: production, metrics:"))
    assert ["nowhere" in mistake.what for mistake in mistakes] == [False]


def test_a_gates_file_is_no_pipe(folder: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("Windows has no such pipes")
    import os

    os.mkfifo(folder / "g.py")
    with pytest.raises(GateError, match="this is none"):
        find_gate("g.py:G", folder)


def test_without_docstrings_a_gate_still_loads(folder: Path) -> None:
    write(folder, "api = 1", "api = 1")
    code = "from pathlib import Path; from lockgate.plugins import find_gate; print(find_gate('g.py:G', Path()).cls)"
    done = subprocess.run([sys.executable, "-OO", "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "G" in done.stdout
