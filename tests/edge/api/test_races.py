"""Fifty at once: of each change one wins or all agree, and nothing is done twice or half."""

import itertools
import json
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone
from webauthn.helpers import base64url_to_bytes

from clearline.service.accounts.models import EmailAddress, Member
from clearline.service.teams.handing_over import MEMBER_WAIT, OFFER_WAIT
from clearline.service.teams.models import Handover, Invitation, MemberLabel
from clearline.trust.consent import actions as consent
from clearline.trust.factors import actions as factors
from clearline.trust.ledger.models import Entry
from clearline.trust.tokens.models import Family, Token
from tests.edge.api.app import App, Said, make_app
from tests.service.accounts.people import PASSWORD
from tests.trust.factors.authenticator import Authenticator

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
AT_ONCE = 50
GPC = {"sec-gpc": "1"}
Act = Callable[[], Said]


def at_once(*acts: Act) -> list[Said]:
    """Return what fifty got who did these in turn, all in the same moment."""
    barrier = Barrier(AT_ONCE)

    def one(act: Act) -> Said:
        barrier.wait()
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, itertools.islice(itertools.cycle(acts), AT_ONCE)))


def statuses(told: list[Said]) -> Counter[int]:
    return Counter(each.status for each in told)


def entries(kind: str) -> int:
    return Entry.objects.filter(kind=kind).count()


def test_of_fifty_who_use_one_second_key_one_wins_and_the_sign_in_ends_for_all() -> None:
    app = make_app()

    told = at_once(app.renew)

    assert statuses(told) == {200: 1, 403: AT_ONCE - 1}
    (winner,) = (each for each in told if each.status == 200)
    app.take(winner)
    assert app.ask("GET", "account").status == 401
    assert app.renew().told["code"] == "token_ended"
    assert not Token.objects.filter(kind="access").exists()
    assert Family.objects.filter(ended_at__isnull=False).count() == 1
    assert entries("customer.app_signed_out") == 1


def test_what_is_sent_fifty_times_with_one_idempotency_key_is_done_once() -> None:
    app = make_app()
    key = {"idempotency-key": "k" * 20}
    told = {"role": "billing", "label": "Front Desk"}

    said = at_once(lambda: app.ask("POST", "team/invitations", told, **key))
    last = app.ask("POST", "team/invitations", told, **key)

    assert set(statuses(said)) <= {201, 409}
    codes = {each.told["code"] for each in said if each.status == 201}
    assert codes == {last.told["code"]}
    assert {each.told["code"] for each in said if each.status == 409} <= {"still_under_way"}
    assert Invitation.objects.count() == entries("team.invited") == 1


def test_one_code_lets_one_of_them_in_once() -> None:
    owner, apps = make_app(), [make_app(name) for name in ("bob", "carl", "dora")]
    code = owner.ask("POST", "team/invitations", {"role": "billing", "label": "x"}).told["code"]

    told = at_once(*(join(each, code) for each in apps))

    assert statuses(told) == {200: 1, 404: AT_ONCE - 1}
    assert Member.objects.exclude(role="owner").count() == MemberLabel.objects.count() == 1
    assert not Invitation.objects.exists()
    assert (entries("team.invited"), entries("team.changed")) == (1, 1)


def join(app: App, code: str) -> Act:
    return lambda: app.ask("POST", "team/join", {"code": code})


def test_no_more_invitations_wait_than_may() -> None:
    app = make_app()
    told = {"role": "billing", "label": "x"}

    said = at_once(lambda: app.ask("POST", "team/invitations", told))

    assert statuses(said) == {201: 20, 409: AT_ONCE - 20}
    assert Invitation.objects.count() == 20


def test_an_account_is_closed_once_and_what_comes_of_both_at_once_is_one_of_both() -> None:
    app, other = make_app(), make_app("bob")

    closed = at_once(lambda: app.ask("POST", "account/close"))
    mixed = at_once(
        lambda: other.ask("POST", "account/close"), lambda: other.ask("POST", "account/reopen")
    )

    assert statuses(closed) == {200: 1, 409: AT_ONCE - 1}
    assert entries("account.closed") - entries("account.reopened") == 1 + (
        not other.ask("GET", "account").told["is_open"]
    )
    assert statuses(mixed)[200] == entries("account.closed") - 1 + entries("account.reopened")


