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


def test_pages_say_what_may_be_written_and_what_holds_otherwise(made: Path) -> None:
    pages = {page.stem: page.read_text("utf-8") for page in (made / "gates").iterdir()}
    for name, page in pages.items():
        assert "Pydantic" not in page, name
        assert "`True`" not in page, name
        assert "`('" not in page, name
    assert "| `perturb` | list of noise, missing, unseen or out_of_range |" in pages["robustness"]
    assert "| `[noise, missing, unseen, out_of_range]` |" in pages["robustness"]
    assert "| `signature.public_key` | text | that key itself" in pages["security"]
    file = "the signature: a bundle of Sigstore or model-signing, or raw or base64 bytes"
    assert f"| `signature.file` | text | {file} | required |" in pages["security"]
    assert "| `entities` | list of email, phone, " in pages["privacy"]
    assert "| max: 0 where `monotone` is set |" in pages["robustness"]
    assert "| min: 1 where `signature` is set |" in pages["security"]
    assert "| max: 0 where `allow_licences` or `deny_licences` is set |" in pages["operations"]


def test_an_example_can_be_copied(made: Path) -> None:
    page = (made / "gates" / "forecast.md").read_text("utf-8")
    assert "data: {label: sold, time: month, min_rows: 8}\ngates:\n  forecast:\n    scale: scale\n" in page
    assert "| month | sold | new | old | scale |\n| --- | --- | --- | --- | --- |\n| 0 | 100 | 104.0 |" in page
    assert "group: query" in (made / "gates" / "ranking.md").read_text("utf-8")
