"""An entry of the ledger in words: what happened in one sentence, and its facts by their names."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.urls import NoReverseMatch, reverse
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clearline.edge.staff.health import REASONS
from clearline.policy.condition import choice_in_words
from clearline.policy.vocabulary import ChoiceMethod, ChoiceSurface
from clearline.policy.words import words_in
from clearline.trust.gate.decide import Reason

# What an entry of each kind tells; {names} are its fields in words.
SENTENCES: Final = {
    "choice.recorded": gettext_lazy("A visitor chose what may be done with their data."),
    "use.denied": gettext_lazy("The program asked to use data {purpose}, and was refused."),
    "use.granted": gettext_lazy("The program was permitted to use data {purpose}."),
    "edition.published": gettext_lazy("The edition of {date} of the privacy policy was published."),
    "events.loaded": gettext_lazy("A batch of {rows} counted events went into the reports."),
    "staff.signed_in": gettext_lazy("Someone of the staff signed in."),
    "staff.created": gettext_lazy("A staff member was added as {roles}."),
    "staff.roles_changed": gettext_lazy(
        "The access of a staff member was set: {roles}, {is_active}."
    ),
    "staff.password_changed": gettext_lazy("Someone of the staff changed their password."),
    "staff.refused": gettext_lazy("Someone of the staff was refused: {page}."),
    "customer.signed_in": gettext_lazy("A customer signed in."),
    "customer.refused": gettext_lazy("A wrong password was given for a customer: {page}."),
    "customer.password_changed": gettext_lazy("A customer changed their password."),
    "account.opened": gettext_lazy("A customer opened an account and agreed to the policy."),
    "account.closed": gettext_lazy("An account was closed."),
    "account.reopened": gettext_lazy("The closing of an account was taken back."),
    "account.erased": gettext_lazy("All that a closed account held was erased."),
    "account.shown": gettext_lazy("What an account holds was opened: {fields}."),
    "account.changed": gettext_lazy("What an account holds was corrected: {fields}."),
    "report.exported": gettext_lazy("Figures about visitors were taken as a file."),
}
# What each field is called, in the order in which a page tells them: references come last.
NAMES: Final[dict[str, str | Promise]] = {
    "yes": gettext_lazy("Yes to"),
    "no": gettext_lazy("No to"),
    "by_signal": gettext_lazy("Answered by the browser's signal"),
    "surface": gettext_lazy("Where it was asked"),
    "method": gettext_lazy("How"),
    "text": gettext_lazy("The words they saw"),
    "purpose": gettext_lazy("What for"),
    "categories": gettext_lazy("Which data"),
    "recipient": gettext_lazy("For whom"),
    "by": gettext_lazy("Who did it"),
    "reason": gettext_lazy("Why"),
    "date": gettext_lazy("First day"),
    "sha256": gettext_lazy("SHA-256"),
    "is_material": gettext_lazy("Told beforehand"),
    "uses_found": gettext_lazy("Places found in the program"),
    "uses_covered": gettext_lazy("Places covered by the policy"),
    "batch": gettext_lazy("Batch"),
    "rows": gettext_lazy("Events"),
    "counts": gettext_lazy("How they were decided"),
    "login": gettext_lazy("Whose access"),
    "roles": gettext_lazy("Roles"),
    "is_active": gettext_lazy("Access"),
    "page": gettext_lazy("What was refused"),
    "fields": gettext_lazy("What it was about"),
    "report": gettext_lazy("Report"),
    "query": gettext_lazy("What was asked"),
    "format": gettext_lazy("Form of the file"),
    "before": gettext_lazy("The choice before it"),
    "clause": gettext_lazy("Clause"),
    "edition": gettext_lazy("Edition of the policy"),
}
ORDER: Final = {name: place for place, name in enumerate(NAMES)}
# Words for values that are keys of the program; a value without words shows as it is.
VALUES: Final[dict[str, dict[object, str | Promise]]] = {
    "method": {
        ChoiceMethod.FORM: gettext_lazy("by a form"),
        ChoiceMethod.GPC: gettext_lazy("by the browser's signal"),
        ChoiceMethod.NO_COOKIE: gettext_lazy("by the browser, which kept no cookie"),
    },
    "surface": {
        ChoiceSurface.PROMPT: gettext_lazy("the prompt above a page"),
        ChoiceSurface.CHOICES: gettext_lazy("Your Privacy Choices"),
        ChoiceSurface.OPT_IN: gettext_lazy("the second question before sale is allowed again"),
        ChoiceSurface.FOOT: gettext_lazy("the foot of a page"),
        ChoiceSurface.CHOICE: gettext_lazy("nowhere: we looked whether the cookie was kept"),
        ChoiceSurface.SIGNAL: gettext_lazy("nowhere: the signal spoke"),
    },
    "reason": {
        Reason.SILENCE: gettext_lazy("no clause of the policy speaks of it"),
        Reason.CONDITION: gettext_lazy("the clause's condition was not met"),
    },
    "is_active": {True: gettext_lazy("active"), False: gettext_lazy("closed")},
    "is_material": {True: gettext_lazy("yes"), False: gettext_lazy("not needed")},
    "recipient": {"provider": gettext_lazy("only us")},
    "page": {
        "staff_sign_in": gettext_lazy("a wrong password for their user ID"),
        "staff_password": gettext_lazy("a wrong old password, while signed in"),
        "account_sign_in": gettext_lazy("at the sign-in page"),
        "account_password": gettext_lazy("as the old password, while signed in"),
        "staff_health": gettext_lazy("the page Health"),
        "staff_ledger": gettext_lazy("the page Ledger"),
        "staff_entry": gettext_lazy("an entry of the ledger"),
        "staff_receipt": gettext_lazy("a receipt of the ledger"),
        "staff_people": gettext_lazy("the page People"),
        "staff_person": gettext_lazy("the page of one of the staff"),
        "staff_person_set": gettext_lazy("to set the roles of one of the staff"),
    },
    "fields": {
        "account_number": gettext_lazy("account number"),
        "age_range": gettext_lazy("age range"),
        "email": gettext_lazy("e-mail address"),
        "name": gettext_lazy("name"),
        "screen_name": gettext_lazy("name to be called by"),
    },
    "report": {"popularity": gettext_lazy("most popular pages or services")},
    "format": {"csv": "CSV", "json": "JSON"},
}
CHOSEN: Final = frozenset({"yes", "no", "by_signal"})
PAGES: Final = {"edition": "edition", "before": "staff_entry", "login": "staff_person"}
STAFF, JOB, SUBJECT = "staff:", "job:", "subject:"
SHORT: Final = 8  # of a random number, as the list of people shows it


@dataclass(frozen=True, slots=True)
class Fact:
    """One line: its name, its words, and where they lead, "" for nowhere."""

    name: str | Promise
    words: str
    url: str = ""
    is_code: bool = False


def moment_of(body: Mapping[str, object]) -> datetime:
    return datetime.fromisoformat(str(body["at"]))


def sentence_of(body: Mapping[str, object]) -> str:
    """Return what happened, in one sentence."""
    fields = fields_of(body)
    words = {name: words_of(name, value) for name, value in fields.items()}
    kind = str(body["kind"])
    return str(SENTENCES.get(kind, kind)).format_map(words)


def facts_of(body: Mapping[str, object]) -> Iterator[Fact]:
    """Yield each field that says something, and last the clause that the entry rests on."""
    for name, value in sorted(fields_of(body).items(), key=place_of):
        if value not in ("", []) and not (name in body and body[name] == value):
            yield fact_of(name, value)
    for name in ("clause", "edition"):
        if text := str(body[name]):
            yield fact_of(name, text)


def place_of(field: tuple[str, object]) -> int:
    """Return the place of a field among the facts of an entry; one without a name comes last."""
    return ORDER.get(field[0], len(ORDER))


def fields_of(body: Mapping[str, object]) -> Mapping[str, object]:
    fields = body["fields"]
    return fields if isinstance(fields, dict) else {}


def fact_of(name: str, value: object) -> Fact:
    return Fact(
        name=NAMES.get(name, name),
        words=words_of(name, value),
        url=url_of(name, str(value)),
        is_code=name in {"sha256", "batch", "before"},
    )


def words_of(name: str, value: object) -> str:
    if isinstance(value, list):
        mark = "\n" if name == "counts" else ", "
        return mark.join(word_of(name, each) for each in value) or _("nothing")
    return word_of(name, value)


def word_of(name: str, value: object) -> str:
    """Return one value in words."""
    if known := VALUES.get(name, {}).get(value):
        return str(known)
    text = str(value)
    if name in CHOSEN:
        return choice_in_words(text)
    if name in {"purpose", "categories"}:
        return words_in("purposes" if name == "purpose" else "categories").get(text, text)
    if name in {"by", "login"}:
        return who_in_words(text)
    if name == "counts":
        return count_in_words(text)
    return number_format(text, force_grouping=True) if isinstance(value, int) else text


def count_in_words(text: str) -> str:
    """Return one count of a batch in words: how many, under which clause or left out why."""
    what, _sign, count = text.partition("=")
    kind, _dot, rest = what.partition(".")
    told = {"n": number_format(count, force_grouping=True), "what": rest}
    if kind == "clause":
        return _("%(n)s under %(what)s") % told
    if kind == "dropped":
        told["what"] = str(REASONS.get(rest, rest.replace("_", " ")))
        return _("%(n)s left out: %(what)s") % told
    if kind == "recognised":
        return _("%(n)s of people recognised") % told
    return _("%(n)s sent again, counted once") % told


def who_in_words(text: str) -> str:
    if text.startswith(SUBJECT):
        return _("the person themselves")
    if text.startswith(JOB):
        return _("the program's own work: %s") % text.removeprefix(JOB)
    return _("staff number %s") % text.removeprefix(STAFF)[:SHORT]


def url_of(name: str, text: str) -> str:
    """Return where a value is shown: a clause, an edition, an entry, one of the staff."""
    if name == "clause":
        return f"{reverse('privacy')}#{text}"
    page = "staff_person" if text.startswith(STAFF) else PAGES.get(name, "")
    try:
        return reverse(page, args=[text.removeprefix(STAFF)])
    except NoReverseMatch:
        return ""
