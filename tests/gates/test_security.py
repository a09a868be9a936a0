"""The gate `security`, through the real engine: signatures, advisories, the bill of materials, models of all kinds."""

import base64
import json
import warnings
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from textwrap import indent
from typing import Any

import joblib
import numpy as np
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.models.test_malicious_pickles import ATTACKS

from lockgate.errors import PolicyError
from lockgate.run import CheckResult, execute
from lockgate.scan.look import Look, look
from lockgate.testing import run_examples
from lockgate.types import ExitCode, Finding, Status

MODEL = b"tree\nversion=v4\nnum_class=1\nend of trees\n"
FIXTURES = Path(__file__).parent / "signatures"


def gated(
    folder: Path, block: str = "{}", *, model: bytes = MODEL, name: str = "model.txt", more: str = ""
) -> CheckResult:
    (folder / name).write_bytes(model)
    policy = folder / "lockgate.yaml"
    policy.write_text(
        f"lockgate: 1\nmodel: {{task: other, candidate: {name}{more}}}\ngates:\n  security: {block}\n", encoding="utf-8"
    )
    return execute(policy)


def finding(result: CheckResult, metric: str) -> Finding:
    return next(held for held in result.record.content.findings if held.metric == metric)


def test_its_examples_end_as_they_say() -> None:
    run_examples("security")


def test_a_pickle_that_runs_a_command_is_named_and_blocks(tmp_path: Path) -> None:
    """The model cannot be opened, and is not: the finding says what was refused."""
    canary = tmp_path / "canary"
    result = gated(tmp_path, model=ATTACKS["os_system"][0](canary), name="model.pkl")
    assert result.record.verdict.exit_code == ExitCode.BLOCKED
    held = finding(result, "unsafe_names")
    assert (held.status, held.value, held.note) == (Status.FAIL, 1.0, "os.system")
    assert not canary.exists()


def test_what_opening_a_format_does_is_said_in_words(tmp_path: Path) -> None:
    block = "{executable_format: {max: 0}}"
    held = finding(gated(tmp_path, block, model=b"cbuiltins\nset\n(tR.", name="model.pkl"), "executable_format")
    assert (held.status, held.note) == (Status.FAIL, "pickle, which can run code when opened")
    assert finding(gated(tmp_path, block), "executable_format").note.startswith("lightgbm, which is data")


def test_a_model_that_carries_code_blocks_with_its_reason(tmp_path: Path) -> None:
    held = finding(gated(tmp_path, model=b"\x89HDF\r\n\x1a\n" + b"\0" * 64, name="model.h5"), "refusals")
    assert held.status is Status.FAIL
    assert "carries code" in held.note


def test_what_is_of_no_known_format_is_not_data(tmp_path: Path) -> None:
    result = gated(tmp_path, "{executable_format: {max: 0}}", model=b"hello", name="model.bin")
    assert finding(result, "executable_format").status is Status.ERROR
    assert finding(result, "refusals").status is Status.FAIL


def test_an_allowed_name_passes(tmp_path: Path) -> None:
    data = b"cmy_pkg.features\nRatio\n)R."
    assert not gated(tmp_path, model=data, name="model.pkl").record.passed
    assert gated(tmp_path, model=data, name="model.pkl", more=", allow: [my_pkg.features.Ratio]").record.passed


def test_a_secret_is_counted_and_never_shown(tmp_path: Path) -> None:
    secret = b"AKIA" + b"ABCDEFGHIJKLMNOP"
    result = gated(tmp_path, model=MODEL + secret + b"\n")
    held = finding(result, "secrets")
    assert (held.status, held.value, held.note) == (Status.FAIL, 1.0, "aws_access_key (1)")
    from lockgate import record as records

    assert secret not in records.dump(result.record)


# --- signatures -------------------------------------------------------------------------------------------------------

SIGNED = "{signature: {file: model.sig, key: signer.pem}}"


def keys(kind: str) -> Any:
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key({"p256": ec.SECP256R1(), "p384": ec.SECP384R1()}[kind])


def sign(key: Any, data: bytes) -> bytes:
    held = key.sign(data) if isinstance(key, ed25519.Ed25519PrivateKey) else key.sign(data, ec.ECDSA(hashes.SHA256()))
    return bytes(held)


def publish(folder: Path, key: Any) -> None:
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (folder / "signer.pem").write_bytes(pem)


