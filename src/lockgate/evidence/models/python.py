"""A Python function as a model: `python:module:function`, called with an Arrow table of the features.

It returns class labels or numbers (n,), or the positive class's probability (n, fractions, under a binary task), or a
matrix (n, k) of probabilities, or `(prediction, score)`. The function's attribute `classes` says what the columns of a
matrix stand for; without it they are 0, 1, … .
"""

import sys
from types import ModuleType
from typing import Any

import numpy as np
import pyarrow as pa

from lockgate.evidence.models.contract import Answer, Asked, Opened, Refusal, plain, unmasked


def open_model(asked: Asked) -> Opened:
    """Run the module's source, the very bytes that were digested, and take the function from it.

    Raises:
        Refusal: there is no such function.
    """
    sys.dont_write_bytecode = True
    module = _module(asked)
    function = getattr(module, asked.function, None)
    if not callable(function):
        public = ", ".join(n for n in vars(module) if callable(getattr(module, n)) and not n.startswith("_"))
        raise Refusal(f"{asked.module} has no function {asked.function!r}", f"it has: {public or 'none'}")
    labels = getattr(function, "classes", None)
    classes = None if labels is None else tuple(plain(label) for label in labels)
    return Opened(format="python", predict=lambda table: _answer(function(table), classes, asked))


def _module(asked: Asked) -> ModuleType:
    module = ModuleType(asked.module)
    module.__file__ = asked.path
    module.__package__ = asked.module.rpartition(".")[0]
    sys.modules[asked.module] = module
    exec(compile(asked.source, asked.path, "exec"), module.__dict__)  # noqa: S102  (the model is this code)
    return module


def _answer(result: Any, classes: tuple[Any, ...] | None, asked: Asked) -> Answer:
    pair = result if isinstance(result, tuple) and len(result) == 2 else (result, None)
    prediction, score = _array(pair[0]), None if pair[1] is None else _array(pair[1])
    binary = asked.task == "binary"
    if score is None and (prediction.ndim == 2 or (binary and prediction.dtype.kind == "f")):
        prediction, score = None, prediction
    if score is not None and score.ndim == 2:
        classes = classes or tuple(range(score.shape[1]))
        prediction = np.asarray(classes)[score.argmax(axis=1)] if prediction is None else prediction
    return Answer(prediction=prediction, score=None if score is None else score.astype(np.float64), classes=classes)


def _array(values: Any) -> Any:
    return unmasked(values.to_pylist() if isinstance(values, (pa.Array, pa.ChunkedArray)) else values)
