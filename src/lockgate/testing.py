"""For people who write gates: a gate's examples are its tests.

from lockgate.testing import run_examples

def test_examples() -> None:
    run_examples("my_gate")
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import indent
from typing import Any

from lockgate.errors import LockgateError
from lockgate.gates.base import Example, Gate
from lockgate.plugins import find_gate
from lockgate.run import execute
from lockgate.types import ExitCode, Status

CANNOT_TELL = frozenset({Status.ERROR, Status.INCONCLUSIVE})


def run_examples(uses: str, base: Path | None = None) -> None:
    """Run all examples of a gate as a user's policy would, through the real plugin lookup, evidence, gate and judge.

    Args:
        uses: what a policy calls the gate: its name, or `path/to/file.py:Class` below `base`.
        base: the folder that such a path is relative to.

    Raises:
        GateError: the gate is not found, or does not keep its contract.
        AssertionError: an example ends otherwise than it says, or one of the three kinds is missing: at least one must
            pass, one fail, and one be unable to tell. The message names all that is wrong.
    """
    gate = find_gate(uses, base or Path.cwd()).cls
    wrong = [*_lacking(gate.examples), *(said for example in gate.examples if (said := _wrong(uses, example, base)))]
    if wrong:
        raise AssertionError("\n".join(wrong))


def run_example(uses: str, example: Example, base: Path | None = None) -> tuple[Status, str]:
    """How one example of a gate ends: the status of the gate, and the message that goes with it."""
    if ":" in uses and base is None:  # a path: below the working directory
        base = Path.cwd()
    gate = find_gate(uses, base or Path.cwd()).cls
    with TemporaryDirectory(dir=base) as folder:
        # A gate's file must stand below the policy's folder.
        path = Path(folder) / "lockgate.yaml" if base is None else base / f"{Path(folder).name}.yaml"
        written = [path]
        try:
            path.write_text(policy_of(uses, example), "utf-8")
            for file, text in example.files.items():
                with (path.parent / file).open("x", encoding="utf-8") as beside:  # never over a file of the author's
                    beside.write(text)
                written.append(path.parent / file)
            outcome = execute(path, tables=_tables(gate, example)).record.content.outcomes[0]
        except LockgateError as error:
            if error.exit_code is not ExitCode.NOT_JUDGED:
                raise
            return Status.ERROR, str(error)
        finally:
            for made in written:
                made.unlink(missing_ok=True)
    return outcome.status, outcome.message


def policy_of(uses: str, example: Example) -> str:
    """The whole policy of an example."""
    block = example.policy.strip()
    name = uses
    if ":" in uses:  # a gate from a path has no name of its own
        name = "example"
        said = f'uses: "{uses}"'
        block = f"{{{said}, {block[1:]}" if block.startswith("{") else f"{said}\n{block}"
    parts = {"model": example.model, "data": example.roles or "{}", "gates": f"{name}:\n{indent(block, '  ')}"}
    return "lockgate: 1\n" + "".join(f"{key}:\n{indent(text.strip(), '  ')}\n" for key, text in parts.items())


def _tables(gate: type[Gate[Any]], example: Example) -> Mapping[str, object]:
    import pyarrow as pa

    columns = {gate.needs.data: example.data, "reference": example.reference, "training": example.training}
    return {role: pa.table(dict(held)) for role, held in columns.items() if role is not None and held is not None}


def _lacking(examples: Sequence[Example]) -> list[str]:
    statuses = {example.status for example in examples}
    kinds = {"passes": {Status.PASS}, "fails": {Status.FAIL}, "cannot tell": CANNOT_TELL}
    return [f"no example {words}" for words, wanted in kinds.items() if not statuses & wanted]


def _wrong(uses: str, example: Example, base: Path | None) -> str | None:
    try:
        status, message = run_example(uses, example, base)
    except LockgateError as error:
        return f"{example.name}: {error}"
    if status is example.status:
        return None
    return f"{example.name}: ends as {status.value}, and {example.status.value} was said: {message or 'no message'}"
