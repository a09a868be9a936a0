"""What is seen in a model's bytes without opening it: every class of bypass is refused, and no canary is touched."""

import io
import json
import pickle
import struct
import tarfile
import time
import zipfile
from collections.abc import Callable
from functools import partialmethod
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression
from tests.models.helpers import cancer
from tests.models.test_bad_files import external, flip, onnx_model, schema_of, zipped
from tests.models.test_malicious_pickles import ATTACKS, BOMBS, Evil, stream, text

from lockgate.scan.look import Look, _Found, look


def seen(data: bytes, tmp_path: Path, name: str = "model", allow: tuple[str, ...] = ()) -> Look:
    path = tmp_path / "held"
    path.write_bytes(data)
    return look(path, name, allow)


def trusted(held: Look) -> bool:
    return not (held.unsafe or held.refusals or held.faults or held.mismatch or held.secrets)


@pytest.mark.parametrize("attack", ATTACKS)
def test_bad_input_85_every_attack_is_refused_untouched(attack: str, tmp_path: Path) -> None:
    make, wanted = ATTACKS[attack]
    canary = tmp_path / "canary"
    held = seen(make(canary), tmp_path, "model.pkl")
    assert wanted in ", ".join(held.unsafe)
    assert held.tier == "B"
    assert not canary.exists()


@pytest.mark.parametrize("bomb", BOMBS)
def test_bad_input_90_bombs_end(bomb: str, tmp_path: Path) -> None:
    held = seen(stream(BOMBS[bomb]), tmp_path)
    assert held.refusals or bomb in ("memo", "frame_of_2_62")


# Advisories of the catalogue: (module, name) that a scanner's list of bad names had left out.
GADGETS = [
    ("pip._internal.cli.main", "main"),
    ("logging", "FileHandler"),
    ("logging.config", "dictConfig"),
    ("pkgutil", "resolve_name"),
    ("ctypes.util", "find_library"),
    ("cProfile", "run"),
    ("profile", "Profile"),
    ("pdb", "run"),
    ("bdb", "Bdb"),
    ("trace", "Trace"),
    ("doctest", "debug_script"),
    ("idlelib.run", "Executive"),
    ("lib2to3.pgen2.pgen", "ParserGenerator"),
    ("ensurepip._run_pip", "main"),
    ("code", "InteractiveInterpreter"),
    ("distutils.file_util", "write_file"),
    ("multiprocessing.util", "spawnv_passfds"),
    ("asyncio.unix_events", "_UnixSubprocessTransport"),
    ("linecache", "getlines"),
    ("ssl", "get_server_certificate"),
    ("socket", "create_connection"),
    ("http.client", "HTTPSConnection"),
    ("urllib.request", "urlopen"),
    ("smtplib", "SMTP"),
    ("imaplib", "IMAP4_stream"),
    ("sqlite3", "connect"),
    ("shutil", "rmtree"),
    ("tempfile", "NamedTemporaryFile"),
    ("uuid", "_get_command_stdout"),
    ("_osx_support", "_read_output"),
    ("_aix_support", "_read_cmd_output"),
    ("_pyrepl.pager", "pipe_pager"),
    ("mailcap", "findmatch"),
    ("site", "execsitecustomize"),
    ("zipimport", "zipimporter"),
    ("importlib.util", "module_from_spec"),
    ("importlib._bootstrap", "_call_with_frames_removed"),
    ("types", "FunctionType"),
    ("types", "CodeType"),
    ("marshal", "loads"),
    ("pickle", "loads"),
    ("dill", "loads"),
    ("cloudpickle.cloudpickle", "_make_function"),
    ("torch", "load"),
    ("torch._dynamo.guards", "GuardBuilder"),
    ("torch.utils.collect_env", "run"),
    ("torch.utils.bottleneck.__main__", "run_cprofile"),
    ("numpy.f2py.crackfortran", "getlincoef"),
    ("numpy.testing._private.utils", "runstring"),
    ("numpy.lib.npyio", "load"),
    ("numpy.core.multiarray", "fromfile"),
    ("scipy.io.matlab", "loadmat"),
    ("pandas.io.pickle", "read_pickle"),
    ("pandas.core.computation.eval", "eval"),
    ("joblib.externals.loky.backend", "get_context"),
    ("builtins", "__import__"),
    ("builtins", "getattr"),
    ("builtins", "breakpoint"),
    ("__builtin__", "eval"),
    ("sys", "modules"),
    ("gc", "get_objects"),
    ("inspect", "getattr_static"),
    ("weakref", "finalize"),
    ("threading", "Thread"),
    ("signal", "signal"),
    ("atexit", "register"),
    ("code", "interact"),
    ("venv", "create"),
    ("webbrowser", "open"),
    ("antigravity", "fly"),
    ("hydra.utils", "instantiate"),
    ("keras.src.legacy.saving.serialization", "deserialize_keras_object"),
]