@pytest.mark.parametrize("kind", ["ed25519", "p256", "p384"])
@pytest.mark.parametrize("encoded", [False, True])
def test_a_detached_signature(kind: str, encoded: bool, tmp_path: Path) -> None:
    key = keys(kind)
    publish(tmp_path, key)
    held = sign(key, MODEL)
    (tmp_path / "model.sig").write_bytes(base64.encodebytes(held) if encoded else held)
    assert gated(tmp_path, SIGNED).record.passed
    assert finding(gated(tmp_path, SIGNED, model=MODEL + b"x"), "signature_valid").status is Status.FAIL
    publish(tmp_path, keys(kind))
    assert finding(gated(tmp_path, SIGNED), "signature_valid").status is Status.FAIL


def test_a_key_that_stands_in_the_policy_cannot_be_exchanged_beside_it(tmp_path: Path) -> None:
    key = keys("ed25519")
    publish(tmp_path, key)
    pem = indent((tmp_path / "signer.pem").read_text(), " " * 8)
    policy = f"\n    signature:\n      file: model.sig\n      public_key: |\n{pem}"
    (tmp_path / "model.sig").write_bytes(sign(key, MODEL))
    publish(tmp_path, keys("ed25519"))
    assert gated(tmp_path, policy).record.passed
    (tmp_path / "model.sig").write_bytes(sign(keys("ed25519"), MODEL))
    assert finding(gated(tmp_path, policy), "signature_valid").status is Status.FAIL
    assert finding(gated(tmp_path, policy.replace("MC", "??")), "signature_valid").status is Status.ERROR


def test_a_missing_signature_fails_and_an_unreadable_one_is_an_error(tmp_path: Path) -> None:
    publish(tmp_path, keys("ed25519"))
    held = finding(gated(tmp_path, SIGNED), "signature_valid")
    assert (held.status, held.note) == (Status.FAIL, "there is no model.sig")
    for content in (b"", b"{}", b'{"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json"}'):
        (tmp_path / "model.sig").write_bytes(content)
        assert finding(gated(tmp_path, SIGNED), "signature_valid").status is Status.ERROR
    (tmp_path / "model.sig").write_bytes(b"x" * 64)
    rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    for pem in (b"no key", rsa_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)):
        (tmp_path / "signer.pem").write_bytes(pem)
        held = finding(gated(tmp_path, SIGNED), "signature_valid")
        assert held.status is Status.ERROR
        assert "public key" in held.message + held.reason


@pytest.mark.parametrize(
    ("metric", "setting"),
    [("signature_valid: {min: 1}", "signature"), ("known_vulnerabilities: {max: 0}", "advisories")],
)
def test_what_is_asked_and_cannot_be_measured_is_a_mistake(tmp_path: Path, metric: str, setting: str) -> None:
    with pytest.raises(PolicyError) as caught:
        gated(tmp_path, f"{{{metric}}}")
    (mistake,) = caught.value.mistakes
    assert mistake.what == f"{metric.split(':', maxsplit=1)[0]} cannot be measured: `{setting}` is not set"
    assert mistake.fix.startswith(f"add `{setting}`: ")


def bundle(
    key: Any,
    data: bytes,
    *,
    change: dict[str, Any] | None = None,
    kind: str = "application/vnd.in-toto+json",
    payload: bytes = b"",
) -> bytes:
    """A bundle in the form of model-signing, signed here."""
    resources = [{"name": "model.txt", "algorithm": "sha256", "digest": sha256(data).hexdigest()}]
    statement = {"predicateType": "https://model_signing/signature/v1.0", "predicate": {"resources": resources}}
    payload = payload or json.dumps({**statement, **(change or {})}).encode()
    signed = b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)
    envelope = {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": kind,
        "signatures": [{"sig": base64.b64encode(sign(key, signed)).decode(), "keyid": ""}],
    }
    media = "application/vnd.dev.sigstore.bundle.v0.3+json"
    return json.dumps({"mediaType": media, "verificationMaterial": {}, "dsseEnvelope": envelope}).encode()


def test_a_bundle_speaks_of_these_bytes_alone(tmp_path: Path) -> None:
    key, other = keys("p256"), keys("p256")
    publish(tmp_path, key)
    cases = {
        bundle(key, MODEL): Status.PASS,
        bundle(key, b"other bytes"): Status.FAIL,
        bundle(other, MODEL): Status.FAIL,
        bundle(key, MODEL, change={"predicateType": "https://slsa.dev/provenance/v1"}): Status.ERROR,
        bundle(key, MODEL, kind="text/plain"): Status.ERROR,
        bundle(key, MODEL, change={"predicate": {}}): Status.ERROR,
        bundle(key, MODEL, payload=b"[" * 100_000): Status.ERROR,
        bundle(key, MODEL).replace(b"application/vnd.in-toto+json", rb"\ud800"): Status.ERROR,
        bundle(key, MODEL).replace(b'"payload": "', b'"payload": "AAAA'): Status.FAIL,
    }
    for content, status in cases.items():
        (tmp_path / "model.sig").write_bytes(content)
        held = gated(tmp_path, SIGNED)
        assert finding(held, "signature_valid").status is status
        assert held.record.content.gates[0].error is None


