"""Pickles that would run code: each is refused by the name that is on no list, and nothing in it runs."""

import contextlib
import io
import pickle
import pickletools
import struct
import subprocess
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import joblib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.models.helpers import refused

from lockgate.evidence.models import allowlist
from lockgate.evidence.models.contract import Asked, Refusal
from lockgate.evidence.models.pickle import open_model


def text(value: str) -> bytes:
    """The opcode that pushes a short text."""
    data = value.encode()
    return b"\x8c" + bytes([len(data)]) + data


def name(module: str, qualname: str) -> bytes:
    """STACK_GLOBAL of one name."""
    return text(module) + text(qualname) + b"\x93"


def call(module: str, qualname: str, *arguments: bytes) -> bytes:
    """REDUCE of one name with some arguments."""
    return name(module, qualname) + b"(" + b"".join(arguments) + b"tR"


def stream(body: bytes) -> bytes:
    """A whole pickle of protocol 4."""
    return b"\x80\x04" + body + b"."


def touch(canary: Path) -> str:
    return f"echo touched > {canary}"


# What the file would do, and the name that must stand in the refusal.
ATTACKS: dict[str, tuple[Callable[[Path], bytes], str]] = {
    "os_system": (lambda c: stream(call("os", "system", text(touch(c)))), "os.system"),
    "posix_system": (lambda c: stream(call("posix", "system", text(touch(c)))), "posix.system"),
    "subprocess": (lambda c: stream(call("subprocess", "getoutput", text(touch(c)))), "subprocess.getoutput"),
    "builtins_eval": (lambda c: stream(call("builtins", "eval", text(f"open({str(c)!r},'w')"))), "builtins.eval"),
    "builtins_exec": (lambda c: stream(call("builtins", "exec", text(f"open({str(c)!r},'w')"))), "builtins.exec"),
    "builtins_getattr": (
        lambda c: stream(call("builtins", "getattr", name("os", "path"), text("os"))),
        "builtins.getattr",
    ),
    "builtins_open": (lambda c: stream(call("builtins", "open", text(str(c)), text("w"))), "builtins.open"),
    "python_2_eval": (lambda c: b"\x80\x02c__builtin__\neval\nX\x04\x00\x00\x001+1x\x85R.", "builtins.eval"),
    "python_2_compile": (lambda c: b"\x80\x02c__builtin__\nexecfile\n(U\x01xtR.", "builtins.execfile"),
    "pydoc_locate": (lambda c: stream(call("pydoc", "locate", text("os.system"))), "pydoc.locate"),
    "pkgutil_resolve_name": (
        lambda c: stream(call("pkgutil", "resolve_name", text("os:system"))),
        "pkgutil.resolve_name",
    ),
    "importlib_import_module": (
        lambda c: stream(call("importlib", "import_module", text("os"))),
        "importlib.import_module",
    ),
    "operator_attrgetter": (lambda c: stream(call("operator", "attrgetter", text("system"))), "operator.attrgetter"),
    "operator_methodcaller": (
        lambda c: stream(call("operator", "methodcaller", text("system"), text("x"))),
        "operator.methodcaller",
    ),
    "functools_partial": (
        lambda c: stream(call("functools", "partial", name("os", "system"), text(touch(c)))),
        "functools.partial",
    ),
    "functools_partial_of_safe": (
        lambda c: stream(call("functools", "partial", name("numpy", "exp"))),
        "functools.partial",
    ),
    "functools_partial_by_build": (
        lambda c: stream(
            call("functools", "partial", name("sklearn.utils.validation", "check_array"))
            + b"("
            + name("posix", "system")
            + b"("
            + text(touch(c))
            + b"t}Ntb"
        ),
        "posix.system, functools.partial",
    ),
    "numpy_f2py": (lambda c: stream(call("numpy.f2py", "compile", text(touch(c)))), "numpy.f2py.compile"),
    "numpy_runstring": (
        lambda c: stream(call("numpy.testing._private.utils", "runstring", text(f"open({str(c)!r},'w')"), b"}")),
        "numpy.testing._private.utils.runstring",
    ),
    "numpy_memmap": (lambda c: stream(call("numpy", "memmap", text(str(c)), text("u1"), text("w+"))), "numpy.memmap"),
    "numpy_load": (lambda c: stream(call("numpy", "load", text(str(c)))), "numpy.load"),
    "joblib_load": (lambda c: stream(call("joblib", "load", text(str(c)))), "joblib.load"),
    "joblib_old_wrapper": (
        lambda c: stream(name("joblib.numpy_pickle", "NDArrayWrapper")),
        "joblib.numpy_pickle.NDArrayWrapper",
    ),
    "joblib_memory": (lambda c: stream(call("joblib.memory", "Memory", text(str(c)))), "joblib.memory.Memory"),
    "logging_handler": (lambda c: stream(call("logging", "FileHandler", text(str(c)))), "logging.FileHandler"),
    "pip_main": (lambda c: stream(call("pip", "main", text("download"))), "pip.main"),
    "ctypes": (lambda c: stream(call("ctypes", "CDLL", text("libc.so.6"))), "ctypes.CDLL"),
    "asyncio": (
        lambda c: stream(call("asyncio.unix_events", "_UnixSubprocessTransport", text("x"))),
        "asyncio.unix_events",
    ),
    "timeit": (lambda c: stream(call("timeit", "timeit", text(f"open({str(c)!r},'w')"))), "timeit.timeit"),
    "runpy": (lambda c: stream(call("runpy", "run_path", text(str(c)))), "runpy.run_path"),
    "newobj": (lambda c: stream(name("subprocess", "Popen") + text(touch(c)) + b"\x85\x81"), "subprocess.Popen"),
    "newobj_ex": (lambda c: stream(name("subprocess", "Popen") + text(touch(c)) + b"\x85}\x92"), "subprocess.Popen"),
    "inst": (lambda c: b"(S'" + touch(c).encode() + b"'\nios\nsystem\n.", "os.system"),
    "obj": (lambda c: b"(cos\nsystem\nS'" + touch(c).encode() + b"'\no.", "os.system"),
    "obj_then_pop": (lambda c: b"(cos\nsystem\nS'" + touch(c).encode() + b"'\no0N.", "os.system"),
    "global_in_text": (lambda c: b"cos\nsystem\n(S'" + touch(c).encode() + b"'\ntR.", "os.system"),
    "memo_hides_it": (
        lambda c: stream(
            text("os") + b"\x94" + b"0" + text("system") + b"\x94" + b"0h\x00h\x01\x93" + text(touch(c)) + b"\x85R"
        ),
        "os.system",
    ),
    "called_and_thrown_away": (lambda c: stream(call("os", "system", text(touch(c))) + b"0N"), "os.system"),
    "in_a_list_in_a_dict": (
        lambda c: stream(b"}" + text("a") + b"]" + call("os", "system", text(touch(c))) + b"as"),
        "os.system",
    ),
    "as_a_state": (
        lambda c: stream(call("collections", "OrderedDict") + call("os", "system", text(touch(c))) + b"b"),
        "os.system",
    ),
    "truncated_after_the_call": (lambda c: b"\x80\x04" + call("os", "system", text(touch(c))), "os.system"),
    "rubbish_after_the_call": (lambda c: b"\x80\x04" + call("os", "system", text(touch(c))) + b"\xff", "os.system"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_bad_input_85_malicious_pickle_is_refused_by_name(attack: str, tmp_path: Path) -> None:
    make, wanted = ATTACKS[attack]
    canary = tmp_path / "canary"
    file = tmp_path / "model.pkl"
    file.write_bytes(make(canary))
    with pytest.raises(Refusal) as caught:
        open_model(Asked(path=str(file), name="model.pkl", task="binary"))
    assert wanted in caught.value.what
    assert caught.value.fix
    assert not canary.exists()


def test_the_attacks_work_where_nothing_holds_them(tmp_path: Path) -> None:
    """The canary is real: an ordinary unpickler runs the first of them."""
    canary = tmp_path / "canary"
    pickle.loads(ATTACKS["os_system"][0](canary))
    assert canary.read_text() == "touched\n"


@pytest.mark.parametrize("attack", ["os_system", "obj_then_pop", "truncated_after_the_call"])
def test_bad_input_85_malicious_pickle_is_refused_through_the_worker(attack: str, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    file = tmp_path / "model.joblib"
    file.write_bytes(ATTACKS[attack][0](canary))
    refused(file, "os.system")
    assert not canary.exists()


class Evil:
    """Runs a command when it is unpickled."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[object, ...]:
        import os

        return os.system, (touch(self.canary),)


@pytest.mark.parametrize("compress", [0, 3, ("gzip", 3), ("bz2", 3), ("lzma", 3), ("xz", 3)])
def test_bad_input_85_in_joblibs_arrays_of_objects(compress: object, tmp_path: Path) -> None:
    """joblib writes an array of objects as a pickle inside of the pickle."""
    canary, file = tmp_path / "canary", tmp_path / "model.joblib"
    joblib.dump({"a": np.arange(5.0), "b": np.array([Evil(canary), None], dtype=object)}, file, compress=compress)
    refused_in_process(file, "posix.system")
    assert not canary.exists()


def test_bad_input_85_behind_joblibs_array(tmp_path: Path) -> None:
    """What follows the raw bytes of an array is read too."""
    canary, file = tmp_path / "canary", tmp_path / "model.joblib"
    joblib.dump([np.arange(1000.0), Evil(canary)], file)
    refused_in_process(file, "posix.system")
    assert not canary.exists()


def test_bad_input_85_in_an_array_whose_field_holds_objects(tmp_path: Path) -> None:
    canary, file = tmp_path / "canary", tmp_path / "model.joblib"
    held = np.zeros(1, dtype=[("number", "f8"), ("thing", "O")])
    held["thing"][0] = Evil(canary)
    joblib.dump(held, file)
    refused_in_process(file, "posix.system")
    assert not canary.exists()


def test_bad_input_92_npy_with_objects(tmp_path: Path) -> None:
    canary, file = tmp_path / "canary", tmp_path / "model.pkl"
    with file.open("wb") as stream_:
        np.save(stream_, np.array([Evil(canary)], dtype=object), allow_pickle=True)
    refused(file, "NumPy array")
    assert not canary.exists()


def refused_in_process(file: Path, *words: str) -> Refusal:
    with pytest.raises(Refusal) as caught:
        open_model(Asked(path=str(file), name=file.name, task="binary"))
    for word in words:
        assert word in caught.value.what
    return caught.value


def survey_refuses(data: bytes, *words: str) -> None:
    with pytest.raises(Refusal) as caught:
        allowlist.survey(data)
    for word in words:
        assert word in caught.value.what


def test_dotted_names_are_refused() -> None:
    survey_refuses(stream(call("os", "path.os.system", text("x"))), "os.path.os.system", "path of attributes")


def test_names_that_are_no_text_are_refused() -> None:
    survey_refuses(stream(b"K\x01" + text("system") + b"\x93"), "STACK_GLOBAL requires str")
    survey_refuses(stream(call("numpy", "dtype") + text("system") + b"\x93"), "STACK_GLOBAL requires str")


def test_build_on_a_class_is_refused() -> None:
    """BUILD as setattr: it would give a class of the list another method."""
    body = name("sklearn.linear_model._logistic", "LogisticRegression")
    survey_refuses(stream(body + b"N}" + text("predict") + name("numpy", "exp") + b"s\x86b"), "did not make")


def test_calling_what_was_not_imported_is_refused() -> None:
    survey_refuses(stream(call("numpy", "exp") + b")R"), "did not import")
    survey_refuses(stream(text("os.system") + b")R"), "did not import")
    survey_refuses(stream(text("os.system") + b")\x81"), "did not import")


@pytest.mark.parametrize("code", [b"\x82\x01", b"\x83\x01\x00", b"\x84\x01\x00\x00\x00"])
def test_bad_input_89_extension_codes(code: bytes) -> None:
    survey_refuses(stream(code), "extension code")


@pytest.mark.parametrize("data", [b"Pos.system\n.", stream(text("os.system") + b"Q")])
def test_bad_input_89_persistent_ids(data: bytes) -> None:
    survey_refuses(data, "persistent id", "os.system")


def test_bad_input_86_stacked_streams(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    survey_refuses(stream(b"N") + ATTACKS["os_system"][0](canary), "follow the end")
    survey_refuses(pickle.dumps([1]) + b"\n", "follow the end")


def test_bad_input_87_truncated_pickle() -> None:
    survey_refuses(pickle.dumps({"a": [1, 2, 3]}, protocol=4)[:-3], "broken")


@pytest.mark.parametrize(
    "data", [b"\x80\x06N.", stream(b"\xfe"), stream(b"\x97"), stream(b"\x98"), stream(b"0"), b"\x80"]
)
def test_bad_input_88_unknown_protocol_or_opcode(data: bytes) -> None:
    survey_refuses(data, "broken")


BOMBS = {
    "deep": b"(" * 500_000 + b"t" * 499_999 + b"}\x85\x93",
    "memo": b"Nr\xff\xff\xff\x7f0N",
    "text_of_2_31": b"X\xff\xff\xff\x7fx",
    "text_of_2_62": b"\x8d" + struct.pack("<Q", 1 << 62) + b"x",
    "bytes_of_2_62": b"\x8e" + struct.pack("<Q", 1 << 62) + b"x",
    "bytearray_of_2_62": b"\x96" + struct.pack("<Q", 1 << 62) + b"x",
    "bytearray_of_2_36": b"\x96" + struct.pack("<Q", 1 << 36) + b"x",
    "frame_of_2_62": b"\x95" + struct.pack("<Q", 1 << 62) + b"N",
    "number_of_2_31": b"\x8b\xff\xff\xff\x7fx",
    "digits": b"I" + b"9" * 100_000 + b"\n",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_bad_input_90_bombs(bomb: str) -> None:
    """Nothing hangs, nothing is allocated; what is merely deep holds no name and no model."""
    if bomb in ("memo", "frame_of_2_62"):
        assert allowlist.survey(stream(BOMBS[bomb])) == ()
    else:
        survey_refuses(stream(BOMBS[bomb]), "broken")


def shared(depth: int) -> bytes:
    """A tuple of two tuples that are one, and so on: 2 ** depth parts for whoever walks, hashes or prints it."""
    return b"K\x01\x94" + b"".join(b"h" + bytes([level]) + b"\x86\x94" for level in range(depth))


DEEP = b"K\x01" + b"\x85" * 400_000
ENDLESS = {
    "key": b"}" + shared(60) + b"Ns",
    "keys": b"}(" + shared(60) + b"Nu",
    "key_of_old_dict": b"(" + shared(60) + b"Nd",
    "member": b"\x8f(" + shared(60) + b"\x90",
    "frozen_member": b"(" + shared(60) + b"\x91",
    "deep_key": b"}" + DEEP + b"Ns",
    "deep_member": b"\x8f(" + DEEP + b"\x90",
    "persistent_id": shared(60) + b"Q",
    "data_type": name("joblib.numpy_pickle", "NumpyArrayWrapper")
    + b")\x81}("
    + text("shape")
    + b"K\x01\x85"
    + text("order")
    + text("C")
    + text("dtype")
    + name("numpy", "dtype")
    + shared(60)
    + b"\x85Rub",
}


@pytest.mark.parametrize("bomb", ENDLESS)
def test_bad_input_90_what_has_no_end_is_neither_hashed_nor_printed(bomb: str) -> None:
    """Hashing gives no way to a time limit, and what is deep enough takes the process with it: so in one of its own."""
    code = (
        "import sys\nfrom lockgate.evidence.models import allowlist\n"
        "found, refusal = allowlist.survey_all(sys.stdin.buffer.read())\nprint(refusal.what)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input=stream(ENDLESS[bomb]), capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    words = {"persistent_id": b"persistent id", "data_type": b"no data type"}
    assert words.get(bomb, b"nested without end") in done.stdout


def test_an_array_of_a_shape_that_cannot_be_counted_is_refused() -> None:
    wide = b"(" + (b"\x8a\xff" + b"\x7f" * 255) * 50 + b"t"
    body = name("joblib.numpy_pickle", "NumpyArrayWrapper") + b")\x81}(" + text("shape") + wide + text("order")
    body += text("C") + text("dtype") + call("numpy", "dtype", text("f8")) + b"ub"
    survey_refuses(stream(body), "no sound layout")


@pytest.mark.parametrize("level", ["zlib", "gzip", "bz2", "lzma", "xz"])
def test_bad_input_91_compressed_bomb(level: str, tmp_path: Path) -> None:
    file = tmp_path / "model.joblib"
    joblib.dump(np.zeros(40_000_000, dtype=np.uint8), file, compress=(level, 3))
    with pytest.raises(Refusal, match="expands to more than 16 MiB"):
        open_model(Asked(path=str(file), name=file.name, task="binary", expanded=16 << 20))


@pytest.mark.parametrize("cut", [0.3, 0.9])
def test_bad_input_91_cut_off_compressed_file(cut: float, tmp_path: Path) -> None:
    file = tmp_path / "model.joblib"
    joblib.dump(np.random.default_rng(0).normal(size=1000), file, compress=3)
    data = file.read_bytes()
    file.write_bytes(data[: int(len(data) * cut)])
    refused_in_process(file, "broken")
    file.write_bytes(data + b"more")
    refused_in_process(file, "follow the end")


def test_an_array_that_claims_more_than_the_file_holds() -> None:
    buffer = io.BytesIO()
    joblib.dump(np.arange(10.0), buffer)
    data = buffer.getvalue()
    huge = data.replace(b"K\x0a\x85", b"\x8a\x07\xff\xff\xff\xff\xff\xff\x7f\x85")
    assert huge != data
    survey_refuses(huge, "broken")


@lru_cache
def honest() -> bytes:
    """A joblib file with arrays, text and objects between the opcodes."""
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    buffer = io.BytesIO()
    rows = np.arange(12.0).reshape(6, 2)
    joblib.dump([StandardScaler().fit(rows), OneHotEncoder().fit(rows.astype(str).astype(object))], buffer)
    return buffer.getvalue()


@given(st.data())
def test_a_damaged_file_is_read_or_refused(data: st.DataObject) -> None:
    """Whatever bytes are changed, cut or put in: names, or our refusal; never another error, never a call."""
    held = bytearray(honest())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(held) - 1))
        length = data.draw(st.integers(0, 8))
        held[at : at + length] = data.draw(st.binary(max_size=8))
    with contextlib.suppress(Refusal):
        assert all(isinstance(found, str) for found in allowlist.survey(bytes(held)))


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(Refusal):
        allowlist.survey(data)
    with contextlib.suppress(Refusal):
        allowlist.survey(b"\x80\x04" + data + b".")


def test_the_real_reading_holds_the_same_list(tmp_path: Path) -> None:
    """Even if the first reading had missed a name, the second one gives nothing that is not on the list."""
    canary = tmp_path / "canary"
    with pytest.raises(Refusal, match=r"os\.system"):
        allowlist.load(ATTACKS["os_system"][0](canary), allowlist.names())
    assert not canary.exists()


def test_no_name_on_the_list_runs_code() -> None:
    """Modules and names that run, open or look up what they are given; none of them may ever be added."""
    modules = (
        *(
            "os",
            "posix",
            "nt",
            "sys",
            "subprocess",
            "shutil",
            "socket",
            "importlib",
            "pkgutil",
            "pydoc",
            "runpy",
            "types",
        ),
        *(
            "operator",
            "functools",
            "ctypes",
            "pip",
            "webbrowser",
            "code",
            "timeit",
            "numpy.f2py",
            "numpy.testing",
            "numpy.lib",
        ),
    )
    words = {
        *("eval", "exec", "compile", "open", "getattr", "setattr", "__import__", "load", "loads", "memmap", "fromfile"),
        "partial",
    }
    for held in allowlist.names():
        module, _, last = held.rpartition(".")
        assert not any(module == m or module.startswith(f"{m}.") for m in modules), held
        assert last not in words, held
    assert len(allowlist.names()) < 800


def test_the_machine_knows_every_opcode() -> None:
    """An opcode of a Python to come would be unknown here, and is refused, not skipped."""
    known = set(allowlist._Surveyor.dispatch)
    assert {ord(opcode.code) for opcode in pickletools.opcodes} == known
