"""Finding what an answer makes a browser keep, and what a session holds: both are closed lists."""

import ast
from collections.abc import Iterator, Mapping
from typing import Final

from clearline.rights.agreement.code import Code, parts_of, text_of, words_of
from clearline.rights.agreement.finding import Finding, FindingKind

# The header lines that code may set, and why none makes a browser tell anything again.
HEADERS: Final[Mapping[str, str]] = {
    "cache-control": "for how long an answer may be shown again",
    "clear-site-data": "makes a browser forget, and keeps nothing",
    "allow": "which methods an address takes",
    "ratelimit": "how much more may be asked, and from when on again",
    "ratelimit-policy": "how much may be asked in which time",
    "retry-after": "when to ask again",
    "content-disposition": "under which name a file is saved",
    "cross-origin-resource-policy": "in whose pages a browser shows an answer, and keeps nothing",
}
# Header lines that a browser keeps and sends again, or by which it says more of itself.
KEPT_BY_BROWSERS: Final = words_of(
    """etag last-modified accept-ch critical-ch origin-trial www-authenticate alt-svc
    strict-transport-security public-key-pins content-location
    attribution-reporting-register-source attribution-reporting-register-trigger
    observe-browsing-topics set-login x-dns-prefetch-control"""
)
# Who may, each with its reason, as (file, name of the line, value as it is written).
TAGS: Final[Mapping[tuple[str, str, str], str]] = {
    ("clearline/edge/collector/exchange.py", "etag", "SCRIPT_TAG"): (
        "the hash of the script, which is the same for all"
    ),
    ("clearline/edge/api/guard.py", "www-authenticate", "CHALLENGE"): (
        "that an app needs a key; no browser has one, and none asks its person for it"
    ),
}
# Functions and classes of Django's by which an answer gets such a line, or is kept for good.
SETTERS: Final = words_of(
    """condition etag last_modified conditional_page set_response_etag get_conditional_response
    ConditionalGetMiddleware HttpResponsePermanentRedirect decorator_from_middleware
    decorator_from_middleware_with_args patch_response_headers setitem"""
)
# Whose `headers` are no answer's, and where answers are written out line by line.
HEADERS_READ: Final[Mapping[str, str]] = {
    "clearline/edge/collector/intake.py": "reads what a browser sent",
    "clearline/edge/collector/exchange.py": "answers for the collector",
    "clearline/edge/api/described.py": "what a description of the API calls one of its parts",
    "clearline/config/front.py": "answers in place of the site",
    "clearline/config/demo/fill.py": "what the demo's browsers send",
    "clearline/kit/columnstore/client.py": "asks the provider's own column store",
}
# Rooms of code that makes Django's answers: there, what is set by key is a header or a dict.
ANSWERING: Final = (
    "clearline/edge/api/",
    "clearline/edge/site/",
    "clearline/edge/staff/",
    "clearline/edge/entry/",
)
MAPPINGS: Final = frozenset({"dict", "defaultdict", "Counter", "OrderedDict"})
# What a session holds, by its constant, and why: policy clauses staff.session, account.session.
SESSION_FILE: Final = "clearline/trust/safeguards/signed_in.py"
SESSION_BASE: Final = "django.contrib.sessions.backends.base.SessionBase"
# Whose functions take a session from the edge, which looks into none itself.
SESSION_TAKER: Final = "clearline.trust.safeguards.signed_in."
SESSION_KEYS: Final[Mapping[str, str]] = {
    "KIND": "a word of a closed list",
    "LOGIN": "a person by random number",
    "MARK": "a keyed hash by which a new password ends the session",
    "BEGAN_AT": "a moment of our own",
    "SEEN_AT": "a moment of our own",
    "SAID": "answers given in it, by the random numbers of their proofs",
    "STEPPED_UP_AT": "a moment of our own",
    "PROVED_ANEW": "whether the person proved who they are since it began",
    "DEVICE": "the kind of device in words, for the person's own list of sessions",
    "NUMBER": "a random number that opens nothing",
    "HALF_KIND": "a word of a closed list",
    "HALF_LOGIN": "a person by random number, whose second factor is awaited",
    "HALF_MARK": "as MARK",
    "HALF_AT": "a moment of our own",
    "HALF_TRIES": "a count",
    "HELD_PATH": "an address of ours, while its form waits",
    "HELD_FORM": "a form of the person's own that waits for a proof of who they are, minutes",
    "BY_LINK": "whether a link of the demo signed in",
    "CHALLENGE": "random bytes that a passkey signs",
    "CHALLENGE_AT": "a moment of our own",
    "SECRET": "the secret of an app until a code of it was seen: clauses of second factors",
}
SESSIONS: Final = "clearline/trust/safeguards/sessions.py"
SESSION_MODULES: Final = ("django.contrib.sessions", "clearline.trust.safeguards.sessions")
# What sessions.py gives besides the sessions themselves.
SESSION_HARMLESS: Final = frozenset(
    {
        "clearline.trust.safeguards.sessions.erase_expired_sessions",
        "clearline.trust.safeguards.sessions.device_of",  # in words, for the list of one's own
        # One that waits for the second factor of an app's owner; nothing else gets into it.
        "clearline.trust.safeguards.sessions.Awaited",
        "clearline.trust.safeguards.sessions.begin_awaiting",
        "clearline.trust.safeguards.sessions.take_try",
        "clearline.trust.safeguards.sessions.end_awaiting",
        "clearline.trust.safeguards.sessions.is_awaiting",
        # What a passkey has to sign, under a lock; the keys are those of `signed_in.py`.
        "clearline.trust.safeguards.sessions.key_of",
        "clearline.trust.safeguards.sessions.renew_challenge",
        "clearline.trust.safeguards.sessions.take_challenge_once",
    }
)
SESSION_WRITERS: Final = frozenset({"login", "alogin", "update_session_auth_hash"})
# Where that word is none of Django's.
SESSION_WORDS: Final[Mapping[str, str]] = {
    "clearline/trust/safeguards/queries.py": "sets one keyed hash apart from the others",
    "clearline/trust/safeguards/migrations/0005_second_factors_and_devices.py": (
        "names the table of sessions"
    ),
}
# Files that have these words in a list, to find them elsewhere.
WORD_LISTS: Final = frozenset({"clearline/rights/agreement/answers.py"})
FORMS: Final = (ast.Call, ast.Subscript, ast.Compare)
SESSION_REMEDY: Final = (
    f"Write session[KEY] in {SESSION_FILE}, KEY one of rights/agreement/answers.py."
)
HEADER_REMEDY: Final = (
    "Take it out; a header line that code sets needs a line in rights/agreement/answers.py."
)


