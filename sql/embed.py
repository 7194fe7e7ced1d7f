#!/usr/bin/env python3
"""embed.py: converts the files under sql/ to C: sql.h (the names) and sql.c (the text).

    embed.py DIRECTORY sql.h sql.c [depfile [TABLES]]

A file in statements/ contains several statements. Each begins with a header line and ends with a
semicolon:

    -- logs_list read 5s
    select next, body from api.logs
    where true
      and author_id = :author_id?
    limit :limit;

The header has a name, a lane (`read` or `write`) and a timeout in `s` or `ms`. If the caller sent
an Idempotency-Key, a write marked `idempotent` stores its response under that key; its columns must
be those of api.result. `idempotent without key` does not store the member `key` of the body, because
it is a secret. A write also sets binnacle.context, for the trail (audit.append()), except one marked
`untracked`, which changes nothing that the trail records. A `where` is added to the text for this, so
the text ends with `from` and a function. A write marked `owner` is run by commands only: as the user of
DATABASE_URL, not as the serving role.

`:name` is a parameter. `:name?` is an optional one: the line that contains it is left out if the
parameter is absent. Quotes, dollar quotes, comments and `::cast` contain no parameters; comments
are dropped. `:body ? 'x'`, with a space, is the operator. A file may begin with a comment about
itself: `-- logs.sql: …`.

Files in migrations/ (0001_users.sql), functions/ and demo/ are embedded unchanged, with the SHA-256
of their text: migrations in the order of their numbers, the others in alphabetical order, except
that a file follows those that its first comment names:

    -- Shifts: their representations and rules.
    -- after: locations, shift_assignments

TABLES is the directory of the .def files. In functions, a comment that names one stands for its rows:

    -- channels.def: when '{2}' then '{3}'

is replaced by a line for each row, in which {2} is the second column. For each statement, the
problem codes that it can return are computed (problems.py).

Anything else fails the build, with the file and the line.
"""

import hashlib
import heapq
import pathlib
import re
import sys

sys.dont_write_bytecode = True  # no __pycache__ among the sources

from lexer import ParseError, Source  # noqa: E402
from problems import Problems, read_table  # noqa: E402

HEADER = re.compile(r"-- ([a-z][a-z0-9_]*) (read|write) ([1-9][0-9]{0,5})(ms|s)"
                    r"( owner)?( untracked)?( idempotent(?: without ([a-z_]+))?)?$")
NAME = re.compile(r"[a-z_][a-z0-9_]*")
TABLE_ROWS = re.compile(r"^([ \t]*)-- ([a-z_]+\.def): (.*)$", re.M)
MARK = "\x01"
MAX_PARAMS = 40  # SQL_PARAMS in include/statement.h

# Ends the statements that write. (Triggers append to the trail when the transaction commits.)
CONTEXT_SUFFIX = "where set_config('binnacle.context', :context, true) is not null"

# Wraps a statement marked `idempotent`: the row that api.lock_idempotency_key() reserved before it, in the same
# transaction, gets the response, or is deleted if the statement was rejected.
IDEMPOTENT_PREFIX = "with result as materialized ("
IDEMPOTENT_SUFFIX = """), stored as (
	update app.idempotency_keys k set status = a.status, etag = a.etag, location = a.location, body = BODY
	from result a
	where a.code is null and k.caller_id = :actor_id::uuid and k.operation = :operation
	and k.key = :idempotency_key?
), released as (
	delete from app.idempotency_keys k using result a
	where a.code is not null and k.caller_id = :actor_id::uuid and k.operation = :operation
	and k.key = :idempotency_key?
) select * from result"""


class Statement:
    def __init__(self, name, lane, timeout_ms):
        self.name = name
        self.lane = lane
        self.timeout_ms = timeout_ms
        self.owner = False
        self.lines = []  # (text, mask of its optional parameters)
        self.params = []
        self.optional = 0
        self.source = None
        self.problems = []  # codes


