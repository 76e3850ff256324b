"""Which texts the code says to people when it refuses, read from its syntax trees: `{name}` stands where a value is filled in."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from itertools import product

from tests.house.rooms import FUNCTIONS, Function, Room
from tests.house.tree import dotted, python_files

Place = tuple[int | None, str]
"""(position, keyword) of an argument that people read."""

MESSAGE_AND_FIX: tuple[Place, ...] = ((0, "message"), (None, "fix"))
OTHERS: dict[str, tuple[Place, ...]] = {
    "SourceError": ((0, "message"), (2, "fix")),
    "UnreadableField": ((0, "what"), (1, "fix")),
    "KeyringError": ((0, "message"),),
    "EmbeddedServerError": ((0, "message"),),
    "CommandFailed": ((0, "message"), (None, "next_step")),
    "SettingField": ((1, "purpose"),),
    "ExplainedStep": ((None, "detail"),),
    "TargetError": ((2, "detail"),),
    "FieldError": ((None, "detail"),),
}
"""What is no SignalError and reaches people all the same."""
HANDED_ON = {"message", "fix", "detail", "wire"}
"""Attributes of what somebody else said, or the code of a state."""
DEEPEST = 6


def shape(message: str) -> str:
    """The message with its placeholders' names left out, and those that touch taken as one: what is left is what people read."""
    out, rest = [], message
    while rest:
        literal, brace, rest = rest.partition("{")
        out.append(literal)
        if brace and rest[:1] == "{":
            out.append("{{")
            rest = rest[1:]
        elif brace:
            out.append("{}")
            rest = rest.partition("}")[2]
    return re.sub(r"(?<!\{)(?:\{\})+", "{}", "".join(out))


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _name(value: ast.expr) -> str:
    """What a placeholder is called: the variable's name, or what is done with it."""
    match value:
        case ast.Name(id):
            return id.strip("_").lower()
        case ast.Attribute(_, attr):
            return attr
        case ast.Subscript(inner) | ast.Starred(inner):
            return _name(inner)
        case ast.Call(ast.Name("len")):
            return "count"
        case ast.Call(ast.Attribute(ast.Constant(", " | " or " | " and "), "join")):
            return "choices"
        case ast.Call(ast.Name(), [first, *_]):
            return _name(first)
    return "value"


