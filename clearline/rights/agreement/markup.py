"""Finding what a page loads, sends or runs by itself: templates, pictures, styles."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Final

from clearline.rights.agreement.code import HOLE, words_of
from clearline.rights.agreement.finding import Finding, FindingKind

OURS: Final = "\ue001"  # stands where a tag gives an address of our own
FORK: Final = "\ue002"  # stands where another tag stood: what follows may be what comes first
TAG: Final = re.compile(
    r"\{#.*?#\}|\{%\s*comment\b.*?\bendcomment\s*%\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL
)
OWN_ADDRESS: Final = re.compile(r"\{%\s*(?:url|static)\s")
# Values that a template may load from: each is made of an address of our own.
OWN_VALUES: Final = frozenset(
    {
        "site.beacon_url",  # site/context.py: the collector's own path
        "held_path",  # entry/prove.py: the address of one of our own views, which was asked for
    }
)
# Hosts of other companies that a page may load from: those that clauses name. There are none.
DECLARED_HOSTS: Final[frozenset[str]] = frozenset()
LOADS: Final = words_of(
    """src srcset imagesrcset poster data background manifest action formaction ping codebase
    archive classid xlink:href href"""
)
LISTS: Final = frozenset({"srcset", "imagesrcset", "ping"})
FOLLOWED: Final = frozenset({"a", "area"})  # a person follows these; nothing loads by itself
TOLD_ONLY: Final = frozenset({"canonical", "alternate", "next", "prev", "license", "author"})
HOST: Final = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?[/\\]{2,}([^/\\?#\s]*)", re.IGNORECASE)
SCHEME: Final = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
CSS_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
CSS_LOADS: Final = re.compile(
    r"(?:@import\s+(?:url\()?|\b(?:url|src|image-set|image)\()\s*[\"']?\s*([^\"')\s;]*)",
    re.IGNORECASE,
)
REMEDY: Final = "Serve it from the site, or name it as a third party in a clause."
SCRIPT_REMEDY: Final = "Put it in a script file of the site; pages work without it."


def away(address: str) -> str | None:
    """Return what an address reaches outside the site, in words, or None if it stays here."""
    plain = re.sub(r"[\t\r\n]", "", address).strip()
    if plain.startswith((HOLE, f"/{HOLE}")):
        return "an address that is not written out"
    host = HOST.match(plain)
    if host is not None:
        name = host.group(1).rpartition("@")[2]
        return None if name in DECLARED_HOSTS else name.replace(HOLE, "…") or "another host"
    scheme = SCHEME.match(plain)
    if scheme is not None and not plain.startswith("data:image/"):
        return f"{scheme.group(1)}:…"
    return None


def find_in_markup(source: str, file: str, *, first: int = 1) -> Iterator[Finding]:
    """Yield what a template, a picture or HTML in code loads, sends or runs by itself."""
    reader = PageReader(file, first)
    reader.feed(TAG.sub(lambda match: stand_in(match.group()), source))
    reader.close()
    yield from reader.findings


def stand_in(tag: str) -> str:
    """Return one mark for a template's tag, and its line ends, so that lines stay the same."""
    mark = FORK
    if OWN_ADDRESS.match(tag) or tag.strip("{} ") in OWN_VALUES:
        mark = OURS
    elif tag.startswith("{{"):
        mark = HOLE
    elif tag.startswith("{#"):
        mark = ""
    return mark + "\n" * tag.count("\n")


def find_in_style(source: str, file: str, *, first: int = 1) -> Iterator[Finding]:
    """Yield what a stylesheet loads from elsewhere."""
    plain = CSS_COMMENT.sub(lambda match: "\n" * match.group().count("\n"), source)
    for match in CSS_LOADS.finditer(plain):
        reached = away(match.group(1))
        if reached is not None:
            line = first + plain.count("\n", 0, match.start())
            yield third_party(file, line, "a style", reached)


def third_party(file: str, line: int, what: str, reached: str) -> Finding:
    text = f"{what} reaches {reached}, outside the site"
    return Finding(file, line, FindingKind.THIRD_PARTY_UNDECLARED, text, REMEDY)


class PageReader(HTMLParser):
    """Reads markup as a browser would and gathers what it does without being asked."""

    def __init__(self, file: str, first: int) -> None:
        super().__init__(convert_charrefs=True)
        self.file = file
        self.first = first
        self.open_tag = ""
        self.findings: list[Finding] = []

    @property
    def line(self) -> int:
        return self.first + self.getpos()[0] - 1

    def parse_marked_section(self, i: int, report: int = 1) -> int:
        """Step over `<![…>`, which is a comment to browsers; the library's own way would raise."""
        return int(self.parse_bogus_comment(i, bool(report)))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        name = tag.strip(FORK)
        told = {key.strip(FORK): value or "" for key, value in attrs if key.strip(FORK)}
        self.open_tag = name
        for key, value in told.items():
            self.read_attribute(name, key, value, told)
        if name == "base":
            self.findings.append(third_party(self.file, self.line, "<base>", "every address"))

    def read_attribute(self, tag: str, key: str, value: str, told: dict[str, str]) -> None:
        is_followed = tag in FOLLOWED or tag.startswith("c-")
        if key.startswith("on") or key == "srcdoc":
            self.say_script(f'{key}="…" runs a script')
        elif key == "http-equiv":
            self.say_script(f'<{tag} http-equiv="{value}"> speaks as the server would')
        elif key == "style":
            self.findings += find_in_style(value, self.file, first=self.line)
        elif key in {"href", "xlink:href"} and is_followed:
            if value.strip().lower().startswith(("javascript:", "data:", "vbscript:")):
                self.say_script(f"<{tag} {key}> runs a script")
        elif key in LOADS and not (tag == "link" and set(told.get("rel", "").split()) <= TOLD_ONLY):
            self.read_address(tag, key, value)

    def read_address(self, tag: str, key: str, value: str) -> None:
        pieces = re.split(r"[,\s]+", value) if key in LISTS else [value]
        for piece in (each for whole in pieces for each in whole.split(FORK)):
            reached = away(piece)
            if reached is not None:
                self.findings.append(third_party(self.file, self.line, f"<{tag} {key}>", reached))

    def handle_endtag(self, tag: str) -> None:
        del tag
        self.open_tag = ""

    def handle_data(self, data: str) -> None:
        if self.open_tag == "script" and data.strip(FORK + " \n\t"):
            self.say_script("a script stands in the page itself")
        if self.open_tag == "style":
            self.findings += find_in_style(data, self.file, first=self.line)

    def handle_pi(self, data: str) -> None:
        if "href" in data.lower():
            self.findings.append(third_party(self.file, self.line, "<?…?>", "another file"))

    def say_script(self, text: str) -> None:
        kind = FindingKind.SCRIPT_INLINE
        self.findings.append(Finding(self.file, self.line, kind, text, SCRIPT_REMEDY))
