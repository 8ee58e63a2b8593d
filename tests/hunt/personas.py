"""People made of unique random text: whatever is found of them anywhere was left by us."""

import secrets
from dataclasses import dataclass, fields
from typing import Final

LETTERS: Final = "bcdfghjklmnpqrstvwxz"  # no vowels: no word of ours is made of these


def text(length: int) -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(length))


@dataclass(frozen=True, slots=True)
class Persona:
    """Somebody whom nobody else is like; a name with a letter that ASCII does not have."""

    name: str
    screen_name: str
    email: str
    user_id: str
    password: str
    account_number: str
    telephone: str
    called: str  # by somebody else
    business: str  # that they own, where they do

    @classmethod
    def new(cls) -> "Persona":
        return cls(
            name=f"Zo\N{LATIN SMALL LETTER E WITH DIAERESIS}{text(9)} {text(11).capitalize()}",
            screen_name=text(12).capitalize(),
            email=f"{text(12)}@{text(10)}.example",
            user_id=text(14),
            password=f"{text(8)} {text(8)} {text(8)}",
            account_number=f"{text(8)}-{text(8)}".upper(),
            telephone=f"+1{secrets.randbelow(8 * 10**9) + 2 * 10**9}",
            called=f"{text(9)} {text(9)}",
            business=f"{text(8).capitalize()} & {text(9).capitalize()}",
        )

    def words(self, who: str) -> dict[str, str]:
        return {f"{who}'s {field.name}": getattr(self, field.name) for field in fields(self)}
