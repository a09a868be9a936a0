"""`lockgate profile`: what is kept of a reference."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from lockgate.evidence.profile.model import Profile
    from lockgate.progress import Progress
    from lockgate.types import ExitCode


@click.command(short_help="Summarise a reference once, to be read instead of its data.")
@click.argument("data", metavar="DATA...", nargs=-1, required=True)
@click.option("-o", "--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="File to write.")
def command(*, data: tuple[str, ...], out: Path) -> "ExitCode":
    """Summarise a data set, or join summaries, into a profile that a policy takes for its reference.

    DATA is a Parquet, CSV or Arrow file, a quoted pattern of them or a URL; or several profiles, to be joined. The
    profile is read in a fraction of the time, and needs no rows to be kept. A run then measures with it:

    \b
      data:
        reference: profile:train.profile

    \b
    What it keeps, and how exact the drift gate is with it:
      missing values, PSI, Jensen–Shannon of numbers   exact
      Kolmogorov–Smirnov, Wasserstein                  within bounds that stand beside the value
      categories                                       exact for those in at least 10 rows
      joined profiles, rare categories                 within bounds

    A value within its bound of a limit is undecided, never passed. Under some thousand rows the bounds are wide: keep
    the data then.

    What it shows: no row, no value that stands in fewer than 10 rows, no bin of fewer than 10 rows, no extreme value.
    A value that stands more often does show, a name too: leave such columns out of DATA. Drift of predictions needs
    rows, and is not measured against a profile.

    \b
    Examples:
      lockgate profile data/train.parquet -o train.profile
      lockgate profile "s3://bucket/train/*.parquet" -o train.profile
      lockgate profile monday.profile tuesday.profile -o week.profile
    """
    from lockgate.cli._ends import say
    from lockgate.cli._files import write
    from lockgate.evidence.profile.make import notes_on
    from lockgate.evidence.profile.write import dump
    from lockgate.progress import fitting, printable
    from lockgate.types import ExitCode

    _check_free(out)
    progress = fitting(quiet=False)
    try:
        profile = _made(data, progress)
        document = dump(profile)
    finally:
        progress.close()
    write(out, document)
    for note in notes_on(profile):
        say(f"note: {note}")
    sets = f"{len(profile.origins)} data sets, " if len(profile.origins) > 1 else ""
    said = f"{out} is written: {sets}{profile.rows:,} rows, {len(profile.columns)} columns"
    click.echo(printable(f"{said}; now, in the policy: reference: profile:{out}"))
    return ExitCode.PASSED


def _made(data: tuple[str, ...], progress: "Progress") -> "Profile":
    """The profile of one data set, or of the profiles that are given.

    Raises:
        UsageError: several data sets are given, or data beside profiles.
        EvidenceError: what is given is missing or broken, or cannot be joined.
    """
    from lockgate.errors import UsageError
    from lockgate.evidence.profile.make import join_profiles, make_profile
    from lockgate.evidence.resolve import open_source
    from lockgate.evidence.sources.profile import is_profile, read_profile

    kinds = [is_profile(uri, base=Path()) for uri in data]
    if not any(kinds):
        if len(data) > 1:
            fix = 'quote the pattern: lockgate profile "data/*.parquet" -o all.profile; or make a profile of each'
            raise UsageError(f"{len(data)} data sets are given, and a profile is of one", fix=fix)
        progress.step(f"reading {data[0]}")
        return make_profile(open_source(data[0], base=Path(), role="reference"), data[0], progress.step)
    if not all(kinds):
        other = data[kinds.index(False)]
        fix = "make a profile of it first, then join the profiles"
        raise UsageError(f"{other} is no profile, and profiles are joined with profiles alone", fix=fix)
    if len(data) == 1:
        raise UsageError("one profile is nothing to join", where=data[0], fix="give several, or a data set")
    read = []
    for number, uri in enumerate(data):
        progress.step("reading the profiles", number, len(data))
        read.append((uri, read_profile(uri, base=Path(), where=uri)[0]))
    return join_profiles(read)


def _check_free(out: Path) -> None:
    """See, before long work, that the file can be written and that nothing but a profile stands there.

    Raises:
        UsageError: something else does.
        LockgateError: it cannot be written.
    """
    from lockgate.cli._files import prepare
    from lockgate.errors import UsageError
    from lockgate.evidence.sources.profile import is_profile

    if out.exists() and not is_profile(str(out), base=Path()):
        raise UsageError("a file stands here that is no profile", where=str(out), fix="name another file with --out")
    prepare(out.parent)
