"""tables.py: what the tables, the SQL and the resources say, for the checks to compare."""

import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[1:1] = [str(ROOT / "sql"), str(ROOT / "tests" / "support")]
from embed import read_statements  # noqa: E402
from lexer import Source  # noqa: E402
from problems import read_table  # noqa: E402


def read(*names):
    return (ROOT.joinpath(*names)).read_text(encoding="utf-8")


def rows(name):
    """Each row of include/table/NAME.def as a list; adjacent texts are joined."""
    return read_table(ROOT / "include" / "table" / f"{name}.def")


def program_tables(program):
    """The tables of the program, as print_tables prints them."""
    printed = subprocess.run([program], capture_output=True, text=True, check=True, timeout=30).stdout
    return json.loads(printed)


def statements():
    return read_statements(ROOT / "sql")


def statement_text(statement):
    return "\n".join(text for text, _ in statement.lines)


def variant(statement, given, param="${number}"):
    """Its text without the lines of absent parameters, and these in their order; a
    parameter is written as `param` says, of its number and name."""
    lines, order = [], []
    for text, optional in statement.lines:
        if any(optional >> i & 1 and name not in given for i, name in enumerate(statement.params)):
            continue

        def written(match):
            name = statement.params[ord(match.group(1)) - ord("A")]
            if name not in order:
                order.append(name)
            return param.format(number=order.index(name) + 1, name=name)

        lines.append(re.sub("\x01(.)", written, text))
    return "\n".join(lines), order


def session_options():
    """What src/db tells its sessions."""
    options = re.findall(r'-c [A-Za-z_]+=[^ "%]+', read("src", "db", "pool_setup.c"))
    if not options:
        raise SystemExit("src/db/pool_setup.c: no options were found")
    ours = [option for option in options if "read_only" not in option]
    return " ".join([*ours, "-c binnacle.timezone=UTC"])


def sql(kind):
    """All files of sql/KIND as one text, without comments."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "sql" / kind).glob("*.sql"))]
    return re.sub(r"--[^\n]*", "", "\n".join(texts))


def functions():
    """Of sql/functions and the migrations: name → body."""
    text = sql("migrations") + sql("functions")
    found = {}
    for match in re.finditer(r"create (?:or replace )?function ([a-z_]+\.[a-z_]+)\(", text):
        begin = text.index("$$", match.end()) + 2
        found[match.group(1)] = text[begin : text.index("$$", begin)]
    if not found:
        raise SystemExit("sql/functions: no function was found")
    return found


def literals(source):
    """The literals of an SQL file or of a part of it, those in the bodies of functions included."""
    for token in source.tokens():
        if token.literal is not None:
            yield token.literal
        elif token.startswith("$") and len(token) > 1:
            tag = token.index("$", 1) + 1
            end = token.at + len(token) - tag
            yield from literals(Source(source.path, source.text, token.at + tag, end))


def sql_literals(path):
    return literals(Source(path, path.read_text(encoding="utf-8")))


def c_sources():
    """Every C file under src/: path → text without comments."""
    return {
        str(path.relative_to(ROOT)): re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.S)
        for path in sorted((ROOT / "src").rglob("*.[ch]"))
    }


def finish(faults):
    """Tells them, one a line; the exit status is whether there were any."""
    for fault in faults:
        print(fault)
    raise SystemExit(1 if faults else 0)
