"""Imports point one way, and each library is imported only where it belongs."""

import sys
from fnmatch import fnmatch
from graphlib import CycleError, TopologicalSorter

import pytest
from tests.imports.imports import PACKAGE, Import, imports

GROUND = {"types", "errors", "version"}
WORDS = {"numbers", "compare", "globs", "law"}
OF_GATES = {"compliance", "explain", "external", "libraries", "operations", "pii", "robustness", "scan"}
"""rooms that each hold what one gate, or one kind of gate, does."""

ARROWS = {
    # what everything stands on
    "types": set[str](),
    "version": set[str](),
    "errors": {"types"},
    "globs": set[str](),
    "canonical": set[str](),
    "numbers": set[str](),
    "progress": set[str](),
    "law": {"types"},
    "compare": {"types", "law"},
    "stats": {"types", "law"},
    # what measures, decides and records
    "evidence": GROUND | {"canonical", "stats", "policy"},
    "external": GROUND | {"canonical", "stats", "evidence"},
    "compliance": GROUND | {"numbers"},
    "explain": GROUND | {"law", "numbers", "stats", "evidence"},
    "robustness": GROUND | {"stats", "evidence"},
    "operations": GROUND | {"globs", "stats", "evidence"},
    "pii": GROUND | {"globs", "stats", "evidence"},
    "scan": GROUND | {"canonical", "evidence", "pii"},
    "libraries": GROUND | {"stats", "evidence", "policy"},
    "gates": GROUND | OF_GATES | {"globs", "numbers", "stats", "evidence"},
    "plugins": GROUND | {"gates"},
    "policy": GROUND | {"canonical", "globs", "evidence", "gates", "plugins", "budget"},
    "scorecard": GROUND | {"compare"},
    "budget": set[str](),
    "judge": GROUND | WORDS | {"scorecard", "budget"},
    "record": GROUND | {"canonical"},
    # what uses them
    "reports": GROUND | WORDS | {"record", "gates", "plugins"},
    "measure": GROUND | WORDS | {"evidence", "gates", "plugins", "policy", "record"},
    "history": GROUND,
    "run": GROUND | {"progress", "history", "evidence", "gates", "judge", "measure", "plugins", "policy", "record"},
    "merge": GROUND | {"history", "judge", "policy", "record", "run"},
    "testing": GROUND | {"evidence", "gates", "plugins", "policy", "run"},
    "plan": GROUND
    | WORDS
    | {"budget", "stats", "progress", "evidence", "gates", "judge", "measure", "policy", "reports"},
    "init": GROUND | WORDS | {"stats", "progress", "evidence", "gates", "judge", "measure", "policy"},
    "demo": GROUND | {"progress", "init", "run"},
    # what people use
    "cli": GROUND
    | {
        "progress",
        "evidence",
        "history",
        "gates",
        "plugins",
        "policy",
        "record",
        "run",
        "merge",
        "init",
        "plan",
        "demo",
        "reports",
        "compliance",
    },
    "__init__": GROUND | {"evidence", "gates", "policy", "run"},
}
"""room or top-level module → what it may import of Lockgate, beside itself."""

INPUT = {"checks", "undefined"}

STATS_ARROWS = {
    "blocks": set[str](),
    "distinct": set[str](),
    "undefined": set[str](),
    "checks": {"blocks", "undefined"},
    "chance": INPUT,
    "metrics": INPUT | {"blocks"},
    "influence": INPUT | {"metrics"},
    "uncertainty": INPUT | {"blocks", "chance", "metrics", "influence"},
    "paired": INPUT | {"chance", "metrics", "influence", "uncertainty"},
    "groups": INPUT | {"blocks", "distinct", "chance", "metrics"},
    "distances": {"blocks", "distinct", "undefined"},
    "distance_laws": {"distinct", "undefined", "chance", "distances"},
    "timings": {"checks", "chance"},
    "membership": INPUT | {"chance"},
    "planning": {"chance"},
    "attribution": INPUT | {"chance"},
    "__init__": set[str](),
}
"""folder or module of `stats` → what it may import of `stats`, beside itself."""

EXCEPTIONS = {
    ("src/lockgate/types/record.py", "lockgate.reports.html"),  # a Record shows itself in a notebook
    ("src/lockgate/evidence/gather.py", "lockgate.gates.base"),  # what a gate needs is said in the gates' contract
    ("src/lockgate/evidence/data_sets.py", "lockgate.gates.base"),
    ("src/lockgate/explain/pictures.py", "lockgate.reports.charts"),  # a gate's picture is drawn like a report's
    ("src/lockgate/explain/pictures.py", "lockgate.reports.specs"),
    ("src/lockgate/explain/pictures.py", "lockgate.reports.text"),
}

