#!/usr/bin/env python3
"""embed.py: writes a C file that contains the static files of the pages.

    embed.py OUT.c DEPFILE DIRECTORY BROTLI DOCS_UI FILE …

Embeds each FILE, and the files that DOCS_UI/build.mjs builds from its npm packages. Without the
packages, or without node, only the FILEs are embedded, and /docs and /redoc explain how to install
the packages. Each file is embedded unchanged and compressed with gzip and brotli; the compressed
files are written to DIRECTORY. BROTLI is the path of the brotli program; if it is empty, there are
no files in that encoding. The path of a file contains a hash of its content.
"""

import pathlib
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "http"))

from static_files import HEADER, content_hash, embed  # noqa: E402

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
HASH_LENGTH = 10


def build_docs_ui(docs_ui, directory):
    """The files built from the npm packages; none if the packages are not installed."""
    node = shutil.which("node")
    shutil.rmtree(directory, ignore_errors=True)
    if not node or not (docs_ui / "node_modules" / ".package-lock.json").exists():
        return []
    subprocess.run([node, docs_ui / "build.mjs", directory], check=True)
    return sorted(path for path in directory.iterdir() if path.suffix in TYPES)


def row(number, path, directory, brotli):
    """The C source of one file: its symbols, and its row of the table."""
    path_hash = content_hash(path, HASH_LENGTH)
    symbols, members = embed(path, f"embedded_{number}", directory, brotli)
    return symbols, (
        f'\t{{ "{path.name}", "/assets/{path.stem}.{path_hash}{path.suffix}", {{\n'
        f'\t.type = "{TYPES[path.suffix]}",\n\t.etag = "\\"{path_hash}\\"",\n'
        f'\t.cache_control = "public, max-age=31536000, immutable",\n{members}\t}} }},\n')


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
        "/* Written by src/pages/embed.py. */\n\n" + HEADER + "".join(symbols for symbols, _ in rows)
        + "\nconst struct embedded_file embedded_files[] = {\n" + "".join(text for _, text in rows) + "\t{ 0 },\n};\n",
        encoding="utf-8")
    pathlib.Path(depfile).write_text(dependencies(out, docs_ui, files), encoding="utf-8")


main(*sys.argv[1:])
