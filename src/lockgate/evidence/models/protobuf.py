"""The few lines of protocol buffers that it takes to look into an ONNX file before its runtime does."""

from collections.abc import Iterator
from typing import TypeAlias

Value: TypeAlias = "int | memoryview"


def fields(data: memoryview) -> Iterator[tuple[int, Value]]:
    """Number and value of every field of one message: an int (varint), or the bytes.

    Raises:
        ValueError: it is not a message.
    """
    position = 0
    while position < len(data):
        key, position = _varint(data, position)
        number, kind = key >> 3, key & 7
        if number == 0:
            raise ValueError("a field has no number")
        value: Value
        if kind == 0:
            value, position = _varint(data, position)
        elif kind in (1, 2, 5):
            size = {1: 8, 5: 4}.get(kind, 0)
            if kind == 2:
                size, position = _varint(data, position)
            if position + size > len(data):
                raise ValueError("a field is cut off")
            value, position = data[position : position + size], position + size
        else:
            raise ValueError(f"wire type {kind} is unknown")
        yield number, value


def parts(data: memoryview, *numbers: int) -> tuple[list[memoryview], ...]:
    """The messages, texts or bytes that stand under some numbers, by one reading."""
    held: dict[int, list[memoryview]] = {number: [] for number in numbers}
    for number, value in fields(data):
        if number in held and isinstance(value, memoryview):
            held[number].append(value)
    return tuple(held.values())


def messages(data: memoryview, number: int) -> list[memoryview]:
    """The messages, texts or bytes that stand under one number."""
    return [value for found, value in fields(data) if found == number and isinstance(value, memoryview)]


def text(data: memoryview, number: int) -> str:
    """The last text under one number; empty when there is none."""
    held = messages(data, number)
    return bytes(held[-1]).decode("utf-8", "replace") if held else ""


def integers(data: memoryview, number: int) -> list[int]:
    """The signed integers under one number, packed or not."""
    values: list[int] = []
    for found, value in fields(data):
        if found != number:
            continue
        if isinstance(value, int):
            values.append(value)
            continue
        position = 0
        while position < len(value):
            one, position = _varint(value, position)
            values.append(one)
    return [value - (1 << 64) if value >> 63 else value for value in values]


def _varint(data: memoryview, position: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if position >= len(data):
            raise ValueError("a number is cut off")
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    raise ValueError("a number is too long")