class Reader(Source):
    """Parses the statements of one file, character by character."""

    def __init__(self, path, text):
        super().__init__(path, text)
        self.at = 0

    def error(self, message, at=None):
        return super().error(message, self.at if at is None else at)

    def statements(self):
        self.skip_file_comment()
        while self.skip_space():
            yield self.statement()

    def skip_file_comment(self):
        """Skips the comment at the top of the file."""
        if self.text.startswith(f"-- {self.path.name}:"):
            while self.text.startswith("--", self.at):
                self.at = self.end_of_line(self.at) + 1

    def skip_space(self):
        """Skips to the next header; False if there is none."""
        while self.at < len(self.text):
            if self.text[self.at].isspace():
                self.at += 1
            elif self.text.startswith("/*", self.at):
                self.at = self.end_of_comment(self.at)
            else:
                return True
        return False

    def statement(self):
        line = self.text[self.at : self.end_of_line(self.at)].rstrip()
        header = HEADER.match(line)
        if not header:
            raise self.error("expected a header, `-- name read|write 5s`; "
                             f"found `{line[:60]}`")
        name, lane, number, unit, owner, untracked, idempotent, secret = header.groups()
        if idempotent and lane == "read":
            raise self.error("`idempotent` is only for writes")
        if (untracked or owner) and lane == "read":
            raise self.error("`untracked` and `owner` are only for writes")
        timeout = int(number) * (1000 if unit == "s" else 1)
        if timeout > 600_000:
            raise self.error("the timeout must be at most 600s")
        statement = Statement(name, lane, timeout)
        statement.owner = owner is not None
        self.at = self.end_of_line(self.at)
        start = self.at
        self.body(statement)
        statement.source = Source(self.path, self.text, start, self.at)
        if not statement.lines:
            raise self.error(f"{name} is empty")
        if lane == "write" and not untracked:
            statement.lines += lines_of(statement, CONTEXT_SUFFIX)
        if idempotent:
            wrap(statement, f"api.without_secret(a.body, '{secret}')" if secret else "a.body")
        return statement

    def body(self, statement):
        """Parses the text up to its semicolon, as lines. A line break inside quotes does not end a
        line."""
        start = self.at
        out, optional = "", 0

        def end_line():
            nonlocal out, optional
            if out.strip():
                statement.lines.append((out.strip(), optional))
            out, optional = "", 0

        while self.at < len(self.text):
            c = self.text[self.at]
            if c == "\n":
                end_line()
                self.at += 1
            elif self.text.startswith("--", self.at):
                # A header here means that the current statement has no semicolon.
                line = self.text[self.at : self.end_of_line(self.at)].rstrip()
                if HEADER.match(line) and not out.strip():
                    raise self.error(f"{statement.name} does not end with a semicolon")
                self.at = self.end_of_line(self.at)
            elif self.text.startswith("/*", self.at):
                self.at = self.end_of_comment(self.at)
                out += " "
            elif self.is_quote(self.at):
                quote = self.at
                self.at = self.end_of_quote(quote)
                out += self.text[quote : self.at]
            elif self.text.startswith("::", self.at):
                out += "::"
                self.at += 2
            elif c == ":" and NAME.match(self.text, self.at + 1):
                index, may_be_absent = self.parameter(statement)
                out += MARK + chr(ord("A") + index)
                optional |= may_be_absent << index
            elif c == ";":
                self.at += 1
                end_line()
                rest = self.text[self.at : self.end_of_line(self.at)].strip()
                if rest and not rest.startswith("--"):
                    raise self.error("unexpected text after the semicolon")
                self.at = self.end_of_line(self.at)
                return
            elif c == "\r":
                self.at += 1
            elif ord(c) < 32 and c != "\t":
                raise self.error("unexpected control character")
            else:
                out += c
                self.at += 1
        raise self.error(f"{statement.name} does not end with a semicolon", start)

    def parameter(self, statement):
        name = NAME.match(self.text, self.at + 1).group()
        end = self.at + 1 + len(name)
        may_be_absent = self.text.startswith("?", end)
        if may_be_absent and self.text[end + 1 : end + 2] in ("|", "&"):
            raise self.error(f"`:{name}{self.text[end:end + 2]}`: "
                             "put a space before an operator")
        if name not in statement.params:
            if len(statement.params) == MAX_PARAMS:
                raise self.error(f"{statement.name} has more than {MAX_PARAMS} parameters")
            statement.params.append(name)
        index = statement.params.index(name)
        statement.optional |= may_be_absent << index
        self.at = end + may_be_absent
        return index, may_be_absent


