"""Globs, links, parts, digests and verification of files; addresses shown without their secrets."""

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evidence_data.opening import csv, opened, parquet, refused

from lockgate.errors import EvidenceError
from lockgate.evidence.digest import digest_bytes, digest_file, digest_parts
from lockgate.evidence.uri import redacted, scrubbed
from lockgate.types import ExitCode


def test_digests_are_sha256_of_the_bytes(tmp_path: Path) -> None:
    path = csv(tmp_path, "x\n1\n")
    assert digest_file(path) == digest_bytes(b"x\n1\n") == "sha256:" + hashlib.sha256(b"x\n1\n").hexdigest()
    assert opened(path).digest == digest_file(path)


def test_the_digest_of_a_glob_is_that_of_its_sorted_names_and_digests(tmp_path: Path) -> None:
    parts = [("sub/b.csv", "x\n2\n"), ("a.csv", "x\n1\n")]
    (tmp_path / "sub").mkdir()
    pairs = sorted([name, digest_file(csv(tmp_path, content, name))] for name, content in parts)
    source = opened("**/*.csv", tmp_path)
    assert source.digest == digest_bytes(json.dumps(pairs, separators=(",", ":")).encode())
    assert source.column("x").to_pylist() == [1, 2]
    assert opened(str(tmp_path / "*.csv")).rows == 1


def test_parts_of_a_digest_have_no_order_but_names(tmp_path: Path) -> None:
    assert digest_parts([("a", "1"), ("b", "2")]) == digest_parts([("b", "2"), ("a", "1")])
    assert digest_parts([("a", "1"), ("b", "2")]) != digest_parts([("a", "2"), ("b", "1")])


def test_a_pattern_that_no_file_matches(tmp_path: Path) -> None:
    assert "no file matches" in refused("*.parquet", tmp_path)


@pytest.mark.parametrize("address", ["file://%00", "file://", "a%00b.csv", "file:///tmp/a%00b.csv"])
def test_an_address_that_no_file_can_have(address: str, tmp_path: Path) -> None:
    code = ExitCode.USAGE if address.startswith("file") else ExitCode.NOT_JUDGED
    refused(address, tmp_path, code)


