#!/usr/bin/env python3
"""embed.py: writes a C file that contains the API documents and their compressed forms.

    embed.py OUT.c DIRECTORY BROTLI NAME=FILE …

The compressed files are written to DIRECTORY. BROTLI is the path of the brotli program; if it is
empty, there are no files in that encoding.
"""

import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "http"))

from static_files import HEADER, content_hash, embed  # noqa: E402

HASH_LENGTH = 16


def document_text(name, path, directory, brotli):
    """The C source of one document."""
    symbols, members = embed(path, name, directory, brotli)
    return (f'{symbols}\nconst struct static_file embedded_{name} = {{\n'
            f'\t.type = "application/json; charset=utf-8",\n'
            f'\t.etag = "\\"{content_hash(path, HASH_LENGTH)}\\"",\n'
            f'\t.cache_control = "public, no-cache",\n{members}}};\n')


def main(out, directory, brotli, *documents):
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    texts = []
    for document in documents:
        name, path = document.split("=", 1)
        texts.append(document_text(name, pathlib.Path(path), directory, brotli))
    pathlib.Path(out).write_text(
        "/* Written by src/documents/embed.py. */\n\n" + HEADER + "\n".join(texts), encoding="utf-8")


main(*sys.argv[1:])