def lines_of(statement, text):
    """Parses lines to add to the statement, and adds their parameters."""
    added = Statement(statement.name, statement.lane, statement.timeout_ms)
    added.params = statement.params
    Reader(pathlib.Path("embed.py"), text + ";").body(added)
    statement.optional |= added.optional
    return added.lines


def wrap(statement, stored_body):
    """Adds the lines that are included if there is an Idempotency-Key."""
    suffix = lines_of(statement, IDEMPOTENT_SUFFIX.replace("BODY", stored_body))
    mask = 0
    for _, optional in suffix:
        mask |= optional
    statement.lines = [(IDEMPOTENT_PREFIX, mask), *statement.lines, *((text, mask) for text, _ in suffix)]


def read(path):
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ParseError(f"{path}: not UTF-8") from None
    if "\0" in text or MARK in text:
        raise ParseError(f"{path}: unexpected control character")
    return text


def sql_files(directory, kind):
    return sorted((directory / kind).glob("*.sql"))


def read_statements(directory):
    statements, places = [], {}
    for path in sql_files(directory, "statements"):
        for statement in Reader(path, read(path)).statements():
            if statement.name in places:
                raise ParseError(f"{path}: {statement.name} is already defined in "
                            f"{places[statement.name]}")
            places[statement.name] = path
            statements.append(statement)
    return statements


def read_files(directory, kind):
    files, numbers = [], {}
    for path in sql_files(directory, kind):
        if kind == "migrations":
            numbered = re.fullmatch(r"([0-9]{4})_[a-z0-9_]+", path.stem)
            if not numbered:
                raise ParseError(f"{path}: migrations must be named like 0001_users.sql")
            other = numbers.setdefault(numbered.group(1), path)
            if other != path:
                raise ParseError(f"{path}: {other.name} has the same number")
        elif not re.fullmatch(r"[a-z0-9_]+", path.stem):
            raise ParseError(f"{path}: the name must consist of a-z, 0-9 and _")
        files.append((path.stem, read(path)))
    return files if kind == "migrations" else in_order(directory, kind, files)


def with_rows(files, tables):
    """Functions, with the rows of the tables that their comments name; and the paths of these tables."""
    seen = set()

    def rows(match):
        indent, name, line = match.groups()
        if not (tables / name).is_file():
            raise ParseError(f"{tables / name}: no such table")
        seen.add(tables / name)
        return "\n".join(indent + line.format(*row) for row in read_table(tables / name))

    return [(name, TABLE_ROWS.sub(rows, text)) for name, text in files], seen


def after(path, text):
    """The names in the `-- after:` lines of the comment that a file begins with."""
    names = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith("--"):
            break
        if line.startswith("-- after:"):
            found = [name.strip() for name in line.removeprefix("-- after:").split(",")]
            if not all(NAME.fullmatch(name) for name in found):
                raise ParseError(f"{path}:{number}: expected `-- after: name, name`")
            names += found
    return names


def in_order(directory, kind, files):
    """Sorts the files topologically by their `-- after:` lines, otherwise alphabetically."""
    texts = dict(files)
    waits, followers = {}, {name: [] for name in texts}
    for name, text in files:
        path = directory / kind / f"{name}.sql"
        waits[name] = set(after(path, text))
        for other in sorted(waits[name]):
            if other not in texts:
                raise ParseError(f"{path}: after: {directory / kind} has no {other}.sql")
            followers[other].append(name)
    ready = [name for name in texts if not waits[name]]
    heapq.heapify(ready)
    ordered = []
    while ready:
        name = heapq.heappop(ready)
        ordered.append((name, texts[name]))
        for follower in followers[name]:
            waits[follower].discard(name)
            if not waits[follower]:
                heapq.heappush(ready, follower)
    if len(ordered) < len(texts):
        raise ParseError(f"{directory / kind}: after: {cycle(waits)} is a cycle")
    return ordered


def cycle(waits):
    """`a.sql -> b.sql -> a.sql`: every remaining file leads into a cycle."""
    path = [min(name for name in waits if waits[name])]
    while path[-1] not in path[:-1]:
        path.append(min(waits[path[-1]]))
    path = path[path.index(path[-1]) :]
    return " -> ".join(f"{name}.sql" for name in path)


