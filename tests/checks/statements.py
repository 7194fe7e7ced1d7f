#!/usr/bin/env python3
"""statements.py: every statement, function, view, table and type of the SQL is used, and every used one exists."""

import re

from tables import c_sources, finish, functions, rows, sql_files, statement_file, statement_text, statements

NOT_STATEMENTS = ("READ", "WRITE", "PARAMS", "COUNT", "H")  # other C names that begin with SQL_
WRITES = r"\b(insert into|update [a-z_.]+ |delete from)"
CREATE = r"create (?:or replace )?(?:unlogged )?(?:view|table|type) ([a-z]+\.[a-z_]+)"


def c_errors(names):
    """Compares the statements with those that the C sources run."""
    used = {}
    for path, text in c_sources().items():
        for symbol in re.findall(r"\bSQL_([A-Z0-9_]+)\b", text):
            used.setdefault(symbol, path)
    for name, statement in names.items():
        if name.upper() not in used:
            yield f"{statement_file(statement)}: no C source runs {name}; use it or remove it"
    for symbol, path in used.items():
        if symbol.lower() not in names and symbol not in NOT_STATEMENTS:
            yield f"{path}: SQL_{symbol}: sql/statements has no {symbol.lower()}; add it or correct the name"


def object_errors(all_statements, files):
    """Compares the SQL objects with those that the SQL uses."""
    created = {}
    for path, text in files.items():
        for name in re.findall(CREATE, text) + re.findall(r"create (?:or replace )?function ([a-z]+\.[a-z_]+)", text):
            created.setdefault(name, path)
    texts = [(f"{statement_file(s)}: {s.name}", statement_text(s)) for s in all_statements]
    for place, text in [*texts, *files.items()]:
        text = re.sub(r"drop index [^;]*;", "", text)  # indexes are created without their schema
        for name in sorted(set(re.findall(r"(?<![a-z_.'])((?:api|app|live)\.[a-z_]+)\b", text))):
            if name not in created:
                yield f"{place}: uses {name}, which does not exist; create it or correct the name"
    uses = "\n".join([*(text for _, text in texts), *files.values()])
    uses = re.sub(r"create (?:or replace )?(?:view|function|table|type) [a-z]+\.[a-z_]+", "", uses)
    for name, path in sorted(created.items()):
        if not re.search(rf"(?<![a-z_.]){re.escape(name)}\b", uses):
            yield f"{path}: nothing uses {name}; use it or remove it"


def lane_errors(all_statements):
    bodies = functions()
    for statement in all_statements:
        text = statement_text(statement)
        writes = re.search(WRITES, text)
        for function in re.findall(r"\b((?:api|live)\.[a-z_]+)\(", text):
            writes = writes or re.search(rf"{WRITES}|\bfor update", bodies.get(function, ""))
        if writes and statement.lane == "read":
            yield f"{statement_file(statement)}: {statement.name} writes; change its lane from `read` to `write`"


def refusal_errors(files):
    """Problems with status 422 need the errors of the request, so api.refuse() must not return them."""
    unprocessable = {row[1] for row in rows("problems") if row[2] == "422"}
    for path, text in files.items():
        for code in re.findall(r"\bapi\.refuse\('([A-Z_]+)'", text):
            if code in unprocessable:
                yield f"{path}: use api.refuse_input() for {code}, and name the fields or parameters"


def main():
    all_statements = statements()
    files = {**sql_files("migrations"), **sql_files("functions")}
    finish([
        *c_errors({statement.name: statement for statement in all_statements}),
        *object_errors(all_statements, files),
        *lane_errors(all_statements),
        *refusal_errors(files),
    ])


main()
