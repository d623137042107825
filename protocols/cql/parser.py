"""CQL 1.2: text -> tree (and back, in the canonical spelling).

The grammar is that of the Library of Congress's CQL 1.2, with prefix assignments and ``sortBy``:

    query   ::= { '>' [prefix '='] uri } clause [ 'sortBy' index modifiers { index modifiers } ]
    clause  ::= operand { boolean modifiers operand }            all booleans alike, left to right
    operand ::= '(' query without sortBy ')' | [index relation modifiers] term

Case matters only in terms, modifier values and URIs. What the names mean is decided elsewhere: the
parser knows no context set. Any input gives a tree or a `CqlError`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from protocols.cql.diagnostics import Refused, Srw

#: Longest query accepted, in characters; a longer one is diagnostic 12.
LONGEST_QUERY = 65_536
#: Most booleans in one query; more are diagnostic 38.
MOST_BOOLEANS = 2_000
#: Deepest nesting of parentheses; deeper is diagnostic 38 as well.
DEEPEST_NESTING = 100


class CqlError(Refused):
    """The query is not CQL: a diagnostic, and the `offset` of what is wrong, in characters."""

    def __init__(self, number: Srw | int, details: str, offset: int) -> None:
        super().__init__(Srw(number), details)
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Modifier:
    """``/name``, or ``/name comparison value``. The name is in lower case."""

    name: str
    comparison: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Clause:
    """A search term, with its index and relation.

    `index` is ``prefix.name`` in lower case, empty where the query gave none; `context_set` is the
    URI that the query itself assigned to that prefix, if it did. `term` is as written, without its
    quotes but with its masks and backslashes.
    """

    index: str
    relation: str
    modifiers: tuple[Modifier, ...]
    term: str
    context_set: str | None = None


@dataclass(frozen=True, slots=True)
class Boolean:
    """Two searches joined by ``and``, ``or``, ``not`` (and-not) or ``prox``."""

    operator: str
    modifiers: tuple[Modifier, ...]
    left: Tree
    right: Tree


Tree = Clause | Boolean


@dataclass(frozen=True, slots=True)
class SortKey:
    """An index to sort by, with its modifiers (``sort.descending``...)."""

    index: str
    modifiers: tuple[Modifier, ...]
    context_set: str | None = None


@dataclass(frozen=True, slots=True)
class CqlQuery:
    """A whole query."""

    tree: Tree
    sort_keys: tuple[SortKey, ...] = ()


class Kind(Enum):
    """What a token is."""

    WORD = auto()
    QUOTED = auto()
    COMPARISON = auto()
    SLASH = auto()
    OPEN = auto()
    CLOSE = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Token:
    kind: Kind
    text: str
    offset: int


_TOKEN = re.compile(
    r"""\s*(?:
      (?P<comparison> <> | <= | >= | == | [=<>] )
    | (?P<slash> / ) | (?P<open> \( ) | (?P<close> \) )
    | " (?P<quoted> (?: [^"\\] | \\. )* ) "
    | (?P<word> [^\s()=<>"/]+ )
    )""",
    re.VERBOSE | re.DOTALL,
)
_KINDS = {
    "comparison": Kind.COMPARISON,
    "slash": Kind.SLASH,
    "open": Kind.OPEN,
    "close": Kind.CLOSE,
    "quoted": Kind.QUOTED,
    "word": Kind.WORD,
}
BOOLEANS = frozenset({"and", "or", "not", "prox"})


def tokens(text: str) -> list[Token]:
    """The tokens of a query and an END; raises CqlError for quotes that are not closed."""
    found: list[Token] = []
    offset = 0
    end = len(text.rstrip())
    while offset < end:
        match = _TOKEN.match(text, offset)
        if match is None:
            start = offset + len(text[offset:]) - len(text[offset:].lstrip())
            raise CqlError(14, str(start), start)  # only an unclosed quote begins no token
        name = match.lastgroup or ""
        found.append(Token(_KINDS[name], match[name], match.start(name)))
        offset = match.end()
    found.append(Token(Kind.END, "", end))
    return found


class _Parser:
    """Recursive descent, one level for each open parenthesis; a chain of booleans is read in a
    loop."""

    def __init__(self, text: str) -> None:
        self.tokens = tokens(text)
        self.at = 0
        self.booleans = 0
        self.depth = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        token = self.token
        self.at += 1
        return token

    def next_is(self, *kinds: Kind) -> bool:
        return self.token.kind in kinds

    def is_word(self, *words: str) -> bool:
        return self.next_is(Kind.WORD) and self.token.text.lower() in words

    def fail(self, number: int = 10) -> CqlError:
        token = self.token
        what = "end of the query" if token.kind is Kind.END else f"{token.text!r}"
        return CqlError(number, f"unexpected {what} at {token.offset}", token.offset)

    def query(self) -> CqlQuery:
        scope: dict[str, str] = {}
        self.prefixes(scope)
        tree = self.tree(scope)
        sort_keys: list[SortKey] = []
        if self.is_word("sortby"):
            self.take()
            while not sort_keys or self.next_is(Kind.WORD, Kind.QUOTED):
                index = self.name()
                sort_keys.append(SortKey(index, self.modifiers(), _uri(index, scope)))
        if not self.next_is(Kind.END):
            raise self.fail(13 if self.next_is(Kind.CLOSE) else 10)
        return CqlQuery(tree, tuple(sort_keys))

    def prefixes(self, scope: dict[str, str]) -> None:
        while self.next_is(Kind.COMPARISON) and self.token.text == ">":
            self.take()
            first = self.term()
            if self.next_is(Kind.COMPARISON) and self.token.text == "=":
                self.take()
                scope[first.lower()] = self.term()
            else:
                scope[""] = first

    def tree(self, scope: dict[str, str]) -> Tree:
        left = self.operand(scope)
        while self.is_word(*BOOLEANS):
            self.booleans += 1
            if self.booleans > MOST_BOOLEANS:
                raise CqlError(38, str(MOST_BOOLEANS), self.token.offset)
            operator = self.take().text.lower()
            modifiers = self.modifiers()
            left = Boolean(operator, modifiers, left, self.operand(scope))
        return left

    def operand(self, scope: dict[str, str]) -> Tree:
        if self.next_is(Kind.OPEN):
            opening = self.take()
            self.depth += 1
            if self.depth > DEEPEST_NESTING:
                raise CqlError(38, f"nested deeper than {DEEPEST_NESTING}", opening.offset)
            inner = dict(scope)
            self.prefixes(inner)
            tree = self.tree(inner)
            if not self.next_is(Kind.CLOSE):
                raise CqlError(13, str(opening.offset), opening.offset)
            self.take()
            self.depth -= 1
            return tree
        if self.is_word(*BOOLEANS, "sortby") and not self._is_lone_word():
            raise self.fail()
        first = self.term()
        relation = self.relation()
        if relation is None:
            return Clause("", "=", (), first, scope.get(""))
        modifiers = self.modifiers()
        index = first.lower()
        return Clause(index, relation, modifiers, self.term(), _uri(index, scope))

    def _is_lone_word(self) -> bool:
        """A reserved word is an ordinary term where nothing else is possible."""
        following = self.tokens[self.at + 1]
        return following.kind in (Kind.END, Kind.CLOSE)

    def relation(self) -> str | None:
        if self.next_is(Kind.COMPARISON):
            return self.take().text
        if self.next_is(Kind.WORD) and not self.is_word(*BOOLEANS, "sortby"):
            return self.take().text.lower()
        return None

    def modifiers(self) -> tuple[Modifier, ...]:
        found = []
        while self.next_is(Kind.SLASH):
            self.take()
            name = self.name()
            if self.next_is(Kind.COMPARISON):
                found.append(Modifier(name, self.take().text, self.term()))
            else:
                found.append(Modifier(name))
        return tuple(found)

    def name(self) -> str:
        return self.term().lower()

    def term(self) -> str:
        if not self.next_is(Kind.WORD, Kind.QUOTED):
            raise self.fail(13 if self.next_is(Kind.CLOSE) else 10)
        return self.take().text


def _uri(index: str, scope: dict[str, str]) -> str | None:
    prefix, dot, _ = index.partition(".")
    return scope.get(prefix if dot else "")


def parse(text: str) -> CqlQuery:
    """The tree of a query. Raises CqlError (10 syntax, 12 length, 13, 14, 27 empty, 38)."""
    if len(text) > LONGEST_QUERY:
        raise CqlError(12, str(LONGEST_QUERY), LONGEST_QUERY)
    if not text.strip():
        raise CqlError(27, "the query is empty", 0)
    return _Parser(text).query()


def written(query: CqlQuery) -> str:
    """The query as CQL again: every term quoted, every joined part in parentheses."""
    text = _written(query.tree)
    if query.sort_keys:
        keys = " ".join(
            f"{_quoted(key.index)}{_modifiers(key.modifiers)}" for key in query.sort_keys
        )
        text += f" sortBy {keys}"
    return text


def _written(tree: Tree) -> str:
    # A chain of booleans leans to the left and may be long: it is walked, not recursed into.
    tail: list[str] = []
    while isinstance(tree, Boolean):
        joined = f" {tree.operator}{_modifiers(tree.modifiers)} "
        right = _written(tree.right)
        tail.append(joined + (f"({right})" if isinstance(tree.right, Boolean) else right))
        tree = tree.left
    head = _quoted(tree.term)
    if tree.index:
        head = f"{_quoted(tree.index)} {tree.relation}{_modifiers(tree.modifiers)} {head}"
    return head + "".join(reversed(tail))


def _quoted(text: str) -> str:
    """A term in quotes; one whose last backslash would escape the closing quote stays bare."""
    escapes = len(text) - len(text.rstrip("\\"))
    return text if escapes % 2 else f'"{text}"'


def _modifiers(modifiers: tuple[Modifier, ...]) -> str:
    return "".join(
        f"/{_quoted(each.name)}"
        + (f"{each.comparison}{_quoted(each.value)}" if each.comparison else "")
        for each in modifiers
    )
