"""tables.py: reads the tables, the SQL and the C sources for the checks, and prints their errors."""

import functools
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


def statement_file(statement):
    return str(statement.source.path.relative_to(ROOT))


def statement_user(statement):
    """What runs it: `src/resources/logs.c: list_logs`, or another C file."""
    symbol = rf"\bSQL_{statement.name.upper()}\b"
    for path, text in c_sources().items():
        operation = re.search(symbol + r',\s*"(\w+)"', text)
        if path.startswith("src/resources/") and operation:
            return f"{path}: {operation.group(1)}"
    return next((path for path, text in c_sources().items() if re.search(symbol, text)), statement_file(statement))


def operation_file(name):
    """The file of an operation, by its operationId."""
    for path, text in c_sources().items():
        if path.startswith("src/resources/") and f'"{name}"' in text:
            return path
    return "src/rest"


def variant(statement, given, param="${number}"):
    """Returns its text without the lines of absent parameters, and the remaining parameters in order.
    `given` contains the present ones; `param` formats a parameter with its number and name."""
    lines, order = [], []
    for text, optional in statement.lines:
        if any(optional >> i & 1 and name not in given for i, name in enumerate(statement.params)):
            continue

        def formatted(match):
            name = statement.params[ord(match.group(1)) - ord("A")]
            if name not in order:
                order.append(name)
            return param.format(number=order.index(name) + 1, name=name)

        lines.append(re.sub("\x01(.)", formatted, text))
    return "\n".join(lines), order


def session_options():
    """The options with which src/db connects."""
    options = re.findall(r'-c [A-Za-z_]+=[^ "%]+', read("src", "db", "pool_setup.c"))
    if not options:
        raise SystemExit("src/db/pool_setup.c: found no options; edit session_options() in tests/checks/tables.py")
    options = [option for option in options if "read_only" not in option]
    return " ".join([*options, "-c binnacle.timezone=UTC"])


def sql_files(kind):
    """Each file of sql/KIND: path → text without comments."""
    return {
        str(path.relative_to(ROOT)): re.sub(r"--[^\n]*", "", path.read_text(encoding="utf-8"))
        for path in sorted((ROOT / "sql" / kind).glob("*.sql"))
    }


def functions():
    """Each function of sql/functions and the migrations: name → body."""
    text = "\n".join([*sql_files("migrations").values(), *sql_files("functions").values()])
    found = {}
    for match in re.finditer(r"create (?:or replace )?function ([a-z_]+\.[a-z_]+)\(", text):
        begin = text.index("$$", match.end()) + 2
        found[match.group(1)] = text[begin : text.index("$$", begin)]
    if not found:
        raise SystemExit("sql/functions: found no function; edit functions() in tests/checks/tables.py")
    return found


def literals(source):
    """The literals of an SQL file or of a part of it, including those in the bodies of functions."""
    for token in source.tokens():
        if token.literal is not None:
            yield token.literal
        elif token.startswith("$") and len(token) > 1:
            tag = token.index("$", 1) + 1
            end = token.at + len(token) - tag
            yield from literals(Source(source.path, source.text, token.at + tag, end))


def sql_literals(path):
    return literals(Source(path, path.read_text(encoding="utf-8")))


@functools.cache
def c_sources():
    """Every C file under src/: path → text without comments."""
    return {
        str(path.relative_to(ROOT)): re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.S)
        for path in sorted((ROOT / "src").rglob("*.[ch]"))
    }


def finish(errors, suite="checks"):
    """Prints the errors, and the command that repeats the check. Exits with status 1 if there are any."""
    for error in errors:
        print(error)
    if errors:
        print(f'To repeat this check: ./dev test "{suite} {pathlib.Path(sys.argv[0]).stem}"')
    raise SystemExit(1 if errors else 0)
