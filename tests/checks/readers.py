#!/usr/bin/env python3
"""readers.py: every row of the tables is used.

    readers.py PRINT_TABLES
"""

import re
import sys

from tables import c_sources, finish, functions, program_tables, statement_text, statements


def main(program):
    tables = program_tables(program)
    sources = "\n".join(c_sources().values())
    codes = {row["code"] for row in tables["constraints"]} | set(tables["token_problems"])
    for text in [*functions().values(), *map(statement_text, statements())]:
        codes |= set(re.findall(r"'([A-Z_]+)'", text))

    def has(pattern):
        return re.search(pattern, sources)

    errors = []
    for problem in tables["problems"]:
        code = problem["code"]
        if code not in codes and not has(rf"\b(PROBLEM|HTTP)_{code}\b"):
            errors.append(f"include/table/problems.def: nothing returns {code}; use it or remove the row")
    for name in tables["headers"]:
        if not has(rf"\bHEADER_{name}\b"):
            errors.append(f"include/table/headers.def: nothing reads {name}; use it or remove the row")
    for metric in tables["metrics"]:
        if not has(rf"\bMETRIC_{metric['name']}\b"):
            errors.append(f"include/table/metrics.def: nothing updates {metric['name']}; use it or remove the row")
    for setting in tables["settings"]:
        member = setting["member"]
        if member not in tables["limit_settings"] and not has(rf"(->|\.){member}\b"):
            errors.append(f"include/table/settings.def: nothing reads {setting['variable']}; use it or remove the row")
    finish(errors)


main(*sys.argv[1:])