@pytest.mark.parametrize(("module", "name"), GADGETS)
def test_a_name_that_no_list_of_bad_names_has_is_refused(module: str, name: str, tmp_path: Path) -> None:
    body = text(module) + text(name) + b"\x93" + text("x") + b"\x85R0N"
    assert seen(stream(body), tmp_path).unsafe


def test_dotted_names_codes_and_ids_are_refused(tmp_path: Path) -> None:
    for body in (text("os") + text("path.os") + b"\x93", b"\x82\x01", text("id") + b"Q"):
        assert seen(stream(body), tmp_path).refusals
    assert "follow the end" in seen(stream(b"N") + stream(b"N"), tmp_path).refusals[0]


def test_an_allowed_name_is_the_policys_business(tmp_path: Path) -> None:
    data = stream(text("my_pkg.features") + text("Ratio") + b"\x93)R")
    assert seen(data, tmp_path).unsafe == ("my_pkg.features.Ratio",)
    assert seen(data, tmp_path, allow=("my_pkg.features.Ratio",)).unsafe == ()


# --- archives ---------------------------------------------------------------------------------------------------------


def evil(canary: Path) -> bytes:
    return ATTACKS["os_system"][0](canary)


def in_zip(tmp_path: Path) -> bytes:
    return zipped(schema_dot_json=b"{}", hidden_dot_bin=evil(tmp_path / "canary"))


def in_zip_in_zip(tmp_path: Path) -> bytes:
    return zipped(schema_dot_json=b"{}", inner_dot_bin=zipped(hidden=evil(tmp_path / "canary")))


def in_tar(tmp_path: Path) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        held = tarfile.TarInfo("model.pkl")
        data = evil(tmp_path / "canary")
        held.size = len(data)
        archive.addfile(held, io.BytesIO(data))
    return buffer.getvalue()


def in_torch(tmp_path: Path) -> bytes:
    return zipped(m__data_dot_pkl=evil(tmp_path / "canary"), m__version=b"3")


def in_npz(tmp_path: Path) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, a=np.array([Evil(tmp_path / "canary")], dtype=object))
    return buffer.getvalue()


def in_npy(tmp_path: Path) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.array([Evil(tmp_path / "canary")], dtype=object), allow_pickle=True)
    return buffer.getvalue()


def in_joblib(tmp_path: Path) -> bytes:
    buffer = io.BytesIO()
    joblib.dump([np.arange(9.0), np.array([Evil(tmp_path / "canary")], dtype=object)], buffer, compress=3)
    return buffer.getvalue()


@pytest.mark.parametrize("make", [in_zip, in_zip_in_zip, in_tar, in_torch, in_npz, in_npy, in_joblib])
def test_a_pickle_is_found_wherever_it_hides(make: Callable[[Path], bytes], tmp_path: Path) -> None:
    held = seen(make(tmp_path), tmp_path)
    assert {"os.system", "posix.system"} & set(held.unsafe)
    assert not (tmp_path / "canary").exists()


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    table, target = cancer()
    path = tmp_path_factory.mktemp("skops") / "model.skops"
    skops.io.dump(LogisticRegression(max_iter=5000).fit(table.to_pandas(), target), path)
    return path.read_bytes()


def test_an_honest_skops_file_is_trusted(honest: bytes, tmp_path: Path) -> None:
    held = seen(honest, tmp_path, "model.skops")
    assert trusted(held)
    assert (held.kind, held.tier) == ("skops", "A")


def edited(data: bytes, edit: Callable[[bytearray], None]) -> bytes:
    held = bytearray(data)
    edit(held)
    return bytes(held)


