"""tables.py: what the tables, the SQL and the resources say, for the checks to compare."""

import importlib.util
import json
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


def read(*names):
    return (ROOT.joinpath(*names)).read_text(encoding="utf-8")


def rows(name):
    """Each row of include/table/NAME.def as a list; joined texts are one."""
    text = re.sub(r"/\*.*?\*/", "", read("include", "table", f"{name}.def"), flags=re.S)
    found = []
    for match in re.finditer(r'^([A-Z_]+)\(((?:[^()"]|"(?:[^"\\]|\\.)*")*)\)', text, flags=re.M):
        kind, inside = match.groups()
        parts = [kind]
        for part in re.findall(r'((?:\s*"(?:[^"\\]|\\.)*")+|[^,"]+)(?:,|$)', inside):
            texts = re.findall(r'"((?:[^"\\]|\\.)*)"', part)
            parts.append("".join(texts) if texts else part.strip())
        found.append(parts)
    if not found:
        raise SystemExit(f"include/table/{name}.def: no row was found")
    return found


def program_tables(program):
    """The tables of the program, as print_tables prints them."""
    printed = subprocess.run([program], capture_output=True, text=True, check=True, timeout=30).stdout
    return json.loads(printed)


def embed():
    """sql/embed.py, to be asked what it makes of the statements."""
    spec = importlib.util.spec_from_file_location("embed", ROOT / "sql" / "embed.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def statements():
    return embed().read_statements(ROOT / "sql")


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


def called(text, known):
    """Every function that a text leads to, those called by others included."""
    found, more = set(), [text]
    while more:
        for name in re.findall(r"\b([a-z]+\.[a-z_]+)\(", more.pop()):
            if name in known and name not in found:
                found.add(name)
                more.append(known[name])
    return found


def c_sources():
    """Every C file under src/: path → text without comments."""
    return {
        str(path.relative_to(ROOT)): re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.S)
        for path in sorted((ROOT / "src").rglob("*.[ch]"))
    }


class Operation:
    def __init__(self, place, method, path, name, sqls, refuses):
        self.place = place  # "logs.c: create_log"
        self.method = method
        self.path = path
        self.name = name
        self.sqls = sqls  # names of its statements
        self.refuses = refuses  # codes


def operations():
    found = []
    for path in sorted((ROOT / "src" / "resources").glob("*.c")):
        text = path.read_text(encoding="utf-8")
        lists = {
            name: re.findall(r'"([A-Z_]+)"', inside)
            for name, inside in re.findall(r"const char \*const (\w+)\[\] = \{(.*?)\};", text, flags=re.S)
        }
        begin = text.index("struct operation operations[]")
        for row in re.split(r"\n\t\{ ", text[begin : text.index("\n};", begin)])[1:]:
            match = re.match(r'([A-Z]+), "([^"]*)", \w+, SQL_(\w+), "(\w+)"', row)
            if not match:
                continue  # the row that ends them
            method, where, statement, name = match.groups()
            other = re.search(r"\.alt_sql = SQL_(\w+)", row)
            refuses = re.search(r"\.problems = (\w+)", row)
            found.append(Operation(
                f"src/resources/{path.name}: {name}", method, where, name,
                [statement.lower()] + ([other.group(1).lower()] if other else []),
                lists[refuses.group(1)] if refuses else []))
    if not found:
        raise SystemExit("src/resources: no operation was found")
    return found


def finish(faults):
    """Tells them, one a line; the exit status is whether there were any."""
    for fault in faults:
        print(fault)
    raise SystemExit(1 if faults else 0)
