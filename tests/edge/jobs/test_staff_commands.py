"""`clearline user grant`: whoever runs the machine gives roles without a second administrator."""

import json
from datetime import UTC, datetime

import pytest

from clearline.config import cli
from clearline.trust.safeguards import queries as logins
from clearline.trust.safeguards import staff_logins
from clearline.trust.safeguards.actions import NoSuchStaff
from clearline.trust.safeguards.roles import Role
from tests.browser_client import OPERATOR, make_staff

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)


def grant(number: str, *roles: str, is_json: bool = False) -> int:
    words = [word for role in roles for word in ("--role", role)]
    args = cli.make_parser().parse_args(["user", "grant", number, *words])
    args.now, args.json = NOW, is_json
    return cli.do_of(args)(args)


def test_roles_are_given_beside_those_that_someone_has(capsys: pytest.CaptureFixture[str]) -> None:
    make_staff("olu", Role.ADMINISTRATOR)
    dana = make_staff("dana", Role.SUPPORT)

    assert grant(dana, "billing") == 0

    assert capsys.readouterr().out == f"{dana} is now billing, support.\n"
    member = logins.find_staff(dana)
    assert member is not None
    assert member.roles == {Role.SUPPORT, Role.BILLING}


def test_a_closed_way_in_is_given_back_with_these_roles_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    make_staff("olu", Role.ADMINISTRATOR)
    dana = make_staff("dana", Role.SUPPORT)
    staff_logins.set_staff(
        by=OPERATOR, public_id=dana, roles=[Role.SUPPORT], is_active=False, now=NOW
    )

    assert grant(dana, "auditor", is_json=True) == 0

    assert json.loads(capsys.readouterr().out) == {"public_id": dana, "roles": ["auditor"]}
    member = logins.find_staff(dana)
    assert member is not None
    assert member.is_active
    assert member.roles == {Role.AUDITOR}


def test_a_number_that_nobody_has_is_told() -> None:
    with pytest.raises(NoSuchStaff):
        grant("0" * 32, "auditor")
