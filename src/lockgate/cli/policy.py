"""`lockgate policy`: looks at a policy without running it."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from lockgate.policy.model import Policy
    from lockgate.types import Clause, ExitCode

FILE = click.argument("file", metavar="[POLICY]", type=click.Path(path_type=Path), default="lockgate.yaml")


@click.group(short_help="Look at a policy: lint, schema, show.")
def command() -> None:
    """Look at a policy without running it."""


@command.command(short_help="Find the mistakes of a policy.")
@FILE
def lint(file: Path) -> "ExitCode":
    """Read a policy, lockgate.yaml where none is named, and name all its mistakes with line, column and a suggestion.

    \b
    Examples:
      lockgate policy lint
      lockgate policy lint services/income/lockgate.yaml

    Exits 0 without a mistake, else 2. Data and models are not opened.
    """
    from lockgate.policy.load import load_policy
    from lockgate.types import ExitCode

    policy = load_policy(file)
    clauses = [clause for gate in policy.rules.gates for clause in gate.clauses]
    blocking = sum(clause.condition.level == "block" for clause in clauses)
    click.echo(f"{file}: no mistakes; {len(policy.gates)} gates, {len(clauses)} conditions, {blocking} of them block")
    return ExitCode.PASSED


@command.command(short_help="Print the JSON Schema of policies, for editors.")
def schema() -> "ExitCode":
    """Print the JSON Schema of policies, with the meaning of every key and gate: completion in editors.

    \b
    Examples:
      lockgate policy schema > .lockgate/policy.schema.json
      # then, as the first line of lockgate.yaml:
      # yaml-language-server: $schema=.lockgate/policy.schema.json
    """
    import json

    from lockgate.policy.schema import schema as made
    from lockgate.types import ExitCode

    click.echo(json.dumps(made(), indent=2))
    return ExitCode.PASSED


@command.command(short_help="Show what a policy demands, defaults included.")
@FILE
def show(file: Path) -> "ExitCode":
    """Show what a policy demands when all is read: inherited rules, defaults and the gates' own conditions.

    \b
    Examples:
      lockgate policy show
      lockgate policy show services/income/lockgate.yaml
    """
    from lockgate.policy.load import load_policy
    from lockgate.progress import printable
    from lockgate.types import ExitCode

    click.echo(printable("\n".join(_lines(load_policy(file)))))
    return ExitCode.PASSED


def _lines(policy: "Policy") -> Iterator[str]:
    model, rules = policy.model, policy.rules
    yield f"policy       {policy.path}"
    yield f"rules        {policy.rules_digest}"
    yield f"model        {model.name}, {model.task}"
    for role, spec in (("candidate", model.candidate), ("champion", model.champion)):
        where = "none" if spec is None else spec.uri or "predictions in the data"
        yield f"  {role:<10} {where}"
    yield "data"
    for role in ("validation", "reference", "training", "production"):
        if policy.data.uri(role) is not None:
            yield f"  {role:<10} {policy.data.uri(role)}"
    yield f"decide       confidence {rules.confidence:g}, inconclusive: {rules.inconclusive}, seed {policy.seed}"
    data = {gate.id: ", ".join(gate.data) for gate in policy.gates}
    for gate in rules.gates:
        uses = "" if gate.uses == gate.id else f", uses {gate.uses}"
        yield ""
        yield f"{gate.id} (on {data[gate.id]}{uses})"
        if gate.tolerate is not None:
            yield f"  tolerates {gate.tolerate:.3g} of the columns failing"
        for clause in gate.clauses:
            yield f"  {_clause(clause)}"


def _clause(clause: "Clause") -> str:
    """`f1: min 0.65, on every slice, warns only  (lockgate.yaml:12:7)`."""
    condition = clause.condition
    bounds = ", ".join(f"{bound} {limit:g}" for bound, limit in condition.bounds()) or "measured"
    warn = f", warn {condition.warn:g}" if condition.warn is not None and "warn" not in bounds else ""
    scope = {"whole": "", "slices": ", on every slice", "columns": f", column {clause.column}"}[clause.scope]
    level = {"block": "", "warn": ", warns only", "info": ", for information"}[condition.level]
    return f"{clause.metric}: {bounds}{warn}{scope}{level}  ({clause.place})"
