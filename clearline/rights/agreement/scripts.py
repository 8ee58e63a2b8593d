"""Finding what a script of ours stores on a device and whom it speaks to."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from clearline.rights.agreement.code import HOLE, words_of
from clearline.rights.agreement.finding import Finding, FindingKind
from clearline.rights.agreement.markup import away, third_party

TOKEN: Final = re.compile(
    r"(?P<space>\s+)|(?P<comment>//[^\n]*|/\*.*?\*/)"
    r"|(?P<text>\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*')|(?P<template>`(?:\\.|[^`\\])*`)"
    r"|(?P<number>\d[\w.]*)|(?P<name>[A-Za-z_$\\][\w$\\]*)|(?P<mark>.)",
    re.DOTALL,
)
PATTERN: Final = re.compile(r"/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n])+/\w*")
FILLED: Final = re.compile(r"\$\{(.*?)\}", re.DOTALL)
# Words after which a slash begins a pattern and a bracket a list.
WORDS: Final = frozenset(
    {"return", "typeof", "case", "in", "of", "do", "else", "void", "await"}
) | {"const", "let", "var"}
STORES: Final = words_of(
    """cookie cookieStore localStorage sessionStorage indexedDB webkitIndexedDB caches serviceWorker
    storage openDatabase requestFileSystem webkitRequestFileSystem showSaveFilePicker
    showOpenFilePicker sharedStorage credentials clipboard BroadcastChannel"""
)
REACHES: Final = words_of(
    """XMLHttpRequest WebSocket EventSource WebTransport RTCPeerConnection webkitRTCPeerConnection
    Worker SharedWorker importScripts import Image Audio Request FormData eval Function Reflect
    Proxy with innerHTML outerHTML insertAdjacentHTML write writeln createElement createElementNS
    createContextualFragment setAttribute setAttributeNS append appendChild insertBefore
    requestSubmit submit assign open setHTMLUnsafe DOMParser globalThis"""
)
# What a browser keeps with a page in its history, and the forms in which a script may name it:
# one that only hands on what the page itself said.
HISTORY: Final = words_of(
    "pushState replaceState navigation navigate updateCurrentEntry push arguments"
)
HANDED_ON: Final[Mapping[str, tuple[str, ...]]] = {
    "clearline/edge/collector/cl.js": (
        "const push = h . pushState",
        "h . pushState = function (",
        "push . apply ( h , arguments )",
    )
}
# What a script may ask an authenticator for, in this form alone: the person says yes to it there.
PASSKEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "clearline/edge/entry/static/passkey.js": (
        "navigator . credentials . create ( { publicKey :",
        "navigator . credentials . get ( { publicKey :",
    )
}
ASKS: Final = frozenset({"fetch", "sendBeacon"})
GOES: Final = frozenset({"src", "href", "action", "location", "srcset", "formAction"}) | {
    "hash",
    "search",
    "pathname",
}
WINDOWS: Final = frozenset({"w", "window", "self", "top", "parent", "frames"})
REMEDY: Final = "Store nothing from scripts; the server sets declared cookies after a choice."
REACH_REMEDY: Final = 'Ask by fetch("/…") or sendBeacon("/…"), with the path written out.'


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    text: str
    line: int

    @property
    def is_value(self) -> bool:
        """Say whether a slash after it divides, and a bracket after it picks a property."""
        if self.kind == "mark":
            return self.text in {")", "]"}
        return not (self.kind == "name" and self.text in WORDS)


def find_script_reach(source: str, file: str) -> Iterator[Finding]:
    """Yield what a script stores on the device, and each way to elsewhere that it has."""
    tokens = list(read_tokens(source, 1))
    nothing = Token("mark", "", 0)
    passkeys = places_of(PASSKEYS.get(file, ()), tokens)
    for index, token in enumerate(tokens):
        if index in passkeys:
            continue
        before = tokens[index - 1] if index else nothing
        after = [*tokens[index + 1 : index + 4], nothing, nothing, nothing]
        yield from judge(token, before, after, file)
    yield from find_history(tokens, file)


def find_history(tokens: list[Token], file: str) -> Iterator[Finding]:
    """Yield each name by which a script could keep something in the browser's history."""
    told = places_of(HANDED_ON.get(file, ()), tokens)
    for index, token in enumerate(tokens):
        is_of_list = token.text == "push" and index and tokens[index - 1].text == "."
        if token.text in HISTORY and index not in told and not is_of_list:
            yield storage(file, token.line, token.text)


