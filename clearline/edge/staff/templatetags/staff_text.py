"""Filters: figures, what is hidden among them, times in view, and how a figure changed."""

from typing import Final

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clearline.rights.ledger_words.values import VALUES

register = template.Library()

HIDDEN: Final = "\N{EN DASH}"
LESS: Final = "\N{MINUS SIGN}"
PER_CENT: Final = 100
MINUTE_S: Final = 60

# What each kind of ledger entry is called; a kind without words shows as it is.
KINDS: Final = {
    "choice.recorded": gettext_lazy("A visitor's choice"),
    "use.denied": gettext_lazy("A use that was refused"),
    "use.granted": gettext_lazy("A use that was permitted"),
    "edition.published": gettext_lazy("An edition of the policy"),
    "edition.carried": gettext_lazy("An edition whose entry was lost"),
    "log.begun": gettext_lazy("Another log began"),
    "events.loaded": gettext_lazy("A batch of counted visits"),
    "staff.signed_in": gettext_lazy("Someone of the staff signed in"),
    "staff.created": gettext_lazy("A staff member was added"),
    "staff.roles_changed": gettext_lazy("Roles were changed"),
    "role.asked": gettext_lazy("A role was asked for"),
    "role.granted": gettext_lazy("A role was confirmed and given"),
    "role.declined": gettext_lazy("A role was declined"),
    "staff.password_changed": gettext_lazy("A password was changed"),
    "staff.refused": gettext_lazy("Someone of the staff was refused"),
    "customer.signed_in": gettext_lazy("A customer signed in"),
    "customer.refused": gettext_lazy("A wrong password of a customer"),
    "customer.password_changed": gettext_lazy("A customer's password was changed"),
    "customer.user_id_changed": gettext_lazy("Another user ID of a customer"),
    "customer.app_signed_out": gettext_lazy("A customer's app was signed out"),
    "staff.factor_added": gettext_lazy("A second factor of the staff was added"),
    "staff.factor_removed": gettext_lazy("A second factor of the staff was taken away"),
    "staff.proved": gettext_lazy("Someone of the staff proved who they are"),
    "staff.sessions_ended": gettext_lazy("Sessions of the staff were ended"),
    "staff.factor_refused": gettext_lazy("A wrong proof for the staff"),
    "customer.factor_refused": gettext_lazy("A wrong proof for a customer"),
    "customer.factor_added": gettext_lazy("A customer's second factor was added"),
    "customer.factor_removed": gettext_lazy("A customer's second factor was taken away"),
    "customer.proved": gettext_lazy("A customer proved who they are"),
    "customer.sessions_ended": gettext_lazy("A customer's sessions were ended"),
    "account.opened": gettext_lazy("An account was opened"),
    "policy.agreed": gettext_lazy("A later policy was agreed to"),
    "account.closed": gettext_lazy("An account was closed"),
    "account.reopened": gettext_lazy("A closing was taken back"),
    "account.erased": gettext_lazy("An account was erased"),
    "account.offered": gettext_lazy("An account that was offered"),
    "account.handed_over": gettext_lazy("An account with another owner"),
    "account.shown": gettext_lazy("An account was looked at"),
    "team.invited": gettext_lazy("Somebody was invited to act in an account"),
    "team.changed": gettext_lazy("Who may act in an account was changed"),
    "membership.changed": gettext_lazy("What a member may do was changed"),
    "customer.searched": gettext_lazy("A customer was looked for"),
    "customer.opened": gettext_lazy("A customer was opened"),
    "account.changed": gettext_lazy("An account was corrected"),
    "account.renamed": gettext_lazy("The name of a customer was changed"),
    "account.address_changed": gettext_lazy("A postal address was changed"),
    "account.age_changed": gettext_lazy("The age range of a customer was changed"),
    "data.shown": gettext_lazy("All that is held of someone was opened"),
    "data.exported": gettext_lazy("All that is held of someone was taken as a file"),
    "account.invited": gettext_lazy("A customer was invited to sign in"),
    "customers.compared": gettext_lazy("A list of customers was tried or brought in"),
    "customers.imported": gettext_lazy("A batch of customers came in"),
    "list.back_asked": gettext_lazy("A list was asked back"),
    "list.taken_back": gettext_lazy("A list was taken back"),
    "list.stays": gettext_lazy("A list that was asked back stays"),
    "contact.code_sent": gettext_lazy("A code for an address was asked for"),
    "contact.confirmed": gettext_lazy("An e-mail address was confirmed"),
    "contact.replaced": gettext_lazy("An e-mail address was replaced"),
    "contact.taken_back": gettext_lazy("A change was taken back"),
    "contact.factors_questioned": gettext_lazy("Second factors are to go in a day"),
    "contact.factors_kept": gettext_lazy("Second factors stayed"),
    "recovery.code_sent": gettext_lazy("A letter to get back in was sent"),
    "recovery.refused": gettext_lazy("Wrong codes to get back in"),
    "account.recovered": gettext_lazy("A customer got back in"),
    "way_back.asked": gettext_lazy("A way back in was begun at the desk"),
    "way_back.blocked": gettext_lazy("A way back in was blocked"),
    "way_back.confirmed": gettext_lazy("A way back in was confirmed"),
    "way_back.declined": gettext_lazy("A way back in was declined"),
    "way_back.used": gettext_lazy("A customer got back in after a visit"),
    "mail.sent": gettext_lazy("A letter was sent"),
    "mail.failed": gettext_lazy("A letter was given up"),
    "edition.told": gettext_lazy("A customer was told of a coming edition"),
    "report.exported": gettext_lazy("Figures left as a file"),
}


