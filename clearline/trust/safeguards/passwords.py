"""Which passwords are taken: long ones that nobody guesses; no rule about kinds of characters.

Source: NIST SP 800-63B-4, 3.1.1.2: at least 15 characters where the password is the only factor,
8 beside another one, compared with a list of common ones, no composition rules.
"""

import unicodedata
from functools import cache
from typing import Final

from django.contrib.auth.password_validation import CommonPasswordValidator

from clearline.kit.errors import Invalid

LENGTH_MIN: Final = 15
LENGTH_BESIDE_FACTOR_MIN: Final = 8
LENGTH_MAX: Final = 200
LOOKED_AT_MAX: Final = 5 * LENGTH_MAX
OWN_WORD_MIN: Final = 4  # a shorter own word is in many good passwords by chance


class PasswordRefused(Invalid):
    code = "password_refused"


def normalised(password: str) -> str:
    """Return the password as all keyboards would send it (NFKC, as NIST asks).

    What is far too long stays too long when it is cut: to normalise it would take long itself.
    """
    return unicodedata.normalize("NFKC", password[:LOOKED_AT_MAX])


def is_short(password: str) -> bool:
    """Say whether a password is too short to be all that signs in."""
    return len(normalised(password)) < LENGTH_MIN


def refuse_weak(password: str, *, own_words: tuple[str, ...], length_min: int = LENGTH_MIN) -> None:
    """Return if the password will do. Raises PasswordRefused, saying what to choose instead."""
    told = normalised(password)
    if len(told) < length_min:
        message = f"Use at least {length_min} characters. Four or five words in a row do well."
        raise PasswordRefused(message)
    if len(told) > LENGTH_MAX:
        message = f"Use at most {LENGTH_MAX} characters."
        raise PasswordRefused(message)
    plain = told.casefold()
    parts = {part.casefold() for each in own_words for part in (each, *each.split())}
    if is_mostly(plain, parts, rest_min=length_min // 2):
        message = "That is mostly your user ID or our name, which guessers try first."
        raise PasswordRefused(message)
    if plain in common() or len(set(plain)) < OWN_WORD_MIN or is_repeated(plain):
        message = "That password is one that guessers try first. Choose another."
        raise PasswordRefused(message)


def is_mostly(plain: str, own_words: set[str], *, rest_min: int) -> bool:
    """Say whether little or a common word is left without own words, digits and signs."""
    for word in own_words:
        if len(word) >= OWN_WORD_MIN and word in plain:
            rest = plain.replace(word, "")
            if len(rest) < rest_min or "".join(filter(str.isalpha, rest)) in common():
                return True
    return False


def is_repeated(plain: str) -> bool:
    """Say whether the text is one short piece again and again, as in `passwordpassword`."""
    place = (plain + plain).find(plain, 1)
    return place < len(plain) and (plain[:place] in common() or place < OWN_WORD_MIN * 2)


@cache
def common() -> frozenset[str]:
    return frozenset(CommonPasswordValidator().passwords)