def find_in_answers(code: Code) -> Iterator[Finding]:
    """Yield each header line, and each content of a session, that no list here knows."""
    if code.file in WORD_LISTS:
        return
    yield from find_named_lines(code)
    forms = (node for node in code.nodes if isinstance(node, FORMS))
    legal = {id(each) for node in forms for each in legal_in(node, code)}
    for node in code.nodes:
        if isinstance(node, ast.Attribute) and id(node) not in legal:
            yield from judge_name(node, code)
        elif isinstance(node, ast.Name) and id(node) not in legal:
            yield from judge_variable(node, code.file)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from judge_import(node, code.file)
        elif isinstance(node, ast.keyword):
            yield from judge_keyword(node, code.file)
        elif isinstance(node, ast.FunctionDef) and code.file.startswith(ANSWERING):
            yield from find_set_by_key(node, code.file)


def find_named_lines(code: Code) -> Iterator[Finding]:
    """Yield each text that names a line which browsers keep, or reaches one by its name."""
    for text, line in code.texts:
        if text.lower().strip() in KEPT_BY_BROWSERS and not is_tag(text, line, code):
            yield header(code.file, line, f"{text} is a line that browsers keep and send again")
        elif text == "headers" and code.file not in HEADERS_READ:
            yield header(code.file, line, "the header lines of an answer are reached by a text")
        elif text == "session" and code.file not in SESSION_WORDS:
            yield session(code.file, line, "a session is reached by its name in quotes")


def is_tag(text: str, line: int, code: Code) -> bool:
    """Say whether a line stands as it is listed, in one of the two forms of `lines_written`."""
    told = (each for node in code.nodes for each in lines_written(node))
    return any(
        (name, at) == (text, line) and (code.file, text, value) in TAGS for name, at, value in told
    )


def lines_written(node: ast.AST) -> Iterator[tuple[str | None, int, str]]:
    """Yield name, place and value of `(b"etag", TAG)` and of `response["etag"] = TAG`."""
    match node:
        case ast.Tuple(elts=[name, value], lineno=line):
            yield text_of(name), line, ast.unparse(value)
        case ast.Assign(targets=[ast.Subscript(slice=name)], value=value, lineno=line):
            yield text_of(name), line, ast.unparse(value)


def legal_in(node: ast.AST, code: Code) -> Iterator[ast.AST]:
    """Yield the sessions and header lines that one piece of code uses in a form that is legal."""
    file = code.file
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Attribute(attr="headers") as owner, attr="get")):
            yield owner
        case ast.Call(func=ast.Attribute(value=owner, attr="flush"), args=[], keywords=[]):
            yield owner
        case (
            ast.Call(func=ast.Attribute(value=owner, attr="get"), args=[ast.Name(id=key), *_])
            | ast.Subscript(value=owner, slice=ast.Name(id=key))
            | ast.Compare(left=ast.Name(id=key), ops=[ast.In() | ast.NotIn()], comparators=[owner])
        ) if file == SESSION_FILE and key in SESSION_KEYS:
            yield owner
        case ast.Call(func=taker, args=[ast.Attribute(attr="session") as owner, *_]) if (
            code.full_name(taker).startswith(SESSION_TAKER)
            or code.full_name(taker) in SESSION_HARMLESS
        ):
            yield owner


