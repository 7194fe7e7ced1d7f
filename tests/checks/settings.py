#!/usr/bin/env python3
"""settings.py: the README names every setting with its usual value and its meaning,
and no other variable."""

import re

from tables import finish, read, rows


def main():
    readme = read("README.md")
    table = {row[3]: row for row in rows("settings")}
    faults = []
    # A setting stands in a table: | `PORT` | `8080` | Its port. |
    told = {}
    for name, usual, says in re.findall(r"^\| `([A-Z][A-Z0-9_]+)` \|([^|]*)\|([^|]*)\|$", readme, flags=re.M):
        told[name] = (usual.strip().strip("`"), says.strip())
    for name, row in table.items():
        usual, says = "" if row[4] == "NULL" else row[4], row[-1]
        if name not in told:
            faults.append(f"README.md does not tell of {name}")
        elif told[name] != (usual, says):
            faults.append(f"README.md should say: | `{name}` | {f'`{usual}`' if usual else ''} | {says} |")
    for name in told:
        if name not in table:
            faults.append(f"README.md tells of {name}, which is no setting")
    # Where the text speaks of a variable, it means one of ours, too.
    known = set(table) | {"X_FILE"} | {row[1] for row in rows("problems")}
    known |= {f"{name}_FILE" for name, row in table.items() if row[1] == "SECRET"}
    for name in set(re.findall(r"`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:=[^`]*)?`", readme)):
        if name not in known:
            faults.append(f"README.md speaks of {name}, which is neither a setting nor a code")
    finish(faults)


main()