@register.filter
def kind_words(kind: str) -> str:
    return str(KINDS.get(kind, kind))


@register.filter
def figure(value: int | None) -> str:
    """Return a count as people write it; a dash for what may not be told."""
    return HIDDEN if value is None else number_format(value, force_grouping=True)


@register.filter
def clock(seconds: float | None) -> str:
    """Return 102.0 as 1:42."""
    if seconds is None:
        return HIDDEN
    minutes, rest = divmod(round(seconds), MINUTE_S)
    return f"{minutes}:{rest:02d}"


@register.filter
def role_words(role: str) -> str:
    """Return what a role is called."""
    return str(VALUES["roles"][role])


@register.filter
def change(now: float | None, before: float | None) -> str:
    """Return how much more or less it is than before, with its sign; "" when nobody can say."""
    if now is None or before is None:
        return ""
    if before == 0:
        return _("new") if now else ""
    share = round((now - before) / before * PER_CENT, 1)  # Django's own format cuts off
    sign = "+" if share > 0 else LESS if share < 0 else "±"
    return f"{sign} {number_format(abs(share), decimal_pos=1)} %"


@register.filter
def clock_change(now: float | None, before: float | None) -> str:
    if now is None or before is None:
        return ""
    difference = round(now) - round(before)
    sign = "+" if difference > 0 else LESS if difference < 0 else "±"
    return f"{sign} {clock(abs(difference))}"


@register.filter
def clock_direction(now: float | None, before: float | None) -> str:
    """Return the class of a change in time, of whole seconds as they are shown."""
    return "" if now is None or before is None else direction(round(now), round(before))


@register.filter
def direction(now: float | None, before: float | None) -> str:
    """Return the class of a change: up, down or nothing."""
    if now is None or before is None or now == before:
        return ""
    return "up" if now > before else "down"


@register.filter
def size(number: int) -> str:
    """Return bytes as people read them."""
    amount = float(number)
    for unit in ("bytes", "kB", "MB"):
        if amount < 1000:  # noqa: PLR2004  # kilo
            return f"{amount:,.0f} {unit}"
        amount /= 1000
    return f"{amount:,.1f} GB"


@register.filter
def unlocalized(number: float) -> str:
    """Return a number as SVG reads it, whatever the locale."""
    return f"{number:g}"
