"""Writes the source of decoders and encoders for declared types, as dataclasses does for methods.
The result for ``RPNQuery`` is

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

    def encode_RPNQuery(message):
        return b''.join((value(b'\\x06', oid(message.attribute_set)), ...,))

The decoder of a SEQUENCE takes the contents from ``at`` to ``stop``; that of a CHOICE takes a
header that has been read. Types that can contain themselves count their depth.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from threading import RLock
from typing import Any

from catalogue.generated import Source
from protocols.z3950.wire import ber
from protocols.z3950.wire.asn1 import NULL_TAG, Explicit, Primitive, Sequence
from protocols.z3950.wire.ber import MalformedMessage
from protocols.z3950.wire.layouts import (
    CLASSES,
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

_TEXTS = (Primitive.TIME, Primitive.VISIBLE, Primitive.TEXT)
_OCTETS = (Primitive.OCTETS, Primitive.DESCRIPTOR)

#: How the contents of a simple value are read: in one piece and, for strings, in several.
_READ = {
    Primitive.BOOLEAN: "read_boolean(data, start, end)",
    Primitive.INTEGER: (
        "data[start] if end - start == 1 and data[start] < 128 else read_integer(data, start, end)"
    ),
    Primitive.BITS: "read_bits(data, start, end)",
    Primitive.OID: "read_oid(data, start, end)",
    Primitive.ANY: "one_value(data, start, end, ends)",
    **dict.fromkeys(_OCTETS, "data[start:end]"),
    **dict.fromkeys(_TEXTS, "read_text(data, start, end)"),
}
_READ_SEGMENTS = {
    **dict.fromkeys(_OCTETS, "read_segments(data, start, end, ends)"),
    **dict.fromkeys(_TEXTS, "read_text_segments(data, start, end, ends)"),
}
#: How a simple value is written with its header.
_WRITE = {
    Primitive.BOOLEAN: "{tag} + boolean({x})",
    Primitive.INTEGER: "{tag} + integer({x})",
    Primitive.BITS: "value({tag}, bits({x}))",
    Primitive.OID: "value({tag}, oid({x}))",
    **dict.fromkeys((*_OCTETS, Primitive.ANY), "value({tag}, {x})"),
    **dict.fromkeys(_TEXTS, "value({tag}, {x}.encode())"),
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


#: The functions of `ber` that generated source calls.
_CALLED = (
    *("END", "bits", "boolean", "header", "inside", "integer", "oid", "one_value", "read_bits"),
    *("read_boolean", "read_integer", "read_oid", "read_segments", "read_text"),
    *("read_text_segments", "value"),
)


class Generator:
    """Makes the decoders and encoders of declared types, each when it is first asked for."""

    def __init__(self) -> None:
        self._source = Source("protocols.z3950", {name: getattr(ber, name) for name in _CALLED})
        self._names = self._source.names
        self._names |= {"constant": _constant, "missing": _missing, "new": object.__new__}
        self._names |= {"too_deep": _too_deep, "unexpected": _unexpected}
        self._made: dict[str, Type] = {}
        self._lock = RLock()

    def decoder(self, kind: type[Any]) -> Callable[..., Any]:
        """Reads contents: (data, start, end, ends) to an object of the class."""
        with self._lock:
            function: Callable[..., Any] = self._source.function(self._decoder(kind))
            return function

    def encoder(self, kind: type[Any]) -> Callable[[Any], bytes]:
        """Writes the contents of an object of the class."""
        with self._lock:
            function: Callable[[Any], bytes] = self._source.function(self._encoder(kind))
            return function

    def _is_new(self, function: str, of: Type) -> bool:
        """Is the function of a type still to be defined? Two types must not share a name."""
        is_new = function not in self._made
        assert self._made.setdefault(function, of) == of, f"two types want {function}"
        return is_new

    def _define(self, name: str, parameters: str, body: list[str]) -> None:
        lines = [f"def {name}({parameters}):", *(f"    {line}" for line in body), ""]
        self._source.add(name, "\n".join(lines))

    def _named(self, thing: type | Enum) -> str:
        """The name by which the source mentions a class or a member of an enum."""
        name = thing.__name__ if isinstance(thing, type) else f"{type(thing).__name__}_{thing.name}"
        assert self._names.setdefault(name, thing) is thing, f"two things are named {name}"
        return name

    # Decoding

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
        tag, bare = _tag_of(of)
        if isinstance(bare, Primitive):
            readers = [(_identifier(tag, bare, is_constructed=bare is Primitive.ANY), _READ[bare])]
            if bare in _READ_SEGMENTS:
                readers.append((_identifier(tag, bare), _READ_SEGMENTS[bare]))
            return readers
        if isinstance(bare, Constant):
            how = f"constant(start, end, {self._named(bare.value)})"
            return [(_identifier(tag, bare, is_constructed=False), how)]
        if isinstance(bare, Tagged):
            function = self._holder(bare.of)
        elif isinstance(bare, ListOf):
            function = self._list_decoder(bare)
        else:
            assert isinstance(bare, type), f"the CHOICE {label(bare)} in another without a tag"
            call = f"{self._decoder(bare)}(data, start, end, ends{_depth(bare, within)})"
            return [(_identifier(tag, bare), call)]
        return [(_identifier(tag, bare), f"{function}(data, start, end, ends)")]

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

    # Encoding

    def _encoder(self, kind: type[Any]) -> str:
        function = f"encode_{kind.__name__}"
        if self._is_new(function, kind):
            parts = []
            for field in fields_of(kind):
                if field.is_optional:
                    written = self._written(field.type, "x")
                    parts.append(f"b'' if (x := message.{field.name}) is None else {written}")
                else:
                    parts.append(self._written(field.type, f"message.{field.name}"))
            self._define(function, "message", [f"return b''.join(({', '.join(parts)},))"])
        return function

    def _written(self, of: Type, x: str) -> str:
        """The expression that writes the value of the expression `x`."""
        if isinstance(of, Wrapped):
            return self._written(of.of, f"{x}.value")
        if isinstance(of, OneOf):
            return f"{self._choice_encoder(of)}({x})"
        tag, bare = _tag_of(of)
        is_constructed = bare is Primitive.ANY or not isinstance(bare, Primitive | Constant)
        octets = _identifier_octets(tag, bare, is_constructed=is_constructed)
        if isinstance(bare, Primitive):
            return _WRITE[bare].format(tag=repr(octets), x=x)
        if isinstance(bare, Constant):
            return repr(octets + b"\x00")
        if isinstance(bare, Tagged):
            contents = self._written(bare.of, x)
        elif isinstance(bare, ListOf):
            contents = f"b''.join([{self._written(bare.of, 'each')} for each in {x}])"
        else:
            assert isinstance(bare, type), f"{label(bare)} without a tag"
            contents = f"{self._encoder(bare)}({x})"
        return f"value({octets!r}, {contents})"

    def _choice_encoder(self, of: OneOf) -> str:
        function = f"encode_{of.name}"
        if self._is_new(function, of):
            body = ["kind = x.__class__"]
            told: set[Any] = set()
            for alternative in of.alternatives:
                tellers = _tellers(alternative)
                assert not told & tellers, f"the alternatives of {of.name} share a class"
                told |= tellers
                condition = " or ".join(sorted(map(self._told_by, tellers)))
                body += [f"if {condition}:", f"    return {self._written(alternative, 'x')}"]
            body.append(f"raise TypeError(f'no {of.name}: {{kind.__name__}}')")
            self._define(function, "x", body)
        return function

    def _told_by(self, teller: type | Enum) -> str:
        return f"{'kind' if isinstance(teller, type) else 'x'} is {self._named(teller)}"


def _tag_of(of: Type) -> tuple[int | None, Type]:
    """The context tag of a type, if it has one, and what is tagged; of an explicit one itself."""
    if not isinstance(of, Tagged):
        return None, of
    return of.tag.number, of if isinstance(of.tag, Explicit) else of.of


def _identifier_octets(tag: int | None, of: Type, *, is_constructed: bool = True) -> bytes:
    """The identifier octets of a type with this context tag, else with its own."""
    if tag is not None:
        return ber.identifier_of(tag, constructed=is_constructed)
    if isinstance(of, Primitive | Constant):
        number = of.value if isinstance(of, Primitive) else NULL_TAG
    else:
        number = of.universal_tag if isinstance(of, type) else Sequence.universal_tag
    assert number is not None, "ANY needs a tag"
    return ber.identifier_of(number, constructed=is_constructed, universal=True)


def _identifier(tag: int | None, of: Type, *, is_constructed: bool = True) -> int:
    return int.from_bytes(_identifier_octets(tag, of, is_constructed=is_constructed), "big")


def _tellers(of: Type) -> set[type | Enum]:
    """The Python classes that values of a type have; of a constant, the object."""
    if isinstance(of, Wrapped):
        return {of.by}
    if isinstance(of, Constant):
        return {of.value}
    if isinstance(of, ListOf):
        return {list}
    if isinstance(of, Primitive):
        return {CLASSES[of]}
    if isinstance(of, OneOf):
        return {teller for alternative in of.alternatives for teller in _tellers(alternative)}
    return _tellers(of.of) if isinstance(of, Tagged) else {of}


def _depth(of: Type, within: bool) -> str:
    """The last argument of a call from one type that can contain itself to another."""
    return ", depth + 1" if within and holds(of, of) else ""