class Said:
    """Reads all messages of the product; what it cannot follow is listed in `unread`."""

    def __init__(self, *under: str, without: tuple[str, ...] = ()) -> None:
        paths = [one for one in python_files(*under) if not str(one).startswith(without)]
        self.rooms = {room.module: room for room in map(Room.of, paths)}
        self.calls: dict[str, list[tuple[Room, ast.Call]]] = defaultdict(list)
        self.classes: dict[str, tuple[Room, ast.ClassDef]] = {}
        self.unread: set[tuple[str, str]] = set()
        self.found: dict[str, str] = {}
        """Message → where it is said first."""
        for room in self.rooms.values():
            for call in room.calls:
                self.calls[_last(call.func)].append((room, call))
            for one in room.classes:
                self.classes.setdefault(one.name, (room, one))
        self._read()

    def errors(self) -> set[str]:
        """Names of SignalError and all below it."""
        known = {"SignalError"}
        while more := {
            name
            for name, (_, node) in self.classes.items()
            if name not in known and {dotted(one).rpartition(".")[2] for one in node.bases} & known
        }:
            known |= more
        return known

    def _read(self) -> None:
        errors = self.errors()
        for name in sorted(errors):
            room, node = self.classes[name]
            self._note(room, node.lineno, {_escaped((ast.get_docstring(node) or "").strip())})
            made = next(
                (one for one in node.body if isinstance(one, FUNCTIONS) and one.name == "__init__"), None
            )
            own = made is not None and made.args.args[1:2] and made.args.args[1].arg != "message"
            for caller, call in self.calls[name]:
                self._arguments(caller, call, MESSAGE_AND_FIX[1:] if own else MESSAGE_AND_FIX)
            for caller, call in self.calls["__init__"]:
                if node in caller.around(call) and own:
                    self._arguments(caller, call, MESSAGE_AND_FIX)
        for name, places in OTHERS.items():
            for caller, call in self.calls[name]:
                self._arguments(caller, call, places)

    def _arguments(self, room: Room, call: ast.Call, places: tuple[Place, ...]) -> None:
        for position, keyword in places:
            given = _argument(call, position, keyword)
            if given is not None:
                self._note(room, given.lineno, self.texts(room, given))

    def _note(self, room: Room, line: int, texts: set[str]) -> None:
        for text in texts:
            if text.strip():
                self.found.setdefault(text, f"{room.path}:{line}")

    def texts(self, room: Room, value: ast.expr, depth: int = 0) -> set[str]:
        """What this expression can be."""
        following = depth + 1
        match value:
            case ast.Constant(str() as text):
                return {_escaped(text)}
            case ast.Constant(None):
                return set()
            case ast.JoinedStr(parts):
                return self._joined(room, parts, following)
            case ast.IfExp(_, one, other):
                return self.texts(room, one, following) | self.texts(room, other, following)
            case ast.BoolOp(ast.Or(), [one, other]):
                return (self.texts(room, one, following) - {""}) | self.texts(room, other, following)
            case ast.BinOp(left, ast.Add(), right):
                pairs = product(self.texts(room, left, following), self.texts(room, right, following))
                return {f"{before}{after}" for before, after in pairs}
            case ast.Subscript(ast.Name() as table, index) if not isinstance(index, ast.Slice):
                return self._table(room, table, following)
            case ast.Subscript(inner, ast.Slice()):
                return self.texts(room, inner, following)
            case ast.Call(ast.Attribute(ast.Name() as table, "get"), [_, *default]):
                found = self._table(room, table, following)
                return found.union(*(self.texts(room, one, following) for one in default))
            case ast.Call(ast.Name(called)) if answers := room.returned(called):
                return set().union(*(self.texts(room, one, following) for one in answers))
            case ast.Name(name) if depth < DEEPEST:
                return self._named(room, value, name, following)
        return self._lost(room, value)

    def _joined(self, room: Room, parts: list[ast.expr], depth: int) -> set[str]:
        choices: list[list[str]] = []
        for part in parts:
            if isinstance(part, ast.FormattedValue):
                choices.append(sorted(self._phrases(room, part, depth)))
            else:
                choices.append(sorted(self.texts(room, part, depth)))
        return {"".join(one) for one in product(*choices)}

    def _phrases(self, room: Room, part: ast.FormattedValue, depth: int) -> set[str]:
        """The English words that a part of a message can be, a placeholder where it may be a value or a code."""
        before = set(self.unread)
        found = self.texts(room, part.value, depth) if part.conversion == -1 else set()
        words = {one for one in found if not one or " " in shape(one).replace("{}", "")}
        open_end = not found or self.unread != before or words != found
        self.unread = before
        return words | {f"{{{_name(part.value)}}}"} if open_end else words

    def _table(self, room: Room, table: ast.Name, depth: int) -> set[str]:
        """All values of a mapping that stands in the module."""
        for one in room.assigned.get((None, table.id), ()):
            if isinstance(one, ast.Dict):
                return set().union(*(self.texts(room, value, depth) for value in one.values))
        return self._lost(room, table)

    def _named(self, room: Room, value: ast.expr, name: str, depth: int) -> set[str]:
        for holder in room.around(value):
            if isinstance(holder, ast.ClassDef):
                continue
            if given := room.assigned.get((holder, name)):
                return set().union(*(self.texts(room, one, depth) for one in given))
            if name in {one.arg for one in ast.walk(holder.args) if isinstance(one, ast.arg)}:
                return self._passed(room, holder, name, depth)
        for source in (room, self.rooms.get(room.imported.get(name, ""))):
            if source is not None and (given := source.assigned.get((None, name))):
                return set().union(*(self.texts(source, one, depth) for one in given))
        return self._lost(room, value)

    def _lost(self, room: Room, value: ast.expr) -> set[str]:
        """Nothing is known of it; what another error said already is no loss."""
        again = isinstance(value, ast.Attribute) and value.attr in HANDED_ON
        if not again and not ast.unparse(value).startswith("str("):
            self.unread.add((str(room.path), ast.unparse(value)))
        return set()

    def _passed(self, room: Room, function: Function, name: str, depth: int) -> set[str]:
        """What callers pass for this parameter, and its default."""
        positional = [one.arg for one in (*function.args.posonlyargs, *function.args.args)]
        holder = next(room.around(function), None)
        inside = isinstance(holder, ast.ClassDef)
        called = holder.name if inside and function.name == "__init__" else function.name
        offset = 1 if inside and positional[:1] in (["self"], ["cls"]) else 0
        position = positional.index(name) - offset if name in positional else None
        found: set[str] = set()
        defaults = dict(zip(reversed(positional), reversed(function.args.defaults), strict=False))
        defaults |= {
            one.arg: default
            for one, default in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
            if default is not None
        }
        if name in defaults:
            found |= self.texts(room, defaults[name], depth)
        for caller, call in self.calls[called]:
            if caller is room or caller.imported.get(called) == room.module or _imports(caller, holder):
                given = _argument(call, position, name)
                if given is not None:
                    found |= self.texts(caller, given, depth)
        return found


def _imports(caller: Room, holder: ast.AST | None) -> bool:
    return isinstance(holder, ast.ClassDef) and holder.name in caller.imported


def _last(called: ast.expr) -> str:
    return (
        called.attr
        if isinstance(called, ast.Attribute)
        else called.id
        if isinstance(called, ast.Name)
        else ""
    )


def _argument(call: ast.Call, position: int | None, keyword: str) -> ast.expr | None:
    for one in call.keywords:
        if one.arg == keyword:
            return one.value
    plain = [one for one in call.args if not isinstance(one, ast.Starred)]
    return plain[position] if position is not None and position < len(plain) else None
