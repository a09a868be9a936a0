"""Every gate's examples end as they say, found and run as a user's policy would; and the helper that shows it."""

from pathlib import Path

import pytest

from lockgate.errors import GateError, PolicyError
from lockgate.gates.base import Example
from lockgate.libraries.home import is_for_this_python
from lockgate.plugins import find_gate, known_gates
from lockgate.testing import policy_of, run_example, run_examples
from lockgate.types import Status

OWN_GATE = '''
from collections.abc import Iterator

from lockgate.gates.base import API, Example, Needs, Params
from lockgate.types import Measurement, Metric, Missing, Status


class Settings(Params):
    pass


class Rows:
    """Counts rows.

    What it checks
    --------------
    Their number.

    Why it matters
    --------------
    It does.

    How to mend a failure
    ---------------------
    Take more.
    """

    api = API
    dimension = "data"
    params = Settings
    needs = Needs(data="validation")
    metrics = {{"count": Metric(direction="higher", meaning="Rows.", low=0)}}
    libraries = ("lockgate",)
    examples = (
        Example(name="two", policy="metrics: {{count: {{min: 2}}}}", status=Status.PASS, data={{"x": [1, 2]}}),
        Example(name="too few", policy="{{metrics: {{count: {{min: 3}}}}}}", status=Status.FAIL, data={{"x": [1, 2]}}),
        {third}
    )

    def measure(self, params, evidence):
        if evidence.data.rows == 1:
            yield Missing(metric="count", reason="one row is none")
        else:
            yield Measurement(metric="count", value=float(evidence.data.rows))
'''
CANNOT_TELL = 'Example(name="one", policy="metrics: {count: {min: 2}}", status=Status.ERROR, data={"x": [1]}),'


def own_gate(folder: Path, third: str) -> str:
    """A gate of one's own beside a policy; what a policy calls it."""
    (folder / "gates").mkdir()
    (folder / "gates" / "rows.py").write_text(OWN_GATE.format(third=third))
    return "gates/rows.py:Rows"


def marked(uses: str) -> object:
    """A gate that runs a library runs it for real, in an environment that installs packages."""
    marks = [pytest.mark.library] if find_gate(uses, Path()).cls.needs.library is not None else []
    return pytest.param(uses, marks=marks)


@pytest.mark.parametrize("uses", list(map(marked, known_gates())))
def test_every_gates_examples_end_as_they_say(uses: str) -> None:
    gate = find_gate(uses, Path()).cls
    if gate.needs.library is None or is_for_this_python(gate.needs.library):
        run_examples(uses)
        return
    for example in gate.examples:
        status, message = run_example(uses, example)
        assert status is Status.ERROR
        assert f"{uses} needs Python 3." in message


@pytest.mark.parametrize("uses", known_gates())
def test_every_example_shows_something_of_its_own(uses: str) -> None:
    names = [example.name for example in find_gate(uses, Path()).cls.examples]
    assert len(names) == len(set(names))


def test_a_gate_from_a_path_is_tested_where_it_stands(tmp_path: Path) -> None:
    uses = own_gate(tmp_path, CANNOT_TELL)
    run_examples(uses, base=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["gates"]


def test_a_kind_of_example_that_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="no example cannot tell"):
        run_examples(own_gate(tmp_path, ""), base=tmp_path)


def test_an_example_that_ends_otherwise_is_said_with_the_message(tmp_path: Path) -> None:
    uses = own_gate(tmp_path, CANNOT_TELL.replace("[1]", "[1, 2]"))
    with pytest.raises(AssertionError, match="one: ends as pass, and error was said"):
        run_examples(uses, base=tmp_path)


def test_a_mistake_in_an_examples_policy_is_said(tmp_path: Path) -> None:
    uses = own_gate(tmp_path, CANNOT_TELL.replace("count: {min: 2}", "cuont: {min: 2}"))
    with pytest.raises(AssertionError, match="cuont"):
        run_examples(uses, base=tmp_path)
    with pytest.raises(PolicyError, match="cuont"):
        run_example(uses, find_gate(uses, tmp_path).cls.examples[2], base=tmp_path)


def test_catalogue_37_a_gate_that_is_not_enabled_has_no_examples_to_run() -> None:
    with pytest.raises(GateError, match="there is no gate 'performence'"):
        run_examples("performence")


def test_evidence_that_cannot_be_resolved_is_an_example_that_cannot_tell() -> None:
    example = Example(
        name="no rows",
        policy="metrics: {accuracy: {min: 0.5}}",
        status=Status.ERROR,
        data={"y": [], "yhat": []},
        model="{task: binary, candidate: {predictions: {prediction: yhat}}, champion: none}",
        roles="{label: y, positive: 1}",
    )
    status, message = run_example("performance", example)
    assert status is Status.ERROR
    assert "no rows" in message


def test_the_whole_policy_of_an_example_can_be_read() -> None:
    example = Example(name="x", policy="metrics: {accuracy: {min: 0.5}}", status=Status.PASS, data={})
    assert policy_of("performance", example) == (
        "lockgate: 1\nmodel:\n  task: other\ndata:\n  {}\ngates:\n  performance:\n    metrics: {accuracy: {min: 0.5}}\n"
    )
