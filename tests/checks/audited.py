#!/usr/bin/env python3
"""audited.py: the trail records every table of the schema app, except those of UNTRACKED.

    audited.py SQL
"""

import pathlib
import re
import sys

from tables import finish, rows

UNTRACKED = {
    "idempotency_keys": "stored responses, which expire",
    "log_edits": "themselves a record of changes, which the serving role can only add",
    "message_pairs": "two people who write to each other; their messages are recorded",
    "message_reads": "read marks",
    "notification_dismissals": "read marks",
}
CREATED = re.compile(r"^create table app\.(\w+)", re.M)
DROPPED = re.compile(r"^drop table (?:if exists )?app\.(\w+)", re.M)


def main(directory):
    tables, errors = set(), []
    for path in sorted((pathlib.Path(directory) / "migrations").glob("*.sql")):
        text = path.read_text(encoding="utf-8")
        tables |= set(CREATED.findall(text))
        tables -= set(DROPPED.findall(text))
    recorded = {row[2] for row in rows("audit_kinds")}
    for name in sorted(tables - recorded - set(UNTRACKED)):
        errors.append(f"include/table/audit_kinds.def: add a row for app.{name}, or add it to UNTRACKED in "
                      "tests/checks/audited.py")
    for name in sorted((recorded | set(UNTRACKED)) - tables):
        errors.append(f"include/table/audit_kinds.def, tests/checks/audited.py: there is no table app.{name}")
    for name in sorted(recorded & set(UNTRACKED)):
        errors.append(f"tests/checks/audited.py: app.{name} is recorded; remove it from UNTRACKED")
    finish(errors)


if __name__ == "__main__":
    main(sys.argv[1])
