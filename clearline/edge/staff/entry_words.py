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
from clearline.rights.ledger_words import values
from clearline.rights.ledger_words.values import NAMES, STAFF, fields_of, place_of

# What an entry of each kind tells; {names} are its fields in words.
SENTENCES: Final = {
    "choice.recorded": gettext_lazy("A visitor chose what may be done with their data."),
    "use.denied": gettext_lazy("The program asked to use data {purpose}, and was refused."),
    "use.granted": gettext_lazy("The program was permitted to use data {purpose}."),
    "edition.published": gettext_lazy("The edition of {date} of the privacy policy was published."),
    "edition.carried": gettext_lazy(
        "The edition of {date} of the privacy policy was published; its entry was lost."
    ),
    "log.begun": gettext_lazy(
        "The ledger goes on as another log, {log}, for the one before was lost; {left} entries of "
        "{seen} were left."
    ),
    "events.loaded": gettext_lazy("A batch of {rows} counted events went into the reports."),
    "staff.signed_in": gettext_lazy("Someone of the staff signed in."),
    "staff.created": gettext_lazy("A staff member was added as {roles}."),
    "staff.roles_changed": gettext_lazy(
        "The access of a staff member was set: {roles}, {is_active}."
    ),
    "role.asked": gettext_lazy("A staff member is to be {roles}; a second administrator decides."),
    "role.granted": gettext_lazy("A second administrator confirmed a staff member as {roles}."),
    "role.declined": gettext_lazy("A staff member was to be {roles}, which was declined."),
    "staff.password_changed": gettext_lazy("Someone of the staff changed their password."),
    "staff.refused": gettext_lazy("Someone of the staff was refused: {page}."),
    "customer.signed_in": gettext_lazy("A customer signed in."),
    "customer.refused": gettext_lazy("A wrong password was given for a customer: {page}."),
    "customer.password_changed": gettext_lazy("A customer changed their password."),
    "customer.user_id_changed": gettext_lazy("A customer chose another user ID."),
    "customer.app_signed_out": gettext_lazy("A sign-in of a customer's app was ended: {why}."),
    "staff.factor_added": gettext_lazy(
        "Someone of the staff added what they sign in by: {factor}."
    ),
    "staff.factor_removed": gettext_lazy("Someone of the staff took away: {factor}."),
    "staff.proved": gettext_lazy("Someone of the staff proved who they are by {factor}."),
    "staff.sessions_ended": gettext_lazy(
        "Someone of the staff signed out in {count} other places."
    ),
    "staff.factor_refused": gettext_lazy("A proof for someone of the staff was wrong: {page}."),
    "customer.factor_refused": gettext_lazy("A proof for a customer was wrong: {page}."),
    "customer.factor_added": gettext_lazy("A customer added what they sign in by: {factor}."),
    "customer.factor_removed": gettext_lazy("A customer's second factor was taken away: {factor}."),
    "customer.proved": gettext_lazy("A customer proved who they are by {factor}."),
    "customer.sessions_ended": gettext_lazy("A customer signed out in {count} other places."),
    "account.opened": gettext_lazy("A customer opened an account and agreed to the policy."),
    "policy.agreed": gettext_lazy("A customer agreed to the policy of {edition}."),
    "account.closed": gettext_lazy("An account was closed."),
    "account.reopened": gettext_lazy("The closing of an account was taken back."),
    "account.erased": gettext_lazy("All that a closed account held was erased."),
    "account.offered": gettext_lazy("An account was offered to one who acts in it."),
    "account.handed_over": gettext_lazy("An account got another owner: {change}."),
    "account.shown": gettext_lazy("What an account holds was opened: {fields}."),
    "team.invited": gettext_lazy("Somebody was invited to act in an account as {role}."),
    "team.changed": gettext_lazy("Who may act in an account was changed: {change}."),
    "membership.changed": gettext_lazy("What a member may do was changed: {change}."),
    "customer.searched": gettext_lazy(
        "Someone of the staff looked for a customer by {terms}; found: {found}."
    ),
    "customer.opened": gettext_lazy("A customer was opened at {channel}, for {roles}: {fields}."),
    "account.renamed": gettext_lazy("The name of a customer was changed."),
    "account.address_changed": gettext_lazy("The postal address of a customer was changed."),
    "account.age_changed": gettext_lazy("The age range of a customer was changed."),
    "account.changed": gettext_lazy("What an account holds was corrected: {fields}."),
    "data.shown": gettext_lazy("All that is held of a customer was opened: {categories}."),
    "data.exported": gettext_lazy("All that is held of a customer was taken as a file: {format}."),
    "account.invited": gettext_lazy("A customer was invited to choose how they sign in."),
    "customers.compared": gettext_lazy(
        "A list of {count} rows was compared with the customers who are here, {what}."
    ),
    "customers.imported": gettext_lazy("{customers} customers were brought in."),
    "list.back_asked": gettext_lazy(
        "A list of {count} customers is to be taken back; a second privacy officer decides."
    ),
    "list.taken_back": gettext_lazy("A list of {count} customers was taken back and is erased."),
    "list.stays": gettext_lazy("A list of customers was to be taken back, and stays."),
    "contact.code_sent": gettext_lazy("A customer asked for a code to prove an address: {what}."),
    "contact.confirmed": gettext_lazy("A customer confirmed their e-mail address."),
    "contact.replaced": gettext_lazy("A customer replaced their e-mail address."),
    "contact.taken_back": gettext_lazy("A customer said that a change was not theirs: {fields}."),
    "contact.factors_questioned": gettext_lazy(
        "A customer's new second factors go in a day, unless they say that these are theirs."
    ),
    "contact.factors_kept": gettext_lazy("A customer's second factors that were to go stayed."),
    "recovery.code_sent": gettext_lazy("A letter to get back in was sent to a customer."),
    "recovery.refused": gettext_lazy("Wrong codes to get back in were typed: {count}."),
    "account.recovered": gettext_lazy("A customer got back in by a code, with a new {fields}."),
    "way_back.asked": gettext_lazy(
        "A customer who lost every way in showed {document}; a second one of the staff decides."
    ),
    "way_back.blocked": gettext_lazy("Somebody showed {document} with another name: blocked."),
    "way_back.confirmed": gettext_lazy(
        "A second one of the staff saw {document}; a code went to the address of record."
    ),
    "way_back.declined": gettext_lazy("A customer was to be let back in, which was declined."),
    "way_back.used": gettext_lazy("A customer got back in after a visit; anew or gone: {fields}."),
    "mail.sent": gettext_lazy("A letter was sent to a customer: {template}."),
    "mail.failed": gettext_lazy("A letter to a customer was given up: {template}."),
    "edition.told": gettext_lazy("A customer was written to about the edition of {edition}."),
    "report.exported": gettext_lazy("Figures about visitors were taken as a file."),
}
PAGES: Final = {"edition": "edition", "before": "staff_entry", "login": "staff_person"}


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
            yield fact_of(name, value, str(body.get("subject", "")))
    for name in ("clause", "edition"):
        if text := str(body[name]):
            yield fact_of(name, text)


def fact_of(name: str, value: object, subject: str = "") -> Fact:
    is_another = name in values.WHO and values.is_another(str(value), subject)
    return Fact(
        name=NAMES.get(name, name),
        words=values.who_in_words(str(value), subject) if is_another else words_of(name, value),
        url=url_of(name, str(value)),
        is_code=name in {"sha256", "batch", "before"},
    )


def words_of(name: str, value: object) -> str:
    if isinstance(value, list):
        mark = "\n" if name == "counts" else ", "
        return mark.join(word_of(name, each) for each in value) or _("nothing")
    return word_of(name, value)


def word_of(name: str, value: object) -> str:
    return count_in_words(str(value)) if name == "counts" else values.word_of(name, value)


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


def url_of(name: str, text: str) -> str:
    """Return where a value is shown: a clause, an edition, an entry, one of the staff."""
    if name == "clause":
        return f"{reverse('privacy')}#{text}"
    page = "staff_person" if text.startswith(STAFF) else PAGES.get(name, "")
    try:
        return reverse(page, args=[text.removeprefix(STAFF)])
    except NoReverseMatch:
        return ""
