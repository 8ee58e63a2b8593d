"""People who open accounts, through the action that the pages call."""

from datetime import UTC, date, datetime

from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts import actions
from clearline.service.accounts.actions import AgreedTo, NewAccount, Opened
from clearline.service.accounts.age import AgeRange

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
PASSWORD = "quiet rivers carry stones"
AGREED = AgreedTo(date(2026, 1, 1), "I agree. [Agree]")


def make_account(
    user_id: str = "alice",
    *,
    name: str = "Alice Quill",
    email: str = "alice@mail.example",
    age: AgeRange = AgeRange.ADULT,
    screen_name: str = "",
    business_name: str | None = None,
) -> Opened:
    told = NewAccount(user_id, PASSWORD, name, email, age, screen_name, business_name)
    return actions.open_account(told=told, agreed=AGREED, now=NOW)


def make_customer(user_id: str = "alice") -> SubjectId:
    return SubjectId(make_account(user_id).signed_in.public_id)
