"""What is installed where a model is opened: distributions by version, read without opening the model."""

import json
import re
import subprocess
from collections.abc import Mapping
from importlib.metadata import distributions
from pathlib import Path

from lockgate.errors import EvidenceError
from lockgate.evidence.worker.environment import prepare
from lockgate.evidence.worker.modelfile import shortened
from lockgate.policy.model import Environment

_ASK = (
    "import json, sys; from importlib.metadata import distributions as d; "
    "json.dump({str(x.metadata['Name']): str(x.version) for x in d()}, sys.stdout)"
)
_SECONDS = 120


def installed(asked: Environment | None, *, base: Path, where: str) -> Mapping[str, str]:
    """Distribution → version of the interpreter that opens a model; of a made one, what its lock says.

    Args:
        asked: what the policy says; None for this interpreter.
        base: the folder that paths are relative to.
        where: what error messages call the model.

    Raises:
        EvidenceError: there is no such interpreter, or it does not answer.
    """
    if asked is None:
        return {name: held.version for held in distributions() if (name := held.metadata["Name"])}
    home = prepare(asked, base=base, where=where)
    if home.lock is not None:
        return dict(re.findall(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)", home.lock, re.MULTILINE))
    try:
        command = [str(home.python), "-I", "-c", _ASK]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=True, env={})
        read = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        fix = "name a Python interpreter"
        place = f"model.environment.python: {shortened(asked.python or '')}"
        raise EvidenceError("the interpreter does not say what is installed in it", where=place, fix=fix) from error
    return {str(name): str(version) for name, version in read.items()}