def places_of(forms: tuple[str, ...], tokens: list[Token]) -> set[int]:
    """Return where a script says just what one of these forms says."""
    texts = [token.text for token in tokens]
    told: set[int] = set()
    for form in (each.split() for each in forms):
        size = len(form)
        starts = (at for at in range(len(texts) - size + 1) if texts[at : at + size] == form)
        told.update(each for at in starts for each in range(at, at + size))
    return told


def judge(token: Token, before: Token, after: list[Token], file: str) -> Iterator[Finding]:
    """Judge one token by its neighbours: a name by itself, an address where it is asked for."""
    is_picked = token.text == "[" and before.is_value and before.text
    is_number = after[0].kind == "number" and after[1].text == "]"
    if is_picked and not is_number:
        text = "a property is picked by a text, so nobody can tell which"
        yield reach(file, token.line, text, "Name it with a dot.")
    elif token.kind == "name":
        yield from judge_name(token, after, file)
    elif token.kind == "text":
        reached = away(token.text[1:-1])
        if reached is not None and "//" in token.text:
            yield third_party(file, token.line, "a script", reached)


def judge_name(token: Token, after: list[Token], file: str) -> Iterator[Finding]:
    name, line = token.text, token.line
    is_set = after[0].text == "=" and after[1].text not in {"=", ">"}
    if name in WINDOWS and after[0].text == "." and after[1].text == "name":
        yield storage(file, line, f"{name}.name")
    elif name in STORES:
        yield storage(file, line, name)
    elif name in REACHES or "\\" in name:
        yield reach(file, line, f"{name} is a way to elsewhere, or to code that nobody can read")
    elif name in ASKS and after[0].text != "?" and not is_own_address(after):
        yield reach(file, line, f"{name} asks an address that is not written out as a path of ours")
    elif name in GOES and is_set and away(after[1].text[1:-1]) is not None:
        yield reach(file, line, f"{name} is set to an address elsewhere")
    elif name in GOES and is_set and after[1].kind != "text":
        yield reach(file, line, f"{name} is set to an address that is not written out")


def is_own_address(after: list[Token]) -> bool:
    opened, told, ended = after[:3]
    is_path = told.kind == "text" and told.text[1:2] == "/" and away(told.text[1:-1]) is None
    return opened.text == "(" and is_path and ended.text in {",", ")"}


def storage(file: str, line: int, name: str) -> Finding:
    text = f"{name} stores something on the device"
    return Finding(file, line, FindingKind.STORAGE_UNDECLARED, text, REMEDY)


def reach(file: str, line: int, text: str, remedy: str = REACH_REMEDY) -> Finding:
    return Finding(file, line, FindingKind.WAY_OUT_UNDECLARED, text, remedy)


def read_tokens(source: str, line: int) -> Iterator[Token]:
    """Yield what a browser would read: comments are left out, templates are looked into."""
    at = 0
    before = Token("mark", "", 0)
    while at < len(source):
        match = None
        if source[at] == "/" and not before.is_value and source[at + 1 : at + 2] not in {"/", "*"}:
            match = PATTERN.match(source, at)
        kind = "pattern" if match else ""
        match = match or TOKEN.match(source, at)
        if match is None:  # never: the last form takes any one character
            return
        kind = kind or str(match.lastgroup)
        if kind not in {"space", "comment"}:
            before = Token("text" if kind == "template" else kind, match.group(), line)
            if kind == "template":
                before = Token("text", FILLED.sub(HOLE, match.group()), line)
            yield before
        if kind == "template":
            for inner in FILLED.finditer(match.group()):
                yield from read_tokens(inner.group(1), line)
        line += match.group().count("\n")
        at = match.end()
