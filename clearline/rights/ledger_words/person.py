"""An entry as the person is told of it whom it is about: what was done, by whom, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clearline.rights.ledger_words.values import (
    BY_LINK,
    JOB,
    SHORT,
    STAFF,
    SUBJECT,
    WHO_HAS_THE_LETTER,
    is_another,
    word_of,
)

YOU: Final = gettext_lazy("you")


class Group(StrEnum):
    """Kinds of entries as people look for them."""

    SIGN_IN = "sign_in"
    SHOWN = "shown"
    CHANGED = "changed"
    CHOSEN = "chosen"
    LETTERS = "letters"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Telling:
    """One kind of entry for the person: its group and sentence; {names} are its fields in words.

    `who` says who did it where no field of the entry does.
    """

    group: Group
    sentence: str | Promise
    who: str | Promise = YOU


GROUPS: Final = {
    Group.SIGN_IN: gettext_lazy("Signing in"),
    Group.SHOWN: gettext_lazy("Opened or taken out"),
    Group.CHANGED: gettext_lazy("Changed"),
    Group.CHOSEN: gettext_lazy("Agreed and chosen"),
    Group.LETTERS: gettext_lazy("Letters to you"),
    Group.REFUSED: gettext_lazy("Asked for and refused"),
}
TELLINGS: Final = {
    "choice.recorded": Telling(
        Group.CHOSEN,
        gettext_lazy("Your choices were kept, {method}. Yes to: {yes}. No to: {no}."),
    ),
    "use.denied": Telling(
        Group.REFUSED,
        gettext_lazy("Data of yours ({categories}) was asked for {purpose}, and refused."),
    ),
    "use.granted": Telling(
        Group.SHOWN, gettext_lazy("Data of yours ({categories}) was used {purpose}.")
    ),
    "customer.signed_in": Telling(Group.SIGN_IN, gettext_lazy("You signed in.")),
    "customer.refused": Telling(
        Group.SIGN_IN,
        gettext_lazy("A wrong password was given for your user ID, {page}."),
        gettext_lazy("whoever typed it"),
    ),
    "customer.password_changed": Telling(Group.CHANGED, gettext_lazy("You changed your password.")),
    "customer.user_id_changed": Telling(Group.CHANGED, gettext_lazy("You chose another user ID.")),
    "customer.app_signed_out": Telling(
        Group.CHANGED, gettext_lazy("A sign-in of your app was ended: {why}.")
    ),
    "customer.factor_added": Telling(
        Group.CHANGED, gettext_lazy("You added what you sign in by: {factor}.")
    ),
    "customer.factor_removed": Telling(
        Group.CHANGED, gettext_lazy("What you signed in by was taken away: {factor}.")
    ),
    "customer.factor_refused": Telling(
        Group.SIGN_IN,
        gettext_lazy("Something that should prove who you are was wrong, {page}."),
        gettext_lazy("whoever gave it"),
    ),
    "customer.proved": Telling(Group.SIGN_IN, gettext_lazy("You proved who you are by {factor}.")),
    "customer.sessions_ended": Telling(
        Group.SIGN_IN, gettext_lazy("You signed out elsewhere; places: {count}.")
    ),
    "account.opened": Telling(
        Group.CHOSEN, gettext_lazy("You opened your account and agreed to the policy of {edition}.")
    ),
    "account.invited": Telling(
        Group.SIGN_IN, gettext_lazy("You were invited to choose a user ID and a password.")
    ),
    "policy.agreed": Telling(Group.CHOSEN, gettext_lazy("You agreed to the policy of {edition}.")),
    "account.closed": Telling(Group.CHANGED, gettext_lazy("Your account was closed.")),
    "account.reopened": Telling(
        Group.CHANGED, gettext_lazy("The closing of your account was taken back.")
    ),
    "account.erased": Telling(
        Group.CHANGED,
        gettext_lazy("All that your closed account held was erased."),
        gettext_lazy("our program"),
    ),
    "account.shown": Telling(Group.SHOWN, gettext_lazy("Your profile was opened: {fields}.")),
    "customer.opened": Telling(
        Group.SHOWN,
        gettext_lazy("Your account was opened at {channel}, number {reference}: {fields}."),
    ),
    "account.changed": Telling(
        Group.CHANGED, gettext_lazy("Your profile was corrected: {fields}.")
    ),
    "account.renamed": Telling(
        Group.CHANGED, gettext_lazy("Your name was changed, and a letter told you of it.")
    ),
    "account.age_changed": Telling(
        Group.CHANGED,
        gettext_lazy("The range of your age was changed, and a letter told you of it."),
    ),
    "account.address_changed": Telling(
        Group.CHANGED, gettext_lazy("A postal address was changed, and a letter told you of it.")
    ),
    "team.invited": Telling(
        Group.CHANGED,
        gettext_lazy("You invited somebody to act in your account ({role})."),
    ),
    "team.changed": Telling(
        Group.CHANGED,
        gettext_lazy("Who may act in your account was changed: {change} ({role})."),
    ),
    "membership.changed": Telling(
        Group.CHANGED,
        gettext_lazy("What you may do in another's account was changed: {change} ({role})."),
    ),
    "account.offered": Telling(
        Group.CHANGED, gettext_lazy("You offered your account to one who acts in it.")
    ),
    "account.handed_over": Telling(
        Group.CHANGED,
        gettext_lazy("An account got another owner: {change}."),
        gettext_lazy("who took it"),
    ),
    "contact.code_sent": Telling(
        Group.CHANGED, gettext_lazy("You asked for a code to prove an e-mail address ({what}).")
    ),
    "contact.confirmed": Telling(Group.CHANGED, gettext_lazy("You confirmed your e-mail address.")),
    "contact.replaced": Telling(Group.CHANGED, gettext_lazy("You replaced your e-mail address.")),
    "contact.taken_back": Telling(
        Group.CHANGED,
        gettext_lazy("A change was taken back, and your account locked: {fields}."),
        WHO_HAS_THE_LETTER,
    ),
    "contact.factors_questioned": Telling(
        Group.CHANGED,
        gettext_lazy(
            "Second factors that were added around that change were to go a day later, unless you "
            "said that they are yours."
        ),
        gettext_lazy("our program"),
    ),
    "contact.factors_kept": Telling(
        Group.CHANGED,
        gettext_lazy("Those second factors stayed."),
        gettext_lazy("you, or who reads your newer address"),
    ),
    "recovery.code_sent": Telling(
        Group.SIGN_IN,
        gettext_lazy("A letter to get back into your account was asked for and sent to you."),
        gettext_lazy("whoever asked for it"),
    ),
    "recovery.refused": Telling(
        Group.SIGN_IN,
        gettext_lazy("Wrong codes to get back into your account were typed: {count}."),
        gettext_lazy("whoever typed them"),
    ),
    "account.recovered": Telling(
        Group.CHANGED,
        gettext_lazy("You got back in by a code and chose anew: {fields}. All sessions ended."),
    ),
    "way_back.asked": Telling(
        Group.SIGN_IN,
        gettext_lazy("Somebody at our desk showed {document} as yours, to get back in: {why}."),
    ),
    "way_back.blocked": Telling(
        Group.SIGN_IN,
        gettext_lazy("Somebody at our desk showed {document} with another name; it was blocked."),
    ),
    "way_back.confirmed": Telling(
        Group.SIGN_IN,
        gettext_lazy("A second one of us saw {document}, and a code was sent to you."),
    ),
    "way_back.declined": Telling(
        Group.SIGN_IN, gettext_lazy("A way back into your account was declined at our desk.")
    ),
    "way_back.used": Telling(
        Group.CHANGED,
        gettext_lazy("You got back in after a visit; anew or gone: {fields}. All sessions ended."),
    ),
    "mail.sent": Telling(
        Group.LETTERS,
        gettext_lazy("A letter was sent to you: {template}."),
        gettext_lazy("our program"),
    ),
    "mail.failed": Telling(
        Group.LETTERS,
        gettext_lazy("A letter to you could not be delivered: {template}."),
        gettext_lazy("our program"),
    ),
    "edition.told": Telling(
        Group.LETTERS,
        gettext_lazy("A letter was written to you about the policy of {edition}."),
        gettext_lazy("our program"),
    ),
    "data.shown": Telling(
        Group.SHOWN, gettext_lazy("What we hold of you was opened: {categories}.")
    ),
    "data.exported": Telling(
        Group.SHOWN, gettext_lazy("All that we hold of you was taken out as a file ({format}).")
    ),
}
# Kinds of entries that are about nobody, or about someone of the staff.
ABOUT_NO_CUSTOMER: Final = frozenset(
    {
        "customer.searched",
        "customers.compared",
        "customers.imported",
        "edition.carried",
        "edition.published",
        "events.loaded",
        "list.back_asked",
        "list.stays",
        "list.taken_back",
        "log.begun",
        "report.exported",
        "role.asked",
        "role.declined",
        "role.granted",
        "staff.created",
        "staff.factor_added",
        "staff.factor_refused",
        "staff.factor_removed",
        "staff.proved",
        "staff.sessions_ended",
        "staff.password_changed",
        "staff.refused",
        "staff.roles_changed",
        "staff.signed_in",
    }
)
KINDS_OF: Final = {
    group: frozenset(kind for kind, each in TELLINGS.items() if each.group is group)
    for group in Group
}


def sentence_for(kind: str, fields: Mapping[str, object]) -> str:
    """Return what was done, said to the person whose entry it is."""
    words = {name: words_of(name, value) for name, value in fields.items()}
    telling = TELLINGS.get(kind)
    return str(telling.sentence).format_map(words) if telling else kind


def words_of(name: str, value: object) -> str:
    if isinstance(value, list):
        return ", ".join(word_of(name, each) for each in value) or _("nothing")
    return word_of(name, value)


def who_for(kind: str, fields: Mapping[str, object], subject: str) -> str:
    """Return who did it, said to the person themselves, whose random number `subject` is."""
    by, roles = str(fields.get("by", "")), fields.get("roles")
    if by.startswith(STAFF) and roles:
        told = {"roles": words_of("roles", roles), "number": by.removeprefix(STAFF)[:SHORT]}
        return _("%(roles)s, staff number %(number)s") % told
    if by.startswith(STAFF):
        return _("someone who works here, staff number %s") % by.removeprefix(STAFF)[:SHORT]
    if is_another(by, subject):
        return _("another who acts in the account")
    if by.startswith(SUBJECT):
        return str(YOU)
    if by.startswith(JOB) or fields.get("why") == "used_twice":
        return str(WHO_HAS_THE_LETTER) if by == BY_LINK else _("our program")
    telling = TELLINGS.get(kind)
    return str(telling.who) if telling else ""