def judge_variable(node: ast.Name, file: str) -> Iterator[Finding]:
    """Yield a finding for a session that goes on from where sessions are looked into."""
    if file == SESSION_FILE and node.id == "session" and isinstance(node.ctx, ast.Load):
        yield session(file, node.lineno, "a session is handed on, or holds what no list knows")


def judge_name(node: ast.Attribute, code: Code) -> Iterator[Finding]:
    name, file = node.attr, code.file
    if name == "session" and file != SESSIONS:
        yield session(file, node.lineno, "a session is handed on, or holds what no list knows")
    elif name == "headers" and file not in HEADERS_READ:
        yield header(file, node.lineno, "the header lines of an answer are handed on or changed")
    elif name == "__setitem__" or (name in SETTERS and is_setter(code.full_name(node))):
        yield header(file, node.lineno, f"{name} makes a browser keep a line or an answer")


def is_setter(full: str) -> bool:
    owner, _, name = full.rpartition(".")
    return name in SETTERS and (owner.startswith("django.") or owner in {"operator", "_operator"})


def judge_import(node: ast.Import | ast.ImportFrom, file: str) -> Iterator[Finding]:
    module = node.module if isinstance(node, ast.ImportFrom) else None
    for each in node.names:
        full = f"{module}.{each.name}" if module else each.name
        is_named_only = full in SESSION_HARMLESS or (full, file) == (SESSION_BASE, SESSION_FILE)
        if full.startswith(SESSION_MODULES) and file != SESSIONS and not is_named_only:
            yield session(file, node.lineno, f"{full} can open a session and fill it")
        elif module == "django.contrib.auth" and each.name in SESSION_WRITERS:
            yield session(file, node.lineno, f"{full} fills a session by itself")
        elif is_setter(full):
            yield header(file, node.lineno, f"{full} makes a browser keep a line or an answer")


def judge_keyword(node: ast.keyword, file: str) -> Iterator[Finding]:
    if node.arg == "permanent":
        yield header(file, node.value.lineno, "a permanent redirect is kept by a browser")
    if node.arg == "headers" and file not in HEADERS_READ:
        keys = node.value.keys if isinstance(node.value, ast.Dict) else [None]
        if not all(key and is_listed_header(key) for key in keys):
            yield header(file, node.value.lineno, "an answer is made with lines that no list knows")


def find_set_by_key(function: ast.FunctionDef, file: str) -> Iterator[Finding]:
    """Yield what is set by key and is neither a listed header nor in a dict made right here."""
    parts = tuple(parts_of(function))
    mappings = mappings_in(parts)
    for owner, key in (pair for node in parts for pair in set_by_key(node)):
        is_session = isinstance(owner, ast.Attribute) and owner.attr == "session"
        is_tagged = (file, text_of(key)) in {known[:2] for known in TAGS}  # its value is judged too
        is_listed = is_tagged or is_listed_header(key)
        is_known = is_session or getattr(owner, "id", "") in mappings or is_listed
        if not is_known:
            text = f"{ast.unparse(owner)}[{ast.unparse(key)}] may be a header line of any name"
            yield header(file, key.lineno, text)


def set_by_key(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield (owner, key) of what one piece of code sets by a key."""
    match node:
        case ast.Subscript(value=owner, slice=key, ctx=ast.Store()):
            yield owner, key
        case ast.Call(func=ast.Attribute(value=owner, attr="setdefault"), args=[key, *_]):
            yield owner, key


def mappings_in(parts: tuple[ast.AST, ...]) -> set[str]:
    """Return the names of a function that are dicts made in it, and nothing else."""
    made: dict[str, bool] = {}
    for node in parts:
        match node:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=told):
                made[name] = made.get(name, True) and is_mapping_type(told)
            case ast.Assign(targets=targets, value=value):
                for target in (each for each in targets if isinstance(each, ast.Name)):
                    made[target.id] = made.get(target.id, True) and is_mapping(value)
    return {name for name, is_made in made.items() if is_made}


def is_mapping_type(node: ast.expr) -> bool:
    return ast.unparse(node).partition("[")[0] in MAPPINGS


def is_mapping(node: ast.expr) -> bool:
    match node:
        case ast.Dict() | ast.DictComp():
            return True
        case ast.Call(func=ast.Name(id=name)):
            return name in MAPPINGS
        case ast.BinOp(op=ast.BitOr(), left=left, right=right):
            return is_mapping(left) or is_mapping(right)
    return False


def is_listed_header(node: ast.expr) -> bool:
    return (text_of(node) or "").lower() in HEADERS


def session(file: str, line: int, text: str) -> Finding:
    return Finding(file, line, FindingKind.STORAGE_UNDECLARED, text, SESSION_REMEDY)


def header(file: str, line: int, text: str) -> Finding:
    return Finding(file, line, FindingKind.HEADER_UNDECLARED, text, HEADER_REMEDY)
