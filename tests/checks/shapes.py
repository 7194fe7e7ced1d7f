#!/usr/bin/env python3
"""shapes.py: the objects that PostgreSQL makes have the members that the contract lists.

    shapes.py BINNACLE PRINT_TABLES

Loads the demo data into a database of its own, reads an object from each view and from each
api.*_items() function that an operation selects, and compares its members with the fields of the
operation's response.
"""

import json
import re
import sys

from tables import ROOT, finish, program_tables, statement_text, statements
from cluster import Cluster
from embed import read_files

SOURCE = re.compile(r"\b(api\.[a-z_]+_(?:items|json))\(|from (api\.[a-z_]+_view)\b")
BODY = "select count(*) from information_schema.columns where table_schema || '.' || table_name = '{name}' and column_name = 'body'"
ARGUMENTS = "select pg_get_function_arguments('{name}'::regproc)"
TABLE = "select (regexp_match(prosrc, 'from ((?:api|app)\\.[a-z_]+)'))[1] from pg_proc where oid = '{name}'::regproc"


class Database:
    def __init__(self, cluster, program):
        self.cluster = cluster
        cluster.migrate(program, "shapes")
        for name, text in read_files(ROOT / "sql", "demo"):
            cluster.psql(text, "shapes", "-c binnacle.timezone=UTC")

    def value(self, sql):
        return self.cluster.psql(sql, "shapes", "-c binnacle.timezone=UTC").strip()

    def members(self, source):
        """The names of the members of an object; None if the demo data has none, or it needs a caller."""
        if source.endswith("_view"):
            what = "body" if self.value(BODY.format(name=source)) == "1" else "to_json(v)"
            found = self.value(f"select {what} from {source} v limit 1")
        else:
            table = self.value(TABLE.format(name=source))
            argument = {"uuid[]": "array[t.id]", "uuid": "t.id"}.get(self.value(ARGUMENTS.format(name=source)).split()[-1])
            if not table or not argument or "," in self.value(ARGUMENTS.format(name=source)):
                return None
            found = self.value(f"select {source}({argument}) from {table} t limit 1")
        value = json.loads(found) if found else None
        value = value[0] if isinstance(value, list) and value else value
        return set(value) if isinstance(value, dict) else None


def main(program, print_tables):
    texts = {statement.name: statement_text(statement) for statement in statements()}
    sources, errors, compared = {}, [], 0
    with Cluster() as cluster:
        database = Database(cluster, program)
        for operation in program_tables(print_tables)["operations"]:
            fields = operation["response"].get("fields")
            matches = SOURCE.findall(texts[operation["statements"][0]])
            found = {function for function, _ in matches if function} or {view for _, view in matches}
            if not fields or len(found) != 1 or operation["method"] != "GET":
                continue
            source = found.pop()
            if source not in sources:
                sources[source] = database.members(source)
            members = sources[source]
            if members is None:
                continue
            compared += 1
            shape = operation["response"]["shape"]
            required = {field["name"] for field in fields if not field["optional"]}
            for name in sorted(required - members):
                errors.append(f"{source} lacks `{name}` of {shape} ({operation['name']}): edit sql/functions, "
                              "or the fields in src/resources")
            for name in sorted(members - {field["name"] for field in fields}):
                errors.append(f"{source} has `{name}`, which {shape} ({operation['name']}) does not list: edit "
                              "src/resources, or sql/functions")
    if compared < 35:
        errors.append(f"tests/checks/shapes.py: only {compared} operations were compared; has the SQL been reorganized?")
    finish(errors)


main(*sys.argv[1:])