def test_bad_input_93_zip_faults(honest: bytes, tmp_path: Path) -> None:
    def renamed_locally(data: bytearray) -> None:
        at = data.find(b"PK\x03\x04")
        data[at + 26 : at + 28] = struct.pack("<H", 3)

    def flags(data: bytearray) -> None:
        data[data.find(b"PK\x03\x04") + 6] |= 1

    cases = {
        "checksum": edited(honest, flip(80)),
        "encrypted": edited(edited(honest, flags), lambda d: d.__setitem__(d.find(b"PK\x01\x02") + 8, 1)),
        "by its own header": edited(honest, flags),
        "another one": edited(honest, renamed_locally),
        "belong to no member": zipped(schema_dot_json=b"{}").replace(b"PK\x01\x02", b"hidden" + b"PK\x01\x02", 1),
    }
    for words, data in cases.items():
        found = seen(data, tmp_path).faults + seen(data, tmp_path).refusals
        assert any(words in fault or "broken" in fault for fault in found), (words, found)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_bad_input_93_duplicates_slips_bombs_nesting(tmp_path: Path) -> None:
    def made(*members: tuple[str, bytes]) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in members:
                archive.writestr(name, data)
        return buffer.getvalue()

    deep = made(("a", made(("b", made(("c", b"x"))))))
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    cases = {
        "two members of one name": made(("a", b"1"), ("a", b"2")),
        "outside of itself": made(("../a", b"1")),
        "-fold": made(("a", b"0" * (4 << 20))),
        "in an archive in an archive": deep,
        "no plain file": buffer.getvalue(),
        "bytes follow the end": made(("a", b"1")) + b"\x80\x04N.",
        "compressed once more": made(("a", b"\x1f\x8b\x08\0")),
    }
    for words, data in cases.items():
        assert any(words in fault for fault in seen(data, tmp_path).faults), words


