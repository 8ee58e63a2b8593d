"""The closed set of blocks that a page is made of; the editor will write the same ones."""

from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field, StringConstraints
from pydantic.dataclasses import dataclass

STRICT: Final = ConfigDict(extra="forbid")
Title = Annotated[str, StringConstraints(min_length=1, max_length=120, strict=True)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=400, strict=True)]
Markdown = Annotated[str, StringConstraints(min_length=1, max_length=20_000, strict=True)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=40, strict=True)]
# A page of ours, or an address of another site, of mail or of a telephone.
Target = Annotated[
    str, StringConstraints(pattern=r"^(/|/[^/\s]\S*|(https://|mailto:|tel:)\S+)$", max_length=500)
]


@dataclass(frozen=True, slots=True, config=STRICT)
class Link:
    text: Title
    to: Target


@dataclass(frozen=True, slots=True, config=STRICT)
class Card:
    title: Title
    text: Line
    tag: Title | None = None
    figure: Title | None = None
    link: Link | None = None


@dataclass(frozen=True, slots=True, config=STRICT)
class Step:
    title: Title
    text: Line


@dataclass(frozen=True, slots=True, config=STRICT)
class Question:
    question: Title
    answer: Markdown


@dataclass(frozen=True, slots=True, config=STRICT)
class Hero:
    """The top of a page: what it is about, what most people came for, one card beside it."""

    kind: Literal["hero"]
    title: Title
    lede: Line
    links: Annotated[tuple[Link, ...], Field(max_length=2)] = ()
    card: Card | None = None

    @property
    def plain_text(self) -> str:
        return f"{self.title} {self.lede}"


@dataclass(frozen=True, slots=True, config=STRICT)
class Text:
    kind: Literal["text"]
    text: Markdown
    title: Title | None = None

    @property
    def plain_text(self) -> str:
        return f"{self.title or ''} {self.text}"


@dataclass(frozen=True, slots=True, config=STRICT)
class Cards:
    kind: Literal["cards"]
    cards: Annotated[tuple[Card, ...], Field(min_length=1, max_length=12)]
    title: Title | None = None

    @property
    def plain_text(self) -> str:
        return " ".join(f"{card.title} {card.text}" for card in self.cards)


@dataclass(frozen=True, slots=True, config=STRICT)
class Services:
    """Services of the catalogue as cards, in the order given."""

    kind: Literal["services"]
    title: Title
    slugs: Annotated[tuple[Word, ...], Field(min_length=1, max_length=12)]
    link: Link | None = None

    @property
    def plain_text(self) -> str:
        return self.title


@dataclass(frozen=True, slots=True, config=STRICT)
class Steps:
    kind: Literal["steps"]
    title: Title
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=8)]

    @property
    def plain_text(self) -> str:
        return " ".join(f"{step.title} {step.text}" for step in self.steps)


@dataclass(frozen=True, slots=True, config=STRICT)
class Questions:
    kind: Literal["questions"]
    title: Title
    questions: Annotated[tuple[Question, ...], Field(min_length=1, max_length=20)]

    @property
    def plain_text(self) -> str:
        return " ".join(f"{each.question} {each.answer}" for each in self.questions)


@dataclass(frozen=True, slots=True, config=STRICT)
class Note:
    kind: Literal["note"]
    text: Line

    @property
    def plain_text(self) -> str:
        return self.text


Block = Annotated[
    Hero | Text | Cards | Services | Steps | Questions | Note, Field(discriminator="kind")
]


@dataclass(frozen=True, slots=True, config=STRICT)
class Page:
    """One page file. `words` are what people also search for; `topic` groups help pages."""

    title: Title
    summary: Line
    block: Annotated[tuple[Block, ...], Field(min_length=1, max_length=40)]
    topic: Title | None = None
    order: Annotated[int, Field(ge=0, le=1000)] = 100
    words: Annotated[tuple[Word, ...], Field(max_length=40)] = ()

    @property
    def blocks(self) -> tuple[Block, ...]:
        return self.block
