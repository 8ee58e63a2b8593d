"""Every clause that we publish, and every promise that we keep, is proved by name."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

import clearline.policy
from clearline.config.init_command import make_instance
from clearline.policy.edition import Clause, parse_edition
from clearline.policy.headings import PROMISES
from tests.instance import FIRST_DAY, NAMES

TOP = Path(__file__).parents[2]
FORMS = sorted(path.stem for path in (Path(clearline.policy.__file__).parent / "default").glob("*"))
KEPT_BESIDE_CLAUSES = {"P1", "P3"}  # by statements of the policy, and by what the pages do
SENTENCE = re.compile(r"(?<=[.!?]) ")


@pytest.fixture(scope="session", params=FORMS)
def clauses(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Clause, ...]:
    """The clauses of one form of the default edition, as `clearline init` writes it."""
    folder = tmp_path_factory.mktemp("instance")
    make_instance(folder, form=request.param, effective=FIRST_DAY, names=NAMES)
    text = (folder / "policy" / f"{FIRST_DAY}.toml").read_text(encoding="utf-8")
    return parse_edition(text, source="default").clauses


@cache
def proofs() -> tuple[str, ...]:
    """Return what each file of promises quotes: its docstring and those of its tests, unbroken."""
    return tuple(map(quoted_by, sorted((TOP / "tests" / "promises").glob("test_*.py"))))


def quoted_by(path: Path) -> str:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    tests = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    proving = [node for node in tests if node.name.startswith("test_")]
    assert proving, f"{path.name} proves nothing"
    told = [ast.get_docstring(tree) or "", *(ast.get_docstring(node) or "" for node in proving)]
    return " ".join(" ".join(told).split())


def has_word(text: str, word: str) -> bool:
    return re.search(rf"(?<![\w.]){re.escape(word)}(?![\w]|\.\w)", text) is not None


def test_every_sentence_of_every_clause_is_quoted_by_the_file_that_proves_it(
    clauses: tuple[Clause, ...],
) -> None:
    for clause in clauses:
        cited = [text for text in proofs() if has_word(text, clause.id)]
        assert cited, f"write the file under tests/promises/ that proves {clause.id}, and quote it"
        for sentence in SENTENCE.split(clause.text):
            assert any(sentence in text for text in cited), (
                f"{clause.id} says {sentence!r}: quote it in the file that proves it, and look "
                "whether its tests still prove what it says"
            )


def test_every_promise_that_is_kept_is_quoted(clauses: tuple[Clause, ...]) -> None:
    kept = KEPT_BESIDE_CLAUSES | {clause.promise for clause in clauses}

    assert kept <= set(PROMISES)
    for promise in sorted(kept):
        assert any(has_word(text, promise) for text in proofs()), (
            f"no file under tests/promises/ proves {promise}; write it, and quote the promise"
        )
