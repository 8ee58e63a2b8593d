"""Finding the ways out: what could send data off the machine, or run what nobody can read."""

import ast
from collections.abc import Iterator, Mapping
from typing import Final

from clearline.rights.agreement.code import Code, text_of, words_of
from clearline.rights.agreement.finding import Finding, FindingKind

# Modules that open connections, start programs or load code by name.
REACHING: Final = words_of(
    """_socket aiohttp asyncore asyncssh chdb clickhouse_connect ctypes
    cffi django.core.mail ftplib granian grpc http.client httpcore httpx
    imaplib importlib logging.config logging.handlers multiprocessing nntplib paramiko poplib
    psycopg pty requests runpy smtplib socket socketserver ssl subprocess syslog telnetlib
    urllib.request urllib3 webbrowser websocket websockets wsgiref xmlrpc http.server
    a2wsgi"""
)
# Calls that do the same, of modules that have other uses as well.
CALLS: Final = words_of(
    """asyncio.create_subprocess_exec asyncio.create_subprocess_shell asyncio.open_connection
    asyncio.open_unix_connection asyncio.start_server asyncio.start_unix_server os.system os.popen
    os.fork os.forkpty os.posix_spawn os.posix_spawnp pkgutil.resolve_name __import__ eval exec
    compile django.utils.module_loading.import_string sys.modules"""
)
METHODS: Final = words_of(
    """create_connection create_datagram_endpoint create_unix_connection sock_connect sock_sendto
    subprocess_exec subprocess_shell open_connection email_user email_message import_string
    import_module load_module exec_module __builtins__ __subclasses__ __globals__"""
)
NAMED: Final = METHODS - {"import_module", "exec_module"}
OS_STARTS: Final = ("os.exec", "os.spawn")
GETTERS: Final = ("getattr", "attrgetter")
# Who may, each with its reason. A new line here is a decision: what leaves, to whom, which clause.
ALLOWED: Final[Mapping[str, Mapping[str, str]]] = {
    "clearline/kit/columnstore/client.py": {
        "clickhouse_connect": "asks the provider's own column store",
        "urllib3": "names the errors of asking it, and the connections to this machine's own",
    },
    "clearline/kit/columnstore/engine.py": {"chdb": "is the column store"},
    "clearline/kit/columnstore/server.py": {
        "socket": "names the connections that it is asked by",
        "socketserver": "listens on a socket in the instance, for the column store",
        "http.server": "answers on a socket in the instance, for the column store",
    },
    "clearline/kit/columnstore/unix_http.py": {
        "socket": "connects to a socket in the instance, which leaves no machine",
        "urllib3": "asks the provider's own column store by it",
    },
    "clearline/service/mail/send.py": {
        "smtplib": "sends letters that the outbox has a permit for, by the provider's mail server",
        "ssl": "encrypts the way to the mail server",
        "socket": "cuts a mail server off that answers too slowly",
    },
    "clearline/config/claim.py": {"socket": "tries whether the site's port is free, sends nothing"},
    "clearline/config/supervisor.py": {"subprocess": "starts the program's own processes"},
    "clearline/config/demo/serving.py": {"subprocess": "starts the program's own processes"},
    "clearline/config/processes.py": {"granian": "serves the site"},
    "clearline/config/front.py": {"a2wsgi": "joins the site to the front"},
    "clearline/config/settings.py": {"psycopg": "reads the address of the provider's database"},
    "clearline/config/cli.py": {"importlib": "loads the command that was asked for, of a list"},
    "clearline/config/bench_command.py": {
        "importlib": "loads the benches beside the program",
        "sys.modules": "so that a bench can be found by what it starts",
    },
}
# Parts of those modules that only read what is installed, and reach nobody.
HARMLESS: Final = frozenset({"importlib.resources", "importlib.metadata"})
# Header lines by which a page loads from elsewhere or a browser is told to report there.
HEADERS: Final = words_of(
    """content-security-policy content-security-policy-report-only report-to nel sourcemap
    reporting-endpoints refresh service-worker-allowed access-control-allow-origin
    speculation-rules"""
)
HINTS: Final = ("rel=preconnect", "rel=preload", "rel=dns-prefetch", "rel=prefetch", "rel=module")
# Files that have these words in a list, to find them elsewhere, or set them from the settings.
WORD_LISTS: Final = frozenset(
    {"clearline/rights/agreement/ways_out.py", "clearline/rights/agreement/running.py"}
)
PARTS: Final = (ast.Import, ast.ImportFrom, ast.Attribute, ast.Name, ast.Call)
REMEDY: Final = "Take it out; a way out needs a Permit, and a line in rights/agreement/ways_out.py."


def find_ways_out(code: Code) -> Iterator[Finding]:
    """Yield each import and call that could reach out where the list does not allow it."""
    parts = (node for node in code.nodes if isinstance(node, PARTS))
    for node in parts:
        for module in reached_by(node, code):
            if not is_harmless(module) and not is_listed(module, ALLOWED.get(code.file, {})):
                text = f"{module} can send data away or run what nobody can read"
                yield way_out(code.file, getattr(node, "lineno", 1), text)
    if code.file not in WORD_LISTS:
        yield from find_headers(code)


def is_harmless(module: str) -> bool:
    return module.startswith(tuple(HARMLESS))


def is_listed(name: str, listed: Mapping[str, str]) -> bool:
    """Say whether a dotted name is one of a list or stands in one of them."""
    return any(name == known or name.startswith(f"{known}.") for known in listed)


def reached_by(node: ast.AST, code: Code) -> set[str]:
    """Return the modules and calls that reach out of one piece of code."""
    match node:
        case ast.Import(names=aliases):
            return {each.name for each in aliases if is_reaching(each.name)}
        case ast.ImportFrom(module=module, names=aliases):
            told = {f"{module}.{each.name}" for each in aliases}
            told |= {each.name for each in aliases}  # handed on by another file of ours
            return {each for each in told if is_reaching(each) or each in CALLS}
        case ast.Attribute(attr=attr):
            told_name = code.full_name(node)
            is_known = told_name in CALLS or told_name.startswith(OS_STARTS)
            if is_known or attr in NAMED:
                return {told_name or attr}
        case ast.Name(id=name) if code.names.get(name, name) in CALLS:
            return {name}
        case ast.Call(func=function, args=args) if code.full_name(function).endswith(GETTERS):
            return {str(text_of(each)) for each in args} & METHODS
    return set()


def is_reaching(module: str) -> bool:
    """Say whether a dotted name is one of those modules or stands in one."""
    parts = module.split(".")
    return any(".".join(parts[: index + 1]) in REACHING for index in range(len(parts)))


def find_headers(code: Code) -> Iterator[Finding]:
    """Yield each header that is set in code to make a browser reach elsewhere."""
    for node in code.nodes:
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = getattr(node, "module", None)
            if any((module or each.name).partition(".")[0] == "csp" for each in node.names):
                text = "the security policy of a page is changed for one page"
                yield way_out(code.file, node.lineno, text)
        if isinstance(node, ast.Attribute) and node.attr.startswith("_csp"):
            text = "the security policy of a page is changed for one page"
            yield way_out(code.file, node.lineno, text)
    for text, line in code.texts:
        plain = text.lower().replace('"', "").replace("'", "")
        if plain.strip() in HEADERS or any(hint in plain for hint in HINTS):
            what = f"{text!r} makes a browser load from elsewhere or report there"
            yield way_out(code.file, line, what)


def way_out(file: str, line: int, text: str) -> Finding:
    return Finding(file, line, FindingKind.WAY_OUT_UNDECLARED, text, REMEDY)
