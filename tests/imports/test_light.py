"""Importing Lockgate, and asking it for help, loads next to nothing."""

import json
import subprocess
import sys

HEAVY = {
    *("catboost", "duckdb", "jinja2", "lightgbm", "numpy", "onnxruntime", "pandas", "polars", "pyarrow"),
    *("pydantic", "rich", "ruamel", "scipy", "sklearn", "skops", "vl_convert", "xgboost"),
}

PROBE = """
import builtins, io, json, os, sys
before, opened = set(sys.modules), []
watched = ("open", "socket.connect")
sys.addaudithook(lambda event, args: opened.append((event, str(args[0]))) if event in watched else None)
{code}
print("\\n" + json.dumps([sorted(set(sys.modules) - before), opened]))
"""


def probe(code: str) -> tuple[set[str], list[tuple[str, str]]]:
    """The modules that `code` loads and the files and sockets that it opens, in an interpreter of its own."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE.replace("{code}", code)], capture_output=True, text=True, check=True, timeout=60
    )
    modules, opened = json.loads(done.stdout.splitlines()[-1])
    return set(modules), [(event, path) for event, path in opened]


def test_importing_lockgate_loads_only_itself() -> None:
    modules, _ = probe("import lockgate")

    assert {name for name in modules if name.split(".")[0] == "lockgate"} == {"lockgate"}
    assert {name.split(".")[0] for name in modules} - set(sys.stdlib_module_names) == {"lockgate"}


def test_importing_lockgate_opens_nothing_but_modules() -> None:
    _, opened = probe("import lockgate")

    assert [(event, path) for event, path in opened if not path.endswith((".py", ".pyc"))] == []


def test_public_names_are_where_they_are_said_to_be() -> None:
    import lockgate

    aliases = {"RuleFile", "RuleFunction"}
    for name in set(lockgate.__all__) - aliases:
        assert getattr(lockgate, name).__name__ == name
    assert all(getattr(lockgate, name) is getattr(lockgate.gates.base, name) for name in aliases)
    assert set(lockgate.__all__) <= set(dir(lockgate))
    assert lockgate.__version__.count(".") == 2


def test_the_facts_of_a_record_load_no_library() -> None:
    modules, _ = probe("from lockgate import Record, Status, Measurement, LockgateError")

    assert {name.split(".")[0] for name in modules} - set(sys.stdlib_module_names) == {"lockgate"}


def test_help_loads_click_and_nothing_heavy() -> None:
    modules, _ = probe("from lockgate.cli.main import main; assert main(['--help']) == 0")

    assert {name.split(".")[0] for name in modules} - set(sys.stdlib_module_names) == {"click", "lockgate"}
    assert {"lockgate.types", "lockgate.errors"} & modules == set()


def test_the_help_of_each_verb_loads_nothing_heavy() -> None:
    modules, _ = probe(
        "from lockgate.cli.main import main, verbs; assert not any(main([v, '--help']) for v in verbs())"
    )

    assert {name.split(".")[0] for name in modules} & HEAVY == set()