def test_a_signed_file_in_the_place_of_another_fails(tmp_path: Path) -> None:
    """The key signed both; it signed each under its own name."""
    key = keys("p256")
    publish(tmp_path, key)
    digests = {"model.txt": sha256(b"the model").hexdigest(), "tests/other.txt": sha256(MODEL).hexdigest()}
    listed = [{"name": name, "algorithm": "sha256", "digest": digest} for name, digest in digests.items()]
    (tmp_path / "model.sig").write_bytes(bundle(key, MODEL, change={"predicate": {"resources": listed}}))
    held = finding(gated(tmp_path, SIGNED), "signature_valid")
    assert held.status is Status.FAIL
    assert held.note == "the bundle lists these bytes as 'tests/other.txt', not as 'model.txt'"
    assert finding(gated(tmp_path, SIGNED, name="other.txt"), "signature_valid").status is Status.PASS


@pytest.mark.parametrize("curve", ["", "384"])
def test_a_bundle_that_model_signing_wrote(curve: str, tmp_path: Path) -> None:
    """Written by model-signing 1.1.1 (`use_elliptic_key_signer`) about these bytes; its private key is gone."""
    (tmp_path / "model.sig").write_bytes((FIXTURES / f"model{curve}.sig").read_bytes())
    (tmp_path / "signer.pem").write_bytes((FIXTURES / f"signer{curve}.pem").read_bytes())
    held = finding(gated(tmp_path, SIGNED), "signature_valid")
    assert (held.status, held.note) == (Status.PASS, "a bundle of model-signing about 1 file(s)")
    assert finding(gated(tmp_path, SIGNED, model=MODEL + b"x"), "signature_valid").status is Status.FAIL


# --- advisories -------------------------------------------------------------------------------------------------------

AUDITED = "{advisories: audit.json}"
TWICE = '{"dependencies": [{"name": "numpy", "version": "1", "vulns": [{"id": "PYSEC-1"}], "vulns": []}]}'


def audits(folder: Path, *, vulns: dict[str, Any] | None = None, **versions: str) -> None:
    """An audit of this interpreter as pip-audit writes it, of what a LightGBM model needs."""
    names = ("lightgbm", "numpy", "pyarrow", "scipy")
    dependencies = [
        {"name": name, "version": versions.get(name, version(name)), "vulns": (vulns or {}).get(name, [])}
        for name in names
    ]
    (folder / "audit.json").write_text(json.dumps({"dependencies": dependencies, "fixes": []}))


def test_a_clean_audit_of_these_versions_passes(tmp_path: Path) -> None:
    audits(tmp_path)
    assert gated(tmp_path, AUDITED).record.passed


def test_known_vulnerabilities_are_counted_by_severity(tmp_path: Path) -> None:
    found = [{"id": "PYSEC-1", "fix_versions": ["9"], "severity": "HIGH"}, {"id": "GHSA-2", "fix_versions": []}]
    audits(tmp_path, vulns={"numpy": found})
    result = gated(tmp_path, AUDITED)
    held = finding(result, "known_vulnerabilities")
    assert (held.status, held.value) == (Status.FAIL, 2.0)
    assert "PYSEC-1" in held.note
    (run,) = result.record.content.gates
    details = next(m.details for m in run.measurements if m.metric == "known_vulnerabilities")
    assert details["by_severity"] == {"high": 1, "unknown": 1}


def test_an_audit_of_other_versions_proves_nothing(tmp_path: Path) -> None:
    audits(tmp_path, numpy="1.0")
    held = finding(gated(tmp_path, AUDITED), "known_vulnerabilities")
    assert held.status is Status.ERROR
    assert "numpy (audited as 1.0, in use as" in held.reason + held.message


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", "nonsense", TWICE, '{"dependencies": [1]}', '{"dependencies": []}']
)
def test_what_is_no_audit_is_an_error(content: str, tmp_path: Path) -> None:
    (tmp_path / "audit.json").write_text(content)
    assert finding(gated(tmp_path, AUDITED), "known_vulnerabilities").status is Status.ERROR


