#!/usr/bin/env python3
"""format.py: the C sources are formatted as .clang-format specifies.

    format.py [FILE …]    without files: all C sources that git tracks
"""

import shutil
import subprocess
import sys

from tables import ROOT, finish

SKIPPED = 77  # meson's exit status for a skipped test


def tracked():
    listed = subprocess.run(["git", "ls-files", "-z", "*.c", "*.h"], cwd=ROOT, capture_output=True, check=True)
    return [name for name in listed.stdout.decode().split("\0") if name]


def main(*files):
    if not shutil.which("clang-format") or not (ROOT / ".git").exists():
        print("clang-format or the git checkout is missing")
        sys.exit(SKIPPED)
    files = list(files) or tracked()
    found = subprocess.run(["clang-format", "--dry-run", "--ferror-limit=1", *files], cwd=ROOT, capture_output=True,
                           text=True)
    errors = [line.split(" [")[0].replace("error: ", "").replace("warning: ", "")
              for line in found.stderr.splitlines() if "clang-formatted" in line]
    finish([f"{line}; run ./dev format" for line in dict.fromkeys(errors)])


main(*sys.argv[1:])
