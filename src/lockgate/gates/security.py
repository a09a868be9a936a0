"""The gate `security`: the candidate's bytes, looked through without opening them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path, PurePath
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lockgate.errors import EvidenceError
from lockgate.evidence.uri import redacted
from lockgate.evidence.view import Artifact, Evidence
from lockgate.gates.base import API, Example, Judged, Needs, Params, RuleFile
from lockgate.scan.advisories import Audit, audit
from lockgate.scan.bom import MEDIA_TYPE, Data, bom
from lockgate.scan.formats import Tier
from lockgate.scan.libraries import needed
from lockgate.scan.look import Look, look
from lockgate.scan.signature import by_identity, by_key
from lockgate.scan.signature.by_identity import Signer
from lockgate.types import JSON, Attached, Condition, Measurement, Metric, Missing, Status
from lockgate.version import __version__

_FEW = 8
_NONE = Condition(max=0.0)
_OPENED: Mapping[Tier, str] = {
    "A": "is data and runs nothing when opened",
    "B": "can run code when opened",
    "C": "carries code, which opening it runs",
}
_count = partial(Metric, direction="lower", low=0)


class Signature(BaseModel):
    """A signature of the candidate, and the public key or the person or workflow that it must be by."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    file: str = Field(
        min_length=1, description="the signature: a bundle of Sigstore or model-signing, or raw or base64 bytes"
    )
    key: RuleFile | None = Field(
        None, min_length=1, description="file of the signer's public key in PEM, Ed25519 or ECDSA"
    )
    public_key: str | None = Field(
        None, min_length=1, description="that key itself in place of `key`: no file beside the policy to be exchanged"
    )
    identity: str | None = Field(
        None,
        min_length=1,
        description="who signed without a key (Sigstore): the certificate's e-mail or workflow URI, letter for letter",
    )
    issuer: str | None = Field(None, min_length=1, description="who vouched for `identity`: the OIDC issuer, https://…")
    trusted_root: RuleFile | None = Field(
        None,
        min_length=1,
        description="file of a Sigstore trusted root or client trust configuration; without it, the public good one",
    )

    @model_validator(mode="after")
    def _is_by_one_signer(self) -> "Signature":
        by_key = [name for name in ("key", "public_key") if getattr(self, name) is not None]
        keyless = [name for name in ("identity", "issuer", "trusted_root") if getattr(self, name) is not None]
        ways = "`key` (its file), `public_key` (itself), or `identity` with `issuer` (Sigstore)"
        if by_key and keyless:
            raise ValueError(f"name one signer: `{by_key[0]}` and `{keyless[0]}` exclude each other")
        if len(by_key) > 1 or not (by_key or keyless):
            raise ValueError(f"name the signer by one of {ways}")
        if keyless and self.identity is None:
            raise ValueError(
                f"`{keyless[0]}` alone lets anybody sign: add `identity`, an e-mail or the URI of a workflow"
            )
        if keyless and self.issuer is None:
            raise ValueError("`identity` counts by who vouched for it: add `issuer`, the OIDC issuer, https://…")
        if self.issuer is not None and not self.issuer.startswith(("https://", "http://")):
            raise ValueError("`issuer` is the address of the OIDC issuer, https://…, as the certificate writes it")
        return self

    def check(self, artifact: Artifact, base: Path) -> tuple[bool, str]:
        """Whether it is one of the candidate's pinned bytes, and in a few words what it is or lacks.

        Raises:
            EvidenceError: it cannot be checked.
        """
        file, place = base / self.file, (base / artifact.uri).absolute()
        if self.identity is not None and self.issuer is not None:
            root = None if self.trusted_root is None else base / self.trusted_root
            signer = Signer(identity=self.identity, issuer=self.issuer, trusted_root=root)
            return by_identity.check(artifact.path, file, signer, place=place)
        key = (self.public_key or "").encode() if self.key is None else base / self.key
        return by_key.check(artifact.path, file, key, place=place)


class Settings(Params):
    """What the candidate's bytes are held against beside themselves; paths are relative to the policy."""

    signature: Annotated[Signature | None, Judged(by=("signature_valid",), fix="signature_valid: {min: 1}")] = Field(
        None, description="the signature that the candidate must have"
    )
    advisories: Annotated[str | None, Judged(by=("known_vulnerabilities",), fix="known_vulnerabilities: {max: 0}")] = (
        Field(None, min_length=1, description="an audit of the model's environment: `pip-audit --format json`")
    )


