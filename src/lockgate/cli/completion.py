"""`lockgate completion`: the script that completes words in a shell."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from lockgate.types import ExitCode


@click.command(short_help="Print the completion script for a shell.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(context: click.Context, shell: str) -> "ExitCode":
    """Print the script that completes verbs, options, formats and gate ids in SHELL.

    \b
    bash:  lockgate completion bash > ~/.local/share/bash-completion/completions/lockgate
    zsh:   lockgate completion zsh > ~/.zfunc/_lockgate        # with fpath+=~/.zfunc before compinit
    fish:  lockgate completion fish > ~/.config/fish/completions/lockgate.fish
    """
    from click.shell_completion import get_completion_class

    from lockgate.types import ExitCode

    made = get_completion_class(shell)
    if made is None:  # pragma: no cover (click knows the three)
        raise click.UsageError(f"no completion for {shell}")
    click.echo(made(context.find_root().command, {}, "lockgate", "_LOCKGATE_COMPLETE").source())
    return ExitCode.PASSED
