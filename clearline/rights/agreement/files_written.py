"""Finding what writes files or fills a cache: what stays beside the columns that are declared."""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

from clearline.rights.agreement.code import Code, text_of, words_of
from clearline.rights.agreement.finding import Finding, FindingKind
from clearline.rights.agreement.ways_out import is_listed

# Modules that write files or keep things between requests.
MODULES: Final = words_of(
    """_io _pyio aiofiles anyio backports bz2 codecs dbm django.contrib.messages django.core.cache
    django.core.files django.core.serializers django.middleware django.template.fragments
    fileinput fsspec gzip io.FileIO io.open joblib lz4 lzma mailbox mmap nt pandas posix pyarrow
    shelve shutil sqlite3 tarfile tempfile trace xml.etree zipfile zipapp clearline.kit.files
    clearline.kit.status clearline.edge.entry.demo_links.make_link"""
)
# Calls that do the same, of modules that have other uses as well.
CALLS: Final = words_of(
    """os.copy_file_range os.fdopen os.ftruncate os.link os.makedirs os.memfd_create os.mkdir
    os.mkfifo os.mknod os.open os.pwrite os.pwritev os.removexattr os.rename os.renames os.replace
    os.sendfile os.setxattr os.splice os.symlink os.truncate os.write os.writev pathlib.os
    pathlib.io logging.FileHandler logging.basicConfig faulthandler.dump_traceback
    numpy.save numpy.savetxt numpy.savez numpy.savez_compressed numpy.memmap numpy.lib.format
    dotenv.set_key django.views.decorators.cache.cache_page"""
)
METHODS: Final = words_of(
    """write_text write_bytes touch mkdir rename symlink_to hardlink_to link_to tofile
    dump_stats write_history_file copy_into move_into replace_file replace_durably write_status
    make_link"""
)
# Parts of those modules that only read, or write nothing that they are told.
HARMLESS: Final = words_of(
    """shutil.disk_usage clearline.kit.files.sync_file clearline.kit.files.sync_directory
    clearline.kit.status.read_statuses"""
)
READ_MODES: Final = frozenset({"r", "rb", "rt", "br", "tr"})
# What else than a mode an open that reads a file may be told.
READ_WORDS: Final = frozenset({"encoding", "errors", "buffering", "newline"})
GETTERS: Final = frozenset({"getattr", "attrgetter", "methodcaller", "__getattribute__"})
# Classes of ours with an `open` that is told where to read, and never what to write.
OWN_OPENERS: Final = frozenset(
    {"clearline.policy.shelf.Shelf", "clearline.edge.collector.journal.Journal"}
)
PARTS: Final = (ast.Attribute, ast.Name, ast.Call, ast.Import, ast.ImportFrom)
# Who may, each with its reason. A new line here is a decision: what is written, who keeps it and
# until when.
ALLOWED: Final[Mapping[str, Mapping[str, str]]] = {
    "clearline/kit/files.py": {
        "open": "replaces files whole and holds locks, for those listed here",
        "replace": "gives the new file its name",
    },
    "clearline/kit/status.py": {
        "mkdir": "makes the folder of what processes say",
        "write_text": "writes what a process says of itself, for those listed here",
        "replace": "gives the new file its name",
    },
    "clearline/kit/columnstore/server.py": {
        "mkdir": "makes the column store's folder",
    },
    "clearline/kit/columnstore/unix_http.py": {
        "open": "opens a folder to reach a socket in it by a short name; nothing is written",
    },
    "clearline/trust/ledger/actions.py": {
        "mkdir": "makes the folder of tiles",
        "clearline.kit.files": "writes the signed checkpoint, under a lock",
    },
    "clearline/trust/ledger/exports.py": {
        "mkdir": "makes the folder of an export",
        "write_bytes": "copies tiles into an export that an operator asked for",
        "open": "writes the entries into an export that an operator asked for",
        "clearline.kit.files": "writes the checkpoint of an export",
    },
    "clearline/trust/ledger/tiles.py": {
        "mkdir": "makes the folders of tiles",
        "clearline.kit.files": "writes tiles: hashes, which say nothing of anyone",
        "shutil": "takes tiles away that a whole one replaced",
    },
    "clearline/trust/vault/actions.py": {
        "open": "lists the random numbers of erased people, for a restored backup to go by",
        "clearline.kit.files": "holds the lock of that list",
    },
    "clearline/trust/ledger/another.py": {
        "mkdir": "makes the folder of another log's tiles",
        "rename": "sets the files of a lost log aside, and gives the new ones their place",
        "shutil": "takes away what a call that was stopped had begun",
    },
    "clearline/trust/ledger/beginning.py": {
        "clearline.kit.files": "notes how many entries a lost log had, until another one began",
    },
    "clearline/trust/key_files.py": {
        "open": "makes a key that comes after another",
        "os.fdopen": "writes that key",
    },
    "clearline/rights/agreement/actions.py": {
        "clearline.kit.files": "writes the list of published editions, under a lock"
    },
    "clearline/edge/collector/journal.py": {
        "open": "journals events: each field is a declared column, gone an hour after it is loaded",
        "mkdir": "makes the journal's folder",
        "replace": "closes a segment by its name",
        "os.ftruncate": "gives a segment its size",
        "os.pwrite": "writes the journal's records",
    },
    "clearline/edge/collector/batch.py": {
        "open": "keeps room for a full disk: zeros",
        "mkdir": "makes the loader's folder",
        "clearline.kit.files": "writes which records make a batch",
    },
    "clearline/edge/collector/loader.py": {
        "open": "holds the loader's lock, an empty file",
        "mkdir": "makes the folders of manifests and of damaged records",
        "clearline.kit.files": "writes manifests, which are counts, and records it cannot read",
        "clearline.kit.status": "says how far it is",
    },
    "clearline/edge/collector/app.py": {"clearline.kit.status": "says counts by reason"},
    "clearline/service/mail/send.py": {
        "mkdir": "makes the folder of a demo's letters",
        "clearline.kit.files": "writes a demo's letters, which are erased with those in the tables",
    },
    "clearline/edge/jobs/letters.py": {"clearline.kit.status": "says counts of letters"},
    "clearline/edge/jobs/worker.py": {"clearline.kit.status": "says when each job ran"},
    "clearline/edge/jobs/manifests.py": {"replace": "puts a broken manifest aside by its name"},
    "clearline/edge/jobs/ledger_commands.py": {
        "tempfile": "exports the ledger to verify it, and takes the export away",
        "write_bytes": "writes the receipt that an operator asked for",
    },
    "clearline/edge/jobs/customer_commands.py": {
        "open": "writes the rows that could not come in, beside the list they are of",
    },
    "clearline/edge/entry/demo_links.py": {
        "mkdir": "makes the folder of the demo's links",
        "write_text": "writes whom of the demo's own people a link signs in",
    },
    "clearline/config/claim.py": {
        "mkdir": "makes the data folder",
        "open": "holds the lock of who serves",
        "os.ftruncate": "empties that lock",
        "os.pwrite": "says process and port in that lock",
    },
    "clearline/config/cli.py": {"open": "writes to nothing when a reader is gone"},
    "clearline/config/processes.py": {
        "mkdir": "makes an instance's folders",
        "clearline.kit.status": "says that the store runs",
    },
    "clearline/config/instance.py": {"mkdir": "makes the data folder"},
    "clearline/config/init_command.py": {
        "mkdir": "makes an instance's folders",
        "open": "writes an instance's new keys",
        "os.fdopen": "writes an instance's new keys",
        "write_text": "writes the settings and the draft of a new instance",
    },
    "clearline/config/demo/command.py": {
        "mkdir": "makes the demo's folder",
        "write_text": "marks an instance as a demo",
        "shutil": "takes the demo away",
    },
    "clearline/config/demo/serving.py": {
        "clearline.edge.entry.demo_links.make_link": "makes the links of the demo's own people",
        "open": "keeps what the demo's processes log, anew at each start",
    },
    "clearline/config/demo/fill.py": {
        "clearline.kit.files": "marks how far the demo's past is",
        "clearline.kit.status": "says how far the demo's past is",
    },
}
REMEDY: Final = (
    "Take it out, or keep it in a column; a file needs a line in rights/agreement/files_written.py."
)


