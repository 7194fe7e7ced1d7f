#!/usr/bin/env python3
"""lint.py: clang-tidy reports nothing in the sources, with the checks of .clang-tidy.

    lint.py BUILD

A file is checked again only when it, a header that it includes or .clang-tidy has changed: the
result is stored under the hash of all of them in BUILD/lint.
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys

from tables import ROOT, finish

SKIPPED = 77  # meson's exit status for a skipped test


def dependencies(build):
    """For each object file of the build directory: the files it was built from."""
    listed = subprocess.run(["ninja", "-C", build, "-t", "deps"], capture_output=True, text=True, check=True).stdout
    found, name = {}, None
    for line in listed.splitlines():
        if line.startswith("    "):
            found[name].append(line.strip())
        elif ": #deps" in line:
            name = line.split(":")[0]
            found[name] = []
    return found


def key(build, files):
    state = hashlib.sha256((ROOT / ".clang-tidy").read_bytes())
    for name in sorted(files):
        path = (build / name).resolve()
        if path.is_relative_to(ROOT) and path.exists():
            state.update(name.encode() + b"\0" + path.read_bytes())
    return state.hexdigest()


def lint(build, source):
    result = subprocess.run(["clang-tidy", "--quiet", "-p", build, source], capture_output=True, text=True)
    lines = [line for line in result.stdout.splitlines() if ": warning: " in line or ": error: " in line]
    return [os.path.relpath(line.split(":")[0], ROOT) + ":" + line.split(":", 1)[1] for line in dict.fromkeys(lines)]


def main(build):
    if not shutil.which("clang-tidy"):
        print("clang-tidy is missing")
        sys.exit(SKIPPED)
    build = pathlib.Path(build).resolve()
    store = build / "lint"
    store.mkdir(exist_ok=True)
    deps = dependencies(build)
    pending = []
    for entry in json.loads((build / "compile_commands.json").read_text()):
        source = (pathlib.Path(entry["directory"]) / entry["file"]).resolve()
        if not source.is_relative_to(ROOT / "src") or entry["output"] not in deps:
            continue
        stamp = store / key(build, [*deps[entry["output"]], str(source)])
        if not stamp.exists():
            pending.append((str(source), stamp))
    errors = []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for (_, stamp), found in zip(pending, pool.map(lambda item: lint(build, item[0]), pending)):
            errors += found
            if not found:
                stamp.touch()
    finish(sorted(set(errors)))


main(*sys.argv[1:])
