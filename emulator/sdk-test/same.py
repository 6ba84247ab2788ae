"""Nothing that the emulator answers is lost in the SDK's models."""

from datetime import datetime

from ibm_cloud_sdk_core.utils import string_to_datetime

checked = 0


def same(model, answer):
    """The model of an answer, after checking that it says what the answer says."""
    global checked
    parsed = model.from_dict(answer)
    compare(model.__name__, parsed.to_dict(), answer)
    checked += 1
    return parsed


def compare(where, parsed, answered):
    """Every field that was answered is in the model, with its value."""
    if isinstance(answered, dict):
        assert isinstance(parsed, dict), f"{where}: {parsed!r} is not an object"
        for name, value in answered.items():
            assert name in parsed, f"{where}.{name} is lost: the model has no such field"
            compare(f"{where}.{name}", parsed[name], value)
    elif isinstance(answered, list):
        assert isinstance(parsed, list) and len(parsed) == len(answered), f"{where}: {parsed!r}"
        for index, (one, other) in enumerate(zip(parsed, answered)):
            compare(f"{where}[{index}]", one, other)
    elif parsed != answered:
        # A date may be written in another way.
        assert is_date(answered) and time(parsed) == time(answered), f"{where}: {parsed!r}, not {answered!r}"


def is_date(value):
    return isinstance(value, str) and value[:4].isdigit() and "T" in value


def time(value):
    return value if isinstance(value, datetime) else string_to_datetime(value)
