"""Reads the imports of the package from its syntax trees."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import lockgate

PACKAGE = Path(lockgate.__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One imported module: by which file of the package, on which line, and whether when the file is loaded."""

    file: str
    line: int
    module: str
    at_load: bool

    def __str__(self) -> str:
        return f"{self.file}:{self.line} imports {self.module}"

    @property
    def importer(self) -> str:
        """The room or top-level module that imports: `gates`, `judge`."""
        return self.file.removeprefix("src/lockgate/").split("/")[0].removesuffix(".py")

    @property
    def imported(self) -> str | None:
        """The room or top-level module of Lockgate that is imported; None for other packages."""
        head, *rest = self.module.split(".")
        return (rest[0] if rest else "__init__") if head == "lockgate" else None

    @property
    def package(self) -> str:
        """The top-level package that is imported."""
        return self.module.split(".")[0]


def imports() -> Iterator[Import]:
    """Every import of every file of the package; those under `TYPE_CHECKING` too, for they are arrows as well."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if "files" in path.relative_to(PACKAGE).parts:
            continue  # what the demo copies into a project is the project's, not the package's
        yield from _of(path)


def _of(path: Path) -> Iterator[Import]:
    tree = ast.parse(path.read_text("utf-8"))
    name = f"src/lockgate/{path.relative_to(PACKAGE).as_posix()}"
    package = ".".join(("lockgate", *path.relative_to(PACKAGE).parent.parts))
    late = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or _type_checking(node)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join([*package.split(".")[: len(package.split(".")) - node.level + 1], base]).rstrip(".")
            modules = [_module(base, alias.name) for alias in node.names]
        else:
            continue
        for module in modules:
            yield Import(file=name, line=node.lineno, module=module, at_load=id(node) not in late)


def _type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def _module(base: str, name: str) -> str:
    """`from lockgate import judge` and `from lockgate.stats.metrics import ranking` import a module, not a name."""
    if base.split(".", maxsplit=1)[0] != "lockgate":
        return base
    path = PACKAGE.joinpath(*base.split(".")[1:], name)
    return f"{base}.{name}" if path.is_dir() or path.with_suffix(".py").exists() else base
