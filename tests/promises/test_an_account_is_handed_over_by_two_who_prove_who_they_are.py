"""P14, clause account.handover.

"You may hand an account over to one of those who act in it: you offer it to somebody who has acted
in it for three days, and are told of that at once. It takes an e-mail address that you have
confirmed, to which the letters can go that take it back. For three days nobody can take it, and you
can take the offer back; then they take it, until the seventh day. Each proves again who they are.
Its number, the name of its business and the telephone numbers that we serve in it are then sealed
under the key of the new owner, and what you called the others is erased. Both of you are told at
once. For thirty days the letter that told you of it gives the account back to you; who took it
reads that before, and acts in it no more. So long we keep who owned it before, and nobody can hand
it on, nor for thirty days after it was given back."
"""

import re
from datetime import timedelta
from typing import cast

import pytest
from django.test import Client
from django.utils import timezone

from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts.models import Account, EmailAddress
from clearline.service.accounts.queries import list_members, list_owned
from clearline.service.contacts import notices
from clearline.service.mail.models import Letter
from clearline.service.teams.handing_over import find_offer
from clearline.service.teams.models import Handover, MemberLabel
from clearline.trust.vault import actions as vault
from tests.browser_client import browser
from tests.edge.site.answering import words_on
from tests.promises.provider import Clock, everything, work
from tests.service.accounts.people import NOW, PASSWORD, make_customer
from tests.service.contacts.contacts import key_in, prove, tell
from tests.trust.ledger.log import sign_log

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("instance")]


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    told = Clock(NOW)
    monkeypatch.setattr(timezone, "now", told)
    return told


def enter(user_id: str) -> tuple[Client, SubjectId]:
    subject, client = make_customer(user_id), browser()
    sign_in(client, user_id)
    return client, subject


def sign_in(client: Client, user_id: str) -> None:
    """Sign in, and prove again who one is."""
    client.post("/account/sign-in/", {"user_id": user_id, "password": PASSWORD})
    client.post("/account/prove/", {"password": PASSWORD})


def pass_days(clock: Clock, days: int, alice: Client, bob: Client) -> None:
    """Let days go by; both sign in again."""
    clock.now += timedelta(days=days)
    sign_in(alice, "alice")
    sign_in(bob, "bob")


def two(clock: Clock) -> tuple[Client, SubjectId, Client, SubjectId]:
    """Return an owner and one who has acted in their account for three days, both signed in.

    The owner has confirmed the address.
    """
    alice, hers = enter("alice")
    prove(hers)
    bob, his = enter("bob")
    form = {"act": "invite", "role": "billing", "label": "Front Desk"}
    page = alice.post("/account/team/", form).content.decode()
    (code,) = re.findall(r'<code class="code">(\w{20})</code>', page)
    bob.post("/account/team/join/", {"code": code})
    pass_days(clock, 3, alice, bob)
    return alice, hers, bob, his


def offer(client: Client, member: SubjectId, then: str = "stay") -> int:
    form = {"act": "offer", "member": member, "then": then}
    return client.post("/account/team/hand-over/", form).status_code


def take(client: Client, account: int, act: str = "take") -> int:
    form = {"act": act, "account": str(account)}
    return client.post("/account/team/take-over/", form).status_code


def test_it_is_offered_and_taken_and_each_page_says_so(clock: Clock) -> None:
    alice, hers, bob, his = two(clock)
    (own,) = list_owned(hers)
    assert "Front Desk" in alice.get("/account/team/hand-over/").content.decode()

    assert offer(alice, his) == 302
    assert "You offer this account" in words_on(alice.get("/account/team/").content)
    assert "An account is offered to you" in words_on(bob.get("/account/team/").content)
    assert "will look on" in words_on(
        bob.get(f"/account/team/take-over/?account={own.account}").content
    )
    page = words_on(bob.get("/account/team/take-over/").content)
    assert "you act since 1 December 2026 as: Billing" in page
    assert take(bob, own.account) == 409
    pass_days(clock, 3, alice, bob)
    assert take(bob, own.account) == 302

    assert [each.account for each in list_owned(his)][1] == own.account
    assert "Look only" in words_on(alice.get("/account/team/").content)
    assert not MemberLabel.objects.exists()
    assert alice.get("/account/profile/").status_code == 200
    taken = bob.get(f"/account/team/?account={own.account}").content.decode()
    assert "Which of your accounts" in taken
    form = {"act": "call", "account": str(own.account), "member": hers}
    bob.post("/account/team/", {**form, "label": "Alice of before"})
    team = bob.get(f"/account/team/?account={own.account}").content.decode()
    assert "Alice of before" in team
    assert bob.post("/account/team/", {**form, "label": " "}).status_code == 422


