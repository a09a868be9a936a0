"""Files that are no model, or not the one that their name promises: bad inputs 81 to 101, by number."""

import hashlib
import io
import json
import os
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import skops.io
from sklearn.linear_model import LogisticRegression
from tests.models.helpers import cancer, frame_of, opened, refused, told

from lockgate.errors import EvidenceError
from lockgate.evidence.models import detect
from lockgate.evidence.models.contract import Asked, Refusal
from lockgate.evidence.models.onnx import inspect
from lockgate.evidence.models.skops import check_zip
from lockgate.evidence.worker import modelfile
from lockgate.evidence.worker.process import Limits


def zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), data)
    return buffer.getvalue()


def tarred() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("model"))
    return buffer.getvalue()


@pytest.fixture(scope="module")
def skops_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    table, target = cancer()
    path = tmp_path_factory.mktemp("skops") / "model.skops"
    skops.io.dump(LogisticRegression(max_iter=5000).fit(frame_of(table), target), path)
    return path


def test_bad_input_81_missing(tmp_path: Path) -> None:
    (tmp_path / "candidate.skops").write_bytes(b"x")
    refused(tmp_path / "candidat.skops", "no such model", "did you mean 'candidate.skops'?")
    refused(tmp_path / "nowhere" / "candidate.skops", "no such model", "relative to the policy file")
    with pytest.raises(EvidenceError) as caught:
        modelfile.existing("model\0.skops", tmp_path)
    told(caught.value, "model", "no such model")


def test_bad_input_81_names_that_no_file_system_takes(tmp_path: Path) -> None:
    for name in (f"{'b/' * 2040}m.skops", f"s3:{'c/' * 2040}", f"python:{'m' * 253}:f", f"python:mine:{'f' * 250}"):
        with pytest.raises(EvidenceError) as caught:
            opened(name, base=tmp_path)
        told(caught.value, name[:4])
        assert len(str(caught.value)) < 1000
    (tmp_path / "loop").symlink_to("loop")
    for name in ("d/" * 2040, "loop"):
        with pytest.raises(EvidenceError) as caught:
            opened("model.skops", base=tmp_path, code=name)
        told(caught.value, f"model.code: {name[:4]}", "there is no such folder")


def test_bad_input_82_empty(tmp_path: Path) -> None:
    path = tmp_path / "model.skops"
    path.touch()
    refused(path, "is empty")


def test_bad_input_83_folder(tmp_path: Path) -> None:
    refused(tmp_path, "is a folder")
    (tmp_path / "MLmodel").touch()
    refused(tmp_path, "an MLflow model")


