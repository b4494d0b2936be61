"""Mutants of a module: its source with one place changed, each a fault that a test should notice."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_COMPARISONS: Final[dict[type[ast.cmpop], str]] = {
    ast.Lt: "<=",
    ast.LtE: "<",
    ast.Gt: ">=",
    ast.GtE: ">",
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.Is: "is not",
    ast.IsNot: "is",
    ast.In: "not in",
    ast.NotIn: "in",
}
_OPERATORS: Final[dict[type[ast.operator], str]] = {
    ast.Add: "-",
    ast.Sub: "+",
    ast.Mult: "/",
    ast.Div: "*",
    ast.FloorDiv: "*",
    ast.Mod: "*",
    ast.BitOr: "&",
    ast.BitAnd: "|",
}
_EXTREMES: Final = {"max": "min", "min": "max"}
type Change = tuple[ast.AST, str]
"""A place, and what stands there instead."""


@dataclass(frozen=True)
class Mutant:
    """A changed source; `what` names the change, without the line, so that it survives an edit elsewhere."""

    line: int
    what: str
    source: str


def mutants(source: str) -> list[Mutant]:
    """Return every mutant of a source."""
    raw = source.encode()
    tree = ast.parse(source)
    starts, lines = [0], source.splitlines(keepends=True)
    for text in lines:
        starts.append(starts[-1] + len(text.encode()))
    found = {}
    for node, instead in _changes(tree):
        begin = starts[node.lineno - 1] + node.col_offset  # type: ignore[attr-defined]
        end = starts[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined]
        changed = (raw[:begin] + instead.encode() + raw[end:]).decode()
        if _is_valid(changed) and changed != source:
            line: int = node.lineno  # type: ignore[attr-defined]
            what = f"{ast.unparse(node)} -> {instead}"
            if isinstance(node, ast.Constant):
                what = f"{lines[line - 1].strip()}: {what}"
            found[changed] = Mutant(line, " ".join(what.split()), changed)
    return list(found.values())


def _is_valid(source: str) -> bool:
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True


def _changes(tree: ast.AST) -> Iterator[Change]:
    """Yield the changes of code that runs: neither of annotations nor of docstrings."""
    for node in _running(tree):
        match node:
            case ast.Compare():
                yield from _comparisons(node)
            case ast.BoolOp():
                yield from _boolean(node)
            case ast.If() | ast.IfExp() | ast.While():
                yield node.test, f"(not ({ast.unparse(node.test)}))"
            case ast.Return(value=ast.expr()) if not _is_none(node.value):
                yield node, "return None"
            case ast.Expr(value=ast.Call()):
                yield node, "pass"
            case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]) | ast.AugAssign():
                yield node, "pass"
            case _:
                yield from _values(node)
        if isinstance(node, ast.AugAssign) and (operator := _OPERATORS.get(type(node.op))):
            yield node, f"{ast.unparse(node.target)} {operator}= {ast.unparse(node.value)}"


def _values(node: ast.AST) -> Iterator[Change]:
    match node:
        case ast.BinOp() if operator := _OPERATORS.get(type(node.op)):
            yield node, f"({ast.unparse(node.left)} {operator} {ast.unparse(node.right)})"
        case ast.UnaryOp(op=ast.Not()):
            yield node, ast.unparse(node.operand)
        case ast.Constant(value=bool()):
            yield node, str(not node.value)
        case ast.Constant(value=int() | float() as number):
            yield node, repr(number + 1)
        case ast.Call(func=ast.Name(id=name)) if name in _EXTREMES:
            yield node.func, _EXTREMES[name]


def _comparisons(node: ast.Compare) -> Iterator[Change]:
    for place, operator in enumerate(node.ops):
        parts = [ast.unparse(node.left)]
        for index, (each, right) in enumerate(zip(node.ops, node.comparators, strict=True)):
            known = ast.unparse(ast.Compare(ast.Constant(0), [each], [ast.Constant(0)]))[1:-1].strip()
            parts += [_COMPARISONS[type(operator)] if index == place else known, ast.unparse(right)]
        yield node, f"({' '.join(parts)})"


def _boolean(node: ast.BoolOp) -> Iterator[Change]:
    """Yield the other operator, and each operand left out."""
    values = [f"({ast.unparse(each)})" for each in node.values]
    own, other = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
    yield node, f"({f' {other} '.join(values)})"
    for index in range(len(values)):
        yield node, f"({f' {own} '.join(values[:index] + values[index + 1 :])})"


def _is_none(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _running(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes below that are evaluated when the module or its functions run."""
    for name, value in ast.iter_fields(node):
        if name in {"annotation", "returns", "type_params"} or isinstance(node, ast.TypeAlias):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _is_docstring(child):
                yield child
                yield from _running(child)


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
