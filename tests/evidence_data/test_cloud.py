"""s3:// for real, against moto's server on this machine; gs:// and az:// as far as no network reaches."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import fs
from tests.evidence_data.opening import opened, refused

from lockgate.evidence.digest import digest_file
from lockgate.types import ExitCode

pytestmark = pytest.mark.network

SECRET = "a-very-secret-key"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(endpoint: str, tmp_path: Path) -> Iterator[str]:
    """A bucket with three files; what stands after the key in a URI."""
    system = fs.S3FileSystem(
        access_key="me", secret_key=SECRET, endpoint_override=endpoint, scheme="http", region="us-east-1",
        allow_bucket_creation=True, allow_bucket_deletion=True,
    )  # fmt: skip
    system.create_dir("bucket")
    for number in (1, 2):
        pq.write_table(pa.table({"x": [number], "t": ["a"]}), tmp_path / f"part-{number}.parquet")
        with system.open_output_stream(f"bucket/data/part-{number}.parquet") as out:
            out.write((tmp_path / f"part-{number}.parquet").read_bytes())
    with system.open_output_stream("bucket/data/deep/my data.csv") as out:
        out.write(b"x,t\n7,a\n8,b\n")
    yield f"?endpoint_override={endpoint}&scheme=http&region=us-east-1"
    system.delete_dir("bucket")


def url(path: str, query: str) -> str:
    return f"s3://me:{SECRET}@bucket/{path}{query}"


def test_an_object_is_pinned_read_and_shown_without_its_key(bucket: str, tmp_path: Path) -> None:
    source = opened(url("data/part-1.parquet", bucket))
    assert source.digest == digest_file(tmp_path / "part-1.parquet")
    assert source.column("x").to_pylist() == [1]
    assert source.facts().uri == f"s3://***@bucket/data/part-1.parquet{bucket}"
    source.verify()


def test_credentials_from_the_environment(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "me")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    assert opened(f"s3://bucket/data/part-2.parquet{bucket}").column("x").to_pylist() == [2]


def test_globs_of_objects(bucket: str) -> None:
    assert opened(url("data/part-*.parquet", bucket)).column("x").to_pylist() == [1, 2]
    assert opened(url("data/**/*.csv", bucket)).column("x").to_pylist() == [7, 8]
    assert "no object matches" in refused(url("data/*.csv", bucket))


def test_a_local_glob_and_the_same_objects_have_one_digest(bucket: str, tmp_path: Path) -> None:
    assert opened(url("data/part-*.parquet", bucket)).digest == opened("part-*.parquet", tmp_path).digest


def test_a_missing_object_bucket_or_a_folder(bucket: str) -> None:
    for path in ("data/gone.parquet", "data"):
        said = refused(url(path, bucket))
        assert SECRET not in said
        assert "missing" in said or "cannot be read" in said
    assert SECRET not in refused(f"s3://me:{SECRET}@nobucket/x.parquet{bucket}")


def test_a_server_that_is_not_there_says_so_without_the_key() -> None:
    said = refused(url("x.parquet", "?endpoint_override=127.0.0.1:1&scheme=http&region=us-east-1"))
    assert SECRET not in said
    assert "cannot be read" in said


def test_an_unknown_option_is_a_usage_error_without_its_value() -> None:
    said = refused(f"s3://bucket/x.parquet?session_tokne={SECRET}", code=ExitCode.USAGE)
    assert SECRET not in said
    assert "session_tokne" in said


def test_azure_needs_its_account(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AZURE_STORAGE_ACCOUNT", "AZURE_STORAGE_ACCOUNT_NAME"):
        monkeypatch.delenv(name, raising=False)
    said = refused("az://box/data/x.parquet?sig=" + SECRET, code=ExitCode.USAGE)
    assert "abfs://box@ACCOUNT.dfs.core.windows.net/data/x.parquet" in said
    assert SECRET not in said
