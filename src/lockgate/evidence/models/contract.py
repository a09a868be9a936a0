"""What every model format answers to. Runs in the worker's interpreter, on Python 3.10 or newer.

Each file beside this one opens one format with `open_model(asked) -> Opened`.
"""

import importlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

EXTRAS = {
    "sklearn": "sklearn",
    "skops": "sklearn",
    "joblib": "sklearn",
    "onnxruntime": "onnx",
    "lightgbm": "lightgbm",
    "xgboost": "xgboost",
    "catboost": "catboost",
    "shap": "explain",
    "lime": "explain",
}
"""Import name → the extra of Lockgate that brings it."""

DISTRIBUTIONS = {"sklearn": "scikit-learn"}
"""Import name → distribution, where they differ."""


class Refusal(Exception):
    """The model cannot be used: what is wrong, and how to mend it."""

    def __init__(self, what: str, fix: str = "") -> None:
        super().__init__(what, fix)
        self.what = what
        self.fix = fix


@dataclass(frozen=True)
class Asked:
    """What the parent asks to open.

    Attributes:
        path: the private copy of the model's file.
        name: its file name as the user wrote it; only its extension is looked at.
        task: binary, multiclass, regression or other.
        allow: names that the policy allows beside those known to be safe.
        host: whether this is the interpreter that Lockgate itself runs in.
        expanded: bytes that a compressed file may at most expand to.
        source: the source of a Python module, for `python:`.
        module: its name.
        function: the function in it.
    """

    path: str
    name: str
    task: str
    allow: tuple[str, ...] = ()
    host: bool = False
    expanded: int = 4 << 30
    source: bytes = b""
    module: str = ""
    function: str = ""


@dataclass(frozen=True)
class Answer:
    """What a model says about some rows.

    Attributes:
        prediction: (n,) class labels or numbers.
        score: (n,) probability of the positive class, or (n, k), one column for each of `classes`.
        classes: the model's classes in its own order.
    """

    prediction: Any
    score: NDArray[np.float64] | None = None
    classes: tuple[Any, ...] | None = None


@dataclass(frozen=True)
class Opened:
    """An opened model.

    Attributes:
        format: what its file turned out to be.
        predict: a table of its features → its answer.
        features: the names that it was fitted on, in order; None when it does not hold them.
        notes: what a reader of the verdict should know about how it was opened.
        native: the library's own object, for jobs that look inside; None where there is none to look into.
        rows: a table of its features → what `native` is given.
        asked: what was asked to open it, so that a job can say what is missing where (`need`).
    """

    format: str
    predict: Callable[[Any], Answer]
    features: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()
    native: Any = None
    rows: Callable[[Any], Any] | None = None
    asked: Asked | None = None


def need(module: str, asked: Asked, *, least: str = "", what_for: str = "this model") -> ModuleType:
    """Import a library that a format, or a job beside the model, cannot do without.

    Raises:
        Refusal: it is not there, does not import, or is older than `least`.
    """
    name = DISTRIBUTIONS.get(module, module)
    wanted = f"{name}>={least}" if least else name
    try:
        library = importlib.import_module(module)
    except ImportError as error:
        missing = error.name is not None and error.name.split(".")[0] == module
        what = "has no" if missing else f"cannot import ({error})"
        raise Refusal(
            f"{sys.executable} {what} {name}, which {what_for} needs", _install(wanted, module, asked)
        ) from error
    if least and _numbers(library.__version__) < _numbers(least):
        what = f"{sys.executable} has {name} {library.__version__}; {least} or newer is needed"
        raise Refusal(what, _install(wanted, module, asked))
    return library


def _install(wanted: str, module: str, asked: Asked) -> str:
    if asked.host and module in EXTRAS:
        return f"pip install 'lockgate[{EXTRAS[module]}]'"
    if asked.host:
        return f"pip install '{wanted}'"
    return f"add {wanted} to the environment that `model.environment` names"


def _numbers(version: str) -> tuple[int, ...]:
    parts = version.split("+", maxsplit=1)[0].split(".")[:2]
    return tuple(int("".join(c for c in part if c.isdigit()) or 0) for part in parts)


def unmasked(values: Any) -> Any:
    """Values as an array, none of which a mask hides: the value under it is no answer.

    Raises:
        Refusal: some are masked.
    """
    hidden = int(np.ma.getmaskarray(values).sum()) if isinstance(values, np.ma.MaskedArray) else 0
    if hidden:
        raise Refusal(f"{hidden} values of the model's answer are masked", "let it answer every row")
    if isinstance(values, (list, tuple)) and values and all(isinstance(value, str) for value in values):
        return np.array(values, dtype=object)  # NumPy's own texts lose the NULs that they end with
    return np.asarray(values)


def plain(label: Any) -> Any:
    """A class label as a plain str, int, float or bool.

    Raises:
        Refusal: it is something else.
    """
    value = label.item() if isinstance(label, np.generic) else label
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, str):
        return str(value)
    if isinstance(value, (bool, int, float)):
        return value
    raise Refusal(
        f"a class label of the model is a {type(value).__name__}", "labels are text, whole numbers, numbers or booleans"
    )
