"""The data sets of a run: opened once, pinned by digest, each when the first gate needs it."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lockgate.errors import EvidenceError, UsageError
from lockgate.evidence.resolve import open_source
from lockgate.evidence.sources.arrow import ArrowSource
from lockgate.evidence.uri import PROFILE
from lockgate.evidence.view import Source, Step
from lockgate.gates.base import Needs
from lockgate.policy.loaded import GateSpec
from lockgate.policy.model import DataBlock
from lockgate.types import DataFacts

if TYPE_CHECKING:
    from lockgate.evidence.sources.profile import ProfileSource


def opened(given: Any, data: DataBlock, *, base: Path, role: str) -> ArrowSource:
    """A data set of a policy; `data.id` is read as text, of whatever digits it is.

    Raises:
        EvidenceError: it is missing, empty or broken.
    """
    texts = frozenset(column for column in (data.id,) if column is not None)
    return open_source(given, base=base, role=role, text_columns=texts)


class DataSets:
    """The data sets that the gates of a run need.

    Args:
        data: where they are.
        base: the folder that paths are relative to.
        tables: those that the caller holds in memory or has opened, by role.
        step: told what is being done.

    Attributes:
        sources: those that hold rows, by role.
        profile: the reference, where it is a profile.
    """

    def __init__(self, data: DataBlock, base: Path, tables: Mapping[str, Any], step: Step) -> None:
        self._data = data
        self._base = base
        self._tables = tables
        self._step = step
        self.sources: dict[str, ArrowSource] = {}
        self.profile: ProfileSource | None = None

    def open_for(self, spec: GateSpec) -> None:
        """Open what a gate needs and is not open yet.

        Raises:
            EvidenceError: it is missing, empty or broken.
            UsageError: the gate measures rows, and is given a profile.
        """
        needs = spec.gate.needs
        wanted = dict.fromkeys(spec.data, True)
        wanted |= {
            role: want == "yes"
            for role, want in (("reference", needs.reference), ("training", needs.training))
            if want != "no" and role not in wanted
        }
        for role, required in wanted.items():
            if role in self.sources:
                continue
            given = self._tables.get(role, self._data.uri(role))
            if isinstance(given, ArrowSource):
                self.sources[role] = given
            elif isinstance(given, str) and given.startswith(PROFILE):
                if role in spec.data:
                    what = f"the gate {spec.id!r} measures rows, and a profile holds none"
                    raise UsageError(what, where=f"data.{role}", fix="give the data themselves")
                from lockgate.evidence.sources.profile import open_profile

                self.profile = self.profile or open_profile(given, base=self._base, role=role)
            elif given is not None:
                self._step(f"reading {role}")
                self.sources[role] = opened(given, self._data, base=self._base, role=role)
            elif required:
                what = f"the gate {spec.id!r} needs the data set {role!r}"
                raise EvidenceError(what, where=f"data.{role}", fix=f"name it in the policy, or give --data {role}=URI")

    def reference(self, needs: Needs, role: str) -> Source | None:
        """What a gate compares the data of a role with; None where it compares nothing, or there is none.

        Raises:
            EvidenceError: it is the same data: nothing could differ.
        """
        if needs.reference == "no":
            return None
        fix = "give the data that the candidate will see"
        data, reference, profile = self.sources[role], self.sources.get("reference"), self.profile
        if profile is not None:
            if needs.reference == "yes" and profile.made_from(data.digest):
                what = f"the reference is a profile of the {role} data: nothing can differ"
                raise EvidenceError(what, where=f"data.{role}", fix=fix)
            return profile
        if needs.reference == "yes" and reference is not None and reference.same_rows_as(data):
            what = f"{role} and reference are the same rows: nothing can differ"
            raise EvidenceError(what, where=f"data.{role}", fix=fix)
        return reference

    def facts(self) -> Mapping[str, DataFacts]:
        """The pinned data sets that were opened, by role."""
        pinned = {role: source.facts() for role, source in self.sources.items()}
        if self.profile is not None:
            pinned["reference"] = self.profile.facts()
        return {role: pinned[role] for role in sorted(pinned)}

    def verify(self) -> None:
        """See that they seem to be what was pinned still.

        Raises:
            EvidenceError: a file was changed while the run read it.
        """
        for source in self.sources.values():
            source.verify()
        if self.profile is not None:
            self.profile.verify()
