#!/usr/bin/env python3
"""walkthrough.py: docs/adding-a-resource.md works as written.

    walkthrough.py                     applies its blocks to a copy of the checkout, builds the copy,
                                       and calls the new operations over HTTP
    walkthrough.py --apply DIRECTORY   only applies the blocks to the checkout in DIRECTORY

A block is fenced; its info string is `language file` for a new file, or `language file (after TEXT)`
or `language file (before TEXT)` for lines to insert next to the one line that contains TEXT.

Without PostgreSQL, the new operations are not called, only described (`binnacle openapi`).
"""

import contextlib
import glob
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENT = "docs/adding-a-resource.md"
BLOCK = re.compile(r"^```(\w+) (\S+)(?: \((after|before) ([^\n]+)\))?\n(.*?)^```$", re.M | re.S)
CHECKS = ("events.py", "statements.py")  # they need only the sources
LOCATION = "01900000-0000-7000-8000-000000000001"  # of the demo data
READY_SECONDS = 120


def fail(message):
    raise SystemExit(f"{DOCUMENT}: {message}\n"
                     f"Edit {DOCUMENT}; then run: python3 tests/checks/walkthrough.py")


def numbered(checkout, name):
    """The migration of the document gets the next free number, whatever migrations there are."""
    if not name.startswith("sql/migrations/"):
        return name
    rest = re.sub(r"^[0-9]+", "", pathlib.Path(name).name)
    others = [path.name for path in (checkout / "sql" / "migrations").glob("*.sql") if not path.name.endswith(rest)]
    return f"sql/migrations/{max(int(other[:4]) for other in others) + 1:04}{rest}"


def blocks(checkout):
    found = BLOCK.findall((checkout / DOCUMENT).read_text(encoding="utf-8"))
    if not found:
        fail("there is no block with a file name")
    return [(language, numbered(checkout, name), *rest) for language, name, *rest in found]


def insert(checkout, name, side, marker, text):
    path = checkout / name
    if not path.exists():
        fail(f"{name} does not exist")
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    at = [number for number, line in enumerate(lines) if marker in line]
    if len(at) != 1:
        fail(f"{name}: {len(at)} lines contain {marker}; exactly one must")
    position = at[0] + (side == "after")
    lines[position:position] = [text]
    path.write_text("".join(lines), encoding="utf-8")


def create(checkout, name, text):
    path = checkout / name
    if path.exists():
        fail(f"{name} already exists")
    path.write_text(text, encoding="utf-8")


def apply(checkout):
    for _, name, side, marker, text in blocks(checkout):
        if side:
            insert(checkout, name, side, marker, text)
        else:
            create(checkout, name, text)


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    if done.returncode != 0:
        fail(f"`{' '.join(str(word) for word in command)}` failed:\n{(done.stdout + done.stderr)[-4000:]}")
    return done.stdout


def build(checkout):
    """Builds only the program, without optimization, because that is faster."""
    directory = checkout / "build"
    run("meson", "setup", directory, checkout, "-Dtests=disabled", "-Doptimization=0", "-Dwerror=false")
    run("ninja", "-C", directory, "src/binnacle")
    return directory / "src" / "binnacle"


def operations(openapi):
    return {(method.upper(), path) for path, methods in openapi["paths"].items() for method in methods
            if method != "parameters"}


def new_operations(program):
    stored = json.loads((ROOT / "tests" / "checks" / "openapi.json").read_text(encoding="utf-8"))
    new = operations(json.loads(run(program, "openapi"))) - operations(stored)
    expected = {("GET", "/api/v1/keys"), ("POST", "/api/v1/keys"), ("GET", "/api/v1/keys/{id}"),
                ("PATCH", "/api/v1/keys/{id}")}
    if not expected <= new:
        fail(f"not in the output of `binnacle openapi`: {sorted(expected - new)}")
    return expected