def find_files_written(code: Code) -> Iterator[Finding]:
    """Yield each place that could write a file or fill a cache where the list does not allow it."""
    parts = (node for node in code.nodes if isinstance(node, PARTS))
    for node in parts:
        for what in written_by(node, code):
            if not is_listed(what, ALLOWED.get(code.file, {})):
                text = f"{what} can keep data where no clause says how long"
                line = getattr(node, "lineno", 1)
                yield Finding(code.file, line, FindingKind.STORAGE_UNDECLARED, text, REMEDY)


def written_by(node: ast.AST, code: Code) -> set[str]:
    """Return the modules, calls and methods by which one piece of code could keep something."""
    told: set[str] = set()
    match node:
        case ast.Import(names=aliases):
            told = {each.name for each in aliases if is_writing(each.name)}
        case ast.ImportFrom(module=module, names=aliases):
            names = {f"{module}.{each.name}": each.name for each in aliases}
            told = {full for full, name in names.items() if is_writing(full) or name in METHODS}
        case ast.Attribute() | ast.Name(id="open"):
            told = named_by(node, code)
        case ast.Call(func=function, args=args) if last_name(function) in GETTERS:
            told = {str(text_of(each)) for each in args} & {*METHODS, "open"}
    return told


def named_by(node: ast.Attribute | ast.Name, code: Code) -> set[str]:
    name = last_name(node)
    if name == "open":
        return {name} if opens_to_write(node, code) else set()
    if name in METHODS or (isinstance(node, ast.Attribute) and moves_a_file(node, code)):
        return {name}
    full = code.full_name(node)
    return {full} if is_writing(full) else set()


