"""Checks that the SDK's models keep everything in the emulator's responses."""

from datetime import datetime

from ibm_cloud_sdk_core.utils import string_to_datetime

checked = 0


def same(model, response):
    """Parses a response, and checks that the model has all of it."""
    global checked
    parsed = model.from_dict(response)
    compare(model.__name__, parsed.to_dict(), response)
    checked += 1
    return parsed


def compare(where, parsed, expected):
    """Checks that every field of the response is in the model, with its value."""
    if isinstance(expected, dict):
        assert isinstance(parsed, dict), f"{where}: {parsed!r} is not an object"
        for name, value in expected.items():
            assert name in parsed, f"{where}.{name} is lost: the model has no such field"
            compare(f"{where}.{name}", parsed[name], value)
    elif isinstance(expected, list):
        assert isinstance(parsed, list) and len(parsed) == len(expected), f"{where}: {parsed!r}"
        for index, (one, other) in enumerate(zip(parsed, expected)):
            compare(f"{where}[{index}]", one, other)
    elif parsed != expected:
        # The model may format a date differently.
        assert is_date(expected) and time(parsed) == time(expected), f"{where}: {parsed!r}, not {expected!r}"


def is_date(value):
    return isinstance(value, str) and value[:4].isdigit() and "T" in value


def time(value):
    return value if isinstance(value, datetime) else string_to_datetime(value)
