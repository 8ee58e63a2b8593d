"""An edition as a decision table: look-ups and bit tests, made once and never changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from clearline.policy.choices import Choices
from clearline.policy.condition import Atom, alternatives
from clearline.policy.edition import Clause, Edition
from clearline.policy.vocabulary import Category, Purpose, Recipient, SubjectKind

CHOICES_REMEMBERED: Final = 4096  # distinct sets of answers; more are worked out anew

# Each category is one bit; what covers it are its own key and those above it.
BIT_OF: Final = {category: 1 << index for index, category in enumerate(Category)}


@dataclass(frozen=True, slots=True)
class Row:
    """One clause for one purpose, recipient and kind of subject."""

    covers: int  # bits of the categories covered
    ways: tuple[int, ...]  # bits of the facts that must hold; one of these is enough
    clause: Clause


@dataclass(frozen=True, slots=True, eq=False)
class CompiledPolicy:
    """The table of one edition. Equal by identity: one per edition."""

    edition: Edition
    rows: Mapping[tuple[Purpose, Recipient, SubjectKind], tuple[Row, ...]]
    facts: tuple[tuple[Atom, int], ...]
    remembered: dict[Choices, int]

    def facts_of(self, choices: Choices) -> int:
        """Return which of the edition's conditions hold of the choices, as bits."""
        known = self.remembered.get(choices)
        if known is None:
            known = sum(bit for atom, bit in self.facts if atom.holds(choices))
            if len(self.remembered) < CHOICES_REMEMBERED:
                self.remembered[choices] = known
        return known


def compile_edition(edition: Edition) -> CompiledPolicy:
    """Return the edition's table. Clauses keep their order: the first that permits, permits."""
    atoms = sorted(
        {
            atom
            for clause in edition.clauses
            for way in alternatives(clause.requires)
            for atom in way
        }
    )
    bits = {atom: 1 << index for index, atom in enumerate(atoms)}
    rows: dict[tuple[Purpose, Recipient, SubjectKind], list[Row]] = {}
    for clause in edition.clauses:
        ways = tuple(sum(bits[atom] for atom in way) for way in alternatives(clause.requires))
        row = Row(covered_bits(clause.categories), ways, clause)
        for recipient in clause.recipients:
            for kind in clause.about:
                rows.setdefault((clause.purpose, recipient, kind), []).append(row)
    return CompiledPolicy(
        edition=edition,
        rows={key: tuple(found) for key, found in rows.items()},
        facts=tuple(bits.items()),
        remembered={},
    )


def covered_bits(categories: tuple[Category, ...]) -> int:
    """Return the bits of the categories named and of all that stand below them."""
    return sum(
        bit
        for category, bit in BIT_OF.items()
        if any(category == named or category.startswith(f"{named}.") for named in categories)
    )


@cache
def asked_bits(categories: frozenset[Category]) -> int:
    """Return the bits that a use asks for. Uses are literals in code, so these are few."""
    return sum(BIT_OF[category] for category in categories)
