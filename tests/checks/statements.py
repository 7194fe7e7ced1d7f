#!/usr/bin/env python3
"""statements.py: every statement is used, and what it speaks of exists; nothing of
SQL's stands there for nobody."""

import re

from tables import c_sources, finish, functions, sql, statement_text, statements


def main():
    faults = []
    sources = c_sources()
    bodies = functions()
    all_statements = statements()
    texts = {s.name: statement_text(s) for s in all_statements}
    files = sql("migrations") + sql("functions")

    for name in texts:
        if not any(re.search(rf"\bSQL_{name.upper()}\b", text) for text in sources.values()):
            faults.append(f"{name} is a statement that nobody runs")
    for path, text in sources.items():
        for name in re.findall(r"\bSQL_([A-Z0-9_]+)\b", text):
            if name.lower() not in texts and name not in ("READ", "WRITE", "PARAMS", "COUNT", "H"):
                faults.append(f"{path} speaks of SQL_{name}, which is no statement")

    views = set(re.findall(r"create (?:or replace )?view ([a-z]+\.[a-z_]+)", files))
    tables = set(re.findall(r"create (?:unlogged )?table ([a-z]+\.[a-z_]+)", files))
    types = set(re.findall(r"create type ([a-z]+\.[a-z_]+)", files))
    known = views | tables | types | set(bodies)
    where = list(texts.items()) + [("sql/functions and sql/migrations", files)]
    for name, text in where:
        for word in set(re.findall(r"(?<![a-z_.'])((?:api|app|live)\.[a-z_]+)\b", text)):
            if word not in known:
                faults.append(f"{name} speaks of {word}, which does not exist")

    # The names by which the other files and statements call them.
    said = "\n".join(texts.values()) + files
    said = re.sub(r"create (?:or replace )?(?:view|function|table|type) [a-z]+\.[a-z_]+", "", said)
    for word in sorted(known):
        if not re.search(rf"(?<![a-z_.]){re.escape(word)}\b", said):
            faults.append(f"{word} exists for nobody")

    lanes = {s.name: s.lane for s in all_statements}
    for name, text in texts.items():
        writes = re.search(r"\b(insert into|update [a-z_.]+ |delete from)", text)
        for function in re.findall(r"\b((?:api|live)\.[a-z_]+)\(", text):
            writes = writes or re.search(r"\b(insert into|update [a-z_.]+ |delete from|for update)", bodies.get(function, ""))
        if writes and lanes[name] == "read":
            faults.append(f"{name} writes, on a connection that reads")
    finish(faults)


main()
