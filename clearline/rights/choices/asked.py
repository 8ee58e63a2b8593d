"""What people are asked about their choices, in the very words that pages show and proofs hold.

The templates show these words and the ledger keeps them beside the answer, so they stand once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from clearline.policy.choices import Choices
from clearline.policy.compile import CompiledPolicy
from clearline.policy.condition import CHOICE_WORDS
from clearline.policy.vocabulary import Answer, ChoiceName, ChoiceSurface
from clearline.trust.consent.cookies import VISITOR_COOKIE


@dataclass(frozen=True, slots=True)
class Wording:
    """One question: its title, its text, and its own button if it has one."""

    title: str | Promise
    text: str | Promise
    button: str | Promise = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """Where a person was asked, and all the words they saw with the button that they pressed."""

    surface: ChoiceSurface
    text: str


BUTTONS: Final[Mapping[str, str | Promise]] = {"accept": _("Accept"), "decline": _("Decline")}
PROMPT: Final = Wording(
    _("May we recognise this browser by a random number?"),
    _(
        "Visits are counted either way, without knowing whose they are. With your yes we recognise "
        "this browser by the number and keep your country, your currency and where you left off; "
        "with your no the site works all the same and forgets these. Either answer is kept in a "
        "cookie, with the number of its proof."
    ),
)
EACH: Final[Mapping[ChoiceName, Wording]] = {
    ChoiceName.MEASUREMENT: Wording(
        _(CHOICE_WORDS[ChoiceName.MEASUREMENT]),
        _("We then see how often people come back and which pages help them, over several days."),
    ),
    ChoiceName.CONTENT: Wording(
        _(CHOICE_WORDS[ChoiceName.CONTENT]),
        _("Your country, your currency, and the page where you left off."),
    ),
}
SALE: Final = Wording(
    _("Do Not Sell or Share My Personal Information"),
    _(
        "We sell no personal data and share none for advertising across other sites. You can still "
        "tell us not to, and we keep that as your word, should our policy ever change."
    ),
    _("Do not sell or share my personal information"),
)
OPT_IN: Final = Wording(
    _("Allow sale or sharing again?"),
    _(
        "You told us not to sell or share your personal data. If you confirm, that no is taken "
        "back. You can say no again at any time, with one click."
    ),
    _("Yes, allow it again"),
)
SIGNAL: Final = Shown(ChoiceSurface.SIGNAL, "Sec-GPC: 1")  # made by signal: there were no words
SIGNED_IN: Final = Shown(ChoiceSurface.SIGN_IN, "")  # made by joining: there were no words


ANSWERS: Final[Mapping[ChoiceName, str | Promise]] = {
    ChoiceName.MEASUREMENT: _("recognised %(answer)s"),
    ChoiceName.CONTENT: _("extras %(answer)s"),
    ChoiceName.SALE_OR_SHARING: _("sale or sharing %(answer)s"),
}


def answers_in_words(choices: Choices) -> str:
    """Return what was answered so far, like "recognised yes, extras no"."""
    said = {Answer.YES: _now("yes"), Answer.NO: _now("no")}
    answers = [(words, choices.answer(name)) for name, words in ANSWERS.items()]
    return ", ".join(words % {"answer": said[each]} for words, each in answers if each in said)


def withdrawal(policy: CompiledPolicy) -> Wording:
    """Return what the foot of every page says to a browser that said yes."""
    clause = policy.edition.find_clause(VISITOR_COOKIE.clauses[0])
    text = _now("With one click this browser forgets its number and its extras.")
    if clause is not None:
        told = _now(
            "Visits recorded under that number stay in our counts until they are %(kept)s old, "
            "and this browser no longer has it."
        )
        text = f"{text} {told % {'kept': clause.kept}}"
    return Wording(_("You said yes here."), text, _("Stop recognising this browser"))


def shown_prompt(answer: str) -> Shown:
    return Shown(ChoiceSurface.PROMPT, said([PROMPT], BUTTONS[answer]))


def shown_withdrawal(policy: CompiledPolicy) -> Shown:
    wording = withdrawal(policy)
    return Shown(ChoiceSurface.FOOT, said([wording], wording.button))


def shown_on_choices(wordings: Iterable[Wording], button: str | Promise) -> Shown:
    return Shown(ChoiceSurface.CHOICES, said(wordings, button))


def said(wordings: Iterable[Wording], button: str | Promise) -> str:
    """Return questions and the button as one text: `Title. Text [Button]`."""
    words = (str(part) for each in wordings for part in (each.title, each.text))
    return f"{' '.join(words)} [{button}]"
