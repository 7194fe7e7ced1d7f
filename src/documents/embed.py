#!/usr/bin/env python3
"""embed.py: writes a C file that contains the API documents, also compressed.

    embed.py OUT.c DIRECTORY BROTLI NAME=FILE …

The compressed files are written to DIRECTORY. BROTLI is the program that writes those in brotli; if
it is empty, there are none.
"""

import gzip
import hashlib
import pathlib
import subprocess
import sys

HASH_LENGTH = 16

HEADER = """/* Written by src/documents/embed.py. */

#include "embedded.h"

#define EMBED(symbol, path) \\
\t__asm__(".pushsection .rodata\\n.balign 16\\n.globl " #symbol "\\n.hidden " #symbol "\\n" #symbol \\
\t        ":\\n.incbin \\"" path "\\"\\n.byte 0\\n.popsection\\n"); \\
\textern const char symbol[]
"""


def encodings(path, directory, brotli):
    """The files that are embedded for this one."""
    zipped = directory / f"{path.name}.gz"
    zipped.write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))
    found = {"identity": path, "gzip": zipped}
    if brotli:
        found["brotli"] = directory / f"{path.name}.br"
        subprocess.run([brotli, "-f", "-q", "11", "-w", "24", "-o", found["brotli"], path], check=True)
    return found


def embedded(name, path, directory, brotli):
    """The C text for one document."""
    content_hash = hashlib.sha256(path.read_bytes()).hexdigest()[:HASH_LENGTH]
    symbols, members = "", ""
    for kind, file in encodings(path, directory, brotli).items():
        symbols += f'EMBED({name}_{kind}, "{file.resolve()}");\n'
        members += f"\t.{kind} = {{ {name}_{kind}, {file.stat().st_size} }},\n"
    return (f'\n{symbols}\nconst struct static_file embedded_{name} = {{\n'
            f'\t.type = "application/json; charset=utf-8",\n\t.etag = "\\"{content_hash}\\"",\n'
            f'\t.cache_control = "public, no-cache",\n{members}}};\n')


def main(out, directory, brotli, *documents):
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    text = HEADER
    for document in documents:
        name, path = document.split("=", 1)
        text += embedded(name, pathlib.Path(path), directory, brotli)
    pathlib.Path(out).write_text(text, encoding="utf-8")


main(*sys.argv[1:])
