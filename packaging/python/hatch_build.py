"""Puts the binary into the wheel, and the platform that it is for into the wheel's name."""

import os
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BinaryHook(BuildHookInterface):
    """Reads what packaging/pack.py says in the environment."""

    def initialize(self, version, build_data):
        if "EMULATOR_BINARY" not in os.environ:
            raise SystemExit("this wheel carries a binary: build it with `make package`")
        binary = Path(os.environ["EMULATOR_BINARY"])
        build_data["force_include"][str(binary)] = f"ibm_sm_emulator/{binary.name}"
        notices = Path(os.environ["EMULATOR_NOTICES"])
        build_data["force_include"][str(notices)] = f"ibm_sm_emulator/{notices.name}"
        build_data["tag"] = f"py3-none-{os.environ['WHEEL_PLATFORM']}"
