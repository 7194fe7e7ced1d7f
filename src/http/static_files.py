"""static_files.py: writes C source that embeds files as struct static_file, with compressed forms.

Imported by the programs that embed documents and pages. BROTLI is the path of the brotli program;
if it is empty, there is no form in that encoding.
"""

import gzip
import hashlib
import subprocess

HEADER = """#include "embedded.h"

#define EMBED(symbol, path) \\
\t__asm__(".pushsection .rodata\\n.balign 16\\n.globl " #symbol "\\n.hidden " #symbol "\\n" #symbol \\
\t        ":\\n.incbin \\"" path "\\"\\n.byte 0\\n.popsection\\n"); \\
\textern const char symbol[]

"""


def content_hash(path, length):
    return hashlib.sha256(path.read_bytes()).hexdigest()[:length]


def encodings(path, directory, brotli):
    """The file in each encoding, by the member of struct static_file; compressed into the directory."""
    found = {"identity": path, "gzip": directory / f"{path.name}.gz"}
    found["gzip"].write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))
    if brotli:
        found["brotli"] = directory / f"{path.name}.br"
        subprocess.run([brotli, "-f", "-q", "11", "-w", "24", "-o", found["brotli"], path], check=True)
    return found


def embed(path, prefix, directory, brotli):
    """Returns the file's symbols, and the members of struct static_file that refer to them."""
    symbols, members = "", ""
    for member, file in encodings(path, directory, brotli).items():
        symbols += f'EMBED({prefix}_{member}, "{file.resolve()}");\n'
        members += f"\t.{member} = {{ {prefix}_{member}, {file.stat().st_size} }},\n"
    return symbols, members
