"""The worker's own side: opens one model and answers with what it predicts. Runs in the model's interpreter.

No module of Lockgate but `wire`, `imports`, `sandbox`, `warm` and `models` is imported here, and nothing that is not in
the model's interpreter: Python 3.10 or newer, NumPy, pyarrow and what the format needs.
"""

import importlib
import os
import sys
import time
import warnings
from dataclasses import replace
from typing import Any

from lockgate.evidence.worker import limits, wire
from lockgate.evidence.worker.imports import Imports

_OURS = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_DENIED = (
    "a model may read its own file, its interpreter and the folder under `model.code`, write into its working folder, "
    "and start nothing: put what it reads there, or write `sandbox: none` if you trust it"
)
_NOTES = 20
_LONG = 400
_LIBRARIES = {
    "numpy": "numpy",
    "scipy": "scipy",
    "pandas": "pandas",
    "pyarrow": "pyarrow",
    "sklearn": "scikit-learn",
    "skops": "skops",
    "joblib": "joblib",
    "onnxruntime": "onnxruntime",
    "lightgbm": "lightgbm",
    "xgboost": "xgboost",
    "catboost": "catboost",
}


def main(reading: int, writing: int) -> None:
    """Serve the parent until it closes the pipe.

    Args:
        reading: file descriptor of its messages.
        writing: file descriptor of the answers.
    """
    for descriptor in (reading, writing):
        os.set_inheritable(descriptor, False)  # noqa: FBT003
    worker = _Worker()
    with open(reading, "rb") as questions, open(writing, "wb") as answers:
        while (message := wire.read(questions)) is not None:
            header, body = worker.answer(*message)
            wire.write(answers, header, body)


