"""Writes the source of decoders for declared types, as dataclasses does for methods; that of
encoders is written by `encoding`. The result for ``RPNQuery`` is

    def decode_RPNQuery(data, at, stop, ends):
        message = new(RPNQuery)
        identifier, start, end, at = header(data, at, stop, ends)
        if identifier == 0x6:
            message.attribute_set = read_oid(data, start, end)
        else:
            raise missing('RPNQuery', 'attribute_set')
        identifier, start, end, at = header(data, at, stop, ends)
        if identifier in RPNStructure_identifiers:
            message.rpn = decode_RPNStructure(data, identifier, start, end, ends)
        else:
            raise missing('RPNQuery', 'rpn')
        identifier, start, end, at = header(data, at, stop, ends)
        if identifier != END:
            raise unexpected('RPNQuery')
        return message

The decoder of a SEQUENCE takes the contents from ``at`` to ``stop``; that of a CHOICE takes a
header that has been read. Types that can contain themselves count their depth.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

from protocols.z3950.wire import ber
from protocols.z3950.wire.asn1 import Primitive
from protocols.z3950.wire.ber import MalformedMessage
from protocols.z3950.wire.encoding import OCTETS, TEXTS, Encoding, identifier, tag_of
from protocols.z3950.wire.layouts import (
    Constant,
    ListOf,
    OneOf,
    Tagged,
    Type,
    Wrapped,
    fields_of,
    holds,
    label,
)

#: How deeply a type may contain itself; an operator below another counts twice. Each step is a
#: call.
MOST_DEPTH = 500

#: How the contents of a simple value are read: in one piece and, for strings, in several.
_READ = {
    Primitive.BOOLEAN: "read_boolean(data, start, end)",
    Primitive.INTEGER: (
        "data[start] if end - start == 1 and data[start] < 128 else read_integer(data, start, end)"
    ),
    Primitive.BITS: "read_bits(data, start, end)",
    Primitive.OID: "read_oid(data, start, end)",
    Primitive.ANY: "one_value(data, start, end, ends)",
    **dict.fromkeys(OCTETS, "data[start:end]"),
    **dict.fromkeys(TEXTS, "read_text(data, start, end)"),
}
_READ_SEGMENTS = {
    **dict.fromkeys(OCTETS, "read_segments(data, start, end, ends)"),
    **dict.fromkeys(TEXTS, "read_text_segments(data, start, end, ends)"),
}
#: One form of a value: a test of its identifier, and the expression that reads it.
Case = tuple[str, str]

_NEXT = "identifier, start, end, at = header(data, at, stop, ends)"


def _missing(message: str, field: str) -> MalformedMessage:
    return MalformedMessage(f"{message} without {field}")


def _unexpected(message: str) -> MalformedMessage:
    return MalformedMessage(f"{message} holds what it may not")


def _too_deep(message: str) -> MalformedMessage:
    return MalformedMessage(f"too many of {message} inside one another")


def _constant(start: int, end: int, constant: Enum) -> Enum:
    ber.check_null(start, end)
    return constant


class Generator(Encoding):
    """Makes the decoders and encoders of declared types, each when it is first asked for."""

    def __init__(
        self,
        long: type[Any] | None = None,
        in_two: Callable[[Any], tuple[bytes, bytes]] | None = None,
    ) -> None:
        super().__init__(long, in_two)
        self._names |= {"constant": _constant, "missing": _missing, "new": object.__new__}
        self._names |= {"too_deep": _too_deep, "unexpected": _unexpected}

    def decoder(self, kind: type[Any]) -> Callable[..., Any]:
        """Reads contents: (data, start, end, ends) to an object of the class."""
        with self._lock:
            function: Callable[..., Any] = self._source.function(self._decoder(kind))
            return function

    def _decoder(self, kind: type[Any]) -> str:
        name = kind.__name__
        function = f"decode_{name}"
        if self._is_new(function, kind):
            within = holds(kind, kind)
            body = [f"if depth > {MOST_DEPTH}:", f"    raise too_deep({name!r})"] if within else []
            body += [f"message = new({self._named(kind)})", _NEXT]
            for field in fields_of(kind):
                word = "if"
                for condition, expression in self._cases(field.type, within):
                    body += [f"{word} {condition}:", f"    message.{field.name} = {expression}"]
                    if field.is_optional:
                        body.append(f"    {_NEXT}")
                    word = "elif"
                if field.is_optional:
                    body += ["else:", f"    message.{field.name} = None"]
                else:
                    body += ["else:", f"    raise missing({name!r}, {field.name!r})", _NEXT]
            body += ["if identifier != END:", f"    raise unexpected({name!r})", "return message"]
            self._define(function, f"data, at, stop, ends{', depth=0' if within else ''}", body)
        return function

    def _cases(self, of: Type, within: bool = False) -> list[Case]:
        """The forms that a value may have; `within` a type that can contain itself and knows its
        depth."""
        if isinstance(of, OneOf):
            choice = self._choice_decoder(of)
            call = f"{choice}(data, identifier, start, end, ends{_depth(of, within)})"
            return [(f"identifier in {of.name}_identifiers", call)]
        readers = self._readers(of, within)
        return [(f"identifier == {identifier:#x}", how) for identifier, how in readers]

    def _readers(self, of: Type, within: bool = False) -> list[tuple[int, str]]:
        """The identifiers that a value may have and, for each, the expression that reads it."""
        if isinstance(of, Wrapped):
            by = self._named(of.by)
            readers = self._readers(of.of, within)
            return [(identifier, f"{by}({how})") for identifier, how in readers]
        tag, bare = tag_of(of)
        if isinstance(bare, Primitive):
            readers = [(identifier(tag, bare, is_constructed=bare is Primitive.ANY), _READ[bare])]
            if bare in _READ_SEGMENTS:
                readers.append((identifier(tag, bare), _READ_SEGMENTS[bare]))
            return readers
        if isinstance(bare, Constant):
            how = f"constant(start, end, {self._named(bare.value)})"
            return [(identifier(tag, bare, is_constructed=False), how)]
        if isinstance(bare, Tagged):
            function = self._holder(bare.of)
        elif isinstance(bare, ListOf):
            function = self._list_decoder(bare)
        else:
            assert isinstance(bare, type), f"the CHOICE {label(bare)} in another without a tag"
            call = f"{self._decoder(bare)}(data, start, end, ends{_depth(bare, within)})"
            return [(identifier(tag, bare), call)]
        return [(identifier(tag, bare), f"{function}(data, start, end, ends)")]

    def _choice_decoder(self, of: OneOf) -> str:
        function = f"decode_{of.name}"
        if self._is_new(function, of):
            within = holds(of, of)
            readers = [each for one in of.alternatives for each in self._readers(one, within)]
            identifiers = frozenset(identifier for identifier, _ in readers)
            assert len(identifiers) == len(readers), f"{of.name} is ambiguous"
            self._names[f"{of.name}_identifiers"] = identifiers
            body = []
            for identifier, how in readers:
                body += [f"if identifier == {identifier:#x}:", f"    return {how}"]
            body.append(f"raise unexpected({of.name!r})")
            depth = ", depth=0" if within else ""
            self._define(function, f"data, identifier, start, end, ends{depth}", body)
        return function

    def _holder(self, of: Type) -> str:
        """The decoder of the one value inside an explicit tag."""
        function = f"decode_inside_{label(of)}"
        if self._is_new(function, of):
            body = ["identifier, start, end = inside(data, at, stop, ends)"]
            for condition, how in self._cases(of):
                body += [f"if {condition}:", f"    return {how}"]
            body.append("raise unexpected('an explicit tag')")
            self._define(function, "data, at, stop, ends", body)
        return function

    def _list_decoder(self, of: ListOf) -> str:
        function = f"decode_{label(of)}"
        if self._is_new(function, of):
            body = ["found = []", _NEXT, "while identifier != END:"]
            word = "if"
            for condition, how in self._cases(of.of):
                body += [f"    {word} {condition}:", f"        found.append({how})"]
                word = "elif"
            body += ["    else:", "        raise unexpected('a list')", f"    {_NEXT}"]
            self._define(function, "data, at, stop, ends", [*body, "return found"])
        return function


def _depth(of: Type, within: bool) -> str:
    """The last argument of a call from one type that can contain itself to another."""
    return ", depth + 1" if within and holds(of, of) else ""
