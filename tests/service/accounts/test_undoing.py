"""A list that came in by mistake is taken back by two, while nobody in it has signed in."""

import io
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection
from django.utils import timezone
from pydantic import SecretStr
from pytest_django import Settings

from clearline.policy.use import Actor, ActorKind
from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts import inviting, undoing
from clearline.service.accounts.closing_proof import find_address
from clearline.service.accounts.customer_file import CustomerFile, Encoding
from clearline.service.accounts.inviting import NoSuchInvitation
from clearline.service.accounts.models import (
    Account,
    BroughtList,
    CustomerInvitation,
    Holder,
    ImportedCustomer,
    ImportedLine,
)
from clearline.service.accounts.queries import account_index
from clearline.service.accounts.undoing import (
    LISTED,
    WAITS,
    ListChanged,
    ListShown,
    NobodyElse,
    NoSuchList,
    NotByOneself,
    SomebodyCameIn,
)
from clearline.service.accounts.whole_list import bring_list
from clearline.service.mail.models import Letter
from clearline.trust.ledger import queries as ledger
from clearline.trust.ledger.keys import sealer
from clearline.trust.ledger.models import Entry
from clearline.trust.safeguards import staff_logins
from clearline.trust.safeguards.roles import Role
from tests.browser_client import OPERATOR, PASSWORD
from tests.service.accounts.invited import accept, bring_in, invite_all, link_of
from tests.service.accounts.people import AGREED, NOW, make_customer
from tests.service.teams.test_teams import at_once

pytestmark = pytest.mark.django_db
LIST = "name,email,account,lines\nZoe,zoe@m.example,1,+12075550100\nYan,yan@m.example,2,\n"
OTHERS = "name,email,account,lines\nXia,xia@m.example,3,\n"
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def post(settings: Settings) -> None:
    url = SecretStr("smtp://localhost:2525")
    settings.ENV = settings.ENV.model_copy(update={"mail_url": url})


def officer(user_id: str) -> Actor:
    public_id = staff_logins.create_staff(
        by=OPERATOR, user_id=user_id, password=PASSWORD, roles=[Role.PRIVACY_OFFICER], now=NOW
    )
    return Actor(ActorKind.STAFF, public_id)


@pytest.fixture
def odile() -> Actor:
    return officer("odile")


@pytest.fixture
def omar() -> Actor:
    return officer("omar")


def bring(text: str = LIST) -> str:
    """Bring a list in and return its number."""
    known = set(BroughtList.objects.values_list("number", flat=True))
    file = CustomerFile(io.BytesIO(text.encode()), encoding=Encoding.UTF_8, mapping={})
    bring_list(file, by=OPERATOR, tell=list, clock=lambda: NOW)
    return BroughtList.objects.exclude(number__in=known).get().number


def owner_of(number: str) -> SubjectId:
    return SubjectId(Account.objects.get(number_index=account_index(number)).owner)


def shown(number: str) -> ListShown:
    (found,) = [each for each in undoing.list_brought(now=NOW) if each.number == number]
    return found


def ask(by: Actor, number: str) -> str:
    undoing.ask(by=by, number=number, now=NOW)
    return shown(number).mark


def confirm(by: Actor, number: str, seen: str) -> None:
    undoing.confirm(by=by, number=number, seen=seen, now=NOW)


def noted(kind: str) -> list[dict[str, object]]:
    entries = Entry.objects.filter(kind=f"list.{kind}").order_by("number")
    return [dict(ledger.fields_of(each, sealer())) for each in entries]