def test_a_signal_with_fifty_requests_is_kept_once() -> None:
    """CC-35."""
    app = make_app()

    told = at_once(lambda: app.ask("GET", "account", **GPC))

    assert statuses(told) == {200: AT_ONCE}
    assert entries("choice.recorded") == 1
    assert app.ask("GET", "choices").told["signal"]["is_honoured"]


def test_of_yes_and_no_at_once_no_wins() -> None:
    consent.ANSWERS.forget()
    app = make_app()

    told = at_once(choose(app, "yes"), choose(app, "no"))

    assert statuses(told) == {200: AT_ONCE}
    answers = {each["name"]: each["answer"] for each in app.ask("GET", "choices").told["items"]}
    assert answers["content"] == "no"


def choose(app: App, answer: str) -> Act:
    return lambda: app.ask("POST", "choices", {"answers": {"content": answer}})


def test_after_all_sign_ins_ended_no_key_opens_whatever_was_under_way() -> None:
    app, others = make_app(), [App() for _ in range(3)]
    for each in others:
        each.sign_in()

    told = at_once(
        lambda: app.ask("DELETE", "sign-ins"),
        *(each.renew for each in others),
        lambda: others[0].ask("GET", "account"),
    )

    assert set(statuses(told)) <= {200, 401, 403}
    app.ask("DELETE", "sign-ins")
    keys = [App(each.told["access_token"]) for each in told if "access_token" in each.told]
    assert {each.ask("GET", "account").status for each in (app, *others, *keys)} == {401}
    assert not Family.objects.filter(ended_at__isnull=True).exists()


def test_the_names_of_a_profile_come_from_one_of_those_who_changed_them() -> None:
    app = make_app()

    told = at_once(*(rename(app, name) for name in ("Alice Reed", "Alice Wren")))

    assert statuses(told) == {200: AT_ONCE}
    held = app.ask("GET", "profile").told
    assert held["name"] == held["screen_name"]
    assert entries("account.changed") == AT_ONCE


def rename(app: App, name: str) -> Act:
    return lambda: app.ask("PUT", "profile", {"name": name, "screen_name": name})


def test_of_fifty_who_answer_one_challenge_of_a_passkey_one_has_proved_it() -> None:
    app, site = make_app(), factors.site_here()
    device = Authenticator(host=site.host, origin=site.origin)
    made = app.ask("POST", "factors/new-passkey").told["passkey"]["challenge"]
    told = {"name": "x", "passkey": json.loads(device.make(base64url_to_bytes(made)))}
    assert app.ask("POST", "factors/passkeys", told).status == 201
    asked = app.ask("POST", "prove/ways").told["passkey"]["challenge"]
    proof = {"passkey": json.loads(device.sign(base64url_to_bytes(asked)))}

    said = at_once(lambda: app.ask("POST", "prove", proof))

    assert statuses(said)[200] == 1
    assert set(statuses(said)) <= {200, 403, 429}
    assert entries("customer.proved") == 1


def test_of_fifty_who_take_one_account_that_is_offered_one_owns_it() -> None:
    alice, bob = make_app(), make_app("bob")
    code = alice.ask("POST", "team/invitations", {"role": "billing", "label": "x"}).told["code"]
    bob.ask("POST", "team/join", {"code": code})
    members = alice.ask("GET", "team").told["members"]
    member = next(each["id"] for each in members if each["role"] == "billing")
    Member.objects.update(since=F("since") - MEMBER_WAIT)
    joined_at = timezone.now() - MEMBER_WAIT
    EmailAddress.objects.update(added_at=joined_at, confirmed_at=joined_at)
    for app in (alice, bob):
        app.ask("POST", "prove", {"password": PASSWORD})
    alice.ask("POST", "team/offers", {"member": member, "stays": True})
    Handover.objects.update(offered_at=F("offered_at") - OFFER_WAIT)
    account = bob.ask("GET", "team").told["offered"][0]["account"]

    said = at_once(
        lambda: bob.ask("POST", f"team/offers/{account}"),
        lambda: alice.ask("DELETE", "team/offers"),
    )

    assert statuses(said)[200] == 1
    # After it was taken its former owner has none to take an offer of back.
    refused = [each for each in said if each.status != 200]
    assert {each.told["code"] for each in refused} <= {"no_such_offer", "not_the_owner"}
    assert Member.objects.filter(account_id=account, role="owner").count() == 1
