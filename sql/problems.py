"""problems.py: computes the problem codes that a statement can return.

A statement, or a function that it calls, returns a problem in one of three ways:

- it returns a row with the code: `api.refuse('CODE', …)`, `api.refuse_input('CODE', …)`,
  `'CODE' end as code`, `'CODE' when …`;
- it raises: `raise sqlstate 'HT409' using message = 'CODE'`, where 409 is the problem's status;
- it writes a column of a constraint that include/table/constraints.def maps to a code.

The code must be a literal and must be in include/table/problems.def."""

import re

from lexer import ParseError, Source

CODE = re.compile(r"[A-Z][A-Z0-9_]*")
ROW = re.compile(r'^([A-Z_]+)\(((?:[^()"]|"(?:[^"\\]|\\.)*")*)\)', re.M)
COLUMN = re.compile(r'((?:\s*"(?:[^"\\]|\\.)*")+|[^,"]+)(?:,|$)')
TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"')


def read_table(path):
    """The rows of a .def file as lists: the macro's name and its arguments; adjacent texts are joined."""
    text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.S)
    rows = []
    for kind, inside in ROW.findall(text):
        row = [kind]
        for column in COLUMN.findall(inside):
            texts = TEXT.findall(column)
            row.append("".join(texts) if texts else column.strip())
        rows.append(row)
    if not rows:
        raise ParseError(f"{path}: no rows found")
    return rows


def end_of_parentheses(tokens, at):
    """The index after the parenthesis that closes the one at this index."""
    depth = 0
    for index in range(at, len(tokens)):
        depth += (tokens[index] == "(") - (tokens[index] == ")")
        if depth == 0:
            return index + 1
    return len(tokens)


def in_parentheses(tokens, at):
    return tokens[at + 1 : end_of_parentheses(tokens, at) - 1]


def split(tokens):
    """The parts between commas; those in parentheses do not count."""
    parts, depth = [[]], 0
    for token in tokens:
        depth += (token == "(") - (token == ")")
        if token == "," and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def names(tokens):
    return {token.name for token in tokens if token.name}


def phrase(tokens, at, words):
    return tokens[at : at + len(words.split())] == words.split()


def first_parentheses(tokens):
    return in_parentheses(tokens, tokens.index("(")) if "(" in tokens else []


class Schema:
    """The functions, and the columns of the constraints, of sql/functions and sql/migrations."""

    def __init__(self, files):
        self.functions = {}  # name → body, a Source
        self.constraints = {}  # name → (table, columns)
        for path, text in files:
            self.read(Source(path, text))

    def read(self, file):
        tokens = list(file.tokens())
        for at, token in enumerate(tokens):
            if token != "create" and token != "alter":
                continue
            at += 3 if phrase(tokens, at, "create or replace") else 1
            kind = tokens[at]
            if kind == "function":
                self.add_function(file, tokens, at + 1)
            elif token == "alter" and kind == "table":
                self.alter_table(tokens, at + 1)
            elif kind == "table" or phrase(tokens, at, "unlogged table"):
                self.add_table(tokens, tokens.index("table", at) + 1)
            elif phrase(tokens, at, "unique index"):
                on = tokens.index("on", at)
                self.constraints[tokens[at + 2]] = (tokens[on + 1], names(first_parentheses(tokens[on:])))
            elif phrase(tokens, at, "constraint trigger"):
                self.constraints[tokens[at + 2]] = (tokens[tokens.index("on", at) + 1], set())

    def add_function(self, file, tokens, at):
        body = next((token for token in tokens[at:] if token.startswith("$")), None)
        if body is None:
            raise file.error(f"{tokens[at]} has no body between dollar quotes", tokens[at].at)
        tag = body.index("$", 1) + 1
        self.functions[tokens[at]] = Source(file.path, file.text, body.at + tag, body.at + len(body) - tag)

    def add_table(self, tokens, at):
        table = tokens[at]
        for part in split(in_parentheses(tokens, at + 1)):
            if part[0] == "constraint":
                self.constraints[part[1]] = (table, names(first_parentheses(part)))
            elif any(phrase(part, index, "primary key") for index in range(len(part))):
                self.constraints[f"{table.rpartition('.')[2]}_pkey"] = (table, {part[0].name})

    def alter_table(self, tokens, at):
        for part in split(tokens[at + 1 : tokens.index(";", at)]):
            if phrase(part, 0, "add constraint"):
                self.constraints[part[2]] = (tokens[at], names(first_parentheses(part)))


