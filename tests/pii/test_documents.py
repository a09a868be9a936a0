"""What is found in a model's file, and what is not."""

import zipfile
from pathlib import Path

from lockgate.pii.detect import Detector
from lockgate.pii.documents import of_model
from lockgate.pii.entities import entities

ALL = Detector(tuple(entities().values()), 0.6)
ADDRESSES = ("140025857530745", "140025832519888")
"""Of objects in a model that skops wrote on Linux: they pass the check of a French national identifier."""


def model(folder: Path, note: str = "") -> Path:
    """A file as skops writes it."""
    path = folder / "model.skops"
    lines = [f'  "__id__": {ADDRESSES[0]}', f'  "file": "{ADDRESSES[1]}.npy",', f'  "content": "{note}"']
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{ADDRESSES[1]}.npy", b"\x93NUMPY\x01\0")
        archive.writestr("schema.json", "{\n" + "\n".join(lines) + "\n}\n")
    return path


def test_an_objects_address_is_nobodys_number(tmp_path: Path) -> None:
    assert of_model(model(tmp_path), ALL).counts == {}


def test_the_same_number_elsewhere_in_the_file_is_somebodys(tmp_path: Path) -> None:
    for number in ADDRESSES:
        assert of_model(model(tmp_path, note=f"patient {number}"), ALL).counts == {"fr_nir": 1}