def test_bad_input_98_saved_model(tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").write_bytes(b"\x08\x01\x12\x02ab")
    refused(tmp_path, "TensorFlow SavedModel", "code of its own")
    not_found(b"\x08\x01\x12\x02ab", "TensorFlow SavedModel")


def test_a_fifo_a_link_and_an_address(tmp_path: Path, skops_file: Path) -> None:
    fifo = tmp_path / "pipe.skops"
    os.mkfifo(fifo)
    refused(fifo, "no regular file")
    refused("mlflow:income@champion", "models at mlflow: cannot be opened", base=tmp_path)
    refused("https://example.org/model.skops", "models at https: cannot be opened", base=tmp_path)
    link = tmp_path / "link.skops"
    link.symlink_to(skops_file)
    with opened(link) as held:
        assert held.facts.format == "skops"


def not_found(data: bytes, *words: str, name: str = "model") -> None:
    """A file of no format that is opened."""
    path = Path(os.environ["PYTEST_FILE"])
    path.write_bytes(data)
    with pytest.raises(Refusal) as caught:
        detect.find(str(path), name)
    for word in words:
        assert word in f"{caught.value.what} {caught.value.fix}"
    assert caught.value.fix


@pytest.fixture(autouse=True)
def _file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_FILE", str(tmp_path / "held"))


FOREIGN: dict[str, tuple[bytes, str]] = {
    "97_keras_h5": (b"\x89HDF\r\n\x1a\n" + b"\0" * 64, "Keras"),
    "97_keras_3": (zipped(config_dot_json=b"{}", model_dot_weights_dot_h5=b"x"), "Keras model"),
    "99_torchscript": (zipped(m__data_dot_pkl=b"x", m__constants_dot_pkl=b"x"), "TorchScript"),
    "99_torch_checkpoint": (zipped(m__data_dot_pkl=b"x", m__version=b"3"), "PyTorch checkpoint"),
    "95_safetensors": ((8).to_bytes(8, "little") + b'{"a":{}}', "safetensors"),
    "95_safetensors_of_2_62": ((1 << 62).to_bytes(8, "little") + b'{"a":{}}', "no model format that is known"),
    "94_tar": (tarred(), "tar archive"),
    "92_npy": (b"\x93NUMPY\x01\x00", "NumPy array"),
    "92_npz": (zipped(a_dot_npy=b"x"), "NumPy arrays"),
    "parquet": (b"PAR1" + b"\0" * 16, "Parquet file"),
    "lfs": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"),
    "dvc": (b"outs:\n- md5: 0\n", "dvc pull"),
    "xgboost_old": (b"binf\0\0", "old binary format"),
    "html": (b"<!doctype html>", "HTML"),
    "text": (b"hello", "no model format that is known"),
    "zeros": (b"\0" * 100, "no model format that is known"),
    "zip": (zipped(a=b"x"), "zip of no known model format"),
    "broken_zip": (b"PK\x03\x04" + b"\0" * 30, "broken zip"),
    "program": (b"\x7fELF\x02", "a program"),
}


@pytest.mark.parametrize("which", FOREIGN)
def test_bad_inputs_92_to_99_other_formats(which: str) -> None:
    data, words = FOREIGN[which]
    not_found(data, words)


def test_bad_input_97_keras_through_the_worker(tmp_path: Path) -> None:
    path = tmp_path / "model.h5"
    path.write_bytes(FOREIGN["97_keras_h5"][0])
    refused(path, "Keras", "carries code of its own", "ONNX")


@pytest.mark.parametrize(
    "name", ["model.pkl", "model.onnx", "model.txt", "model.json", "model.cbm", "model.h5", "model.pt", "MODEL.PKL"]
)
def test_bad_input_84_the_name_promises_another_format(name: str, skops_file: Path) -> None:
    not_found(skops_file.read_bytes(), "the name ends with", "the content is skops", name=name)


@pytest.mark.parametrize("name", ["model", "model.skops", "model.bin", "v1.2", "income.model"])
def test_other_names_promise_nothing(name: str, skops_file: Path) -> None:
    assert detect.find(str(skops_file), name) == "skops"


def changed(path: Path, edit: Callable[[bytearray], None]) -> str:
    data = bytearray(path.read_bytes())
    edit(data)
    held = Path(os.environ["PYTEST_FILE"])
    held.write_bytes(data)
    return str(held)


def flip(where: int) -> Callable[[bytearray], None]:
    def edit(data: bytearray) -> None:
        data[where] ^= 0x55

    return edit


def test_bad_input_93_zip_with_a_wrong_checksum(skops_file: Path) -> None:
    with zipfile.ZipFile(skops_file) as archive:
        first = archive.infolist()[0]
    for where in (first.header_offset + 60, first.header_offset + 60 + first.compress_size // 2):
        with pytest.raises(Refusal, match=r"checksum|broken"):
            check_zip(changed(skops_file, flip(where)), 1 << 30)


def test_bad_input_93_zip_encrypted_by_its_flag(skops_file: Path) -> None:
    def encrypted(data: bytearray) -> None:
        for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            at = data.find(magic)
            data[at + offset] |= 1

    with pytest.raises(Refusal, match="encrypted"):
        check_zip(changed(skops_file, encrypted), 1 << 30)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_bad_input_93_zip_with_two_members_of_one_name(tmp_path: Path) -> None:
    path = tmp_path / "m.skops"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("schema.json", "{}")
        archive.writestr("schema.json", "{}")
    with pytest.raises(Refusal, match="two members of one name"):
        check_zip(str(path), 1 << 30)


@pytest.mark.parametrize("name", ["../schema.json", "/etc/passwd", "a/../../b", "..\\b"])
def test_bad_input_93_zip_that_slips(name: str, tmp_path: Path) -> None:
    path = tmp_path / "m.skops"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, "{}")
    with pytest.raises(Refusal, match="outside of itself"):
        check_zip(str(path), 1 << 30)


def test_bad_input_93_zip_bomb(tmp_path: Path) -> None:
    path = tmp_path / "m.skops"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("schema.json", b"0" * (2 << 20))
    with pytest.raises(Refusal, match="expands to more than 1 MiB"):
        check_zip(str(path), 1 << 20)


def test_bad_input_93_central_directory_that_disagrees(skops_file: Path) -> None:
    def renamed(data: bytearray) -> None:
        at = data.rfind(b"schema.json")
        data[at : at + 11] = b"schemb.json"

    with pytest.raises(Refusal):
        detect.find(changed(skops_file, renamed), "m.skops")


def schema_of(kind: dict[str, Any]) -> bytes:
    return zipped(schema_dot_json=json.dumps({**kind, "protocol": 2, "_skops_version": "0.13"}).encode())


NODES: dict[str, tuple[dict[str, Any], str]] = {
    "type": ({"__class__": "system", "__module__": "os", "__loader__": "FunctionNode", "__id__": 1}, "os.system"),
    "object": (
        {"__class__": "Popen", "__module__": "subprocess", "__loader__": "ObjectNode", "__id__": 1, "content": None},
        "subprocess.Popen",
    ),
    "partial": (
        {
            "__class__": "partial",
            "__module__": "functools",
            "__loader__": "PartialNode",
            "__id__": 1,
            "content": {
                "func": {"__class__": "system", "__module__": "os", "__loader__": "FunctionNode", "__id__": 2},
                "args": {
                    "__class__": "tuple",
                    "__module__": "builtins",
                    "__loader__": "TupleNode",
                    "__id__": 3,
                    "content": [],
                },
                "kwds": {
                    "__class__": "dict",
                    "__module__": "builtins",
                    "__loader__": "DictNode",
                    "__id__": 4,
                    "content": {},
                    "key_types": {
                        "__class__": "list",
                        "__module__": "builtins",
                        "__loader__": "ListNode",
                        "__id__": 5,
                        "content": [],
                    },
                },
                "namespace": {
                    "__class__": "NoneType",
                    "__module__": "builtins",
                    "__loader__": "JsonNode",
                    "__id__": 6,
                    "content": "null",
                    "is_json": True,
                },
            },
        },
        "functools.partial",
    ),
}


@pytest.mark.parametrize("which", NODES)
def test_bad_input_101_skops_with_an_untrusted_type(which: str, tmp_path: Path) -> None:
    from lockgate.evidence.models.skops import open_model

    node, name = NODES[which]
    path = tmp_path / "model.skops"
    path.write_bytes(schema_of(node))
    with pytest.raises(Refusal) as caught:
        open_model(Asked(path=str(path), name="model.skops", task="binary"))
    assert name in caught.value.what
    assert "model.allow" in caught.value.fix


def onnx_model(**change: Any) -> bytes:
    """A linear model on two columns, with something changed."""
    import onnx
    from onnx import TensorProto, helper

    weights = helper.make_tensor("w", TensorProto.FLOAT, [2, 1], [1.0, 2.0])
    change.get("tensor", lambda _: None)(weights)
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"], domain=change.get("domain", ""))],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 2])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 1])],
        [weights],
    )
    opsets = [helper.make_opsetid("", 18)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=change.get("ir_version", 10))
    change.get("model", lambda _: None)(model)
    assert isinstance(model, onnx.ModelProto)
    return bytes(model.SerializeToString())


