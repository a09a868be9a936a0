"""The settings that a command line takes for its own process."""

from pathlib import Path

import pytest
from tests.cli.running import python

ZEN_4 = (
    "processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 17\nflags\t\t: fpu avx2 avx512f sha_ni\n"
)
ASK = """\
import os, sys
from pathlib import Path
from lockgate.cli._brief import be_brief

be_brief(Path(sys.argv[1]))
print(os.environ.get("NPY_DISABLE_CPU_FEATURES"))
import numpy
held = numpy._core._multiarray_umath.__cpu_features__
print(any(held.get(name) for name in ("X86_V4", "AVX512_SKX")), numpy.sort([2.0, 1.0]).tolist())
"""
AGAIN = """\
import os, sys
import lockgate.cli._brief as brief
from lockgate.cli.main import main

brief._AVX_512 = sys.argv.pop()
brief._is_zen_4 = lambda _: True
print("begun", flush=True)
sys.exit(main())
"""


def asked(folder: Path, cpuinfo: str, more: dict[str, str] | None = None) -> list[str]:
    (folder / "cpuinfo").write_text(cpuinfo)
    done = python(ASK, "cpuinfo", cwd=folder, more=more)
    assert not done.code, done.err
    return done.text.splitlines()


def test_numpy_sorts_without_avx_512_where_that_is_slow(tmp_path: Path) -> None:
    assert asked(tmp_path, ZEN_4) == ["AVX512_SKX X86_V4", "False [1.0, 2.0]"]


@pytest.mark.parametrize(
    "other",
    [
        ZEN_4.replace(": 25", ": 26"),
        ZEN_4.replace("AuthenticAMD", "GenuineIntel"),
        ZEN_4.replace(" avx512f", ""),
        "processor : 0\nFeatures : fp asimd\n",
        "\N{REPLACEMENT CHARACTER}",
        "",
    ],
    ids=["Zen 5", "Intel", "Zen 3", "ARM", "no text", "empty"],
)
def test_other_processors_keep_all_that_they_have(tmp_path: Path, other: str) -> None:
    assert asked(tmp_path, other)[0] == "None"


def test_a_machine_that_does_not_name_its_processor_keeps_all(tmp_path: Path) -> None:
    assert python(ASK, "absent", cwd=tmp_path).text.splitlines()[0] == "None"


def test_what_the_environment_says_stands(tmp_path: Path) -> None:
    assert asked(tmp_path, ZEN_4, {"NPY_DISABLE_CPU_FEATURES": ""})[0] == ""


def test_a_numpy_that_refuses_the_settings_runs_without_them(tmp_path: Path) -> None:
    """As one does that was built for such a processor alone: its own baseline stands for AVX-512 here."""
    baseline = python(
        "import numpy; print(*numpy.show_config(mode='dicts')['SIMD Extensions']['baseline'][:1])", cwd=tmp_path
    ).text.strip()
    (tmp_path / "data.csv").write_text("\n".join(["a", *map(str, range(200))]))

    done = python(AGAIN, "profile", "data.csv", "-o", "data.profile", baseline, cwd=tmp_path)

    assert (done.code, done.text.split().count("begun")) == (0, 2), done.err
    assert (tmp_path / "data.profile").exists()


@pytest.mark.parametrize("wanted", ["default", "error"])
def test_numpy_does_not_warn_of_the_name_that_it_does_not_know(tmp_path: Path, wanted: str) -> None:
    (tmp_path / "cpuinfo").write_text(ZEN_4)

    done = python(ASK, "cpuinfo", cwd=tmp_path, more={"PYTHONWARNINGS": wanted})

    assert (done.code, done.err) == (0, "")
