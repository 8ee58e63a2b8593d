"""The app lets others act in the account, joins by a code, and leaves."""

from typing import Any

import pytest

from clearline.service.teams.actions import INVITATIONS_MAX
from clearline.service.teams.models import Invitation
from clearline.trust.ledger.models import Entry
from tests.edge.api.app import App, Said, make_app

pytestmark = pytest.mark.django_db
KINDS = ("team.invited", "team.changed", "membership.changed")


def invite(app: App, role: str = "billing", label: str = "Front Desk", **headers: str) -> Said:
    return app.ask("POST", "team/invitations", {"role": role, "label": label}, **headers)


def join(app: App, code: str) -> Said:
    return app.ask("POST", "team/join", {"code": code})


def joined(owner: App, member: App) -> str:
    """Let somebody in, and return the address of theirs that the owner sees."""
    join(member, invite(owner).told["code"])
    return str(members(owner.ask("GET", "team"))["billing"]["id"])


def members(said: Said) -> dict[str, dict[str, Any]]:
    return {each["role"]: each for each in said.told["members"]}


def test_who_has_the_code_acts_in_the_account_as_invited() -> None:
    alice, bob = make_app(), make_app("bob")
    invited = invite(alice)
    waiting = alice.ask("GET", "team").told

    said = join(bob, invited.told["code"].upper())

    assert invited.status == 201
    assert [(each["role"], each["label"]) for each in waiting["invitations"]] == [
        ("billing", "Front Desk")
    ]
    assert "code" not in waiting["invitations"][0]
    (membership,) = said.told["memberships"]
    assert membership["role"] == "billing"
    team = alice.ask("GET", "team")
    called = {role: each["label"] for role, each in members(team).items()}
    assert called == {"owner": "", "billing": "Front Desk"}
    assert team.told["invitations"] == []
    assert [each["role"] for each in said.told["members"]] == ["owner"]
    assert join(make_app("carl"), invited.told["code"]).told["code"] == "no_such_invitation"


def test_an_invitation_sent_twice_is_made_once_and_its_code_told_again() -> None:
    alice = make_app()

    told = [invite(alice, **{"idempotency-key": "k" * 20}).told for _ in range(2)]

    assert told[0] == told[1]
    assert Invitation.objects.count() == 1


def test_a_withdrawn_code_opens_nothing() -> None:
    alice, bob = make_app(), make_app("bob")
    code = invite(alice).told["code"]
    number = alice.ask("GET", "team").told["invitations"][0]["number"]

    foreign = bob.ask("DELETE", f"team/invitations/{number}")
    said = alice.ask("DELETE", f"team/invitations/{number}")

    assert (foreign.status, foreign.told["code"]) == (404, "no_such_invitation")
    assert said.told["invitations"] == []
    assert join(bob, code).status == 404
    assert alice.ask("DELETE", f"team/invitations/{number}").status == 404


def test_the_owner_alone_sets_roles_and_ends_them() -> None:
    alice, bob = make_app(), make_app("bob")
    member = joined(alice, bob)

    foreign = bob.ask("PUT", f"team/members/{member}", {"role": "own_lines"})
    said = alice.ask("PUT", f"team/members/{member}", {"role": "read_only"})
    owner = alice.ask("PUT", f"team/members/{member}", {"role": "owner"})
    gone = alice.ask("DELETE", f"team/members/{member}")

    assert (foreign.status, foreign.told["code"]) == (404, "no_such_member")
    assert members(said).keys() == {"owner", "read_only"}
    assert (owner.status, owner.told["code"]) == (422, "no_invitable_role")
    assert [each["role"] for each in gone.told["members"]] == ["owner"]
    assert alice.ask("DELETE", f"team/members/{member}").status == 404
    assert bob.ask("GET", "team").told["memberships"] == []


def test_the_owner_is_neither_removed_nor_set() -> None:
    alice = make_app()
    own = alice.ask("GET", "team").told["members"][0]["id"]

    told = [
        alice.ask("DELETE", f"team/members/{own}"),
        alice.ask("PUT", f"team/members/{own}", {"role": "billing"}),
    ]

    assert {each.told["code"] for each in told} == {"no_such_member"}


def test_a_member_leaves_and_both_see_that_it_ended() -> None:
    alice, bob, carl = make_app(), make_app("bob"), make_app("carl")
    joined(alice, bob)
    account = bob.ask("GET", "team").told["memberships"][0]["account"]

    foreign = carl.ask("DELETE", f"team/memberships/{account}")
    said = bob.ask("DELETE", f"team/memberships/{account}")

    assert foreign.told["code"] == "no_such_member"
    assert said.told["memberships"] == []
    assert len(alice.ask("GET", "team").told["members"]) == 1
    assert Entry.objects.filter(kind__in=KINDS).count() == 5


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"role": "owner", "label": "x"}, "no_invitable_role"),
        ({"role": "king", "label": "x"}, "invalid"),
        ({"role": "billing"}, "invalid"),
        ({"role": "billing", "label": ""}, "field_wrong"),
        ({"role": "billing", "label": "x" * 61}, "field_wrong"),
        ({"role": "billing", "label": "a\u0000b"}, "field_wrong"),
        ({"role": "billing", "label": "x", "account": 1}, "invalid"),
    ],
)
def test_an_invitation_that_cannot_be_is_refused(told: dict[str, str], code: str) -> None:
    said = make_app().ask("POST", "team/invitations", told)

    assert (said.status, said.told["code"]) == (422, code)
    assert not Invitation.objects.exists()


def test_only_so_many_invitations_wait_at_once() -> None:
    alice = make_app()

    told = [invite(alice).status for _ in range(INVITATIONS_MAX + 1)]

    assert told == [201] * INVITATIONS_MAX + [409]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("DELETE", f"team/invitations/{number}") for number in ("0", "-1", "x", "9" * 30)),
        *(("DELETE", f"team/memberships/{number}") for number in ("0", "1.5", "9" * 30)),
        *(("DELETE", f"team/members/{member}") for member in ("x", "A" * 32, "a" * 33)),
    ],
)
def test_a_number_that_none_can_have_is_refused(method: str, path: str) -> None:
    assert make_app().ask(method, path).status == 422


@pytest.mark.parametrize("code", ["", "x", "a" * 20, "\u0000", "é" * 20])
def test_a_code_that_never_was_opens_nothing(code: str) -> None:
    said = join(make_app(), code)

    assert (said.status, said.told["code"]) == (404, "no_such_invitation")
