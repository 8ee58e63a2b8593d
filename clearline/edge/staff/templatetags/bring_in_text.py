"""What the columns of a list of customers are called, and what is wrong with a row, in words."""

from typing import Final

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from clearline.rights.ledger_words.values import who_in_words
from clearline.service.accounts.customer_file import Field, RowWrong

register = template.Library()

OPERATOR: Final = "job:operator"
BY_COMMAND: Final = gettext_lazy("whoever runs this site, by the command")

FIELDS: Final[dict[Field, str | Promise]] = {
    Field.NAME: gettext_lazy("Name"),
    Field.EMAIL: gettext_lazy("E-mail address"),
    Field.ACCOUNT_NUMBER: gettext_lazy("Account number"),
    Field.BALANCE: gettext_lazy("Balance, in cents"),
    Field.LINES: gettext_lazy("Telephone numbers"),
    Field.AGE_RANGE: gettext_lazy("Age range"),
    Field.CHOICES: gettext_lazy("Choices"),
    Field.CHOICES_PROOF: gettext_lazy("What proves the choices"),
    Field.CHOICES_DATE: gettext_lazy("Day of that proof"),
    Field.GPC: gettext_lazy("Global Privacy Control"),
    Field.USER_ID: gettext_lazy("User ID"),
}


@register.filter
def reason(wrong: RowWrong) -> str:
    """Return why a row cannot come in, its column called as on the page."""
    name, colon, rest = wrong.reason.partition(": ")
    return f"{FIELDS[Field(name)]}: {rest}" if colon and name in set(Field) else wrong.reason


@register.filter
def who_words(by: str) -> str:
    """Return who brought a list in."""
    return str(BY_COMMAND) if by == OPERATOR else who_in_words(by)
