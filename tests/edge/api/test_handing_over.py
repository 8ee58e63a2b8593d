"""An account changes its owner by the app, and a customer their user ID."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from clearline.service.accounts.models import EmailAddress
from clearline.trust.ledger.models import Entry
from tests.edge.api.app import App, Said, make_app
from tests.promises.provider import Clock
from tests.service.accounts.people import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(timezone.now())
    monkeypatch.setattr(timezone, "now", clock)
    return clock


def pass_days(clock: Clock, days: int, owner: App, member: App, user_id: str = "bob") -> None:
    """Let days go by; both sign in again, and prove again who they are."""
    clock.now += timedelta(days=days)
    owner.sign_in()
    member.sign_in(user_id)
    for app in (owner, member):
        assert app.ask("POST", "prove", {"password": PASSWORD}).status == 200


def member_of(owner: App, member: App, clock: Clock, user_id: str = "bob") -> str:
    """Let somebody act in an account for three days and return their id there."""
    told = {"role": "billing", "label": "Bob"}
    code = owner.ask("POST", "team/invitations", told).told["code"]
    member.ask("POST", "team/join", {"code": code})
    EmailAddress.objects.update(added_at=clock.now, confirmed_at=clock.now)
    pass_days(clock, 3, owner, member, user_id)
    members = owner.ask("GET", "team").told["members"]
    return str(next(each["id"] for each in members if each["role"] == "billing"))


def offered(owner: App, member: App, clock: Clock, *, stays: bool = True) -> Said:
    told = {"member": member_of(owner, member, clock), "stays": stays}
    return owner.ask("POST", "team/offers", told)


def test_an_account_is_offered_and_taken_and_its_owner_looks_on(clock: Clock) -> None:
    alice, bob = make_app(), make_app("bob")

    said = offered(alice, bob, clock)
    (waiting,) = bob.ask("GET", "team").told["offered"]
    early = bob.ask("POST", f"team/offers/{waiting['account']}")
    pass_days(clock, 3, alice, bob)
    taken = bob.ask("POST", f"team/offers/{waiting['account']}")

    assert said.status == 201
    assert (early.status, early.told["code"]) == (409, "offer_too_new")
    assert datetime.fromisoformat(waiting["takeable_at"]) <= clock.now
    assert said.told["offer"]["stays"]
    assert taken.told["offered"] == []
    (hers,) = alice.ask("GET", "team").told["memberships"]
    assert (hers["account"], hers["role"]) == (waiting["account"], "read_only")
    assert alice.ask("GET", "team").told["offer"] is None
    assert Entry.objects.filter(kind="account.handed_over").count() == 2
    again = bob.ask("POST", f"team/offers/{waiting['account']}")
    assert (again.status, again.told["code"]) == (404, "no_such_offer")


def test_who_owns_several_accounts_names_the_one_that_is_meant(clock: Clock) -> None:
    alice, bob = make_app(), make_app("bob")
    offered(alice, bob, clock)
    account = bob.ask("GET", "team").told["offered"][0]["account"]
    pass_days(clock, 3, alice, bob)

    taken = bob.ask("POST", f"team/offers/{account}").told
    ours = f"?account={account}"
    former = next(each["id"] for each in taken["members"] if each["role"] != "owner")
    called = bob.ask("PUT", f"team/members/{former}/label{ours}", {"label": "Alice of before"})
    told = {"role": "billing", "label": "Carl"}
    invited = bob.ask("POST", f"team/invitations{ours}", told, **{"idempotency-key": "k" * 20})
    elsewhere = bob.ask("POST", "team/invitations", told, **{"idempotency-key": "k" * 20})
    there, first = bob.ask("GET", f"team{ours}").told, bob.ask("GET", "team").told
    removed = bob.ask("DELETE", f"team/members/{former}{ours}").told
    foreign = alice.ask("GET", f"team{ours}")

    assert taken["account"] == account
    assert [each["account"] for each in taken["owned"]] == [first["account"], account]
    labels = [each["label"] for each in called.told["members"]]
    assert labels == ["", "Alice of before"]
    assert (invited.status, elsewhere.told["code"]) == (201, "idempotency_key_used")
    assert [len(each["invitations"]) for each in (there, first)] == [1, 0]
    assert [each["role"] for each in removed["members"]] == ["owner"]
    assert (foreign.status, foreign.told["code"]) == (403, "not_the_owner")


def test_having_just_signed_in_is_no_proof_for_handing_over(clock: Clock) -> None:
    alice, bob = make_app(), make_app("bob")
    told = {"member": member_of(alice, bob, clock), "stays": True}
    alice.sign_in()

    fresh = alice.ask("POST", "team/offers", told)
    alice.ask("POST", "prove", {"password": PASSWORD})
    proved = alice.ask("POST", "team/offers", told)
    account = bob.ask("GET", "team").told["offered"][0]["account"]
    bob.sign_in("bob")
    taken = bob.ask("POST", f"team/offers/{account}")

    assert (fresh.status, fresh.told["code"]) == (403, "prove_again")
    assert proved.status == 201
    assert (taken.status, taken.told["code"]) == (403, "prove_again")


@pytest.mark.parametrize("way", ["taken back", "declined", "too old"])
def test_an_offer_that_ends_changes_nothing(way: str, clock: Clock) -> None:
    alice, bob = make_app(), make_app("bob")
    offered(alice, bob, clock)
    account = bob.ask("GET", "team").told["offered"][0]["account"]

    if way == "taken back":
        assert alice.ask("DELETE", "team/offers").told["offer"] is None
    elif way == "declined":
        assert bob.ask("DELETE", f"team/offers/{account}").told["offered"] == []
    else:
        clock.now += timedelta(days=7)
        pass_days(clock, 0, alice, bob)

    assert bob.ask("POST", f"team/offers/{account}").status == 404
    assert alice.ask("DELETE", "team/offers").told["code"] == "no_such_offer"
    assert alice.ask("GET", "team").told["members"][0]["role"] == "owner"


def test_an_account_is_offered_to_one_member_at_a_time(clock: Clock) -> None:
    alice, bob, carl = make_app(), make_app("bob"), make_app("carl")
    number = member_of(alice, bob, clock)
    carl.sign_in("carl")
    carl.ask("POST", "prove", {"password": PASSWORD})
    first = alice.ask("POST", "team/offers", {"member": number, "stays": False})

    twice = alice.ask("POST", "team/offers", {"member": number, "stays": False})
    stranger = alice.ask("POST", "team/offers", {"member": "0" * 32, "stays": False})
    foreign = carl.ask(
        "POST", f"team/offers/{bob.ask('GET', 'team').told['offered'][0]['account']}"
    )

    assert (first.status, twice.status, twice.told["code"]) == (201, 409, "offer_waits")
    assert (stranger.status, stranger.told["code"]) == (404, "no_such_member")
    assert foreign.told["code"] == "no_such_offer"


def test_who_has_confirmed_no_address_offers_nothing(clock: Clock) -> None:
    alice, bob = make_app(), make_app("bob")
    number = member_of(alice, bob, clock)
    EmailAddress.objects.update(confirmed_at=None)

    said = alice.ask("POST", "team/offers", {"member": number, "stays": True})

    assert (said.status, said.told["code"]) == (409, "no_letter_goes")


def test_who_closed_what_they_hold_hands_nothing_over(clock: Clock) -> None:
    alice, bob = make_app(), make_app("bob")
    number = member_of(alice, bob, clock)
    bob.ask("POST", "account/close")

    said = alice.ask("POST", "team/offers", {"member": number, "stays": True})

    assert (said.status, said.told["code"]) == (409, "closing")


def test_another_user_id_signs_in_and_the_one_before_is_kept_from_others() -> None:
    app, bob = make_app(), make_app("bob")

    said = app.ask("PUT", "user-id", {"user_id": "alice.quill"})
    taken = bob.ask("PUT", "user-id", {"user_id": "alice"})
    same = app.ask("PUT", "user-id", {"user_id": "alice.quill"})

    assert said.status == 200
    assert app.ask("GET", "account").status == 200
    assert App().sign_in("alice.quill").status == 200
    assert App().sign_in().status == 403
    assert (taken.status, taken.told["code"]) == (409, "user_id_taken")
    assert (same.status, same.told["code"]) == (422, "user_id_refused")


def test_a_user_id_is_changed_three_times_at_most() -> None:
    app = make_app()

    told = [app.ask("PUT", "user-id", {"user_id": f"alice.{n}"}) for n in range(4)]

    assert [each.status for each in told] == [200] * 3 + [429]
    assert told[-1].told["code"] == "changed_too_often"


@pytest.mark.parametrize(
    ("method", "path", "told"),
    [
        ("PUT", "user-id", {"user_id": "alice.quill"}),
        ("POST", "team/invitations", {"role": "billing", "label": "Bob"}),
        ("DELETE", "team/invitations/1", None),
        ("PUT", f"team/members/{'0' * 32}", {"role": "billing"}),
        ("DELETE", f"team/members/{'0' * 32}", None),
        ("PUT", f"team/members/{'0' * 32}/label", {"label": "Bob"}),
        ("DELETE", "team/memberships/1", None),
        ("POST", "team/join", {"code": "x" * 20}),
        ("POST", "team/offers", {"member": "0" * 32, "stays": True}),
        ("DELETE", "team/offers", None),
        ("POST", "team/offers/1", None),
        ("DELETE", "team/offers/1", None),
    ],
)
def test_who_did_not_prove_lately_who_they_are_does_so_before(
    method: str, path: str, told: object, clock: Clock
) -> None:
    app = make_app()
    EmailAddress.objects.update(added_at=clock.now, confirmed_at=clock.now)
    clock.now += timedelta(minutes=16)
    app.take(app.renew())

    late = app.ask(method, path, told)
    app.ask("POST", "prove", {"password": PASSWORD})
    proved = app.ask(method, path, told)

    assert (late.status, late.told["code"]) == (403, "prove_again")
    assert proved.status in {200, 201, 404}