def _metrics(params: Settings) -> Mapping[str, Metric]:
    audited = _NONE if params.advisories is not None else None
    signed = Condition(min=1.0) if params.signature is not None else None
    return {
        "unsafe_names": _count(
            meaning="number of names in the file that opening it would import and that are on no list of safe names",
            default=_NONE,
        ),
        "refusals": _count(
            meaning="number of reasons for which it is not to be opened at all: it carries code, is broken or unknown",
            default=_NONE,
        ),
        "archive_faults": _count(
            meaning="number of faults of the file, or of a part of it, as an archive", default=_NONE
        ),
        "format_mismatch": _count(
            high=1, meaning="1 where the file's name promises another format than its content has", default=_NONE
        ),
        "secrets": _count(
            meaning="number of different keys, tokens and passwords in the file: what `privacy` calls a secret",
            default=_NONE,
        ),
        "executable_format": _count(
            high=1, meaning="1 where the format can run code when it is opened (pickle and its like, or worse)"
        ),
        "known_vulnerabilities": _count(
            meaning="number of known vulnerabilities of the libraries that the model needs", default=audited
        ),
        "signature_valid": Metric(
            direction="higher",
            low=0,
            high=1,
            meaning="1 where the signature that the policy names is one of these bytes by the key or identity it names",
            default=signed,
        ),
    }


_KEYLESS = """signature:
  file: model.txt.sigstore.json
  identity: https://github.com/acme/models/.github/workflows/release.yml@refs/heads/main
  issuer: https://token.actions.githubusercontent.com
"""
_MODEL = "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nend of trees\n"


class Security:
    """What the candidate's file could do to whoever opens it, who signed it, and what is known against its libraries.

    What it checks
    --------------
    The pinned bytes are read in this process and never opened. The format is found by content and held against the
    file's name. Formats are of three kinds: data only (skops, ONNX, LightGBM, XGBoost, CatBoost, safetensors), those
    that run code when they are opened (pickle, joblib), and those that carry code (Keras, SavedModel, TorchScript,
    MLflow), which are refused. Of a pickle every name that it would import is read by a machine that runs nothing, and
    must be on the list of exact names that opening rests on too, or under `model.allow`. Members of archives (zip, tar)
    are read as well; what readers may disagree about is a fault. Under `signature` and `advisories` the gate verifies a
    signature, and counts the known vulnerabilities of the model's libraries. It attaches a bill of materials
    (CycloneDX 1.6).

    A signature is by a public key (`key`, `public_key`), or keyless by Sigstore: by whom the certificate of a bundle
    names (`identity`) on the word of an OIDC `issuer`. Both must be what the policy says, letter for letter. The bundle
    is over the file itself (`sigstore sign`, `cosign sign-blob --bundle`), or of model-signing, which lists the files
    of a model; of several files each counts under its own name only. Nothing is downloaded. Whom the certificates are
    trusted by is said by the trusted root: the one of the public good instance as the library sigstore carries it, or
    the policy's own (`trusted_root`), whose bytes are a part of the rules. A trusted root decides as a key does: take
    it from whoever runs that Sigstore, keep it with the policy under review, and never take one that came with a model.

    Why it matters
    --------------
    A pickle is a program: whoever can write the model's file runs code wherever it is opened. Scanners with lists of
    bad names are bypassed again and again; a list of good names is not.

    How to mend a failure
    ---------------------
    Save the fitted model in a format that is data (skops, ONNX, the library's own). Name a class of your own under
    `model.allow` if you trust it. Remove secrets from the file and revoke them: what was in a file was read. Sign the
    file anew where it is made. Upgrade libraries with known vulnerabilities, and audit the environment that opens the
    model.
    """

    api: ClassVar[int] = API
    dimension: ClassVar[str] = "security"
    params = Settings
    needs: ClassVar[Needs] = Needs(data=None, training="if_there", artifact="yes")
    metrics: ClassVar[Callable[[Settings], Mapping[str, Metric]]] = staticmethod(_metrics)
    libraries: ClassVar[Sequence[str]] = ("lockgate", "cryptography", "sigstore")
    examples: ClassVar[Sequence[Example]] = (
        Example(
            name="a model that is data",
            policy="metrics: {executable_format: {max: 0}}",
            status=Status.PASS,
            data={},
            model="task: other\ncandidate: model.txt",
            files={"model.txt": _MODEL},
        ),
        Example(
            name="a pickle that would run a command",
            policy="metrics: {unsafe_names: {max: 0}}",
            status=Status.FAIL,
            data={},
            model="task: other\ncandidate: model.pkl",
            files={"model.pkl": "cos\nsystem\n(S'true'\ntR."},
        ),
        Example(
            name="a name that promises another format",
            policy="metrics: {format_mismatch: {max: 0}}",
            status=Status.FAIL,
            data={},
            model="task: other\ncandidate: model.skops",
            files={"model.skops": _MODEL},
        ),
        Example(
            name="a signature whose key is none",
            policy="signature: {file: model.sig, key: signer.pem}",
            status=Status.ERROR,
            data={},
            model="task: other\ncandidate: model.txt",
            files={"model.txt": _MODEL, "model.sig": "AAAA", "signer.pem": "no key"},
        ),
        Example(
            name="a keyless signature that is missing",
            policy=_KEYLESS,
            status=Status.FAIL,
            data={},
            model="task: other\ncandidate: model.txt",
            files={"model.txt": _MODEL},
        ),
    )

    def measure(self, params: Settings, evidence: Evidence) -> Iterator[Measurement | Missing]:
        """Look at the candidate's bytes; the finding names what was found, never what a secret is."""
        artifact = evidence.artifacts["candidate"]
        seen = look(artifact.path, PurePath(artifact.uri).name, artifact.allow)
        yield from _looked(seen)
        yield _signature(params, artifact, evidence.policy.parent)
        yield from _libraries(params, seen, artifact, evidence)


