"""The fields of ledger entries in words: what each is called, and what its values mean.

Shared by all who are told what an entry says: the staff, and the person whom it is about.
"""

from collections.abc import Mapping
from typing import Final

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clearline.policy.condition import choice_in_words
from clearline.policy.vocabulary import ChoiceMethod, ChoiceSurface
from clearline.policy.words import words_in
from clearline.service.accounts.age import AgeRange
from clearline.service.contacts.documents import Document, Lost
from clearline.service.desk.contact import Channel
from clearline.service.desk.terms import Term
from clearline.trust.gate.decide import Reason
from clearline.trust.safeguards.roles import Role

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
    "asked_by": gettext_lazy("Who asked for it"),
    "reason": gettext_lazy("Why"),
    "why": gettext_lazy("Why"),
    "document": gettext_lazy("Which document was seen"),
    "date": gettext_lazy("First day"),
    "sha256": gettext_lazy("SHA-256"),
    "is_material": gettext_lazy("Told beforehand"),
    "uses_found": gettext_lazy("Places found in the program"),
    "uses_covered": gettext_lazy("Places covered by the policy"),
    "log": gettext_lazy("Name of the log"),
    "earlier_vkey": gettext_lazy("Verifier key of the log before"),
    "seen": gettext_lazy("Entries of that one as last signed"),
    "left": gettext_lazy("Of these were left"),
    "batch": gettext_lazy("Batch"),
    "rows": gettext_lazy("Events"),
    "customers": gettext_lazy("Customers"),
    "here_already": gettext_lazy("Here already"),
    "counts": gettext_lazy("How they were decided"),
    "factor": gettext_lazy("By what"),
    "login": gettext_lazy("Whose access"),
    "roles": gettext_lazy("Roles"),
    "is_active": gettext_lazy("Access"),
    "page": gettext_lazy("What was refused"),
    "fields": gettext_lazy("What it was about"),
    "change": gettext_lazy("What was changed"),
    "what": gettext_lazy("What it is for"),
    "count": gettext_lazy("How many"),
    "role": gettext_lazy("What they may do"),
    "channel": gettext_lazy("At which contact"),
    "reference": gettext_lazy("Its number with us"),
    "terms": gettext_lazy("Looked for by"),
    "found": gettext_lazy("How many were found"),
    "template": gettext_lazy("Which letter"),
    "report": gettext_lazy("Report"),
    "query": gettext_lazy("What was asked"),
    "format": gettext_lazy("Form of the file"),
    "before": gettext_lazy("The choice before it"),
    "clause": gettext_lazy("Clause"),
    "edition": gettext_lazy("Edition of the policy"),
}
# The ranges of an age, in the order in which a page asks.
AGES: Final[Mapping[str, str | Promise]] = {
    AgeRange.ADULT: gettext_lazy("18 or over"),
    AgeRange.FROM_16_TO_17: gettext_lazy("16 or 17"),
    AgeRange.FROM_13_TO_15: gettext_lazy("13 to 15"),
    AgeRange.UNDER_13: gettext_lazy("Under 13"),
}
ORDER: Final = {name: place for place, name in enumerate(NAMES)}
# Words for values that are keys of the program; a value without words shows as it is.
VALUES: Final[dict[str, dict[object, str | Promise]]] = {
    "roles": {
        Role.SUPPORT: gettext_lazy("support"),
        Role.BILLING: gettext_lazy("billing"),
        Role.MARKETER: gettext_lazy("marketer"),
        Role.PRIVACY_OFFICER: gettext_lazy("privacy officer"),
        Role.SECURITY_OFFICER: gettext_lazy("security officer"),
        Role.AUDITOR: gettext_lazy("auditor"),
        Role.ADMINISTRATOR: gettext_lazy("administrator"),
    },
    "change": {
        "invited": gettext_lazy("someone was invited"),
        "withdrawn": gettext_lazy("an invitation was withdrawn"),
        "joined": gettext_lazy("someone joined"),
        "set": gettext_lazy("what a member may do was set"),
        "ended": gettext_lazy("what a member may do was ended"),
        "ended_since": gettext_lazy("what those may do was ended who had joined since a change"),
        "offered": gettext_lazy("the account was offered to a member"),
        "offer_taken_back": gettext_lazy("the offer of the account was taken back"),
        "offer_declined": gettext_lazy("the offer of the account was declined"),
        "given": gettext_lazy("its owner handed it over"),
        "taken": gettext_lazy("a member took it"),
        "returned": gettext_lazy("it was given back to who owned it before"),
    },
    "role": {
        "": gettext_lazy("nothing any more"),
        "owner": gettext_lazy("to own it"),
        "billing": gettext_lazy("bills and payments"),
        "own_lines": gettext_lazy("own lines only"),
        "read_only": gettext_lazy("to look only"),
    },
    "method": {
        ChoiceMethod.FORM: gettext_lazy("by a form"),
        ChoiceMethod.GPC: gettext_lazy("by the signal of a browser or of the app"),
        ChoiceMethod.NO_COOKIE: gettext_lazy("by the browser, which kept no cookie"),
        ChoiceMethod.SIGN_IN: gettext_lazy("by signing in with a browser that had chosen"),
        ChoiceMethod.START: gettext_lazy("by the age range that the account holds"),
        ChoiceMethod.APP: gettext_lazy("in our app"),
        ChoiceMethod.IMPORT: gettext_lazy("by taking over what an earlier system had"),
    },
    "surface": {
        ChoiceSurface.PROMPT: gettext_lazy("the prompt above a page"),
        ChoiceSurface.CHOICES: gettext_lazy("Your Privacy Choices"),
        ChoiceSurface.OPT_IN: gettext_lazy("the second question before sale is allowed again"),
        ChoiceSurface.FOOT: gettext_lazy("the foot of a page"),
        ChoiceSurface.CHOICE: gettext_lazy("nowhere: we looked whether the cookie was kept"),
        ChoiceSurface.SIGNAL: gettext_lazy("nowhere: the signal spoke"),
        ChoiceSurface.SIGN_IN: gettext_lazy("nowhere: browser and account were joined"),
        ChoiceSurface.ACCOUNT: gettext_lazy("the page that opens an account"),
        ChoiceSurface.AGE: gettext_lazy("where the range of an age is told or corrected"),
        ChoiceSurface.APP: gettext_lazy("our app"),
        ChoiceSurface.IMPORT: gettext_lazy("an earlier system"),
    },
    "reason": {
        Reason.SILENCE: gettext_lazy("no clause of the policy speaks of it"),
        Reason.CONDITION: gettext_lazy("the clause's condition was not met"),
    },
    "why": {
        "person": gettext_lazy("the person ended it"),
        Lost.FACTOR: gettext_lazy("the device or app of the second factor is lost"),
        Lost.PASSWORD_AND_FACTOR: gettext_lazy("the password and the second factor are lost"),
        Lost.CODES_FAILED: gettext_lazy("the codes that should let them in were wrong"),
        "used_twice": gettext_lazy("a key of it was used twice, so somebody may have copied it"),
    },
    "document": {
        Document.DRIVERS_LICENSE: gettext_lazy("a driver's license"),
        Document.PASSPORT: gettext_lazy("a passport"),
        Document.STATE_ID: gettext_lazy("an identity card of a state"),
        Document.MILITARY_ID: gettext_lazy("a military identity card"),
        Document.OTHER_GOVERNMENT: gettext_lazy("another document of a government"),
    },
    "is_active": {True: gettext_lazy("active"), False: gettext_lazy("closed")},
    "is_material": {True: gettext_lazy("yes"), False: gettext_lazy("not needed")},
    "recipient": {"provider": gettext_lazy("only us")},
    "page": {
        "staff_sign_in": gettext_lazy("a wrong password for their user ID"),
        "staff_password": gettext_lazy("a wrong old password, while signed in"),
        "staff_second": gettext_lazy("at the second step of signing in"),
        "staff_prove": gettext_lazy("when asked again who one is"),
        "account_sign_in": gettext_lazy("at the sign-in page"),
        "account_password": gettext_lazy("as the old password, while signed in"),
        "account_second": gettext_lazy("at the second step of signing in"),
        "account_prove": gettext_lazy("when asked again who one is"),
        "staff_visitors": gettext_lazy("the page Visitors"),
        "staff_visitors_export": gettext_lazy("figures about visitors as a file"),
        "design": gettext_lazy("the design system"),
        "staff_bring_in": gettext_lazy("to bring customers in"),
        "staff_list_back": gettext_lazy("to take a list of customers back"),
        "staff_health": gettext_lazy("the page Health"),
        "staff_ledger": gettext_lazy("the page Ledger"),
        "staff_entry": gettext_lazy("an entry of the ledger"),
        "staff_receipt": gettext_lazy("a receipt of the ledger"),
        "staff_customers": gettext_lazy("the page Customers"),
        "staff_customer": gettext_lazy("the page of a customer"),
        "staff_customer_open": gettext_lazy("to open a customer"),
        "staff_customer_keep": gettext_lazy("to keep a customer open"),
        "staff_customer_shut": gettext_lazy("to shut a customer"),
        "staff_customer_way_back": gettext_lazy("to let a customer back in"),
        "staff_people": gettext_lazy("the page People"),
        "staff_person_find": gettext_lazy("to look for one of the staff"),
        "staff_person": gettext_lazy("the page of one of the staff"),
        "staff_person_set": gettext_lazy("to set the roles of one of the staff"),
        "staff_person_waiting": gettext_lazy("to confirm roles that wait"),
    },
    "fields": {
        "account_kind": gettext_lazy("kind of account"),
        "account_number": gettext_lazy("account number"),
        "age_range": gettext_lazy("age range"),
        "billing_address": gettext_lazy("address for bills"),
        "business_name": gettext_lazy("name of the business"),
        "device": gettext_lazy("kind of device"),
        "phone": gettext_lazy("telephone number"),
        "service_address": gettext_lazy("address of the service"),
        "agreement": gettext_lazy("agreement to the policy"),
        "choices": gettext_lazy("choices"),
        "email": gettext_lazy("e-mail address"),
        "lines": gettext_lazy("telephone numbers"),
        "name": gettext_lazy("name"),
        "password": gettext_lazy("password"),
        "user_id": gettext_lazy("user ID"),
        "second_factors": gettext_lazy("second factors"),
        "screen_name": gettext_lazy("name to be called by"),
        "state": gettext_lazy("how the account stands"),
        "team": gettext_lazy("who acts in the account"),
    },
    "channel": {
        Channel.MESSAGE: gettext_lazy("a message"),
        Channel.CALL: gettext_lazy("a call"),
        Channel.VISIT: gettext_lazy("a visit"),
    },
    "terms": {
        Term.EMAIL: gettext_lazy("e-mail address"),
        Term.TELEPHONE: gettext_lazy("telephone number"),
        Term.USER_ID: gettext_lazy("user ID"),
        Term.ACCOUNT_NUMBER: gettext_lazy("account number"),
    },
    "what": {
        "confirm": gettext_lazy("the address that we know"),
        "replace": gettext_lazy("a new address"),
        "trial": gettext_lazy("to try it"),
        "import": gettext_lazy("to bring it in"),
    },
    "template": {
        "address_code": gettext_lazy("a code for an e-mail address"),
        "change_notice": gettext_lazy("a notice that something was changed"),
        "closing_notice": gettext_lazy("a notice that the account was closed"),
        "factors_wait": gettext_lazy("a letter that second factors are about to go"),
        "membership_notice": gettext_lazy("a notice that what one may do elsewhere was changed"),
        "invitation": gettext_lazy("an invitation to choose a user ID and a password"),
        "recovery_code": gettext_lazy("a letter to get back into an account"),
        "way_back": gettext_lazy("a letter after a visit, to get back into an account"),
        "edition_notice": gettext_lazy("a notice that the policy changes"),
    },
    "factor": {
        "passkey": gettext_lazy("a passkey"),
        "app": gettext_lazy("an app that shows codes"),
        "recovery_code": gettext_lazy("a recovery code"),
        "recovery_codes": gettext_lazy("ten recovery codes"),
        "password": gettext_lazy("the password"),
    },
    "report": {"popularity": gettext_lazy("most popular pages or services")},
    "format": {"csv": "CSV", "html": gettext_lazy("a page to read"), "json": "JSON"},
}
CHOSEN: Final = frozenset({"yes", "no", "by_signal"})
WHO: Final = frozenset({"by", "asked_by", "login"})
STAFF, JOB, SUBJECT = "staff:", "job:", "subject:"
# Who follows the link of a letter is known by the mailbox alone.
BY_LINK: Final = "job:taken_back"
WHO_HAS_THE_LETTER: Final = gettext_lazy("who holds the address that was told of the change")
SHORT: Final = 8  # of a random number, as the list of people shows it


