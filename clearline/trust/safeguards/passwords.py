"""Which passwords are taken: long ones that nobody guesses; no rule about kinds of characters.

Source: NIST SP 800-63B-4, 3.1.1.2: at least 15 characters where the password is the only factor,
compared with a list of common ones, no composition rules.
"""

import unicodedata
from functools import cache
from typing import Final

from django.contrib.auth.password_validation import CommonPasswordValidator

from clearline.kit.errors import Invalid

LENGTH_MIN: Final = 15
LENGTH_MAX: Final = 200
OWN_WORD_MIN: Final = 4  # a shorter own word is in many good passwords by chance


class PasswordRefused(Invalid):
    code = "password_refused"


def normalised(password: str) -> str:
    """Return the password as all keyboards would send it (NFKC, as NIST asks)."""
    return unicodedata.normalize("NFKC", password)


def refuse_weak(password: str, *, own_words: tuple[str, ...]) -> None:
    """Return if the password will do. Raises PasswordRefused, saying what to choose instead."""
    told = normalised(password)
    if len(told) < LENGTH_MIN:
        message = f"Use at least {LENGTH_MIN} characters. Four or five words in a row do well."
        raise PasswordRefused(message)
    if len(told) > LENGTH_MAX:
        message = f"Use at most {LENGTH_MAX} characters."
        raise PasswordRefused(message)
    plain = told.casefold()
    if is_mostly(plain, {part.casefold() for each in own_words for part in (each, *each.split())}):
        message = "That is mostly your user ID or our name, which guessers try first."
        raise PasswordRefused(message)
    if plain in common() or len(set(plain)) < OWN_WORD_MIN or is_repeated(plain):
        message = "That password is one that guessers try first. Choose another."
        raise PasswordRefused(message)


def is_mostly(plain: str, own_words: set[str]) -> bool:
    """Say whether little or a common word is left without own words, digits and signs."""
    for word in own_words:
        if len(word) >= OWN_WORD_MIN and word in plain:
            rest = plain.replace(word, "")
            if len(rest) < LENGTH_MIN // 2 or "".join(filter(str.isalpha, rest)) in common():
                return True
    return False


def is_repeated(plain: str) -> bool:
    """Say whether the text is one short piece again and again, as in `passwordpassword`."""
    place = (plain + plain).find(plain, 1)
    return place < len(plain) and (plain[:place] in common() or place < OWN_WORD_MIN * 2)


@cache
def common() -> frozenset[str]:
    return frozenset(CommonPasswordValidator().passwords)
