"""The models' bytes, for gates that look at the file and not at what it predicts: pinned as a private copy."""

import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from lockgate.errors import EvidenceError
from lockgate.evidence.view import Artifact
from lockgate.evidence.worker import modelfile
from lockgate.policy.model import ModelBlock, ModelSpec
from lockgate.types import ModelFacts

ROLES = ("candidate", "champion")


class Artifacts:
    """Pins each model's file when it is first asked for.

    Args:
        models: what the policy names.
        base: the folder that paths are relative to.
        stack: removes the copies at the end of the run.
    """

    def __init__(self, models: ModelBlock, base: Path, stack: ExitStack) -> None:
        self._models = models
        self._base = base
        self._stack = stack
        self._held: dict[str, Artifact] | None = None

    @property
    def facts(self) -> Mapping[str, ModelFacts]:
        """What a Record says of a model that was pinned and not opened."""
        held = self._held or {}
        return {who: ModelFacts(uri=found.uri, format="bytes", digest=found.digest) for who, found in held.items()}

    def all(self, *, required: bool) -> Mapping[str, Artifact]:
        """The models that have bytes here, by role.

        Raises:
            EvidenceError: the candidate has none, and they are required; or a file is missing or cannot be read.
        """
        if self._held is None:
            self._held = dict(self._pinned())
        if required and "candidate" not in self._held:
            fix = "name its file: candidate: PATH, or artifact: PATH beside its predictions"
            raise EvidenceError("the candidate has no bytes here", where="model.candidate", fix=fix)
        return self._held

    def verify(self, opened: Mapping[str, ModelFacts]) -> None:
        """See that the bytes that were looked at are those that were opened.

        Raises:
            EvidenceError: a model's file was changed between the two.
        """
        for who, found in (self._held or {}).items():
            other = opened.get(who)
            if other is not None and other.digest is not None and other.digest != found.digest:
                what = f"the {who} was changed while the run read it"
                raise EvidenceError(what, where=found.uri, fix="wait until it is written")

    def _pinned(self) -> list[tuple[str, Artifact]]:
        from lockgate.evidence.worker.packages import installed
        from lockgate.evidence.worker.process import Limits

        pinned = []
        for who in ROLES:
            spec: ModelSpec | None = getattr(self._models, who)
            uri = None if spec is None else spec.artifact or spec.uri
            if uri is None or uri.startswith("python:"):
                continue
            path = modelfile.existing(uri, self._base)
            folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="lockgate-")))
            where = modelfile.shortened(uri)
            digest = modelfile.copy(path, folder / "model", Limits().file, where)
            asked = spec.environment or self._models.environment if spec is not None else None
            told = partial(installed, asked, base=self._base, where=where)
            artifact = Artifact(
                uri=uri,
                path=folder / "model",
                digest=digest,
                allow=self._models.allow,
                packages=dict if spec is None or spec.predictions is not None else told,
                own=asked is not None and asked.requirements is not None,
            )
            pinned.append((who, artifact))
        return pinned
