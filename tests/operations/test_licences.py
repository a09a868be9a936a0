"""Licences: what distributions state, read as SPDX where that is known, and held against a policy's lists."""

import re

import pytest

from lockgate.operations.licences import licence_of, usable


@pytest.mark.parametrize(
    ("expression", "classifiers", "text", "licence"),
    [
        ("BSD-3-Clause AND MIT", ["License :: OSI Approved :: MIT License"], "BSD", "BSD-3-Clause AND MIT"),
        ("", ["License :: OSI Approved :: MIT License"], "", "MIT"),
        ("", ["License :: OSI Approved :: BSD License"], "new BSD", "BSD-3-Clause"),
        ("", ["License :: OSI Approved :: BSD License"], "", "BSD"),
        ("", ["License :: OSI Approved", "License :: OSI Approved :: MIT License"], "UNKNOWN", "MIT"),
        ("", [], "Apache License, Version 2.0", "Apache-2.0"),
        ("", [], "MIT", "MIT"),
        ("", [], "UNKNOWN", ""),
        ("", [], "", ""),
        ("", [], "Copyright (c) 2012 Some People, all of them", ""),
        ("", [], "Permission is hereby granted, free of charge, to any person obtaining a copy", ""),
        (
            "",
            ["License :: OSI Approved :: MIT License", "License :: OSI Approved :: Apache Software License"],
            "",
            "MIT AND Apache-2.0",
        ),
        ("", ["License :: OSI Approved :: Some License of its own"], "", "Some License of its own"),
    ],
)
def test_what_is_stated_is_read(expression: str, classifiers: list[str], text: str, licence: str) -> None:
    assert licence_of(expression, classifiers, text) == licence


@pytest.mark.parametrize(
    ("licence", "good"),
    [
        ("MIT", True),
        ("GPL-3.0-only", False),
        ("gpl-3.0-ONLY", False),
        ("MIT OR GPL-3.0-only", True),
        ("MIT AND GPL-3.0-only", False),
        ("MIT AND (GPL-3.0-only OR BSD-3-Clause)", True),
        ("GPL-2.0-only WITH Classpath-exception-2.0", False),
        ("LGPL-2.1+", True),
        ("GPL v3, see file", False),
        ("", True),
    ],
)
def test_a_denied_licence_is_found_in_an_expression(licence: str, good: bool) -> None:
    assert usable(licence, allow=(), deny=("GPL*",)) is good


def test_only_what_is_allowed_may_be_and_the_unknown_is_not() -> None:
    allow = ("MIT", "BSD-*", "Apache-2.0")

    assert usable("BSD-3-Clause AND (MIT OR Proprietary)", allow=allow, deny=())
    assert not usable("BSD-3-Clause AND Zlib", allow=allow, deny=())
    assert not usable("", allow=allow, deny=())
    assert not usable("MIT", allow=allow, deny=("MIT",))


@pytest.mark.parametrize("broken", ["MIT AND", "(MIT", "OR", "MIT Apache-2.0", "MIT)", "MIT, or so"])
def test_what_is_no_expression_is_one_name(broken: str) -> None:
    assert not usable(broken, allow=("MIT",), deny=())
    assert usable(broken, allow=(re.sub(r"([\[\]*?])", r"[\1]", broken),), deny=())