def test_each_proves_again_who_they_are(clock: Clock) -> None:
    alice, hers, bob, his = two(clock)
    (own,) = list_owned(hers)
    offer(alice, his)
    pass_days(clock, 3, alice, bob)
    clock.now += timedelta(minutes=16)

    for client, path in ((alice, "hand-over/"), (bob, f"take-over/?account={own.account}")):
        led = client.get(f"/account/team/{path}")
        assert led.status_code == 302
        assert led["Location"].startswith("/account/prove/")
    assert take(bob, own.account) == 302
    assert list_owned(his)[-1].account != own.account


def test_having_just_signed_in_is_no_such_proof(clock: Clock) -> None:
    alice, hers, bob, his = two(clock)
    (own,) = list_owned(hers)
    for client, user_id in ((alice, "alice"), (bob, "bob")):
        client.post("/account/sign-in/", {"user_id": user_id, "password": PASSWORD})

    led = alice.get("/account/team/hand-over/")
    assert led["Location"].startswith("/account/prove/")
    assert offer(alice, his) == 302
    assert find_offer(own.account, now=clock.now) is None
    assert bob.get("/account/team/take-over/").status_code == 302
    alice.post("/account/prove/", {"password": PASSWORD})

    assert offer(alice, his) == 302
    assert find_offer(own.account, now=clock.now) is not None


def test_who_joined_lately_is_offered_nothing_and_what_is_offered_waits_for_three_days(
    clock: Clock,
) -> None:
    alice, hers, bob, his = two(clock)
    (own,) = list_owned(hers)
    clock.now -= timedelta(minutes=1)  # a minute short of three days
    sign_in(alice, "alice")
    assert offer(alice, his) == 409
    clock.now += timedelta(minutes=1)

    offer(alice, his)

    page = bob.get("/account/team/take-over/").content.decode()
    assert "You can take it from" in words_on(page.encode())
    assert 'value="take"' not in page
    assert take(bob, own.account) == 409
    assert alice.post("/account/team/hand-over/", {"act": "take_back"}).status_code == 302


def test_who_has_confirmed_no_address_reads_that_it_comes_first(clock: Clock) -> None:
    alice, hers, _, his = two(clock)
    EmailAddress.objects.filter(subject=hers).update(confirmed_at=None)

    page = alice.get("/account/team/hand-over/").content.decode()
    form = {"act": "offer", "member": his, "then": "stay"}
    refused = alice.post("/account/team/hand-over/", form)

    assert "Confirm your e-mail address first" in page
    assert 'value="offer"' not in page
    assert '"/account/contacts/"' in page
    assert refused.status_code == 409
    assert "Confirm your e-mail address first, by a code" in words_on(refused.content)
    assert not Handover.objects.exists()


def test_it_waits_for_seven_days_and_may_be_declined_or_taken_back(clock: Clock) -> None:
    alice, hers, bob, his = two(clock)
    (own,) = list_owned(hers)

    offer(alice, his)
    assert offer(alice, his) == 409
    assert alice.post("/account/team/hand-over/", {"act": "take_back"}).status_code == 302
    assert take(bob, own.account) == 404
    offer(alice, his, "leave")
    assert take(bob, own.account, "decline") == 302
    offer(alice, his)
    work(timezone.now() + timedelta(days=7, minutes=1))

    assert not Handover.objects.exists()
    assert [each.subject for each in list_members(own.account)] == [hers, his]


@pytest.mark.parametrize(
    "sent", [{}, {"act": "offer"}, {"act": "offer", "then": "x"}, {"act": "x", "account": "x"}]
)
def test_what_no_button_says_is_refused(sent: dict[str, str], clock: Clock) -> None:
    alice, _, bob, _ = two(clock)

    assert alice.post("/account/team/hand-over/", sent).status_code == 422
    assert bob.post("/account/team/take-over/", sent).status_code == 422


