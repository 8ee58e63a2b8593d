"""Customers of the demo: accounts opened by the actions of the pages, a link for each."""

import secrets
from datetime import datetime

from clearline.config.demo.provider import COUNTRY, CUSTOMERS, NAMES, Customer
from clearline.policy.use import Actor, ActorKind
from clearline.policy.vocabulary import SubjectId
from clearline.rights.agreement.asked import agreed_to
from clearline.service.accounts import actions as accounts
from clearline.service.accounts import details
from clearline.service.accounts.actions import NewAccount
from clearline.service.accounts.age import AgeRange
from clearline.service.accounts.roles import AddressKind, MemberRole
from clearline.service.accounts.words import Postal
from clearline.service.teams import actions as teams
from clearline.trust.gate.queries import policy_in_force
from clearline.trust.safeguards import actions as safeguards


def open_accounts(*, now: datetime) -> None:
    """Open the accounts that an earlier start did not, with passwords that nobody knows."""
    subjects: dict[str, SubjectId] = {}
    for each in CUSTOMERS:
        try:
            subjects[each.user_id] = open_account(each, now=now)
        except safeguards.UserIdTaken:
            continue
        tell_addresses(each, subjects[each.user_id], now=now)
        if each.member_of in subjects:
            join_team(each, subjects[each.member_of], subjects[each.user_id], now=now)


def open_account(customer: Customer, *, now: datetime) -> SubjectId:
    """Open an account and return whose it is. Raises UserIdTaken, NoEditionInForce."""
    told = NewAccount(
        user_id=customer.user_id,
        password=secrets.token_urlsafe(32),
        name=customer.name,
        email=f"{customer.user_id}@mail.example",
        age=AgeRange(customer.age),
        screen_name=customer.screen_name,
        business_name=customer.business,
    )
    agreed = agreed_to(policy_in_force(now).edition.date)
    return SubjectId(accounts.open_account(told=told, agreed=agreed, now=now).signed_in.public_id)


def tell_addresses(customer: Customer, subject: SubjectId, *, now: datetime) -> None:
    """Tell where the service is used and where bills go, as the page of the details does."""
    by = Actor(ActorKind.SUBJECT, subject)
    streets = {
        AddressKind.SERVICE: customer.street,
        AddressKind.BILLING: customer.bills_to or customer.street,
    }
    for kind, street in streets.items():
        typed = Postal(street, NAMES["city"], NAMES["state"], NAMES["zip"], COUNTRY)
        details.set_address(by=by, subject=subject, kind=kind, typed=typed, now=now)


def join_team(customer: Customer, owner: SubjectId, member: SubjectId, *, now: datetime) -> None:
    made = teams.invite(owner=owner, role=MemberRole(customer.role), label=customer.name, now=now)
    teams.accept(subject=member, code=made.code, now=now)
