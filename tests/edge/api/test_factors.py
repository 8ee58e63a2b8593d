"""Second factors by the app: proved again before, added, used, taken away."""

import json
from datetime import timedelta

import pyotp
import pytest
from django.utils import timezone
from webauthn.helpers import base64url_to_bytes

from clearline.trust.factors import actions as factors
from clearline.trust.ledger.models import Entry
from tests.edge.api.app import App, Said, make_app
from tests.promises.provider import Clock
from tests.service.accounts.people import PASSWORD
from tests.trust.factors.authenticator import Authenticator

pytestmark = pytest.mark.django_db
LATE = timedelta(minutes=16)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(timezone.now())
    monkeypatch.setattr(timezone, "now", clock)
    monkeypatch.setattr("time.time", lambda: clock().timestamp())  # signatures read it
    return clock


def new_device() -> Authenticator:
    site = factors.site_here()
    return Authenticator(host=site.host, origin=site.origin)


def challenge_in(asked: Said) -> bytes:
    return base64url_to_bytes(asked.told["passkey"]["challenge"])


def add_passkey(app: App, device: Authenticator, name: str = "my phone") -> Said:
    asked = app.ask("POST", "factors/new-passkey")
    made = json.loads(device.make(challenge_in(asked)))
    return app.ask("POST", "factors/passkeys", {"name": name, "passkey": made})


def add_code_app(app: App) -> str:
    asked = app.ask("POST", "factors/new-app").told
    code = pyotp.TOTP(asked["secret"]).at(timezone.now())
    assert app.ask("POST", "factors/app", {"step": asked["step"], "code": code}).status == 201
    return str(asked["secret"])


def wait(clock: Clock, *apps: App) -> None:
    """Let so much time go by that a proof is asked for; the apps renew their keys."""
    clock.now += LATE
    for app in apps:
        app.take(app.renew())


def entries(kind: str) -> int:
    return Entry.objects.filter(kind=kind).count()


def test_a_passkey_is_added_proves_and_is_taken_away(clock: Clock) -> None:
    app, device = make_app(), new_device()

    added = add_passkey(app, device)
    wait(clock, app)
    shut = app.ask("POST", "factors/new-passkey")
    ways = app.ask("POST", "prove/ways")
    signed = json.loads(device.sign(challenge_in(ways)))
    proved = app.ask("POST", "prove", {"passkey": signed})
    again = app.ask("POST", "prove", {"passkey": signed})
    (shown,) = app.ask("GET", "factors").told["passkeys"]
    gone = app.ask("DELETE", f"factors/passkeys/{shown['number']}")

    assert (added.status, shown["name"]) == (201, "my phone")
    assert (shut.status, shut.told["code"]) == (403, "prove_again")
    assert (ways.told["by"], proved.status, proved.told["by"]) == (["passkey"], 200, "passkey")
    assert (again.status, again.told["code"]) == (403, "factor_refused")
    assert gone.told == {"app_added_at": None, "passkeys": [], "codes_left": 0, "go_at": None}
    assert (entries("customer.factor_added"), entries("customer.factor_removed")) == (1, 1)
    twice = app.ask("DELETE", f"factors/passkeys/{shown['number']}")
    assert (twice.status, twice.told["code"]) == (404, "no_such_factor")


def test_an_app_that_shows_codes_is_added_by_the_secret_that_was_given(clock: Clock) -> None:
    app = make_app()
    secret = add_code_app(app)
    wait(clock, app)

    password = app.ask("POST", "prove", {"password": PASSWORD})
    code = app.ask("POST", "prove", {"code": pyotp.TOTP(secret).at(clock.now)})
    there = app.ask("POST", "factors/new-app").told
    second = {"step": there["step"], "code": pyotp.TOTP(there["secret"]).at(clock.now)}
    taken = app.ask("POST", "factors/app", second)
    gone = app.ask("DELETE", "factors/app")

    assert (password.status, password.told["code"]) == (403, "factor_refused")
    assert (code.status, code.told["by"]) == (200, "app")
    assert (taken.status, taken.told["code"]) == (409, "app_there")
    assert gone.told["app_added_at"] is None
    assert app.ask("DELETE", "factors/app").status == 404


def test_signing_in_asks_for_what_the_app_added() -> None:
    secret = add_code_app(make_app())

    step = App().sign_in()

    assert (step.status, step.told["by"]) == (202, ["app"])
    assert secret


@pytest.mark.parametrize("way", ["late", "other", "made up", "wrong code"])
def test_a_secret_that_was_not_given_to_this_sign_in_lately_is_not_kept(
    way: str, clock: Clock
) -> None:
    app, bob = make_app(), make_app("bob")
    asked = (bob if way == "other" else app).ask("POST", "factors/new-app").told
    step = "x" if way == "made up" else asked["step"]
    clock.now += timedelta(minutes=11 if way == "late" else 0)
    wrong = way == "wrong code"
    code = "abcdef" if wrong else pyotp.TOTP(asked["secret"]).at(clock.now)

    said = app.ask("POST", "factors/app", {"step": step, "code": code})

    told = (422, "code_wrong") if wrong else (409, "secret_over")
    assert (said.status, said.told["code"]) == told
    assert app.ask("GET", "factors").told["app_added_at"] is None