def test_what_it_holds_is_sealed_under_the_key_of_the_new_owner(clock: Clock) -> None:
    alice, hers, bob, his = two(clock)
    (own,) = list_owned(hers)
    page = alice.get("/account/profile/").content.decode()
    number = page.partition("<code>")[2].partition("</code>")[0]
    offer(alice, his, "leave")
    pass_days(clock, 3, alice, bob)
    take(bob, own.account)

    vault.erase_person(hers, now=timezone.now())

    assert number in bob.get("/account/profile/").content.decode()
    assert Account.objects.get(pk=own.account).owner == his
    assert number not in everything()


def test_both_are_told_at_once(clock: Clock) -> None:
    alice, hers, bob, his = two(clock)
    clock.now += timedelta(days=31)  # from then on their addresses are of record
    pass_days(clock, 0, alice, bob)
    sign_log(now=clock.now)
    notices.tell_of_changes(now=clock.now)

    offer(alice, his)
    assert told(clock) == {hers, his}
    pass_days(clock, 3, alice, bob)
    take(bob, list_owned(hers)[0].account)

    assert told(clock) == {hers, his}


def test_the_letter_of_it_gives_it_back_for_thirty_days_and_nobody_hands_it_on_before(
    clock: Clock,
) -> None:
    alice, hers, bob, his = two(clock)
    account = list_owned(hers)[0].account
    pass_days(clock, 31, alice, bob)
    offer(alice, his)
    pass_days(clock, 3, alice, bob)
    take(bob, account)
    pass_days(clock, 2, alice, bob)
    form = {"act": "offer", "account": str(account), "member": hers, "then": "stay"}
    handed_on = bob.post("/account/team/hand-over/", form)
    links = [filled["link"] for _, filled in tell(now=clock.now) if "link" in filled]

    notices.take_back(token=key_in(links[-1]), now=clock.now)

    assert handed_on.status_code == 409
    assert [each.account for each in list_owned(hers)] == [account]
    assert [each.subject for each in list_members(account)] == [hers]


def test_both_read_before_they_agree_that_it_may_be_taken_back_and_after_it_who_is_kept(
    clock: Clock,
) -> None:
    alice, hers, bob, his = two(clock)
    account = list_owned(hers)[0].account
    asked = words_on(alice.get("/account/team/hand-over/").content)
    offer(alice, his, "leave")
    pass_days(clock, 3, alice, bob)
    offered = words_on(bob.get("/account/team/take-over/").content)
    before = [words_on(each.get("/account/my-data/").content) for each in (alice, bob)]
    take(bob, account)
    day = clock.now + timedelta(days=30)

    after = [words_on(each.get("/account/my-data/").content) for each in (alice, bob)]

    assert "the link in a letter to you gives it back to you" in asked
    assert "can take it back for thirty days" in offered
    kept = f"Until {day.day} {day:%B %Y} · account.handover"
    assert [kept in page for page in before] == [False, False]
    assert [kept in page for page in after] == [True, True]
    assert "Who owned an account before it changed hands, by random number" in after[0]
    clock.now = day
    sign_in(alice, "alice")
    assert "account.handover" not in words_on(alice.get("/account/my-data/").content)


def told(clock: Clock) -> set[SubjectId]:
    """Return who is written to since last time."""
    Letter.objects.all().delete()
    sign_log(now=clock.now)
    notices.tell_of_changes(now=clock.now)
    return cast("set[SubjectId]", set(Letter.objects.values_list("subject", flat=True)))


def test_the_page_says_where_nothing_is_offered_and_where_one_of_them_is_leaving(
    clock: Clock,
) -> None:
    alice, hers, bob, his = two(clock)
    (own,) = list_owned(hers)
    offer(alice, his)
    pass_days(clock, 3, alice, bob)
    bob.post("/account/close/", {"sure": "yes"})

    refused = bob.post("/account/team/take-over/", {"act": "take", "account": str(own.account)})

    assert refused.status_code == 409
    assert "has closed what they hold" in words_on(refused.content)
    nothing = alice.get("/account/team/take-over/")
    assert "No account is offered to you now" in words_on(nothing.content)