@cache
def is_writing(full: str) -> bool:
    """Say whether a dotted name is one of those calls, or of those modules, and is not harmless."""
    if full in HARMLESS or not full:
        return False
    parts = full.split(".")
    return full in CALLS or any(
        ".".join(parts[: index + 1]) in MODULES for index in range(len(parts))
    )


def opens_to_write(node: ast.Attribute | ast.Name, code: Code) -> bool:
    """Say whether an `open` is any other than one that is written out as reading.

    Reading are `open(path, "rb")` and `path.open("rb")`, with the mode written out or left out.
    A class of ours may have an `open` of its own.
    """
    call = code.calls.get(id(node))
    if isinstance(node, ast.Attribute) and has_own_open(node, code):
        return False
    if call is None or any(isinstance(each, ast.Starred) for each in call.args):
        return True
    told = {each.arg: each.value for each in call.keywords}
    place = 0 if isinstance(node, ast.Attribute) else 1
    mode = call.args[place] if len(call.args) > place else told.pop("mode", None)
    if not told.keys() <= READ_WORDS or len(call.args) > place + 1:
        return True
    return mode is not None and not (
        isinstance(mode, ast.Constant) and str(mode.value) in READ_MODES
    )


def has_own_open(node: ast.Attribute, code: Code) -> bool:
    """Say whether an open is that of a class of ours, which is read in its own file.

    What is sealed is opened with its context, which no file knows.
    """
    call, owner = code.calls.get(id(node)), ast.unparse(node.value)
    if call and "context" in {each.arg for each in call.keywords}:
        return True
    if owner in {"self", "cls"}:
        return any(isinstance(each, ast.FunctionDef) and each.name == "open" for each in code.nodes)
    return code.names.get(owner, "") in OWN_OPENERS


def moves_a_file(node: ast.Attribute, code: Code) -> bool:
    """Say whether a `replace` may be that of a path: it is told one thing, a text's is told two."""
    call = code.calls.get(id(node))
    if node.attr != "replace" or call is None:
        return node.attr == "replace"
    told = {each.arg for each in call.keywords}
    return len(call.args) == 1 - len(told & {"target"}) and told <= {"target"}


def last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