class _Worker:
    """Holds the opened model between two messages."""

    def __init__(self) -> None:
        self.opened: Any = None
        self.notes: list[str] = []
        self.memory = 0
        self.imports = Imports(())
        self.confined = False

    def answer(self, header: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
        """The answer to one message; an error is an answer too."""
        step, work = {
            "confine": ("its sandbox", self._confine),
            "open": ("opening it", self._open),
            "predict": ("its predict", self._predict),
            "job": (f"the job {header.get('job')}", self._job),
        }[header["do"]]
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("default")
            try:
                reply, block = work(header, body)
            except MemoryError:
                limit = f"more than {self.memory / (1 << 30):.3g} GiB of memory"
                return _error(f"{step} needs {limit}", "free some memory, or take a smaller model"), b""
            except BaseException as error:  # noqa: BLE001  (a model may raise anything, SystemExit too)
                if hasattr(error, "what") and hasattr(error, "fix"):
                    return _error(str(error.what), str(error.fix)), b""
                fix = _DENIED if self.confined and isinstance(error, PermissionError) else ""
                return _error(f"{step} raised {type(error).__name__}: {error}", fix), b""
        return {**reply, "notes": self._fresh(caught), "code": self.imports.fresh()}, block

    def _confine(self, header: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:  # noqa: ARG002
        """Take from this process what a model does not need, before it reads a byte of one."""
        self.memory = header["limits"]["memory"]
        if not header["sandbox"]:
            limits.take(header["limits"])
            return {"level": "none", "reason": ""}, b""
        from lockgate.evidence.worker import sandbox, warm

        if header["model"]:
            warm.warm(header["model"], os.path.join(_OURS, "evidence", "models", "allowed_names.txt"))
        limits.take(header["limits"])
        read, code = [_OURS, *header["read"]], [*header["modules"], *sandbox.elsewhere()]
        level, reason = sandbox.enter(read, code, os.getcwd())
        self.confined = level != "none"
        return {"level": level, "reason": reason}, b""

    def _open(self, header: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
        at = next((i for i, path in enumerate(sys.path) if path.endswith("site-packages")), len(sys.path))
        sys.path[at:at] = header["code"]
        self.imports = Imports(header["own"], header["asked"]["path"])
        self.imports.watch()
        require(("numpy", "pyarrow"), host=header["asked"]["host"])
        from lockgate.evidence.models import contract, detect

        # It holds its clock before a model that is code can put another one in its place.
        importlib.import_module("lockgate.evidence.worker.jobs.latency")
        asked = contract.Asked(**{**header["asked"], "allow": tuple(header["asked"]["allow"]), "source": body})
        began = time.perf_counter()
        kind = "python" if asked.module else detect.find(asked.path, asked.name)
        opened = importlib.import_module(f"lockgate.evidence.models.{kind}").open_model(asked)
        seconds = time.perf_counter() - began
        self.opened = replace(opened, asked=asked)
        self.notes += opened.notes
        libraries = {name: _version(module) for module, name in _LIBRARIES.items() if module in sys.modules}
        return {
            "format": opened.format,
            "features": opened.features,
            "libraries": {"python": sys.version.split()[0], **libraries},
            "seconds": seconds,
        }, b""

    def _predict(self, header: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
        import pyarrow as pa

        from lockgate.evidence.models import encode

        with pa.ipc.open_stream(pa.py_buffer(body)) as reader:
            table = reader.read_all()
        return encode.encode(self.opened.predict(table), header["rows"])

    def _job(self, header: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
        import numpy as np
        import pyarrow as pa

        table = None
        if body:
            with pa.ipc.open_stream(pa.py_buffer(body)) as reader:
                table = reader.read_all()
        job = importlib.import_module(f"lockgate.evidence.worker.jobs.{header['job']}")
        facts, arrays = job.run(self.opened, table, header["settings"])
        held = {name: np.ascontiguousarray(values, dtype="<f8") for name, values in arrays.items()}
        shapes = {name: list(values.shape) for name, values in held.items()}
        return {"facts": facts, "arrays": shapes}, b"".join(values.tobytes() for values in held.values())

    def _fresh(self, caught: list[warnings.WarningMessage]) -> list[str]:
        """Notes that have not been sent: what the format said, and what libraries warned of."""
        said, self.notes = self.notes, []
        stale: dict[str, list[str]] = {}
        for warning in caught:
            if issubclass(
                warning.category, (DeprecationWarning, PendingDeprecationWarning, FutureWarning, ImportWarning)
            ):
                continue
            if issubclass(warning.category, (ResourceWarning,)):
                continue
            if warning.category.__name__ == "InconsistentVersionWarning":
                stale.setdefault(_versions(warning.message), []).append(warning.message.estimator_name)  # type: ignore[union-attr]
            else:
                said.append(f"{warning.category.__name__}: {str(warning.message).strip()}")
        for versions, names in stale.items():
            said.append(
                f"{versions} ({', '.join(dict.fromkeys(names))}): its numbers may differ from those it was trained to"
            )
        return [text[:_LONG] for text in dict.fromkeys(said)][:_NOTES]


def _versions(message: Any) -> str:
    return f"scikit-learn {message.current_sklearn_version} opened what {message.original_sklearn_version} had written"


def _version(module: str) -> str:
    return str(getattr(sys.modules[module], "__version__", "unknown"))


def _error(what: str, fix: str) -> dict[str, Any]:
    return {"error": {"what": what[: 4 * _LONG], "fix": fix[: 4 * _LONG]}}


class _Absent(Exception):
    """A library that every model needs is not there."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what, fix)
        self.what = what
        self.fix = fix


def require(modules: tuple[str, ...], *, host: bool) -> None:
    """Import what every model needs, with an error that names the interpreter.

    Raises:
        _Absent: one of them is not there.
    """
    for module in modules:
        try:
            importlib.import_module(module)
        except ImportError as error:
            fix = (
                f"pip install {module}"
                if host
                else f"install {module} into the environment that `model.environment` names"
            )
            raise _Absent(f"{sys.executable} cannot import {module}, which every model needs ({error})", fix) from error