def external(where: str) -> Callable[[Any], None]:
    def edit(tensor: Any) -> None:
        tensor.ClearField("float_data")
        tensor.data_location = 1
        held = tensor.external_data.add()
        held.key, held.value = "location", where

    return edit


@pytest.mark.parametrize("where", ["../../etc/passwd", "/etc/passwd", "weights.bin"])
def test_bad_input_96_onnx_with_data_outside_of_itself(where: str) -> None:
    with pytest.raises(Refusal, match="'w' lies outside of the file"):
        inspect(onnx_model(tensor=external(where)))


def test_bad_input_96_onnx_with_data_outside_in_a_function_or_a_branch() -> None:
    from onnx import TensorProto, helper

    hidden = helper.make_tensor("h", TensorProto.FLOAT, [1], [1.0])
    external("secret")(hidden)
    node = helper.make_node("Constant", [], ["c"], value=hidden)
    branch = helper.make_graph([node], "b", [], [helper.make_tensor_value_info("c", TensorProto.FLOAT, [1])])

    def in_function(model: Any) -> None:
        function = model.functions.add()
        function.node.append(node)

    def in_branch(model: Any) -> None:
        model.graph.node.append(helper.make_node("If", ["x"], ["z"], then_branch=branch, else_branch=branch))

    for edit in (in_function, in_branch):
        with pytest.raises(Refusal, match="'h' lies outside of the file"):
            inspect(onnx_model(model=edit))


