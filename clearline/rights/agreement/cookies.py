"""Finding the cookies: those that are declared, and each place in code that could set one."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from clearline.rights.agreement.code import HOLE, Code, text_of
from clearline.rights.agreement.finding import Finding, FindingKind
from clearline.rights.agreement.spans import seconds_in

DECLARATIONS: Final = "clearline/trust/consent/cookies.py"
# The one place that sets cookies, and how it does: the name and the life are those declared.
SETTER: Final = "clearline/edge/site/visit.py"
PUT: Final = "put_cookie"
SETTERS: Final = frozenset({"set_cookie", "set_signed_cookie"})
GETTERS: Final = frozenset({"getattr", "attrgetter", "__getattribute__", "setattr"})
NAME_AS_DECLARED: Final = "wire_name(cookie, is_https=settings.ENV.is_https)"
LIFE_AS_DECLARED: Final = "cookie.lifetime - age"
HEADER: Final = "set-cookie"
LIBRARIES: Final = ("http.cookies", "http.cookiejar")
# Files that have these words in a list, to find them elsewhere.
WORD_LISTS: Final = frozenset({"clearline/rights/agreement/cookies.py"})
REMEDY: Final = "Declare it in clearline/trust/consent/cookies.py and set it by put_cookie."


@dataclass(frozen=True, slots=True)
class FoundCookie:
    """One cookie that the program declares; the clauses are those it rests on."""

    file: str
    line: int
    constant: str
    name: str
    clauses: tuple[str, ...]
    lifetime_s: int


@dataclass(frozen=True, slots=True)
class SetCookie:
    """One place that sets a cookie, which it names by its constant."""

    file: str
    line: int
    constant: str


def find_cookies(code: Code) -> Iterator[FoundCookie | SetCookie | Finding]:
    """Yield the cookies that a file declares or sets, and each other way to set one."""
    if code.file == DECLARATIONS:
        yield from find_declared(code)
    for node in code.nodes:
        if isinstance(node, ast.Attribute | ast.Name):
            yield from judge_name(node, code)
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from judge_import(node, code.file)
    if code.file not in WORD_LISTS:
        for text, line in code.texts:
            if HEADER in text.lower() or text in SETTERS:
                yield undeclared(
                    code.file, line, f"{text.replace(HOLE, '…')!r} can set a cookie of any name"
                )


def judge_name(node: ast.Attribute | ast.Name, code: Code) -> Iterator[SetCookie | Finding]:
    """Judge one name that could set a cookie."""
    file, call = code.file, code.calls.get(id(node))
    name = node.attr if isinstance(node, ast.Attribute) else node.id
    if name in SETTERS:
        yield from judge_setter(node, call, file)
    elif name == PUT:
        yield put_in(node, call, file)
    elif call and code.full_name(node).endswith("consent.cookies.Cookie"):
        yield undeclared(file, node.lineno, "a cookie is described outside the list of cookies")
    elif name == "set_expiry":
        text = "a session is set to live longer or shorter than its cookie is declared to"
        remedy = "Take it out: SESSION_COOKIE_AGE says how long."
        yield Finding(file, node.lineno, FindingKind.KEPT_TOO_LONG, text, remedy)
    elif name in GETTERS and call and "cookies" in map(text_of, call.args):
        yield undeclared(file, node.lineno, "the cookies of an answer are reached by their name")
    elif name == "cookies" and isinstance(node, ast.Attribute):
        owner = ast.unparse(node.value)
        if owner != "self" and not code.names.get(owner, "").startswith("clearline."):
            yield undeclared(file, node.lineno, f"{owner}.cookies can set a cookie of any name")


def judge_setter(
    node: ast.Attribute | ast.Name, call: ast.Call | None, file: str
) -> Iterator[Finding]:
    """Only the one place may set a cookie, and only as it is declared."""
    told = {each.arg: ast.unparse(each.value) for each in call.keywords} if call else {}
    key = ast.unparse(call.args[0]) if call and call.args else told.get("key", "")
    if file != SETTER:
        literal = text_of(call.args[0]) if call and call.args else None
        known = literal if literal and HOLE not in literal else ""
        what = f"cookie {known} is not declared" if known else f"a cookie is set outside {SETTER}"
        yield undeclared(file, node.lineno, what)
    elif key != NAME_AS_DECLARED:
        what = f"cookie {key or '…'} is set by another name than the one declared"
        yield undeclared(file, node.lineno, what)
    elif told.get("max_age") != LIFE_AS_DECLARED or "expires" in told:
        text = "a cookie is set to live longer or shorter than it is declared to"
        remedy = f"Write max_age={LIFE_AS_DECLARED}."
        yield Finding(file, node.lineno, FindingKind.KEPT_TOO_LONG, text, remedy)


def put_in(node: ast.Attribute | ast.Name, call: ast.Call | None, file: str) -> SetCookie | Finding:
    """Read put_cookie(response, SOME_COOKIE, value): the constant says which."""
    told = ast.unparse(call.args[1]).rpartition(".")[2] if call and len(call.args) > 1 else ""
    if told.isidentifier() and told.isupper():
        return SetCookie(file, node.lineno, told)
    return undeclared(file, node.lineno, "the cookie that is set here is not written out")


def judge_import(node: ast.Import | ast.ImportFrom, file: str) -> Iterator[Finding]:
    module = node.module if isinstance(node, ast.ImportFrom) else None
    for each in node.names:
        full = f"{module}.{each.name}" if module else each.name
        if full.startswith(LIBRARIES) and file != SETTER:
            yield undeclared(file, node.lineno, f"{full} can make a cookie of any name")


def undeclared(file: str, line: int, text: str) -> Finding:
    return Finding(file, line, FindingKind.COOKIE_UNDECLARED, text, REMEDY)


def find_declared(code: Code) -> Iterator[FoundCookie | Finding]:
    """Read the list of cookies as it is written."""
    listed: set[str] = set()
    for node in code.tree.body:
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "DECLARED":
            listed = {ast.unparse(each) for each in getattr(node.value, "elts", ())}
    made = {id(node.value) for node in code.tree.body if isinstance(node, ast.AnnAssign)}
    for call in code.calls.values():
        if ast.unparse(call.func) == "Cookie" and id(call) not in made:
            yield undeclared(DECLARATIONS, call.lineno, "this cookie has no constant of its own")
    for node in code.tree.body:
        match node:
            case ast.AnnAssign(target=target, value=ast.Call(func=ast.Name(id="Cookie")) as call):
                yield from read_declared(ast.unparse(target), call, listed)


def read_declared(
    constant: str, call: ast.Call, listed: set[str]
) -> Iterator[FoundCookie | Finding]:
    told = {str(each.arg): each.value for each in call.keywords}
    name = text_of(told["name"]) if "name" in told else None
    lifetime = told.get("lifetime")
    lifetime_s = 0 if lifetime is None or ast.unparse(lifetime) == "None" else seconds_in(lifetime)
    clauses = tuple(
        str(text_of(each.args[0]))
        for each in ast.walk(call)
        if isinstance(each, ast.Call) and ast.unparse(each.func) == "ClauseId" and each.args
    )
    if name is None or lifetime_s is None or not clauses:
        text = f"cookie {constant} is not written out: name, clause and lifetime"
        yield undeclared(DECLARATIONS, call.lineno, text)
        return
    if constant not in listed:
        text = f"cookie {name} is not in DECLARED, so no table of cookies shows it"
        yield undeclared(DECLARATIONS, call.lineno, text)
    yield FoundCookie(DECLARATIONS, call.lineno, constant, name, clauses, lifetime_s)
