"""One file of Python code, read once: its parts, its names, and the texts written out in it."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Self

HOLE: Final = "\ue000"  # stands where a value comes in that nobody can read without running it
SAME_TEXT: Final = frozenset(
    {"lower", "upper", "casefold", "title", "strip", "encode", "decode", "format"}
)


@dataclass(frozen=True, slots=True)
class Code:
    """What each search looks through. `calls` has each call by the id of its function."""

    file: str
    tree: ast.Module
    nodes: tuple[ast.AST, ...]
    names: Mapping[str, str]
    calls: Mapping[int, ast.Call]
    texts: tuple[tuple[str, int], ...]

    @classmethod
    def read(cls, text: str, file: str) -> Self:
        """Read one file. Raises SyntaxError and ValueError for what is no Python."""
        tree = ast.parse(text)
        nodes = tuple(parts_of(tree))
        return cls(
            file=file,
            tree=tree,
            nodes=nodes,
            names=imported_names(nodes),
            calls={id(node.func): node for node in nodes if isinstance(node, ast.Call)},
            texts=tuple(texts_in(tree)),
        )

    def full_name(self, node: ast.AST) -> str:
        """Return the dotted name that an expression is, imports resolved; "" if it is none."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        return ".".join([self.names.get(node.id, node.id), *reversed(parts)])


def words_of(text: str) -> frozenset[str]:
    """Return the words of a long list that is written as one text."""
    return frozenset(text.split())


def text_of(node: ast.AST) -> str | None:
    """Return the text that an expression is written as, or None. Bytes are text as well."""
    told: str | None = None
    match node:
        case ast.Constant(value=str() as text):
            told = text
        case ast.Constant(value=bytes() as raw):
            told = raw.decode("latin-1")
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            parts = text_of(left), text_of(right)
            told = None if parts == (None, None) else "".join(each or HOLE for each in parts)
        case ast.BinOp(op=ast.Mod(), left=left):
            told = (text_of(left) or "").replace("%s", HOLE) or None
        case ast.JoinedStr(values=values):
            told = "".join(map(part_of, values))
        case ast.Call(func=ast.Attribute(value=owner, attr=name)) if name in SAME_TEXT:
            told = text_of(owner)
            told = told.replace("{}", HOLE) if told and name == "format" else told
    return told


def part_of(node: ast.expr) -> str:
    inner = node.value if isinstance(node, ast.FormattedValue) else node
    told = text_of(inner)
    return HOLE if told is None else told


def parts_of(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield every part of the code, but for the marks that say whether a name is read or set."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for name in node._fields:
            told = getattr(node, name, None)
            if isinstance(told, list):
                waiting += [each for each in reversed(told) if isinstance(each, ast.AST)]
            elif isinstance(told, ast.AST) and not isinstance(told, ast.expr_context):
                waiting.append(told)


def texts_in(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield (text, line) for each text in the code; docstrings say nothing that runs."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.Name | ast.expr_context):
            continue
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            continue
        told = text_of(child)
        if told is None:
            yield from texts_in(child)
        else:
            yield told, getattr(child, "lineno", 1)


def imported_names(nodes: tuple[ast.AST, ...]) -> dict[str, str]:
    """Return local name → full dotted name, for every import of a file."""
    names: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            tops = {each.name.partition(".")[0] for each in node.names if not each.asname}
            names |= {top: top for top in tops}
            names |= {each.asname: each.name for each in node.names if each.asname}
        if isinstance(node, ast.ImportFrom):
            names |= {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names}
    return names