def raised(source, tokens, at, statuses, constraints):
    """The code of a RAISE; None: it names a constraint, which has a code."""
    words = tokens[at : tokens.index(";", at)]
    state, code = None, None
    for index, word in enumerate(words):
        if phrase(words, index, "constraint =") and words[index + 2].literal in constraints:
            return None
        if phrase(words, index, "message ="):
            code = words[index + 2].literal
        state = state or re.fullmatch(r"HT(\d{3})", word.literal or "")
    if not code or not state:
        raise source.error("RAISE must be `raise sqlstate 'HTnnn' using message = 'CODE'`, or name a constraint "
                           "of constraints.def", tokens[at].at)
    if statuses.get(code, state.group(1)) != state.group(1):
        raise source.error(f"{code} has status {statuses[code]}, not {state.group(1)}", tokens[at].at)
    return code


def written(tokens):
    """(table, columns) of each INSERT and UPDATE."""
    for at in range(len(tokens)):
        if phrase(tokens, at, "insert into"):
            columns = at + (5 if phrase(tokens, at + 3, "as") else 3)
            if phrase(tokens, columns, "("):
                yield tokens[at + 2], names(in_parentheses(tokens, columns))
        elif tokens[at] == "update" and "set" in tokens[at + 2 : at + 5]:
            yield tokens[at + 1], assigned(tokens, tokens.index("set", at) + 1)


def assigned(tokens, at):
    """The columns on the left of the assignments of a SET clause."""
    end, depth = at, 0
    while end < len(tokens) and depth >= 0 and not (depth == 0 and tokens[end] in ("where", "from", "returning", ";")):
        depth += (tokens[end] == "(") - (tokens[end] == ")")
        end += 1
    return {part[0].name for part in split(tokens[at:end]) if part}


class Problems:
    def __init__(self, tables, files):
        """`files` are the paths and texts of all functions and migrations."""
        self.statuses = {row[1]: row[2] for row in read_table(tables / "problems.def")}
        self.schema = Schema(files)
        self.codes = {}  # name of a constraint → code
        for _, name, code, *_ in read_table(tables / "constraints.def"):
            if name not in self.schema.constraints:
                raise ParseError(f"{tables / 'constraints.def'}: {name} is not a constraint of sql/migrations")
            if code not in self.statuses:
                raise ParseError(f"{tables / 'constraints.def'}: {code} is not in problems.def")
            self.codes[name] = code
        self.parsed = {name: self.parse(body) for name, body in self.schema.functions.items()}

    def parse(self, source):
        """The codes in the text itself, and the functions that it calls."""
        tokens = list(source.tokens())
        codes = {self.codes[name] for name in self.violated(tokens)}
        for at, token in enumerate(tokens):
            code = token
            if phrase(tokens, at, "api.refuse (") or phrase(tokens, at, "api.refuse_input ("):
                code = tokens[at + 2]
                if not code.literal or tokens[at + 3] != ",":
                    raise source.error("the code of a refusal must be a literal", code.at)
                code = code.literal
            elif token.literal and (phrase(tokens, at + 1, "end as code")
                                    or token.literal in self.statuses and phrase(tokens, at + 1, "when")):
                code = token.literal
            elif token == "raise":
                code = raised(source, tokens, at, self.statuses, self.codes)
            else:
                continue
            if code and code not in self.statuses:
                raise source.error(f"{code} is not in problems.def", token.at)
            codes |= {code} if code else set()
        calls = {token for token, after in zip(tokens, tokens[1:]) if after == "(" and token in self.schema.functions}
        return codes, calls

    def violated(self, tokens):
        for table, columns in written(tokens):
            for name in self.codes:
                of, its_columns = self.schema.constraints[name]
                if of == table and its_columns & columns:
                    yield name

    def of(self, source):
        """All codes that a statement can return, sorted."""
        codes, waiting = self.parse(source)
        seen = set(waiting)
        while waiting:
            more, calls = self.parsed[waiting.pop()]
            codes = codes | more
            waiting = waiting | calls - seen
            seen |= calls
        return sorted(codes)