def fields_of(body: Mapping[str, object]) -> Mapping[str, object]:
    fields = body["fields"]
    return fields if isinstance(fields, dict) else {}


def place_of(field: tuple[str, object]) -> int:
    """Return the place of a field among the facts of an entry; one without a name comes last."""
    return ORDER.get(field[0], len(ORDER))


def word_of(name: str, value: object) -> str:
    """Return one value in words."""
    if known := VALUES.get(name, {}).get(value):
        return str(known)
    text = str(value)
    if name in CHOSEN:
        return choice_in_words(text)
    if name in {"purpose", "categories"}:
        return words_in("purposes" if name == "purpose" else "categories").get(text, text)
    if name in WHO:
        return who_in_words(text)
    return number_format(text, force_grouping=True) if isinstance(value, int) else text


def who_in_words(text: str, subject: str = "") -> str:
    """Return who did something, to the staff; `subject` is whom it is about, where that is said."""
    if is_another(text, subject):
        return _("another who acts in the account")
    if text.startswith(SUBJECT):
        return _("the person themselves")
    if text == BY_LINK:
        return str(WHO_HAS_THE_LETTER)
    if text.startswith(JOB):
        return _("the program's own work: %s") % text.removeprefix(JOB)
    return _("staff number %s") % text.removeprefix(STAFF)[:SHORT]


def is_another(by: str, subject: str) -> bool:
    """Say whether somebody else than the person whom an entry is about did it."""
    return bool(subject) and by.startswith(SUBJECT) and by.removeprefix(SUBJECT) != subject