def test_bad_input_93_a_bomb_is_told_and_never_made(tmp_path: Path) -> None:
    """What its faults already tell is not unpacked to be looked through, nor are archives in archives without end."""
    path, layer = tmp_path / "bomb", io.BytesIO()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb", bytes(4 << 20))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zipfile.ZipFile, "read", lambda *_: pytest.fail("the bomb was unpacked"))
        assert any("-fold" in fault for fault in look(path, "m").faults)
    with zipfile.ZipFile(layer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", np.random.default_rng(0).bytes(1 << 10) * 1_000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_Found, "__init__", partialmethod(_Found.__init__, left=3 << 20))
        with zipfile.ZipFile(path, "w") as archive:
            for number in range(5):
                archive.writestr(f"{number}.zip", layer.getvalue())
        assert "the zip expands to too much" in look(path, "m").faults


def test_a_file_of_no_format_is_refused_before_it_is_read_through(tmp_path: Path) -> None:
    began = time.perf_counter()
    assert seen(b"\x08\x00" * 10_000_000, tmp_path).refusals == ("the file is no model format that is known",)
    assert time.perf_counter() - began < 10


def test_bad_input_94_tar_slip_link_and_device(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, kind in (("../up", tarfile.REGTYPE), ("link", tarfile.SYMTYPE), ("null", tarfile.CHRTYPE)):
            held = tarfile.TarInfo(name)
            held.type, held.linkname = kind, "/etc/passwd"
            archive.addfile(held)
        archive.addfile(tarfile.TarInfo("link"))
    faults = " ".join(seen(buffer.getvalue(), tmp_path).faults)
    for words in ("'../up' lies outside", "'link' is a link", "'null' is a link or a device", "twice"):
        assert words in faults


# --- formats ----------------------------------------------------------------------------------------------------------

CARRY_CODE = {
    "97_keras_h5": (b"\x89HDF\r\n\x1a\n" + b"\0" * 64, "hdf5"),
    "97_keras": (zipped(config_dot_json=b"{}", model_dot_weights_dot_h5=b"x"), "keras"),
    "98_saved_model": (b"\x08\x01\x12\x02ab", "savedmodel"),
    "98_saved_model_in_a_zip": (zipped(m__saved_model_dot_pb=b"x"), None),
    "99_torchscript": (zipped(m__data_dot_pkl=b"x", m__constants_dot_pkl=b"x"), "torchscript"),
    "100_mlflow": (zipped(MLmodel=b"flavors: {python_function: {loader_module: os}}"), "mlflow"),
}


@pytest.mark.parametrize("which", CARRY_CODE)
def test_formats_that_carry_code_are_refused(which: str, tmp_path: Path) -> None:
    data, kind = CARRY_CODE[which]
    held = seen(data, tmp_path)
    assert held.refusals
    if kind is not None:
        assert (held.kind, held.tier) == (kind, "C")


@pytest.mark.parametrize("name", ["model.skops", "model.onnx", "model.h5", "model.safetensors", "model.pt"])
def test_bad_input_84_a_name_that_promises_another_format(name: str, tmp_path: Path) -> None:
    assert name[5:] in seen(stream(b"N"), tmp_path, name).mismatch
    assert seen(stream(b"N"), tmp_path, "model.bin").mismatch == ""


def safetensors(header: Any, data: bytes = b"\0" * 8) -> bytes:
    held = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(held).to_bytes(8, "little") + held + data


SOUND = {"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}, "__metadata__": {"by": "us"}}


def test_safetensors_are_data(tmp_path: Path) -> None:
    held = seen(safetensors(SOUND), tmp_path, "m.safetensors")
    assert trusted(held)
    assert (held.kind, held.tier) == ("safetensors", "A")


BAD_HEADERS = {
    "2_62": (1 << 62).to_bytes(8, "little") + b'{"a":{}}',
    "truncated": safetensors(SOUND)[:-3],
    "trailing": safetensors(SOUND) + b"hidden",
    "overlap": safetensors({"a": SOUND["a"], "b": SOUND["a"]}),
    "gap": safetensors({"a": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}}),
    "shape": safetensors({"a": {"dtype": "F32", "shape": [3], "data_offsets": [0, 8]}}),
    "negative": safetensors({"a": {"dtype": "F32", "shape": [-2], "data_offsets": [0, 8]}}),
    "type": safetensors({"a": {"dtype": "OBJ", "shape": [2], "data_offsets": [0, 8]}}),
    "twice": safetensors(b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{}}'),
    "metadata": safetensors({**SOUND, "__metadata__": {"by": {}}}),
    "no_json": safetensors(b"{" + b"x" * 20),
}


@pytest.mark.parametrize("which", BAD_HEADERS)
def test_bad_input_95_safetensors(which: str, tmp_path: Path) -> None:
    assert seen(BAD_HEADERS[which], tmp_path).refusals


def test_bad_input_96_onnx(tmp_path: Path) -> None:
    assert trusted(seen(onnx_model(), tmp_path, "m.onnx"))
    for change in ({"domain": "com.evil"}, {"tensor": external("../../etc/passwd")}, {"tensor": external("beside")}):
        assert seen(onnx_model(**change), tmp_path, "m.onnx").refusals


@pytest.mark.parametrize("where", ["attribute", "attributes", "function"])
def test_bad_input_96_onnx_with_data_outside_of_itself_in_a_rare_place(where: str, tmp_path: Path) -> None:
    import onnx

    model = onnx.load_from_string(onnx_model())
    tensor = onnx.helper.make_tensor("w", onnx.TensorProto.FLOAT, [1], [1.0])
    external("../../etc/passwd")(tensor)
    node = model.graph.node[0]
    if where == "attribute":
        node.attribute.add(name="sparse_value").sparse_tensor.values.CopyFrom(tensor)
    elif where == "attributes":
        node.attribute.add(name="sparse_values").sparse_tensors.add().indices.CopyFrom(tensor)
    else:
        model.functions.add(name="f", domain="").attribute_proto.add(name="default").t.CopyFrom(tensor)
    assert "outside of the file" in seen(model.SerializeToString(), tmp_path, "m.onnx").refusals[0]


@pytest.mark.parametrize("loader", ["MethodNode", "OperatorFuncNode", "AnyNode"])
def test_bad_input_101_skops_that_looks_up(loader: str, tmp_path: Path) -> None:
    """CVE-2025-54412 and CVE-2025-54413: nodes that give back a method or an operator."""
    node = {"__class__": "list", "__module__": "builtins", "__loader__": loader, "__id__": 1, "content": {}}
    assert f"skops.{loader}" in seen(schema_of(node), tmp_path).unsafe
    node = {"__class__": "system", "__module__": "os", "__loader__": "FunctionNode", "__id__": 1}
    assert seen(schema_of(node), tmp_path).unsafe == ("os.system",)


_RANDOM = b"aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5zA7bC9dE1fG3hI5jK7lM9nO1pQ3rS5tU7vW9xY1zA3"
SECRETS = {
    "private_key": b"-----BEGIN RSA PRIVATE KEY-----",
    "aws_access_key": b"AKIAZ7QK3TLRW5XNP2VD",
    "aws_secret_key": b"aws 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",
    "gcp_api_key": b"AIza" + _RANDOM[:35],
    "github_token": b"ghp_" + _RANDOM[:36],
    "gitlab_token": b"glpat-" + _RANDOM[:20],
    "slack_token": b"xoxb-1234567890-abcdefGHIJKL",
    "stripe_key": b"sk_live_" + _RANDOM[:24],
    "huggingface_token": b"hf_" + b"aBcDeFgHiJkLmNoPqRsTuVwXyZaBcDeFgH",
    "llm_api_key": b"sk-" + _RANDOM[:48],
    "npm_token": b"npm_" + _RANDOM[:36],
    "pypi_token": b"pypi-AgEIcHlwaS5vcmc" + _RANDOM[:60],
    "sendgrid_key": b"SG." + _RANDOM[:22] + b"." + _RANDOM[:43],
    "azure_key": b"AccountKey=" + _RANDOM[:80] + b"qwerty==",
    "jwt": b"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "url_credentials": b"postgresql://app:pl4nted9x@db.internal/main",
    "secret_assignment": b'api_key = "9f8Qz3LmX71vTb20"',
}


def test_the_list_of_secrets_is_that_of_the_gate_privacy() -> None:
    from lockgate.pii.entities import entities

    assert set(SECRETS) == {entity.name for entity in entities().values() if entity.kind == "secret"}


@pytest.mark.parametrize("kind", SECRETS)
def test_a_secret_is_counted_once_in_the_file_and_its_members(kind: str, tmp_path: Path) -> None:
    assert seen(b"tree\nversion=v4\n" + SECRETS[kind] + b"\n", tmp_path).secrets == {kind: 1}
    for packing in (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", packing) as archive:
            archive.writestr("note.txt", b"note: " + SECRETS[kind] + b"\n")
        assert seen(buffer.getvalue(), tmp_path).secrets == {kind: 1}


@pytest.mark.parametrize("kind", SECRETS)
def test_a_secret_is_found_however_a_model_holds_its_text(kind: str, tmp_path: Path) -> None:
    """Behind a byte that says its length and may look like a letter (pickle), and as NumPy's characters."""
    text = SECRETS[kind].decode()
    assert seen(pickle.dumps({"note": text}, 4), tmp_path, "model.pkl").secrets == {kind: 1}
    assert seen(b"\x93NUMPY" + np.array([text, "a" * 99]).tobytes(), tmp_path, "model.npy").secrets == {kind: 1}


@pytest.mark.parametrize("place", [16 * 2**20 - 20, 16 * 2**20 + 7])
def test_a_secret_is_found_where_bytes_are_cut_into_pieces(place: int, tmp_path: Path) -> None:
    assert seen(b"\0" * place + SECRETS["npm_token"] + b"\0" * 99, tmp_path).secrets == {"npm_token": 1}


def test_random_weights_hold_no_secret(tmp_path: Path) -> None:
    assert seen(np.random.default_rng(0).bytes(4 << 20), tmp_path).secrets == {}


def test_a_secret_in_the_name_of_a_member_is_counted_and_not_shown(tmp_path: Path) -> None:
    """What is said of a member names it; where its name is a secret, the kind of secret stands there."""
    secret = SECRETS["aws_access_key"].decode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(f"{secret}.pkl", b"\x1f\x8bcompressed once more")
    held = seen(buffer.getvalue(), tmp_path)
    assert held.secrets == {"aws_access_key": 1}
    assert any("(aws_access_key).pkl" in fault for fault in held.faults)
    assert secret not in repr(held)
