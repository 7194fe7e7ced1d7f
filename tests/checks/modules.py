#!/usr/bin/env python3
"""modules.py: includes and calls follow the order of the modules.

    modules.py [BUILD]     checks the includes, and with a build directory also the calls
    modules.py --graph     prints which module includes which

A module is a folder of src/. It may include its own headers and the public headers, in include/,
of the modules listed for it here. A header that a file includes must be used by it. In the
modules of NO_CYCLES, no two files may call each other, directly or through others.
"""

import re
import subprocess
import sys

from tables import ROOT, finish

# name, public headers, modules whose headers it may include. Lower modules come first.
MODULES = [
    ("base", "arena clock config json log metrics str uuid", ""),
    ("loop", "loop resolve fetch", "base"),
    ("db", "db statement sql", "base loop"),
    ("http", "http", "base loop"),
    ("ws", "ws", "base loop"),
    ("auth", "auth signer", "base loop"),
    ("schema", "schema channels live_messages live_routes public_routes", "base http db"),
    ("access", "access reject validation_errors", "base loop db http auth schema"),
    ("rest", "rest", "base loop db http auth schema access"),
    ("live", "live", "base loop db http ws auth schema access"),
    ("spec", "spec", "base http schema"),
    ("pages", "pages", "base http auth schema"),
    ("resources", "resources", "db schema"),
    ("documents", "documents", "base http schema spec resources"),
    ("command", "", "base loop db http auth schema access rest live spec pages resources documents"),
]

NO_CYCLES = ["schema", "access", "rest", "live", "spec", "pages"]

INCLUDE = re.compile(r'^#\s*include\s*"([^"]+)"', re.M)
WORD = re.compile(r"[A-Za-z_]\w*")
C_WORDS = set("""auto bool break case char const continue default do double else enum extern false float for goto if
inline int long register return short signed sizeof static struct switch true typedef union unsigned void volatile
while NULL size_t include define ifndef endif ifdef undef""".split())


def owner_of_headers():
    return {f"{header}.h": name for name, headers, _ in MODULES for header in headers.split()}


def sources(module):
    return sorted(path for kind in ("*.c", "*.h", "*.c.in") for path in (ROOT / "src" / module).glob(kind))


def without_comments(text):
    return re.sub(r'"(?:[^"\\\n]|\\.)*"|/\*.*?\*/', lambda m: m.group() if m.group()[0] == '"' else " ", text, flags=re.S)


def includes(path):
    return INCLUDE.findall(path.read_text(encoding="utf-8"))


def names_of(path):
    """The words of a header, without those of the headers that it includes."""
    text = without_comments(path.read_text(encoding="utf-8"))
    names = set(WORD.findall(re.sub(r'"[^"\n]*"', "", text))) - C_WORDS
    for table in re.findall(r'#include "(table/[^"]+)"', text):
        prefix = re.findall(r"(\w+)_##name", text)
        rows = re.findall(r"^[A-Z_]+\((\w+),", (ROOT / "include" / table).read_text(encoding="utf-8"), flags=re.M)
        names |= {f"{p}_{row}" for p in prefix for row in rows} | set(rows)
    return names


def check_includes(errors):
    owners = owner_of_headers()
    may = {name: set(lower.split()) | {name} for name, _, lower in MODULES}
    for module, _, _ in MODULES:
        for path in sources(module):
            where = path.relative_to(ROOT)
            for header in includes(path):
                if header.startswith("table/"):
                    if not (ROOT / "include" / header).exists():
                        errors.append(f"{where}: includes {header}, which does not exist in include/")
                elif header.endswith(".def"):
                    if not path.with_name(header).exists():
                        errors.append(f"{where}: includes {header}, which does not exist in its folder")
                elif header in owners:
                    if owners[header] not in may[module]:
                        errors.append(f"{where}: includes {header} of {owners[header]}; {module} may include "
                                      f"{', '.join(sorted(may[module]))} (tests/checks/modules.py)")
                elif not path.with_name(header).exists():
                    errors.append(f"{where}: includes {header}, which is neither public nor in src/{module}")
    for path in sorted((ROOT / "include").glob("*.h")):
        where = path.relative_to(ROOT)
        if path.name not in owners:
            errors.append(f"{where}: add it to a module in tests/checks/modules.py")
            continue
        for header in includes(path):
            if not header.startswith("table/") and owners.get(header) not in may[owners[path.name]]:
                errors.append(f"{where}: includes {header}, which {owners[path.name]} may not include")
    folders = {path.name for path in (ROOT / "src").iterdir() if path.is_dir()}
    for name in sorted(folders - set(may)):
        errors.append(f"src/{name}: add the module to tests/checks/modules.py")