def test_two_take_a_list_back_and_all_who_came_in_by_it_are_erased_and_nobody_else(
    odile: Actor, omar: Actor
) -> None:
    make_customer()
    bring_in("kim")
    number = bring()
    invite_all()

    confirm(omar, number, ask(odile, number))
    gone = undoing.erase_taken_back(now=NOW)

    assert (gone, undoing.erase_taken_back(now=NOW)) == (2, 0)
    assert Holder.objects.count() == 2
    assert ImportedCustomer.objects.get().list_number == ""
    assert not Account.objects.filter(number_index=account_index("1")).exists()
    assert not ImportedLine.objects.exists()
    by_odile, by_omar = f"staff:{odile.name}", f"staff:{omar.name}"
    assert noted("back_asked") == [{"count": 2, "by": by_odile}]
    assert noted("taken_back") == [{"count": 2, "asked_by": by_odile, "by": by_omar}]
    assert Entry.objects.filter(kind="account.erased").count() == 2
    assert bring() != number
    with pytest.raises(NoSuchList):
        ask(odile, number)


def test_a_list_shows_who_brought_it_how_many_came_in_and_whether_any_signed_in() -> None:
    number = bring()
    told = shown(number)
    invite_all()

    accept(link_of(owner_of("1")), user_id="zoe")

    assert (told.by, told.customers, told.has_signed_in) == ("job:operator", 2, False)
    assert shown(number).has_signed_in


def test_a_list_in_which_somebody_signed_in_stays(odile: Actor, omar: Actor) -> None:
    number = bring()
    invite_all()
    seen = ask(odile, number)
    accept(link_of(owner_of("1")), user_id="zoe")

    with pytest.raises(SomebodyCameIn):
        confirm(omar, number, seen)
    with pytest.raises(SomebodyCameIn):
        ask(omar, number)

    assert CustomerInvitation.objects.count() == 2
    assert undoing.erase_taken_back(now=NOW) == 0


def test_a_child_whose_link_ended_has_not_signed_in(odile: Actor, omar: Actor) -> None:
    number = bring()
    invite_all()
    child = owner_of("1")
    inviting.close_child(token=link_of(child), shown=AGREED, now=NOW)
    told = find_address(child)

    confirm(omar, number, ask(odile, number))

    assert undoing.erase_taken_back(now=NOW) == 2
    assert not Holder.objects.exists()
    erased = Entry.objects.get(kind="account.erased", subject=child)
    assert told.endswith(f"/privacy/receipt/{erased.public_id}/")


def test_nobody_confirms_alone_nor_what_was_decided_anew(odile: Actor, omar: Actor) -> None:
    number = bring()
    seen = ask(odile, number)

    with pytest.raises(NotByOneself):
        confirm(odile, number, seen)
    undoing.decline(by=omar, number=number, seen=seen, now=NOW)
    for act in (confirm, undecline):
        with pytest.raises(ListChanged):
            act(omar, number, seen)
    with pytest.raises(ListChanged):
        undoing.confirm(by=omar, number=number, seen=ask(odile, number), now=NOW + WAITS)

    assert noted("stays") == [{"asked_by": f"staff:{odile.name}", "by": f"staff:{omar.name}"}]
    assert undoing.erase_taken_back(now=NOW) == 0


def undecline(by: Actor, number: str, seen: str) -> None:
    undoing.decline(by=by, number=number, seen=seen, now=NOW)


def test_where_there_is_one_privacy_officer_nothing_waits_in_vain(odile: Actor) -> None:
    number = bring()

    with pytest.raises(NobodyElse):
        ask(odile, number)


def test_what_somebody_asked_who_is_no_officer_any_more_is_not_done(
    odile: Actor, omar: Actor
) -> None:
    number = bring()
    seen = ask(odile, number)
    staff_logins.create_staff(
        by=OPERATOR, user_id="olu", password=PASSWORD, roles=[Role.ADMINISTRATOR], now=NOW
    )
    staff_logins.set_staff(
        by=OPERATOR, public_id=odile.name, roles=[Role.AUDITOR], is_active=True, now=NOW
    )

    with pytest.raises(ListChanged):
        confirm(omar, number, seen)


