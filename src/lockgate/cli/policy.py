"""`lockgate policy`: looks at a policy without running it."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from lockgate.types import ExitCode

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

    Advice names what is valid and yet unwise. Exits 0 without a mistake, else 2. Data and models are not opened.
    """
    from lockgate.policy.lint import lint as advice
    from lockgate.policy.load import load_policy
    from lockgate.progress import printable
    from lockgate.types import ExitCode

    policy = load_policy(file)
    for unwise in advice(policy):
        click.echo(printable(f"advice: {unwise}"))
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
    """Print a policy as it is when all is read: inherited rules and every default written out, as YAML.

    \b
    Examples:
      lockgate policy show
      lockgate policy show services/income/lockgate.yaml
    """
    from lockgate.policy.load import load_policy
    from lockgate.policy.show import show as as_yaml
    from lockgate.progress import printable
    from lockgate.types import ExitCode

    click.echo(printable(as_yaml(load_policy(file)).rstrip()))
    return ExitCode.PASSED