def check_unused(errors):
    words = {}
    for module, _, _ in MODULES:
        for path in sources(module):
            text = path.read_text(encoding="utf-8")
            body = set(WORD.findall(re.sub(r"^#\s*include.*$", "", without_comments(text), flags=re.M)))
            for header in includes(path):
                if not header.endswith(".h") or header == f"{path.stem}.h":
                    continue
                own = path.with_name(header)
                file = own if own.exists() else ROOT / "include" / header
                if not file.exists():
                    continue  # generated
                if file not in words:
                    words[file] = names_of(file)
                if not words[file] & body:
                    errors.append(f"{path.relative_to(ROOT)}: includes {header} and uses nothing of it; remove the line")


def symbols(build, module):
    """For each object file: the symbols that it defines and those that it needs."""
    found = {}
    for path in sorted(build.glob(f"src/lib{module}.a.p/*.o")) + sorted(build.glob(f"src/{module}/lib{module}.a.p/*.o")):
        listed = subprocess.run(["nm", "-P", path], capture_output=True, text=True, check=True).stdout
        rows = [line.split()[:2] for line in listed.splitlines()]
        name = path.name.removesuffix(".o").removeprefix(f"{module}_")
        found[name] = ({n for n, kind in rows if kind in "TDBRC"}, {n for n, kind in rows if kind == "U"})
    return found


def cycles(edges):
    """Each set of nodes that reach each other (Tarjan)."""
    index, low, stack, on, out = {}, {}, [], set(), []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        on.add(node)
        for other in sorted(edges.get(node, ())):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in on:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            part = []
            while not part or part[-1] != node:
                part.append(stack.pop())
                on.discard(part[-1])
            if len(part) > 1:
                out.append(sorted(part))

    for node in sorted(edges):
        if node not in index:
            visit(node)
    return out


def check_calls(build, errors):
    for module in NO_CYCLES:
        objects = symbols(build, module)
        if not objects:
            errors.append(f"{build.name}: no objects of {module}; run `ninja -C {build.name}`")
        edges = {name: {other for other, (defines, _) in objects.items() if other != name and defines & needs}
                 for name, (_, needs) in objects.items()}
        for part in cycles(edges):
            errors.append(f"src/{module}: these files call each other: {', '.join(part)}")
        edges = {path.name: {h for h in includes(path) if path.with_name(h).exists() and h != path.name}
                 for path in sources(module) if path.suffix == ".h"}
        for part in cycles(edges):
            errors.append(f"src/{module}: these headers include each other: {', '.join(part)}")


def graph():
    owners = owner_of_headers()
    for module, headers, _ in MODULES:
        used = {}
        for path in sources(module):
            for header in includes(path):
                if owners.get(header, module) != module:
                    used.setdefault(owners[header], set()).add(header.removesuffix(".h"))
        files = len([path for path in sources(module) if path.suffix == ".c"])
        print(f"{module} ({files} files)" + (f": {' '.join(f'{h}.h' for h in headers.split())}" if headers else ""))
        for lower, _, _ in reversed(MODULES):
            if lower in used:
                print(f"    -> {lower:<10} {' '.join(sorted(used[lower]))}")


def main(*arguments):
    if arguments == ("--graph",):
        graph()
        return
    errors = []
    check_includes(errors)
    check_unused(errors)
    if arguments:
        check_calls(ROOT.joinpath(arguments[0]).resolve(), errors)
    finish(errors)


main(*sys.argv[1:])
