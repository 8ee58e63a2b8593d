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
    Field.BALANCE: gettext_lazy("Balance"),
    Field.LINES: gettext_lazy("Telephone numbers"),
    Field.AGE_RANGE: gettext_lazy("Age range"),
    Field.CHOICES: gettext_lazy("Choices"),
    Field.CHOICES_PROOF: gettext_lazy("What proves the choices"),
    Field.CHOICES_DATE: gettext_lazy("Day of that proof"),
    Field.GPC: gettext_lazy("Global Privacy Control"),
    Field.USER_ID: gettext_lazy("User ID"),
    Field.BUSINESS_NAME: gettext_lazy("Name of the business"),
}


@register.filter
def reason(wrong: RowWrong) -> str:
    """Return all that is wrong with a row, each column called as on the page."""
    told = (
        f"{FIELDS[each.field]}: {each.text}" if each.field else each.text for each in wrong.faults
    )
    return " ".join(told)


@register.filter
def who_words(by: str) -> str:
    """Return who brought a list in."""
    return str(BY_COMMAND) if by == OPERATOR else who_in_words(by)