def test_nobody_of_a_list_that_was_taken_back_is_invited_or_comes_in(
    odile: Actor, omar: Actor
) -> None:
    number = bring()
    invite_all()
    link = link_of(owner_of("1"))

    confirm(omar, number, ask(odile, number))

    with pytest.raises(NoSuchInvitation):
        inviting.look_at(link, now=NOW)
    assert inviting.count_waiting() == 0
    assert invite_all() == 0
    with pytest.raises(inviting.NothingToInvite):
        inviting.invite_again(by=odile, number="1", page="https://x.example/", now=NOW)


@pytest.mark.django_db(transaction=True)
def test_who_is_invited_in_the_moment_in_which_the_list_goes_gets_no_letter(
    odile: Actor, omar: Actor
) -> None:
    number = bring()
    seen = ask(odile, number)
    going = partial(undoing.confirm, by=omar, number=number, seen=seen, now=NOW)
    ends: list[BaseException | None] = []

    def goes_once_addresses_are_read(
        execute: Callable[..., object], sql: str, *told: object
    ) -> object:
        """Let another officer confirm between what is read of the invited and what is written."""
        found = execute(sql, *told)
        if "accounts_emailaddress" in sql and not ends:
            ends.extend(at_once([going]))
        return found

    with connection.execute_wrapper(goes_once_addresses_are_read):
        invited = invite_all(NOW)

    assert (ends, invited) == ([None], 0)
    assert not CustomerInvitation.objects.exists()
    assert not Letter.objects.exists()


def test_an_old_list_and_one_that_brought_nobody_are_not_shown() -> None:
    bring()
    file = CustomerFile(io.BytesIO(LIST.encode()), encoding=Encoding.UTF_8, mapping={})
    bring_list(file, by=OPERATOR, tell=list, clock=lambda: NOW)

    assert len(undoing.list_brought(now=NOW + LISTED - SECOND)) == 1
    assert undoing.list_brought(now=NOW + LISTED) == ()


def test_what_is_kept_of_a_list_is_erased_once_nobody_may_take_it_back(
    odile: Actor, omar: Actor
) -> None:
    stays, back = bring(), bring(OTHERS)
    confirm(omar, back, ask(odile, back))

    early = undoing.erase_expired(now=NOW + LISTED - SECOND)
    first = undoing.erase_expired(now=NOW + LISTED)
    left = set(BroughtList.objects.values_list("number", flat=True))
    undoing.erase_taken_back(now=NOW + LISTED)
    second = undoing.erase_expired(now=NOW + LISTED)

    assert early == 0
    assert first == 1
    assert left == {back}
    assert second == 1
    assert stays != back
    assert Holder.objects.count() == 2


def test_after_ninety_days_nobody_can_tell_which_list_a_customer_stood_in(
    monkeypatch: pytest.MonkeyPatch, odile: Actor, omar: Actor
) -> None:
    """However many they were: the list goes once its number went from all of them."""
    bring()
    back = bring(OTHERS)
    confirm(omar, back, ask(odile, back))
    monkeypatch.setattr(undoing, "CLEARED_AT_ONCE", 1)
    monkeypatch.setattr(undoing, "CLEARINGS_MAX", 1)

    turns = [undoing.erase_expired(now=NOW + LISTED) for _ in range(2)]

    assert turns == [0, 1]
    assert numbers() == {"", back}
    assert undoing.erase_expired(now=NOW + LISTED) == 0


def numbers() -> set[str]:
    return set(ImportedCustomer.objects.values_list("list_number", flat=True))


@pytest.mark.django_db(transaction=True)
def test_of_coming_in_and_taking_back_at_once_one_wins() -> None:
    odile, omar = officer("odile"), officer("omar")
    number = bring()
    invite_all()
    link = link_of(owner_of("1"))
    seen = ask(odile, number)

    def coming() -> None:
        accept(link, user_id="zoe")

    def taking() -> None:
        confirm(omar, number, seen)

    outcomes = at_once([coming, taking])

    assert outcomes.count(None) == 1
    undoing.erase_taken_back(now=timezone.now())
    assert Holder.objects.count() == (2 if outcomes[0] is None else 0)
