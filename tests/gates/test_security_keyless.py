"""The gate `security`: keyless signatures, made by a Sigstore of the tests' own and verified by the real library."""

import hashlib
import json
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from tests.gates.sigstore_instance import ISSUER, RELEASE, Sigstore, b64, new_key
from tests.gates.test_security import MODEL, finding, gated

from lockgate.errors import PolicyError
from lockgate.run import CheckResult
from lockgate.types import Finding, Status

OURS = Sigstore()
WORKFLOW = "https://github.com/acme/models/.github/workflows/release.yml@refs/heads/main"
POLICY = (
    f"{{signature: {{file: model.sigstore.json, identity: {RELEASE}, issuer: '{ISSUER}', trusted_root: root.json}}}}"
)


def resource(name: str, data: bytes) -> dict[str, str]:
    return {"name": name, "algorithm": "sha256", "digest": hashlib.sha256(data).hexdigest()}


def statement(*resources: dict[str, str], predicate: str = "https://model_signing/signature/v1.0") -> bytes:
    """What model-signing signs; without any resource it is about the model alone."""
    listed = list(resources) or [resource("model.txt", MODEL)]
    subject = [{"name": "model.txt", "digest": {"sha256": "0" * 64}}]
    said = {"_type": "https://in-toto.io/Statement/v1", "subject": subject, "predicateType": predicate}
    return json.dumps({**said, "predicate": {"resources": listed}}).encode()


def put(folder: Path, bundle: dict[str, Any] | bytes, root: dict[str, Any] | None = None) -> None:
    (folder / "root.json").write_text(json.dumps(root or OURS.trusted_root()))
    held = bundle if isinstance(bundle, bytes) else json.dumps(bundle).encode()
    (folder / "model.sigstore.json").write_bytes(held)


def judged(folder: Path, bundle: dict[str, Any] | bytes, block: str = POLICY, **how: Any) -> Finding:
    """The finding about a bundle; the gate itself never breaks."""
    put(folder, bundle, how.pop("root", None))
    result = gated(folder, block, **how)
    assert result.record.content.gates[0].error is None
    return finding(result, "signature_valid")


def by(who: str, issuer: str = ISSUER) -> str:
    return POLICY.replace(RELEASE, f"'{who}'").replace(ISSUER, issuer)


# --- honest bundles ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("clock", ["log", "authority"])
def test_a_bundle_over_the_file(clock: str, tmp_path: Path) -> None:
    """The time of the signature is the log's, or a time stamp authority's; its certificate ended long ago."""
    held = judged(tmp_path, OURS.of_file(MODEL, clock=clock))
    assert (held.status, held.note) == (Status.PASS, f"a Sigstore bundle by {RELEASE}")


@pytest.mark.parametrize("clock", ["log", "authority"])
def test_a_bundle_of_model_signing(clock: str, tmp_path: Path) -> None:
    held = judged(tmp_path, OURS.of_statement(statement(), clock=clock))
    assert (held.status, held.note) == (Status.PASS, f"a bundle of model-signing about 1 file(s) by {RELEASE}")


def test_a_workflow_signs_by_its_uri(tmp_path: Path) -> None:
    bundle = OURS.of_file(MODEL, who=WORKFLOW)
    assert judged(tmp_path, bundle, by(WORKFLOW)).status is Status.PASS
    held = judged(tmp_path, bundle, by(WORKFLOW.replace("main", "dev")))
    assert held.status is Status.FAIL
    assert held.note.startswith(f"the bundle is by {WORKFLOW}, not by ")


@pytest.mark.parametrize("issuers", [{"issuer_v2": None}, {"issuer": None}])
def test_the_issuer_may_stand_in_either_of_its_extensions(issuers: dict[str, Any], tmp_path: Path) -> None:
    assert judged(tmp_path, OURS.of_file(MODEL, **issuers)).status is Status.PASS


