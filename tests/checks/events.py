#!/usr/bin/env python3
"""events.py: the tables of events and channels agree with each other, with sql/functions and docs/realtime.md.

plans.py compares the events that statements really emit with events.def.
"""

from tables import ROOT, finish, read, rows, sql_literals


def emitted_types(kinds):
    """Literals of sql/functions that look like a type of a known kind: 'log.created'."""
    for path in sorted((ROOT / "sql" / "functions").glob("*.sql")):
        for literal in sql_literals(path):
            kind, dot, rest = literal.partition(".")
            if dot and kind in kinds and rest.isidentifier():
                yield literal, path.name


def main():
    errors = []
    events = {row[1]: row[2].split() for row in rows("events")}
    channels = {row[2]: row[4].split() for row in rows("channels")}
    found = dict(emitted_types({kind.partition(".")[0] for kind in events}))
    for kind, file in found.items():
        if kind not in events:
            errors.append(f"sql/functions/{file}: emits {kind}; add a row for it to include/table/events.def")
    for kind, its_channels in events.items():
        if kind != "*" and kind not in found:
            errors.append(f"include/table/events.def: nothing in sql/functions emits {kind}; emit it or remove the row")
        for channel in its_channels:
            if channel not in channels:
                errors.append(f"include/table/events.def: {kind}: include/table/channels.def has no channel {channel}")
    for channel, kinds in channels.items():
        for kind in kinds:
            if channel not in events.get(kind, []):
                errors.append(f"include/table/channels.def: {channel} re-authorizes subscribers after {kind}, which "
                              "include/table/events.def does not publish there")
    text = read("docs", "realtime.md")
    for channel in channels:
        if f"| `{channel}` |" not in text:
            errors.append(f"docs/realtime.md: describe the channel {channel}")
    for row in rows("disconnects"):
        if f"| {row[2]} | {row[3]} |" not in text:
            errors.append(f"docs/realtime.md: describe the close code {row[2]} ({row[3]})")
    finish(errors)


main()