@pytest.mark.parametrize("address", ["a" * 5000, "[" + "a" * 5000, "file:///" + "a" * 5000, "*/" + "b" * 300, "[z-a]*"])
def test_an_address_that_the_system_refuses(address: str, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    refused(address, tmp_path)


def test_a_file_that_is_called_like_a_pattern_is_a_file(tmp_path: Path) -> None:
    csv(tmp_path, "x\n1\n", "data[1].csv")
    csv(tmp_path, "x\n2\n3\n", "data1.csv")
    assert opened("data[1].csv", tmp_path).rows == 1
    assert opened("data[12].csv", tmp_path).rows == 2


def test_a_file_url_is_a_path(tmp_path: Path) -> None:
    path = csv(tmp_path, "x\n1\n", "my data.csv")
    assert opened(path.as_uri()).rows == 1


def test_bad_input_71_missing_part_of_numbered_parts(tmp_path: Path) -> None:
    for number in (0, 1, 3):
        parquet(tmp_path, {"x": [number]}, f"part-{number:05}-of-00004.parquet")
    assert "part 2 of 4 is missing" in refused("part-*.parquet", tmp_path)
    parquet(tmp_path, {"x": [2]}, "part-00002-of-00004.parquet")
    assert opened("part-*.parquet", tmp_path).column("x").to_pylist() == [0, 1, 2, 3]


def test_bad_input_71_a_part_that_is_a_dead_link(tmp_path: Path) -> None:
    parquet(tmp_path, {"x": [1]}, "a.parquet")
    (tmp_path / "b.parquet").symlink_to(tmp_path / "gone.parquet")
    said = refused("*.parquet", tmp_path)
    assert "(b.parquet): the link points to a file that is missing" in said


def test_bad_input_71_a_part_that_goes_after_it_was_pinned(tmp_path: Path) -> None:
    for name in ("a.parquet", "b.parquet"):
        parquet(tmp_path, {"x": [1]}, name)
    source = opened("*.parquet", tmp_path)
    (tmp_path / "b.parquet").unlink()
    for act in (source.verify, lambda: source.distribution("x")):
        with pytest.raises(EvidenceError, match="changed after it was pinned") as caught:
            act()
        assert "(b.parquet)" in caught.value.where


def test_bad_input_78_links_out_of_the_folder_of_a_glob_are_refused(tmp_path: Path) -> None:
    data, outside = tmp_path / "data", tmp_path / "outside"
    data.mkdir()
    outside.mkdir()
    parquet(data, {"x": [1]}, "a.parquet")
    secret = parquet(outside, {"x": [1]}, "secret.parquet")
    (data / "b.parquet").symlink_to(secret)
    said = refused("data/*.parquet", tmp_path)
    assert "b.parquet leads out of the folder" in said
    (data / "b.parquet").unlink()
    (data / "deep").symlink_to(outside)
    assert "leads out of the folder" in refused("data/*/*.parquet", tmp_path)


def test_a_link_inside_the_folder_is_fine_and_a_folder_may_be_a_link_itself(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    parquet(data, {"x": [1]}, "a.parquet")
    (data / "b.parquet").symlink_to("a.parquet")
    (tmp_path / "link").symlink_to(data)
    assert opened("link/*.parquet", tmp_path).rows == 2


@pytest.mark.usefixtures("read_again")
def test_bad_input_79_csv_that_changed_is_found_when_it_is_verified(tmp_path: Path) -> None:
    path = csv(tmp_path, "x\n1\n")
    source = opened(path)
    source.verify()
    csv(tmp_path, "x\n2\n")
    with pytest.raises(EvidenceError, match="changed after it was pinned") as caught:
        source.verify()
    assert caught.value.exit_code == ExitCode.NOT_JUDGED
    assert caught.value.where == f"validation data {path}"


def test_catalogue_28_another_file_has_another_digest(tmp_path: Path) -> None:
    one, two = csv(tmp_path, "x\n1\n", "1.csv"), csv(tmp_path, "x\n2\n", "2.csv")
    assert opened(one).digest != opened(two).digest


def test_formats_of_one_glob_must_be_one(tmp_path: Path) -> None:
    parquet(tmp_path, {"x": [1]}, "a.parquet")
    csv(tmp_path, "x\n1\n", "b.csv")
    assert "is CSV, a.parquet is Parquet" in refused("*", tmp_path)


# --- secrets in addresses ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("data/x.parquet", "data/x.parquet"),
        ("s3://bucket/x.parquet", "s3://bucket/x.parquet"),
        ("s3://KEY:SECRET@bucket/x.parquet", "s3://***@bucket/x.parquet"),
        ("s3://b/x?region=eu&endpoint_override=127.0.0.1:9", "s3://b/x?region=eu&endpoint_override=127.0.0.1:9"),
        ("s3://b/x?endpoint_override=me:SECRET@host", "s3://b/x?endpoint_override=***"),
        ("s3://b/x?session_token=SECRET&region=eu", "s3://b/x?session_token=***&region=eu"),
        ("https://me:SECRET@host/x?sig=SECRET#SECRET", "https://***@host/x?sig=***#***"),
        ("abfs://box:SECRET@acc.dfs.core.windows.net/x", "abfs://box:***@acc.dfs.core.windows.net/x"),
        ("abfs://box@acc.dfs.core.windows.net/x", "abfs://box@acc.dfs.core.windows.net/x"),
        ("az://box/x?sv=2020&sig=SECRET", "az://box/x?sv=***&sig=***"),
        ("s3://a:SECRET@[bad/x", "s3://***"),
    ],
)
def test_addresses_are_shown_without_their_secrets(uri: str, shown: str) -> None:
    assert redacted(uri) == shown
    if "SECRET" in uri:
        assert "SECRET" not in scrubbed(f"could not open {uri}: token SECRET is wrong", uri)


@given(st.text(st.characters(categories=("L", "N"), max_codepoint=127), min_size=6, max_size=20))
def test_no_password_ever_shows(secret: str) -> None:
    uri = f"s3://user:pw{secret}@bucket/x?token=tk{secret}&region=eu"
    for shown in (redacted(uri), scrubbed(f"pw{secret} is no password, tk{secret} no token, {uri} no place", uri)):
        assert f"pw{secret}" not in shown
        assert f"tk{secret}" not in shown


def test_refused_addresses_do_not_show_their_secrets(tmp_path: Path) -> None:
    said = refused("https://me:SECRET@host/data.csv?sig=SECRET", tmp_path, ExitCode.USAGE)
    assert "SECRET" not in said
    assert "https:// data cannot be read" in said
