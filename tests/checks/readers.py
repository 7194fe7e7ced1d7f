#!/usr/bin/env python3
"""readers.py: what stands in a table of include/table, somebody reads."""

import re

from tables import c_sources, finish, functions, rows, statement_text, statements


def main():
    said = "\n".join(c_sources().values())
    codes = {row[2] for name in ("constraints", "token_errors") for row in rows(name)}
    for text in [*functions().values(), *map(statement_text, statements())]:
        codes |= set(re.findall(r"'([A-Z_]+)'", text))
    limits = {row[3] for row in rows("limits")}

    def reads(pattern):
        return re.search(pattern, said)

    faults = []
    for _, name, *_ in rows("problems"):
        if name not in codes and not reads(rf"\bPROBLEM_{name}\b"):
            faults.append(f"problems.def: nobody answers {name}")
    for _, name, *_ in rows("headers"):
        if not reads(rf"\bHEADER_{name}\b"):
            faults.append(f"headers.def: nobody reads {name}")
    for _, name, *_ in rows("metrics"):
        if not reads(rf"\bMETRIC_{name}\b"):
            faults.append(f"metrics.def: nobody moves {name}")
    for _, _, member, variable, *_ in rows("settings"):
        if member not in limits and not reads(rf"(->|\.){member}\b"):
            faults.append(f"settings.def: nobody asks for {variable}")
    finish(faults)


main()