def _looked(seen: Look) -> Iterator[Measurement | Missing]:
    found = {
        "unsafe_names": (len(seen.unsafe), _few(seen.unsafe)),
        "refusals": (len(seen.refusals), _few(seen.refusals)),
        "archive_faults": (len(seen.faults), _few(seen.faults)),
        "format_mismatch": (int(bool(seen.mismatch)), seen.mismatch),
        "secrets": (
            sum(seen.secrets.values()),
            _few(tuple(f"{kind} ({count})" for kind, count in seen.secrets.items())),
        ),
    }
    for metric, (value, note) in found.items():
        yield Measurement(metric=metric, value=float(value), note=note)
    if seen.tier is None:
        yield Missing(metric="executable_format", reason="the file is of no known format")
    else:
        said = f"{seen.kind}, which {_OPENED[seen.tier]}"
        details: dict[str, JSON] = {"format": seen.kind, "tier": seen.tier, "names": len(seen.names)}
        yield Measurement(metric="executable_format", value=float(seen.tier != "A"), note=said, details=details)


def _signature(params: Settings, artifact: Artifact, base: Path) -> Measurement | Missing:
    metric = "signature_valid"
    if params.signature is None:
        return Missing(metric=metric, reason="the policy names no signature: add `signature: {file: …, key: …}`")
    if not (base / params.signature.file).exists():
        # What was asked for and is not there is a failure of the candidate, not of the run.
        return Measurement(metric=metric, value=0.0, note=f"there is no {params.signature.file}")
    try:
        valid, note = params.signature.check(artifact, base)
    except EvidenceError as error:
        return Missing(metric=metric, reason=str(error))
    return Measurement(metric=metric, value=float(valid), note=note)


def _libraries(params: Settings, seen: Look, artifact: Artifact, evidence: Evidence) -> Iterator[Measurement | Missing]:
    """The known vulnerabilities, and the bill of materials."""
    metric = "known_vulnerabilities"
    try:
        installed = artifact.packages()
    except EvidenceError as error:
        yield Missing(metric=metric, reason=str(error))
        installed = {}
    else:
        yield _vulnerabilities(params, seen, artifact, evidence, installed)
    held, _ = needed(seen, installed, whole=artifact.own)
    training = evidence.training
    data = () if training is None else (Data(role="training", uri=redacted(training.uri), digest=training.digest),)
    text = bom(
        PurePath(artifact.uri).name,
        artifact.digest,
        kind=seen.kind or "unknown",
        task=evidence.task,
        libraries=held,
        data=data,
        lockgate=__version__,
    )
    evidence.keep(Attached(name="ml-bom.cdx.json", media_type=MEDIA_TYPE, data=text))


def _vulnerabilities(
    params: Settings, seen: Look, artifact: Artifact, evidence: Evidence, installed: Mapping[str, str]
) -> Measurement | Missing:
    metric = "known_vulnerabilities"
    if params.advisories is None:
        return Missing(metric=metric, reason="the policy names no advisories: add `advisories: FILE`")
    if not installed:
        return Missing(metric=metric, reason="the model is opened nowhere, so its libraries are unknown")
    held, absent = needed(seen, installed, whole=artifact.own)
    try:
        found = audit(evidence.policy.parent / params.advisories, held)
    except EvidenceError as error:
        return Missing(metric=metric, reason=str(error))
    missing = {**found.missing, **dict.fromkeys(absent, "not installed")}
    if missing and not found.found:  # what is known already fails; nothing known proves nothing while some are unknown
        said = _few(tuple(f"{name} ({why})" for name, why in missing.items()))
        return Missing(metric=metric, reason=f"no audit of {said}")
    return _counted(found, len(held))


def _counted(found: Audit, libraries: int) -> Measurement:
    said = tuple(f"{held.library} {held.version}: {held.id}" for held in found.found)
    return Measurement(
        metric="known_vulnerabilities",
        value=float(len(found.found)),
        note=_few(said) or f"{libraries} libraries",
        details={"by_severity": dict(found.by_severity)},
    )


def _few(said: Sequence[str]) -> str:
    more = f" and {len(said) - _FEW} more" if len(said) > _FEW else ""
    return ", ".join(text[:200] for text in said[:_FEW]) + more
