"""setup.py: generates the types from the contract before the package is built."""

import pathlib
import subprocess
import sys

from setuptools import setup

root = pathlib.Path(__file__).parent
if (root / "../../tests/checks/openapi.json").exists():  # a source distribution has the types already
    subprocess.run([sys.executable, root / "scripts/generate.py"], check=True)

setup()