def check_test_rows(checkout, expected):
    """Checks that each table of the end-to-end tests that the document extends has a row for each operation."""
    for name in {name for _, name, *_ in blocks(checkout) if re.match(r"tests/e2e/.*\.def$", name)}:
        text = (checkout / name).read_text(encoding="utf-8")
        for method, path in expected:
            short = path.removeprefix("/api/v1")
            if not re.search(rf'\("?{method}"?, "(?:/api/v1)?{re.escape(short)}"', text):
                fail(f"{name}: add a row for {method} {path}")


def check_sources(checkout, program):
    for name in CHECKS:
        run(sys.executable, checkout / "tests" / "checks" / name)
    run(sys.executable, checkout / "tests" / "checks" / "contract.py", program, "--update")


# ---- The program, with a private PostgreSQL ----

def has_postgres():
    return bool(glob.glob("/usr/lib/postgresql/*/bin/initdb") or shutil.which("initdb"))


@contextlib.contextmanager
def server(program, directory):
    """Runs `binnacle dev`; yields its port."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    banner = directory / "banner"
    with open(banner, "wb") as stderr:
        process = subprocess.Popen([str(program), "dev", "--port", "0", "--data", str(directory / "data")],
                                   stdout=subprocess.DEVNULL, stderr=stderr, stdin=subprocess.DEVNULL,
                                   cwd=directory, env=environment)
    try:
        end = time.monotonic() + READY_SECONDS
        while "\nReady in" not in (text := banner.read_text(encoding="utf-8")):
            if process.poll() is not None or time.monotonic() > end:
                fail(f"`binnacle dev` did not become ready:\n{text}")
            time.sleep(0.1)
        yield int(re.search(r"API +http://127\.0\.0\.1:(\d+)/", text).group(1))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def call(port, token, method, path, body=None):
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/v1{path}", method=method,
        data=json.dumps(body).encode() if body is not None else None,
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            return reply.status, json.loads(reply.read())
    except urllib.error.HTTPError as reply:
        return reply.code, json.loads(reply.read())


def expect(what, status, got):
    if got[0] != status:
        fail(f"{what}: expected status {status}, got {got[0]}: {got[1]}")
    return got[1]


def call_operations(program, directory):
    with server(program, directory) as port:
        admin, guard = (run(program, "token", role, "--port", port).strip() for role in ("admin", "guard"))
        key = {"name": "Boat shed", "location_id": LOCATION}
        made = expect("create a key", 201, call(port, admin, "POST", "/keys", key))
        read = expect("get a key", 200, call(port, guard, "GET", f"/keys/{made['id']}"))
        if read != made or read["name"] != "Boat shed" or read["is_issued"]:
            fail(f"get a key: expected {made}, got {read}")
        expect("create it twice", 409, call(port, admin, "POST", "/keys", key))
        expect("issue it as a guard", 403, call(port, guard, "PATCH", f"/keys/{made['id']}", {"is_issued": True}))
        expect("issue it", 200, call(port, admin, "PATCH", f"/keys/{made['id']}", {"is_issued": True}))
        listed = expect("list keys", 200, call(port, guard, "GET", "/keys?is_issued=true"))
        if made["id"] not in [each["id"] for each in listed]:
            fail(f"the list does not contain the key: {listed}")


def main():
    directory = pathlib.Path(tempfile.mkdtemp(prefix="walkthrough-"))
    try:
        directory.chmod(0o711)  # as root, PostgreSQL runs as another user, who must be able to enter
        checkout = directory / "checkout"
        shutil.copytree(ROOT, checkout, symlinks=True, ignore=shutil.ignore_patterns(
            "build*", ".git", ".data", "node_modules", "__pycache__"))
        apply(checkout)
        program = build(checkout)
        check_test_rows(checkout, new_operations(program))
        check_sources(checkout, program)
        if has_postgres():
            call_operations(program, directory)
        else:
            print("PostgreSQL is not installed: the new operations were not called.")
    finally:
        shutil.rmtree(directory, ignore_errors=True)


if sys.argv[1:2] == ["--apply"] and len(sys.argv) == 3:
    apply(pathlib.Path(sys.argv[2]))
elif len(sys.argv) == 1:
    main()
else:
    sys.exit(__doc__)