def test_a_client_trust_configuration_is_a_trusted_root_too(tmp_path: Path) -> None:
    assert judged(tmp_path, OURS.of_file(MODEL), root=OURS.trust_config()).status is Status.PASS
    assert judged(tmp_path, OURS.of_file(MODEL), root=Sigstore().trust_config()).status is Status.FAIL


# --- by another, or over other bytes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "who",
    [
        "mallory@example.org",
        "release@example.org.evil.example",
        "prerelease@example.org",
        "release@exampleXorg",
        "RELEASE@example.org",
        "https://release@example.org",
    ],
)
def test_another_identity_fails_and_is_named(who: str, tmp_path: Path) -> None:
    held = judged(tmp_path, OURS.of_file(MODEL, who=who))
    assert (held.status, held.value, held.note) == (Status.FAIL, 0.0, f"the bundle is by {who}, not by {RELEASE}")


@pytest.mark.parametrize("who", [".*@example.org", "release@example.*", "*", "release@", "release@example.org "])
def test_an_identity_is_no_pattern(who: str, tmp_path: Path) -> None:
    assert judged(tmp_path, OURS.of_file(MODEL), by(who)).status is Status.FAIL


@pytest.mark.parametrize(
    "issuers",
    [
        {"issuer": "https://evil.example", "issuer_v2": "https://evil.example"},
        {"issuer": ISSUER, "issuer_v2": "https://evil.example"},
        {"issuer": "https://evil.example", "issuer_v2": ISSUER},
        {"issuer": f"{ISSUER}.evil.example", "issuer_v2": f"{ISSUER}.evil.example"},
        {"issuer": f"{ISSUER}/", "issuer_v2": f"{ISSUER}/"},
        {"issuer": None, "issuer_v2": None},
    ],
)
def test_another_issuer_fails_and_the_wanted_one_is_named(issuers: dict[str, Any], tmp_path: Path) -> None:
    held = judged(tmp_path, OURS.of_file(MODEL, **issuers))
    assert (held.status, held.note) == (Status.FAIL, f"the bundle's identity is not vouched for by {ISSUER}")


def test_other_bytes_fail(tmp_path: Path) -> None:
    honest = OURS.of_file(MODEL)
    held = judged(tmp_path, honest, model=MODEL + b"x")
    assert (held.status, held.note) == (Status.FAIL, "the bundle is about other bytes")
    silent, lying = deepcopy(honest), deepcopy(honest)
    del silent["messageSignature"]["messageDigest"]
    lying["messageSignature"]["messageDigest"]["digest"] = b64(hashlib.sha256(MODEL + b"x").digest())
    for bundle in (silent, lying):
        held = judged(tmp_path, bundle, model=MODEL + b"x")
        assert (held.status, held.note) == (Status.FAIL, "not verified: Signature is invalid for input")
    assert judged(tmp_path, silent).status is Status.PASS


def test_a_signature_by_another_key_than_the_certificates_fails(tmp_path: Path) -> None:
    certificate = OURS.certificate(new_key().public_key())
    for bundle in (
        OURS.of_file(MODEL, certificate=certificate),
        OURS.of_statement(statement(), certificate=certificate),
    ):
        assert judged(tmp_path, bundle).status is Status.FAIL


# --- the trusted root -------------------------------------------------------------------------------------------------


def test_who_brings_a_trusted_root_changes_the_rules(tmp_path: Path) -> None:
    """The root decides; so its bytes are in the digest of the rules, as a key's are."""
    theirs = Sigstore()

    def run(bundle: dict[str, Any], root: Sigstore) -> CheckResult:
        put(tmp_path, bundle, root.trusted_root())
        return gated(tmp_path, POLICY)

    honest, forged = run(OURS.of_file(MODEL), OURS), run(theirs.of_file(MODEL), OURS)
    exchanged = run(theirs.of_file(MODEL), theirs)
    assert (honest.record.passed, forged.record.passed, exchanged.record.passed) == (True, False, True)
    before, same, after = (held.record.content.policy.rules_digest for held in (honest, forged, exchanged))
    assert before == same != after


