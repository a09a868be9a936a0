"""A policy that was loaded and holds: what runs, what decides, and where the evidence is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lockgate.gates.base import Gate, Params
from lockgate.policy.files import RulesFile
from lockgate.policy.model import DataBlock, Environment, Home, ModelBlock
from lockgate.types import Place, Rules, Sandbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """What a command line says about where evidence is; it never touches a threshold."""

    candidate: str | None = None
    champion: str | None = None
    data: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class GateSpec:
    """One gate of a policy, ready to run.

    Attributes:
        id: its name in the policy.
        uses: what it is.
        gate: its class.
        params: its settings.
        data: the data roles that it measures.
        timeout: seconds after which it is broken off.
        code: `sha256:…` of its file, where it came from a path.
        place: where it stands in the policy.
        environment: the Python of the library that it runs.
        files: what its settings name and that decides.
    """

    id: str
    uses: str
    gate: type[Gate[Any]]
    params: Params
    data: tuple[str, ...]
    timeout: float | None
    code: str | None
    place: Place
    environment: Home | Environment = "auto"
    files: tuple[RulesFile, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A policy that holds: loaded, extended, checked, with the places of evidence that the caller overrode.

    Attributes:
        path: its file.
        digest: `sha256:…` of the file's bytes.
        rules_digest: `sha256:…` of all that decides, whatever file it came from and wherever the evidence is.
        rules: what `judge` reads.
        model: the models.
        sandbox: how their processes are confined.
        data: the data sets.
        seed: of every random draw.
        gates: the gates in their order.
        overrides: what the caller overrode.
        places: where keys outside the gates stand, as `data.min_rows`.
    """

    path: Path
    digest: str
    rules_digest: str
    rules: Rules
    model: ModelBlock
    sandbox: Sandbox
    data: DataBlock
    seed: int
    gates: tuple[GateSpec, ...]
    overrides: Overrides
    places: Mapping[str, Place] = field(default_factory=dict)