def c_text(text):
    out = []
    for byte in text.encode("utf-8"):
        if byte == 0x0A:
            out.append("\\n")
        elif byte in (0x22, 0x5C):
            out.append("\\" + chr(byte))
        elif 32 <= byte < 127 and byte != 0x3F:
            out.append(chr(byte))
        else:
            out.append(f"\\{byte:03o}")  # '?' too, because of trigraphs
    return '"' + "".join(out) + '"'


def header(statements):
    yield "/* Generated by sql/embed.py. */\n\n#ifndef SQL_H\n#define SQL_H\n\n"
    yield '#include "statement.h"\n\nenum sql {\n'
    for statement in statements:
        yield f"\tSQL_{statement.name.upper()},\n"
    yield "\tSQL_COUNT,\n};\n\n#endif\n"


def source(statements, files):
    yield '/* Generated by sql/embed.py. */\n\n#include <stddef.h>\n\n#include "sql.h"\n'
    for s in statements:
        yield f"\nstatic const struct sql_line {s.name}_lines[] = {{\n"
        for text, optional in s.lines:
            yield f"\t{{ {c_text(text)}, {optional:#x}ull }},\n"
        yield "\t{ NULL, 0 },\n};\n"
        yield f"static const char *const {s.name}_params[] = {{ "
        yield "".join(f'"{name}", ' for name in s.params)
        yield "NULL };\n"
        yield f"static const char *const {s.name}_problems[] = {{ "
        yield "".join(f'"{code}", ' for code in s.problems)
        yield "NULL };\n"
    yield "\nconst struct sql_statement sql_statements[] = {\n"
    for s in statements:
        yield (f'\t{{ "{s.name}", SQL_{s.lane.upper()}, {s.timeout_ms}, {s.name}_lines, '
               f"{s.name}_params, {len(s.params)}, {s.optional:#x}ull, {s.name}_problems, {str(s.owner).lower()} }},\n")
    yield "\t{ .name = NULL },\n};\n"
    for kind, rows in files.items():
        yield f"\nconst struct sql_file sql_{kind}[] = {{\n"
        for name, text in rows:
            checksum = hashlib.sha256(text.encode("utf-8")).hexdigest()
            yield f'\t{{ "{name}",\n'
            for line in text.splitlines(keepends=True):
                yield f"\t  {c_text(line)}\n"
            yield f'\t  "",\n\t  "{checksum}" }},\n'
        yield "\t{ NULL, NULL, NULL },\n};\n"


def add_problems(directory, statements, tables):
    files = [(path, read(path)) for kind in ("migrations", "functions") for path in sql_files(directory, kind)]
    problems = Problems(tables, files)
    for statement in statements:
        statement.problems = problems.of(statement.source)


def depfile(directory, outputs, kinds, tables):
    # The directories, too, since adding or removing a file changes them.
    seen = [directory, *sorted(pathlib.Path(__file__).parent.glob("*.py")), *sorted(tables)]
    for kind in ("statements", *kinds):
        if (directory / kind).is_dir():
            seen += [directory / kind, *sql_files(directory, kind)]
    names = " ".join(str(path).replace(" ", "\\ ") for path in seen)
    return f"{' '.join(outputs)}: {names}\n"


def main(directory, h_path, c_path, dep_path=None, tables=None):
    directory = pathlib.Path(directory)
    kinds = ("migrations", "functions", "demo")
    seen = set()
    try:
        statements = read_statements(directory)
        files = {kind: read_files(directory, kind) for kind in kinds}
        if tables:
            tables = pathlib.Path(tables)
            files["functions"], seen = with_rows(files["functions"], tables)
            seen |= {tables / "problems.def", tables / "constraints.def"}
            add_problems(directory, statements, tables)
    except ParseError as error:
        sys.exit(str(error))
    pathlib.Path(h_path).write_text("".join(header(statements)), encoding="utf-8")
    pathlib.Path(c_path).write_text("".join(source(statements, files)), encoding="utf-8")
    if dep_path:
        pathlib.Path(dep_path).write_text(depfile(directory, (h_path, c_path), kinds, seen), encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) not in (4, 5, 6):
        sys.exit(__doc__)
    main(*sys.argv[1:])