def test_without_one_it_is_the_public_good_instances_and_nothing_is_downloaded_or_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tests run without a network; a cache of downloaded roots, which others may write, is not read."""
    for variable in ("HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / "home"))
    held = judged(tmp_path, OURS.of_file(MODEL), POLICY.replace(", trusted_root: root.json", ""))
    assert held.status is Status.FAIL
    assert held.note.startswith("not verified: failed to build timestamp certificate chain")
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("root", [b"", b"{}", b"[]", b"nonsense", b"[" * 100_000, b"\xff", b'{"mediaType": 5}'])
def test_a_trusted_root_that_is_none_is_an_error(root: bytes, tmp_path: Path) -> None:
    put(tmp_path, OURS.of_file(MODEL))
    (tmp_path / "root.json").write_bytes(root)
    held = finding(gated(tmp_path, POLICY), "signature_valid")
    assert held.status is Status.ERROR
    assert "the trusted root" in held.message + held.reason


@pytest.mark.parametrize("part", ["tlogs", "certificateAuthorities", "ctlogs", "timestampAuthorities"])
def test_a_trusted_root_without_a_part_is_never_green(part: str, tmp_path: Path) -> None:
    root = {**OURS.trusted_root(), part: []}
    assert judged(tmp_path, OURS.of_file(MODEL, clock="authority"), root=root).status in {Status.FAIL, Status.ERROR}


# --- settings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("", "name the signer by one of"),
        (f"identity: {RELEASE}", "add `issuer`"),
        (f"issuer: '{ISSUER}'", "`issuer` alone lets anybody sign"),
        ("trusted_root: root.json", "`trusted_root` alone lets anybody sign"),
        (f"identity: {RELEASE}, issuer: '{ISSUER}', key: root.json", "`key` and `identity` exclude each other"),
        ("public_key: abc, trusted_root: root.json", "`public_key` and `trusted_root` exclude each other"),
        ("public_key: abc, key: root.json", "name the signer by one of"),
        (f"identity: '{ISSUER}', issuer: {RELEASE}", "`issuer` is the address of the OIDC issuer"),
        (f"identity: '', issuer: '{ISSUER}'", "identity"),
        (f"identity: {RELEASE}, issuer: '{ISSUER}', trusted_root: gone.json", "'gone.json' cannot be read"),
    ],
)
def test_a_signer_that_is_none_is_a_mistake_of_the_policy(settings: str, said: str, tmp_path: Path) -> None:
    put(tmp_path, OURS.of_file(MODEL))
    with pytest.raises(PolicyError) as caught:
        gated(tmp_path, f"{{signature: {{file: model.sigstore.json, {settings}}}}}")
    (mistake,) = caught.value.mistakes
    assert said in str(mistake)


def test_a_missing_bundle_fails(tmp_path: Path) -> None:
    put(tmp_path, b"x")
    (tmp_path / "model.sigstore.json").unlink()
    held = finding(gated(tmp_path, POLICY), "signature_valid")
    assert (held.status, held.note) == (Status.FAIL, "there is no model.sigstore.json")


def test_without_the_library_the_error_says_how_to_mend_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sigstore.errors", None)
    held = judged(tmp_path, OURS.of_file(MODEL))
    assert held.status is Status.ERROR
    assert "pip install 'lockgate[sigstore]'" in held.message + held.reason


def test_the_pinned_bytes_are_verified(tmp_path: Path) -> None:
    """The digest that the bundle is held to is the one under which the candidate stands in the Record."""
    put(tmp_path, OURS.of_file(MODEL))
    result = gated(tmp_path, POLICY)
    assert result.record.content.models["candidate"].digest == f"sha256:{hashlib.sha256(MODEL).hexdigest()}"
    assert finding(result, "signature_valid").status is Status.PASS
