"""Which installed libraries a model stands on: those that its file names, and those that its format needs."""

import sys
from collections.abc import Mapping

from lockgate.evidence.models.contract import DISTRIBUTIONS
from lockgate.scan.advisories import canonical
from lockgate.scan.look import Look

_BY_KIND = {
    "skops": ("skops", "scikit-learn", "numpy", "scipy"),
    "onnx": ("onnxruntime",),
    "lightgbm": ("lightgbm",),
    "xgboost": ("xgboost",),
    "catboost": ("catboost",),
    "safetensors": ("safetensors",),
}
_ALWAYS = ("numpy", "pyarrow")
_BESIDE = {"scikit-learn": ("scipy", "joblib"), "lightgbm": ("scipy",), "xgboost": ("scipy",)}


def needed(seen: Look, installed: Mapping[str, str], *, whole: bool) -> tuple[dict[str, str], tuple[str, ...]]:
    """The libraries of a model by version, and those that it needs and that are not installed.

    Args:
        seen: what its file holds.
        installed: distribution → version where it is opened.
        whole: whether that environment was made for this model, so that all of it counts.
    """
    versions = {canonical(name): (name, version) for name, version in installed.items()}
    tops = (name.partition(".")[0] for name in seen.names)
    wanted = [DISTRIBUTIONS.get(top, top) for top in tops if top not in sys.stdlib_module_names]
    wanted += [*_ALWAYS, *_BY_KIND.get(seen.kind or "", ())]
    wanted += [beside for name in wanted for beside in _BESIDE.get(name, ())]
    if whole:
        wanted += installed
    found = {name: versions[canonical(name)] for name in dict.fromkeys(wanted) if canonical(name) in versions}
    absent = tuple(name for name in dict.fromkeys(wanted) if canonical(name) not in versions)
    return dict(sorted(found.values(), key=lambda held: canonical(held[0]))), absent
