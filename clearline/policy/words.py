"""The vocabulary as people say it: kinds of data, purposes, and who gets something."""

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Final

from clearline.policy.vocabulary import Category, Purpose, Recipient, RecipientClass

RECIPIENT_WORDS: Final = {
    RecipientClass.PROVIDER: "us",
    RecipientClass.PROCESSOR: "{name}, who works for us",
    RecipientClass.AFFILIATE: "{name}, our affiliate",
    RecipientClass.THIRD_PARTY: "{name}, another company",
    RecipientClass.AUTHORITY: "an authority with the right to ask",
    RecipientClass.SUBJECT: "you yourself",
}


@cache
def words_in(name: str) -> Mapping[str, str]:
    """Return the words of one file of the taxonomy, by key."""
    file = resources.files("clearline.policy") / "taxonomy" / f"{name}.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


def category_in_words(category: Category) -> str:
    return words_in("categories")[category]


def purpose_in_words(purpose: Purpose) -> str:
    return words_in("purposes")[purpose]


@cache
def sections_of_rows() -> Mapping[str, str]:
    """Return the section of law of each requirement row, by its ID."""
    file = resources.files("clearline.policy") / "law.toml"
    rows = tomllib.loads(file.read_text(encoding="utf-8"))
    return {row_id: str(row["section"]) for row_id, row in rows.items()}


def law_in_words(law: str) -> str:
    """Return the section that an ID like CC-02 stands for; a section stays as it is."""
    return sections_of_rows().get(law, law)


def recipients_in_words(recipients: Iterable[Recipient]) -> str:
    known = tuple(recipients)
    if all(each.kind is RecipientClass.PROVIDER for each in known):
        return "only us"
    return ", ".join(map(recipient_in_words, known))


def recipient_in_words(recipient: Recipient) -> str:
    name = recipient.name.replace("_", " ").title()
    return RECIPIENT_WORDS[recipient.kind].format(name=name)