def test_bad_input_96_onnx_with_operators_of_its_own() -> None:
    with pytest.raises(Refusal, match=r"domain 'com\.evil'"):
        inspect(onnx_model(domain="com.evil"))


def test_bad_input_96_onnx_without_operator_sets() -> None:
    with pytest.raises(Refusal, match="names no operator set"):
        inspect(onnx_model(model=lambda m: m.ClearField("opset_import")))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"ir_version": 999}, "onnxruntime cannot read the file"),
        ({"model": lambda m: m.graph.node[0].input.__setitem__(0, "y")}, "onnxruntime cannot read the file"),
        ({"model": lambda m: m.graph.initializer[0].dims.__setitem__(0, 1 << 40)}, "onnxruntime cannot read the file"),
    ],
    ids=["too_new", "cycle", "tensor_bomb"],
)
def test_bad_input_96_onnx_that_the_runtime_refuses(change: dict[str, Any], words: str, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(onnx_model(**change))
    refused(path, words)


@pytest.mark.parametrize("cut", [0.4, 0.9])
def test_bad_input_96_truncated_onnx(cut: float) -> None:
    data = onnx_model()
    not_found(data[: int(len(data) * cut)], "no model format that is known")


BROKEN = {
    "model.txt": b"tree\nversion=v4\nnum_class=1\n",
    "model.json": b'{"learner": {"broken": ',
    "model.ubj": b"{L\x00\x00\x00\x00\x00\x00\x00\x07learner{L",
    "model.cbm": b"CBM1\x10\x00\x00\x00rubbish",
}


@pytest.mark.parametrize("name", BROKEN)
def test_truncated_files_of_boosting_libraries(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(BROKEN[name])
    error = refused(path, "cannot read the file")
    assert "lockgate-" not in str(error)  # the folder of the copy differs each time


def test_bad_input_104_too_large_and_sparse(tmp_path: Path) -> None:
    path = tmp_path / "model.skops"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    refused(path, "has 1048576 MiB; at most 4096 MiB are opened")


def test_bad_input_104_changes_while_it_is_hashed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from lockgate.evidence.worker import modelfile

    path, size = tmp_path / "model", 3 << 20
    path.write_bytes(b"a" * size)
    plain = hashlib.sha256

    class Slow:
        """Writes into the file while its second part has not been read."""

        def __init__(self) -> None:
            self.inner = plain()

        def update(self, data: bytes) -> None:
            with path.open("r+b") as file:
                file.seek(size - 1)
                file.write(b"b")
                os.utime(path, ns=(1, 1))
            self.inner.update(data)

        def hexdigest(self) -> str:
            return str(self.inner.hexdigest())

    monkeypatch.setattr(hashlib, "sha256", Slow)
    with pytest.raises(EvidenceError) as caught:
        modelfile.copy(path, tmp_path / "copy", 1 << 30, str(path))
    told(caught.value, str(path), "changed while it was read")


def test_what_is_opened_is_what_was_hashed(tmp_path: Path, skops_file: Path) -> None:
    """The file may be swapped as soon as it is open; model and digest stay those of the bytes that were read."""
    path = tmp_path / "model.skops"
    path.write_bytes(skops_file.read_bytes())
    table, _ = cancer()
    with opened(path) as held:
        path.write_bytes(b"swapped")
        assert held.predict(table).score is not None
        assert held.facts.digest == f"sha256:{hashlib.sha256(skops_file.read_bytes()).hexdigest()}"


def test_a_model_that_needs_more_memory_than_it_may_have(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("held = bytearray(1 << 32)\ndef predict(table): ...\n")
    refused("python:mine:predict", "opening it needs more than 2 GiB", base=tmp_path, limits=Limits(memory=2 << 30))