def test_recovery_codes_are_told_once_and_each_proves_once(clock: Clock) -> None:
    app = make_app()
    early = app.ask("POST", "factors/recovery-codes")
    add_code_app(app)

    made = app.ask("POST", "factors/recovery-codes")
    wait(clock, app)
    code = made.told["codes"][0]
    told = [app.ask("POST", "prove", {"code": code}).status for _ in range(2)]

    assert (early.status, early.told["code"]) == (409, "no_factor_yet")
    assert (made.status, len(made.told["codes"])) == (200, 10)
    assert told == [200, 403]
    assert app.ask("GET", "factors").told["codes_left"] == 9


def test_the_password_proves_where_there_is_nothing_else(clock: Clock) -> None:
    app = make_app()
    wait(clock, app)

    ways = app.ask("POST", "prove/ways").told
    shut = app.ask("POST", "account/close")
    wrong = app.ask("POST", "prove", {"password": f"{PASSWORD}."})
    right = app.ask("POST", "prove", {"password": PASSWORD})
    closed = app.ask("POST", "account/close")

    assert ways == {"by": ["password"], "passkey": None}
    assert (shut.told["code"], wrong.told["code"]) == ("prove_again", "factor_refused")
    assert (right.status, closed.status) == (200, 200)
    assert entries("customer.proved") == 1


def test_a_proof_counts_for_the_sign_in_that_gave_it_and_for_a_quarter_of_an_hour(
    clock: Clock,
) -> None:
    app, other = make_app(), App()
    other.sign_in()
    wait(clock, app, other)
    app.ask("POST", "prove", {"password": PASSWORD})

    elsewhere = other.ask("POST", "factors/new-app")
    here = app.ask("POST", "factors/new-app")
    wait(clock, app)

    assert (elsewhere.status, here.status) == (403, 200)
    assert app.ask("POST", "factors/new-app").status == 403


def test_the_sixth_wrong_proof_is_too_many() -> None:
    app = make_app()

    told = [app.ask("POST", "prove", {"password": "x"}).status for _ in range(6)]

    assert told == [403] * 5 + [429]


@pytest.mark.parametrize(
    ("name", "code"), [("", "name_wrong"), ("x" * 61, "name_wrong"), ("x" * 301, "invalid")]
)
def test_a_passkey_has_a_name(name: str, code: str) -> None:
    said = add_passkey(make_app(), new_device(), name)

    assert (said.status, said.told["code"]) == (422, code)


def test_a_passkey_signs_the_challenge_that_was_given_once() -> None:
    app, device = make_app(), new_device()
    made = json.loads(device.make(b"c" * 32))

    never = app.ask("POST", "factors/passkeys", {"name": "x", "passkey": made})
    added = add_passkey(app, device)
    same = add_passkey(app, device)

    assert (never.status, never.told["code"]) == (422, "passkey_wrong")
    assert (added.status, same.status, same.told["code"]) == (201, 409, "passkey_there")


def test_of_eleven_passkeys_the_last_is_too_many() -> None:
    app = make_app()

    told = [add_passkey(app, new_device()) for _ in range(11)]

    assert [each.status for each in told] == [201] * 10 + [409]
    assert told[-1].told["code"] == "too_many_passkeys"


def test_the_last_factor_stays_while_the_password_is_short(clock: Clock) -> None:
    app = make_app()
    secret = add_code_app(app)
    app.ask("PUT", "password", {"old": PASSWORD, "new": "7 owls hoot"})
    clock.now += timedelta(minutes=1)
    assert app.ask("POST", "prove", {"code": pyotp.TOTP(secret).at(clock.now)}).status == 200

    said = app.ask("DELETE", "factors/app")

    assert (said.status, said.told["code"]) == (409, "password_short_alone")


def test_nobody_takes_away_what_is_another_s() -> None:
    alice, bob = make_app(), make_app("bob")
    number = add_passkey(alice, new_device()).told["passkeys"][0]["number"]

    said = bob.ask("DELETE", f"factors/passkeys/{number}")

    assert said.status == 404
    assert len(alice.ask("GET", "factors").told["passkeys"]) == 1


@pytest.mark.parametrize("depth", [100, 900, 6_000])
@pytest.mark.parametrize("path", ["prove", "factors/passkeys"])
def test_a_passkey_of_any_depth_proves_nothing_and_breaks_nothing(path: str, depth: int) -> None:
    app = make_app()
    deep: object = "x"
    for _ in range(min(depth, 900)):
        deep = [deep]
    told = {"passkey": {"id": deep}}

    said = app.ask("POST", path, told if path == "prove" else {**told, "name": "x"})

    assert said.status in {400, 403, 422}
