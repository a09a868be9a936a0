"""A bill of materials of a model (ML-BOM): CycloneDX 1.6 as JSON, the same bytes for the same model and libraries."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lockgate.scan.advisories import canonical

MEDIA_TYPE = "application/vnd.cyclonedx+json"
_NAMESPACE = uuid.UUID("6f0f5b52-7a0b-5d53-9a5c-6c6f636b6761")


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """A data set of a model: its role, its address without secrets, `sha256:…` of its bytes."""

    role: str
    uri: str
    digest: str


def bom(
    name: str, digest: str, *, kind: str, task: str, libraries: Mapping[str, str], data: tuple[Data, ...], lockgate: str
) -> bytes:
    """The ML-BOM of a model: its hash, its libraries as package URLs, its data sets by hash.

    Args:
        name: the model's file.
        digest: `sha256:…` of its bytes.
        kind: its format.
        task: what it predicts.
        libraries: distribution → version.
        data: its data sets.
        lockgate: the version that writes this.
    """
    sets = [_data(held) for held in data]
    packages = [_library(held, version) for held, version in libraries.items()]
    model: dict[str, Any] = {
        "type": "machine-learning-model",
        "bom-ref": "model",
        "name": name,
        "hashes": [_hash(digest)],
        "modelCard": {
            "modelParameters": {
                "task": task,
                **({"datasets": [{"ref": held["bom-ref"]} for held in sets]} if sets else {}),
            }
        },
        "properties": [{"name": "lockgate:format", "value": kind}],
    }
    tool = {"type": "application", "name": "lockgate", "version": lockgate}
    held: dict[str, Any] = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"tools": {"components": [tool]}, "component": model},
        "components": [*packages, *sets],
        "dependencies": [
            {"ref": "model", "dependsOn": sorted(part["bom-ref"] for part in (*packages, *sets))},
        ],
    }
    # Not drawn: the serial number is that of these contents, so that a run can be repeated byte by byte.
    held["serialNumber"] = f"urn:uuid:{uuid.uuid5(_NAMESPACE, json.dumps(held, sort_keys=True))}"
    return (json.dumps(held, indent=2, sort_keys=True, ensure_ascii=True) + "\n").encode()


def _hash(digest: str) -> dict[str, str]:
    return {"alg": "SHA-256", "content": digest.removeprefix("sha256:")}


def _library(name: str, version: str) -> dict[str, Any]:
    url = f"pkg:pypi/{canonical(name)}@{version.replace('+', '%2B')}"
    return {"type": "library", "bom-ref": url, "name": name, "version": version, "purl": url}


def _data(held: Data) -> dict[str, Any]:
    return {
        "type": "data",
        "bom-ref": f"data:{held.role}",
        "name": held.uri,
        "hashes": [_hash(held.digest)],
        "data": [{"type": "dataset", "name": held.role}],
    }