LIBRARIES = {
    "click": ["cli/*"],
    "rich": ["progress.py", "reports/console.py", "reports/terminal.py", "plan/terminal.py"],
    "jinja2": ["reports/*"],
    "markupsafe": ["reports/*"],
    "vl_convert": ["reports/*"],
    "ruamel": ["policy/*", "init/*", "compliance/card.py"],
    "pydantic": ["record.py", "policy/*", "plugins.py", "gates/*", "libraries/*", "init/*", "cli/explain.py"],
    "numpy": ["stats/*", "evidence/*", "gates/*", "init/*", "plan/*", *(f"{room}/*" for room in OF_GATES)],
    "pyarrow": ["evidence/*", "testing.py", "plan/suppose.py", *(f"{room}/*" for room in OF_GATES)],
    "cryptography": ["scan/signature/*"],
    "sigstore": ["scan/signature/by_identity.py"],
    "sigstore_models": ["scan/signature/by_identity.py"],
    "duckdb": ["evidence/*"],
    "jmespath": ["external/*"],
    "uv": ["evidence/*"],
    "pandas": ["evidence/*", "libraries/scripts/*"],
    "polars": ["evidence/*"],
    "joblib": ["evidence/models/*"],
    "sklearn": ["evidence/models/*", "libraries/scripts/*"],
    "skops": ["evidence/models/*"],
    "scipy": ["evidence/models/*", "libraries/scripts/alibi_detect.py"],
    "onnx": ["evidence/models/*"],
    "onnxruntime": ["evidence/models/*"],
    "lightgbm": ["evidence/models/*"],
    "xgboost": ["evidence/models/*"],
    "catboost": ["evidence/models/*"],
    "codecarbon": ["evidence/worker/jobs/*"],
    "cpuinfo": ["evidence/worker/jobs/*"],
    "psutil": ["evidence/worker/jobs/*"],
    **{path.stem: [f"libraries/scripts/{path.name}"] for path in (PACKAGE / "libraries" / "scripts").glob("*.py")},
    "presidio_analyzer": ["pii/presidio.py"],
    "spacy": ["pii/presidio.py"],
    "tldextract": ["pii/presidio.py"],
}
"""library → the files that may import it."""

LIGHT = {"stats": {"numpy"}, "types": set[str](), "errors": set[str](), "globs": set[str]()}
"""rooms that may import no library but these."""

WHEN_LOADED = {"click", "numpy", "pyarrow", "pydantic", "ruamel"}
"""libraries that a file may import when it is loaded; every other one is imported in the function that uses it."""

ALL = list(imports())


def file_of(found: Import) -> str:
    return found.file.removeprefix("src/lockgate/")


def test_every_room_has_its_arrows() -> None:
    rooms = {path.stem for path in PACKAGE.glob("*.py")} | {path.parent.name for path in PACKAGE.glob("*/__init__.py")}

    assert rooms - {"__init__"} <= set(ARROWS)


@pytest.mark.parametrize("room", sorted(ARROWS))
def test_imports_point_one_way(room: str) -> None:
    wrong = [
        str(found)
        for found in ALL
        if found.importer == room
        and found.imported is not None
        and found.imported not in ARROWS[room] | {room, "__init__"}
        and (found.file, found.module) not in EXCEPTIONS
    ]

    assert wrong == []


def test_imports_within_the_statistics_point_one_way() -> None:
    wrong = []
    for found in (found for found in ALL if found.importer == "stats" and found.imported == "stats"):
        importer, imported = file_of(found).split("/")[1].removesuffix(".py"), found.module.split(".")[2]
        if imported not in STATS_ARROWS[importer] | {importer}:
            wrong.append(str(found))

    assert wrong == []


def test_rooms_do_not_import_the_package_itself() -> None:
    """`from lockgate import check` inside the package would go round the arrows."""
    assert [str(found) for found in ALL if found.module == "lockgate" and found.importer != "__init__"] == []


def test_no_module_needs_itself_to_be_loaded() -> None:
    graph: dict[str, set[str]] = {}
    for found in ALL:
        if found.at_load and found.imported is not None:
            module = "lockgate." + file_of(found).removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            graph.setdefault(module, set()).add(found.module)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"these modules import each other: {' → '.join(error.args[1])}")


@pytest.mark.parametrize("library", sorted({found.package for found in ALL if found.imported is None}))
def test_a_library_is_imported_only_where_it_belongs(library: str) -> None:
    if library in sys.stdlib_module_names:
        return
    assert library in LIBRARIES, f"{library} is new here: say in this file where it belongs"

    wrong = [
        str(found)
        for found in ALL
        if found.package == library and not any(fnmatch(file_of(found), allowed) for allowed in LIBRARIES[library])
    ]

    assert wrong == []


def test_heavy_libraries_are_imported_when_they_are_used() -> None:
    known = WHEN_LOADED | set(sys.stdlib_module_names) | {"lockgate"}

    assert [str(found) for found in ALL if found.at_load and found.package not in known] == []


@pytest.mark.parametrize("room", sorted(LIGHT))
def test_the_lowest_rooms_import_next_to_nothing(room: str) -> None:
    allowed = LIGHT[room] | set(sys.stdlib_module_names)

    assert [str(f) for f in ALL if f.importer == room and f.imported is None and f.package not in allowed] == []
