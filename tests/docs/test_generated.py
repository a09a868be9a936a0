"""The generated pages are those that the code makes now."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    import generate_docs

    generate_docs.write(tmp_path)
    sys.modules.pop("generate_docs")
    return tmp_path


def test_generated_pages_are_fresh(made: Path) -> None:
    pages = [page.relative_to(made) for page in made.rglob("*") if page.is_file()]
    assert pages
    stale = [str(page) for page in pages if (ROOT / "docs" / page).read_bytes() != (made / page).read_bytes()]
    assert not stale, f"make docs writes anew: {stale}"
    gone = {page.name for page in (ROOT / "docs" / "gates").iterdir()} - {page.name for page in made.rglob("*.md")}
    assert not gone, f"pages of gates that are no more: {gone}"
