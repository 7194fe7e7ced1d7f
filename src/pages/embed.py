#!/usr/bin/env python3
"""embed.py: writes a C file that contains the files that pages serve.

    embed.py OUT.c DEPFILE DIRECTORY BROTLI DOCS_UI FILE …

Embeds each FILE, and what DOCS_UI/build.mjs makes of its npm packages. Without the packages, or
without node, only the FILEs are embedded, and /docs and /redoc say how to get the packages. Each
file is embedded as it is and with its gzip and brotli twins, which are written to DIRECTORY. BROTLI
is the program that writes the latter; if it is empty, there are none. The path of a file contains a
hash of its content.
"""

import gzip
import hashlib
import pathlib
import shutil
import subprocess
import sys

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
HASH_LENGTH = 10

HEADER = """/* Written by src/pages/embed.py. */

#include "embedded.h"

#define EMBED(symbol, path) \\
\t__asm__(".pushsection .rodata\\n.balign 16\\n.globl " #symbol "\\n.hidden " #symbol "\\n" #symbol \\
\t        ":\\n.incbin \\"" path "\\"\\n.byte 0\\n.popsection\\n"); \\
\textern const char symbol[]

"""


def build_docs_ui(docs_ui, directory):
    """The files made of the npm packages; none if they are not installed."""
    node = shutil.which("node")
    shutil.rmtree(directory, ignore_errors=True)
    if not node or not (docs_ui / "node_modules" / ".package-lock.json").exists():
        return []
    subprocess.run([node, docs_ui / "build.mjs", directory], check=True)
    return sorted(path for path in directory.iterdir() if path.suffix in TYPES)


def twins(path, directory, brotli):
    """The file and its compressed twins."""
    found = {"identity": path, "gzip": directory / f"{path.name}.gz"}
    found["gzip"].write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))
    if brotli:
        found["brotli"] = directory / f"{path.name}.br"
        subprocess.run([brotli, "-f", "-q", "11", "-w", "24", "-o", found["brotli"], path], check=True)
    return found


def row(number, path, directory, brotli):
    """The C text for one file: its symbols, and its row of the table."""
    content_hash = hashlib.sha256(path.read_bytes()).hexdigest()[:HASH_LENGTH]
    symbols, members = [], []
    for kind, twin in twins(path, directory, brotli).items():
        symbol = f"embedded_{number}_{kind}"
        symbols.append(f'EMBED({symbol}, "{twin.resolve()}");\n')
        members.append(f"\t\t.{kind} = {{ {symbol}, {twin.stat().st_size} }},\n")
    return "".join(symbols), (
        f'\t{{ "{path.name}", "/assets/{path.stem}.{content_hash}{path.suffix}", {{\n'
        f'\t\t.type = "{TYPES[path.suffix]}",\n\t\t.etag = "\\"{content_hash}\\"",\n'
        f'\t\t.cache_control = "public, max-age=31536000, immutable",\n{"".join(members)}\t}} }},\n')


def dependencies(out, docs_ui, files):
    """The folder changes when its packages are installed or removed."""
    lock = docs_ui / "node_modules" / ".package-lock.json"
    needed = [docs_ui, docs_ui / "build.mjs", *sorted((docs_ui / "src").iterdir()), *files]
    return f"{out}: {' '.join(str(path) for path in needed + ([lock] if lock.exists() else []))}\n"


def main(out, depfile, directory, brotli, docs_ui, *files):
    directory, docs_ui, files = pathlib.Path(directory), pathlib.Path(docs_ui), [pathlib.Path(name) for name in files]
    directory.mkdir(parents=True, exist_ok=True)
    rows = [row(number, path, directory, brotli)
            for number, path in enumerate(files + build_docs_ui(docs_ui, directory / "docs-ui"))]
    pathlib.Path(out).write_text(
        HEADER + "".join(symbols for symbols, _ in rows)
        + "\nconst struct embedded_file embedded_files[] = {\n" + "".join(text for _, text in rows) + "\t{ 0 },\n};\n",
        encoding="utf-8")
    pathlib.Path(depfile).write_text(dependencies(out, docs_ui, files), encoding="utf-8")


main(*sys.argv[1:])
