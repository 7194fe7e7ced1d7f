"""lexer.py: splits SQL into tokens; finds the end of quotes and comments."""

import re

DOLLAR = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)?\$")
WORD = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
NUMBER = re.compile(r"\d+")


class ParseError(Exception):
    """An error in a file: its place and a message."""


class Source:
    """A file, or a part of one: a statement, or the body of a function."""

    def __init__(self, path, text, begin=0, end=None):
        self.path = path
        self.text = text
        self.begin = begin
        self.end = len(text) if end is None else end

    def error(self, message, at):
        line = self.text.count("\n", 0, at) + 1
        return ParseError(f"{self.path}:{line}: {message}")

    def end_of_line(self, at):
        end = self.text.find("\n", at)
        return len(self.text) if end < 0 else end

    def end_of_comment(self, start):
        """The offset after the block comment that begins here; comments nest."""
        depth, at = 0, start
        while at < len(self.text):
            if self.text.startswith("/*", at):
                depth += 1
                at += 2
            elif self.text.startswith("*/", at):
                depth -= 1
                at += 2
                if depth == 0:
                    return at
            else:
                at += 1
        raise self.error("unterminated comment", start)

    def is_quote(self, at):
        return self.text[at] in "'\"" or (self.text[at] == "$" and DOLLAR.match(self.text, at))

    def end_of_quote(self, start):
        """The offset after a literal, a quoted identifier or a dollar quote."""
        quote = self.text[start]
        if quote == "$":
            tag = DOLLAR.match(self.text, start).group()
            end = self.text.find(tag, start + len(tag))
            if end < 0:
                raise self.error("unterminated dollar quote", start)
            return end + len(tag)
        escapes = quote == "'" and re.search(r"(^|[^A-Za-z0-9_])[eE]$", self.text[max(0, start - 2) : start])
        at = start + 1
        while at < len(self.text):
            if escapes and self.text[at] == "\\":
                at += 2
            elif self.text[at] != quote:
                at += 1
            elif self.text.startswith(quote, at + 1):
                at += 2
            else:
                return at + 1
        raise self.error("unterminated quote", start)

    def tokens(self):
        """All tokens, without comments."""
        at = self.begin
        while at < self.end:
            start = at
            if self.text[at].isspace():
                at += 1
            elif self.text.startswith("--", at):
                at = self.end_of_line(at)
            elif self.text.startswith("/*", at):
                at = self.end_of_comment(at)
            elif self.is_quote(at):
                at = self.end_of_quote(at)
                yield Token(self.text[start:at], start)
            else:
                word = WORD.match(self.text, at) or NUMBER.match(self.text, at)
                at = word.end() if word else at + 1
                yield Token(self.text[start:at], start)


class Token(str):
    """A word (`app.logs`), a quoted text with its quotes, a number, or any other character."""

    def __new__(cls, text, at):
        token = super().__new__(cls, text)
        token.at = at
        return token

    @property
    def literal(self):
        """The text of a literal; None: the token is something else."""
        return self[1:-1].replace("''", "'") if self.startswith("'") else None

    @property
    def name(self):
        """An identifier without its quotes; None: the token is something else."""
        if self.startswith('"'):
            return self[1:-1]
        return str(self) if WORD.fullmatch(self) else None
