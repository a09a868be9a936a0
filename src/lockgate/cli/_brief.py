"""Settings of a process that lives for seconds and is one command alone."""

import gc
import os
import sys
import warnings
from pathlib import Path

_NOT_USED = "NPY_DISABLE_CPU_FEATURES"
"""NumPy's variable for the instructions of the processor that it is to leave alone."""
_AVX_512 = "AVX512_SKX X86_V4"
"""The instructions that NumPy sorts with: until NumPy 2.3, and from 2.4 on."""


def be_brief(processor: Path = Path("/proc/cpuinfo")) -> None:
    """Take the settings for this process; those that its environment names already stand."""
    # What is imported is never garbage; to look through it again and again takes a tenth of such a process.
    gc.set_threshold(500_000, 50, 50)
    # NumPy's library for matrices starts a thread on every core as it is loaded, which spin for a while. Nothing here
    # multiplies matrices; a model has a process and an environment of its own.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # A policy and a Record say what they say, whatever else is installed; to look for plugins takes time, too.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    if _is_zen_4(processor):
        # It stores the values that a sort puts on one side by microcode: six times as slow as to sort with AVX2.
        os.environ.setdefault(_NOT_USED, _AVX_512)
        # Of the two names it knows one, and warns about the other.
        warnings.filterwarnings("ignore", "During parsing environment variable", ImportWarning)


def begin_again(error: BaseException) -> None:
    """Begin this command anew where NumPy refuses the settings: one that was built for this processor alone does.

    It refuses as it is imported, before anything is measured.
    """
    if isinstance(error, RuntimeError) and _NOT_USED in str(error) and os.environ.get(_NOT_USED) == _AVX_512:
        os.environ[_NOT_USED] = ""
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 (this very command)


def _is_zen_4(processor: Path) -> bool:
    """Whether the first core is AMD's of the family 25 with AVX-512: Zen 3, of the same family, has none."""
    try:
        with processor.open(encoding="ascii", errors="replace") as file:
            first = file.read(4096)  # of one core; there may be hundreds
    except OSError:
        return False
    facts = {key.strip(): value.split() for key, _, value in (line.partition(":") for line in first.splitlines())}
    return (
        facts.get("vendor_id") == ["AuthenticAMD"]
        and facts.get("cpu family") == ["25"]
        and "avx512f" in facts.get("flags", ())
    )
