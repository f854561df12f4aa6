"""A small part of SOQL, as the simulator of Salesforce understands it.

`SELECT fields | count() FROM X [WHERE ...] [ORDER BY a [ASC|DESC], b] [LIMIT n]`, with comparisons,
`IN`, `AND`, `OR`, `NOT` and brackets; `FIELDS(ALL)` in place of fields, with a limit of 200 at
most; no relationships, no other functions, no date literals by name.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Row = dict[str, Any]
Test = Callable[[Row], bool]
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^'\\]|\\.)*')"
    r"|(?P<moment>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))"
    r"|(?P<number>-?\d+(?:\.\d+)?(?![\w-]))|(?P<day>\d{4}-\d\d-\d\d)"
    r"|(?P<word>[A-Za-z_][\w.]*)|(?P<sign><=|>=|!=|<>|[=<>(),]))"
)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}
ALL = "FIELDS(ALL)"
MOST_OF_ALL = 200
_WORDS = {"TRUE": True, "FALSE": False, "NULL": None}


class SoqlError(Exception):
    """A query that Salesforce would refuse, with its code for why."""

    def __init__(self, message: str, code: str = "MALFORMED_QUERY") -> None:
        self.code = code
        super().__init__(message)


@dataclass
class Query:
    """A query: the fields of it, the object, what rows it wants in which order, and how many."""

    fields: list[str]
    name: str
    where: Test
    order: list[tuple[str, bool]]
    limit: int | None
    is_count: bool
    named: set[str]

    def rows(self, rows: list[Row]) -> list[Row]:
        """Return the rows that it wants, in its order."""
        found = [row for row in rows if self.where(row)]
        for name, backwards in reversed(self.order):
            found.sort(key=lambda row, n=name: sortable(row.get(n)), reverse=backwards)  # type: ignore[misc] # bound at once
        return found[: self.limit]


def sortable(value: object) -> tuple[bool, Any]:
    """Return a value that sorts as Salesforce does: what is empty first."""
    return value is not None, comparable(value)


def comparable(value: object) -> Any:
    """Return moments as moments and everything else as it is."""
    if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d", value):
        return datetime.fromisoformat(value).astimezone(UTC)
    return value


def parse(text: str) -> Query:
    """Return a query; raise SoqlError where it is none."""
    return _Parser(text).query()


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        at, text = 0, text.strip()
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None or found.lastgroup is None:
                raise _odd(text[at : at + 10])
            self.tokens.append((found.lastgroup, found[found.lastgroup]))
            at = found.end()
        self.named: set[str] = set()

    def query(self) -> Query:
        self.word("SELECT")
        fields = self.listed()
        is_count = fields == ["count"] and self.takes("(") and self.takes(")")
        if fields == ["FIELDS"]:
            for part in ("(", "ALL", ")"):
                self.word(part)
            fields = [ALL]
        self.word("FROM")
        name = self.taken("word")
        where = self.either() if self.takes("WHERE") else _all
        order = self.ordered() if self.takes("ORDER") else []
        limit = int(self.taken("number")) if self.takes("LIMIT") else None
        if self.tokens:
            raise _odd(self.tokens[0][1])
        if fields == [ALL] and (limit is None or limit > MOST_OF_ALL):
            message = "The SOQL FIELDS function must have a LIMIT of at most 200"
            raise SoqlError(message)
        self.named |= set() if is_count or fields == [ALL] else set(fields)
        self.named |= {each for each, _ in order}
        return Query(fields, name, where, order, limit, is_count, self.named)

    def listed(self) -> list[str]:
        found = [self.taken("word")]
        while self.takes(","):
            found.append(self.taken("word"))
        return found

    def ordered(self) -> list[tuple[str, bool]]:
        self.word("BY")
        found = []
        while True:
            name = self.taken("word")
            backwards = self.takes("DESC")
            self.takes("ASC")
            found.append((name, backwards))
            if not self.takes(","):
                return found

    def either(self) -> Test:
        tests = [self.both()]
        while self.takes("OR"):
            tests.append(self.both())
        return lambda row: any(test(row) for test in tests)

    def both(self) -> Test:
        tests = [self.term()]
        while self.takes("AND"):
            tests.append(self.term())
        return lambda row: all(test(row) for test in tests)

    def term(self) -> Test:
        if self.takes("NOT"):
            inner = self.term()
            return lambda row: not inner(row)
        if self.takes("("):
            inner = self.either()
            self.word(")")
            return inner
        name = self.taken("word")
        self.named.add(name)
        if self.takes("IN"):
            self.word("(")
            values = [self.value()]
            while self.takes(","):
                values.append(self.value())
            self.word(")")
            return lambda row: comparable(row.get(name)) in values
        compare, value = _COMPARE[self.taken("sign")], self.value()
        return lambda row: _compared(compare, comparable(row.get(name)), value)

    def value(self) -> Any:
        kind, text = self.tokens.pop(0) if self.tokens else ("", "")
        if kind == "text":
            return re.sub(r"\\(.)", r"\1", text[1:-1])
        if kind == "moment":
            return datetime.fromisoformat(text).astimezone(UTC)
        if kind == "number":
            return float(text)
        if kind == "word" and text.upper() in _WORDS:
            return _WORDS[text.upper()]
        if kind == "day":
            return text
        raise _odd(text)

    def takes(self, word: str) -> bool:
        if self.tokens and self.tokens[0][1].upper() == word:
            self.tokens.pop(0)
            return True
        return False

    def word(self, word: str) -> None:
        if not self.takes(word):
            found = self.tokens[0][1] if self.tokens else "<EOF>"
            raise _odd(found)

    def taken(self, kind: str) -> str:
        if not self.tokens or self.tokens[0][0] != kind:
            found = self.tokens[0][1] if self.tokens else "<EOF>"
            raise _odd(found)
        return self.tokens.pop(0)[1]


def _odd(token: str) -> SoqlError:
    return SoqlError(f"unexpected token: '{token}'")


def _all(_: Row) -> bool:
    return True


def _compared(compare: Callable[[Any, Any], bool], found: Any, wanted: Any) -> bool:
    if found is None or wanted is None:
        return compare in (_COMPARE["="], _COMPARE["!="], _COMPARE["<>"]) and compare(found, wanted)
    return compare(found, wanted)
