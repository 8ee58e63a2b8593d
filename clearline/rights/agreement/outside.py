"""Finding what a page stores on a device or loads from elsewhere: code, templates, scripts."""

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from clearline.rights.agreement.finding import Finding, FindingKind

SETTERS: Final = frozenset({"set_cookie", "set_signed_cookie"})
RAW_HEADER: Final = f"set-{'cookie'}"
COOKIE_REMEDY: Final = "Declare it in clearline/trust/consent/cookies.py, with its clause."
# What loads by itself when a page opens; a link that a person follows does not.
LOADS: Final = re.compile(
    r"<(?:script|img|iframe|link|source|video|audio|object|embed|form)\b[^>]*?"
    r"\b(?:src|href|srcset|data|action|poster)\s*=\s*[\"']?\s*((?:https?:)?//[^\"'\s>]+)",
    re.IGNORECASE,
)
CSS_LOADS: Final = re.compile(
    r"(?:url\(|@import\s+)[\"']?\s*((?:https?:)?//[^\"')\s]+)", re.IGNORECASE
)
SCRIPT_STORES: Final = re.compile(
    r"\b(document\.cookie\s*=|localStorage|sessionStorage|indexedDB|cookieStore|caches\.open)"
)
SCRIPT_LOADS: Final = re.compile(
    r"[\"'`]((?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}[^\"'`\s]*)", re.IGNORECASE
)


def find_cookies(
    tree: ast.Module, file: str, names: Mapping[str, str]
) -> Iterator[tuple[str, int] | Finding]:
    """Yield (cookie, line) for each cookie set in code; `names` maps constants to cookies."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        function = ast.unparse(node.func).rpartition(".")[2]
        if function in SETTERS:
            yield cookie_in(node, file, names)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and str(node.value).lower() == RAW_HEADER:
            yield raw_header(file, node.lineno)


def raw_header(file: str, line: int) -> Finding:
    text = "a cookie is set by its raw header, so its name cannot be checked"
    return Finding(file, line, FindingKind.COOKIE_UNDECLARED, text, "Use response.set_cookie.")


def cookie_in(node: ast.Call, file: str, names: Mapping[str, str]) -> tuple[str, int] | Finding:
    given = [*node.args[:1], *(k.value for k in node.keywords if k.arg == "key")]
    if given:
        told = given[0]
        if isinstance(told, ast.Constant):
            return str(told.value), node.lineno
        known = names.get(ast.unparse(told).rpartition(".")[2])
        if known:
            return known, node.lineno
    text = "the name of this cookie is not written out"
    return Finding(file, node.lineno, FindingKind.COOKIE_UNDECLARED, text, COOKIE_REMEDY)


def find_loads(text: str, file: str, declared: frozenset[str]) -> Iterator[Finding]:
    """Yield each host outside the site that a template or stylesheet loads from by itself."""
    for pattern in (LOADS, CSS_LOADS):
        yield from third_parties(pattern, text, file, declared)


def find_script_reach(text: str, file: str, declared: frozenset[str]) -> Iterator[Finding]:
    """Yield what a script of ours stores on the device, and the hosts it names."""
    for match in SCRIPT_STORES.finditer(text):
        what = f"{match.group(1).strip(' =')} stores something on the device"
        remedy = "Store nothing from scripts; the server sets declared cookies after a choice."
        line = text.count("\n", 0, match.start()) + 1
        yield Finding(file, line, FindingKind.STORAGE_UNDECLARED, what, remedy)
    yield from third_parties(SCRIPT_LOADS, text, file, declared)


def third_parties(
    pattern: re.Pattern[str], text: str, file: str, declared: frozenset[str]
) -> Iterator[Finding]:
    for match in pattern.finditer(text):
        host = urlsplit(match.group(1).removeprefix("https:").removeprefix("http:")).hostname
        if host and host not in declared:
            line = text.count("\n", 0, match.start()) + 1
            what = f"{host} is loaded from outside the site"
            remedy = "Serve it from the site, or name it as a third party in a clause."
            yield Finding(file, line, FindingKind.THIRD_PARTY_UNDECLARED, what, remedy)