@pytest.mark.parametrize("vulnerability", [{"id": 1}, {"id": "PYSEC-1", "fix_versions": 5}, "PYSEC-1"])
def test_an_audit_of_another_form_is_an_error_that_says_so(vulnerability: object, tmp_path: Path) -> None:
    audits(tmp_path, vulns={"numpy": [vulnerability]})
    held = finding(gated(tmp_path, AUDITED), "known_vulnerabilities")
    assert held.status is Status.ERROR
    assert "have another form" in held.reason + held.message


def test_a_missing_audit_is_an_error(tmp_path: Path) -> None:
    assert finding(gated(tmp_path, AUDITED), "known_vulnerabilities").status is Status.ERROR


# --- bill of materials ------------------------------------------------------------------------------------------------


def test_the_bill_of_materials_is_valid_and_repeatable(tmp_path: Path) -> None:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    (tmp_path / "train.csv").write_text("a,y\n1,0\n2,1\n")
    (tmp_path / "model.txt").write_bytes(MODEL)
    policy = tmp_path / "lockgate.yaml"
    policy.write_text(
        "lockgate: 1\nmodel: {task: other, candidate: model.txt}\ndata: {training: train.csv}\ngates: {security: {}}\n"
    )
    first, again = execute(policy), execute(policy)
    (held,) = first.attachments
    assert held.name == "security-ml-bom.cdx.json"
    assert held.data == again.attachments[0].data
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(held.data.decode()) is None
    read = json.loads(held.data)
    model = read["metadata"]["component"]
    assert f"sha256:{model['hashes'][0]['content']}" == first.record.content.models["candidate"].digest
    parts = {part["name"]: part for part in read["components"]}
    assert parts["lightgbm"]["purl"] == f"pkg:pypi/lightgbm@{version('lightgbm')}"
    assert f"sha256:{parts['train.csv']['hashes'][0]['content']}" == first.record.content.data["training"].digest


# --- honest models ----------------------------------------------------------------------------------------------------


def wrong(held: Look) -> list[str]:
    """All that speaks against a file."""
    return [*held.unsafe, *held.refusals, *held.faults, *held.secrets, *([held.mismatch] if held.mismatch else [])]


def test_scikit_learns_default_estimators_pass(tmp_path: Path) -> None:
    """By joblib and by skops; none of their names is unsafe."""
    import skops.io
    from sklearn.datasets import load_diabetes, load_iris
    from sklearn.utils import all_estimators
    from tests.models.test_safe_names import KINDS

    path, passed = tmp_path / "model", 0
    for kind, name in KINDS:
        rows, target = load_iris(return_X_y=True) if kind == "classifier" else load_diabetes(return_X_y=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            estimator = dict(all_estimators(type_filter=kind))[name]()
            few = {"n_estimators": 3, "max_iter": 20} if "Hist" in name else {"n_estimators": 3}
            estimator.set_params(**{key: value for key, value in few.items() if key in estimator.get_params()})
            estimator.fit(np.abs(rows)[::3], target[::3])
            for dump in (joblib.dump, skops.io.dump):
                dump(estimator, path)
                held = look(path, "model")
                assert wrong(held) == [], name
        passed += 1
    assert passed > 60


def test_boosting_libraries_pass(tmp_path: Path) -> None:
    import catboost
    import lightgbm
    import xgboost
    from sklearn.datasets import load_iris

    rows, target = load_iris(return_X_y=True)
    light = lightgbm.LGBMClassifier(n_estimators=2, verbose=-1).fit(rows, target)
    extreme = xgboost.XGBClassifier(n_estimators=2).fit(rows, target)
    cat = catboost.CatBoostClassifier(iterations=2, verbose=False, allow_writing_files=False).fit(rows, target)
    light.booster_.save_model(tmp_path / "light.txt")
    extreme.save_model(tmp_path / "extreme.json")
    extreme.save_model(tmp_path / "extreme.ubj")
    cat.save_model(str(tmp_path / "cat.cbm"))
    joblib.dump(light, tmp_path / "light.joblib")
    joblib.dump(extreme, tmp_path / "extreme.joblib")
    joblib.dump(cat, tmp_path / "cat.joblib")
    for path in tmp_path.iterdir():
        held = look(path, path.name)
        assert wrong(held) == [], path.name
        assert held.tier == ("B" if path.suffix == ".joblib" else "A")
