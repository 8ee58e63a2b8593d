"""Who lost every way in shows a document; two of the staff, one letter, and all begins anew."""

import contextlib
import re
from collections.abc import Callable
from dataclasses import replace as replace_of
from datetime import timedelta

import pytest

from clearline.policy.use import Actor, ActorKind
from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts import actions as accounts
from clearline.service.contacts import documents, notices, recovery, way_back
from clearline.service.contacts.documents import Document, DocumentWrong, Lost, Shown
from clearline.service.contacts.models import WayBack
from clearline.service.contacts.recovery import NewWayIn
from clearline.service.contacts.way_back import (
    ASKS_MAX,
    CODE_WINDOW,
    KEPT,
    WAITS,
    AskedTooMuch,
    BegunAnew,
    NameDiffers,
    NoAddressOfRecord,
    NotByOneself,
    NothingBegun,
    StarterGone,
    WayBackOver,
)
from clearline.service.mail.template import Template
from clearline.service.teams import actions as teams
from clearline.service.teams import handing_over
from clearline.trust.factors import actions as factors
from clearline.trust.factors.queries import Factors, factors_of
from clearline.trust.ledger import queries as ledger
from clearline.trust.ledger.keys import sealer
from clearline.trust.ledger.models import Entry
from clearline.trust.safeguards import actions as safeguards
from clearline.trust.safeguards import staff_logins
from clearline.trust.safeguards.actions import SignInRefused, UserIdTaken
from clearline.trust.safeguards.passwords import PasswordRefused
from clearline.trust.safeguards.roles import LoginKind, Role
from tests.browser_client import OPERATOR
from tests.promises.provider import rows
from tests.service.accounts.people import NOW, PASSWORD, make_customer
from tests.service.contacts.contacts import (
    DAY,
    FIRST,
    LATER,
    SECOND,
    confirmed,
    key_in,
    letters,
    replace,
    tell,
)
from tests.service.contacts.offering import offered_and_invited
from tests.service.teams.test_teams import at_once
from tests.trust.factors.people import add_app, add_passkey

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_log")]
NEW_PASSWORD = "nine loud badgers dig"
LICENSE = Shown(Document.DRIVERS_LICENSE, is_same_name=True, why=Lost.FACTOR)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def sam() -> Actor:
    return make_staff("sam")


@pytest.fixture
def dana() -> Actor:
    return make_staff("dana")


def make_staff(user_id: str) -> Actor:
    public_id = staff_logins.create_staff(
        by=OPERATOR, user_id=user_id, password=PASSWORD, roles=[Role.SUPPORT], now=NOW
    )
    return Actor(ActorKind.STAFF, public_id)


def mark_of(subject: SubjectId) -> str:
    waiting = way_back.find_standing(subject, now=LATER).waiting
    return waiting.mark if waiting else ""


def begin(by: Actor, subject: SubjectId, shown: Shown = LICENSE) -> None:
    way_back.begin(by=by, subject=subject, shown=shown, now=LATER)


def confirm(by: Actor, subject: SubjectId) -> None:
    way_back.confirm(by=by, subject=subject, seen=mark_of(subject), now=LATER)


def sent() -> list[tuple[str, str]]:
    return [(to, filled["code"]) for to, filled in letters(Template.WAY_BACK, now=LATER)]


def code_for(subject: SubjectId, sam: Actor, dana: Actor) -> str:
    begin(sam, subject)
    confirm(dana, subject)
    return sent()[-1][1]


def finish(code: str, *, user_id: str = "", later: timedelta = MINUTE) -> None:
    typed = NewWayIn(password=NEW_PASSWORD, user_id=user_id)
    way_back.finish(code=code, typed=typed, now=LATER + later)


def sign_in(user_id: str = "alice", password: str = NEW_PASSWORD) -> bool:
    try:
        safeguards.sign_in(
            kind=LoginKind.CUSTOMER, user_id=user_id, password=password, network="n", now=LATER
        )
    except SignInRefused:
        return False
    return True


def noted(kind: str) -> list[dict[str, object]]:
    entries = Entry.objects.filter(kind=f"way_back.{kind}").order_by("number")
    return [dict(ledger.fields_of(each, sealer())) for each in entries]


def test_two_of_the_staff_and_one_letter_let_somebody_in_and_end_their_second_factors(
    sam: Actor, dana: Actor
) -> None:
    alice = confirmed()
    add_app(alice)
    add_passkey(alice)
    factors.make_recovery_codes(kind=LoginKind.CUSTOMER, public_id=alice, now=NOW)

    ((to, code),) = [(FIRST, code_for(alice, sam, dana))]
    held = factors_of(alice)
    finish(code)

    assert sent() == [(to, code)]
    assert held.has_app
    assert factors_of(alice) == Factors(has_app=False, passkeys=0, codes_left=0)
    assert sign_in()
    assert not sign_in(password=PASSWORD)
    by_sam, by_dana = f"staff:{sam.name}", f"staff:{dana.name}"
    assert noted("asked") == [{"document": "drivers_license", "why": "factor_lost", "by": by_sam}]
    assert noted("confirmed") == [
        {"document": "drivers_license", "asked_by": by_sam, "by": by_dana}
    ]
    assert noted("used") == [{"fields": ["password", "second_factors"]}]
    assert {each.subject for each in Entry.objects.filter(kind__startswith="way_back.")} == {alice}


def test_the_code_is_long_works_once_for_a_day_however_it_is_typed(sam: Actor, dana: Actor) -> None:
    alice = confirmed()
    code = code_for(alice, sam, dana)

    assert re.fullmatch(r"([A-HJ-NP-Z2-9]{5}-){3}[A-HJ-NP-Z2-9]{5}", code)
    assert way_back.works(f" {code.lower().replace('-', ' ')} ", now=LATER)
    with pytest.raises(WayBackOver):
        finish(code, later=CODE_WINDOW)
    with pytest.raises(WayBackOver):
        finish(code[:-1])
    finish(code.lower(), user_id="alice.anew")
    with pytest.raises(WayBackOver):
        finish(code)

    assert sign_in("alice.anew")
    assert noted("used") == [{"fields": ["password", "user_id"]}]
    assert code.replace("-", "") not in "\n".join(rows())


def test_what_somebody_else_offered_or_whom_they_invited_comes_to_nothing(
    sam: Actor, dana: Actor
) -> None:
    alice = confirmed()
    invited, account = offered_and_invited(alice, LATER)
    code = code_for(alice, sam, dana)

    finish(code)

    assert handing_over.find_offer(account, now=LATER) is None
    with pytest.raises(teams.NoSuchInvitation):
        teams.accept(subject=make_customer("eve"), code=invited, now=LATER)


def test_what_is_typed_wrong_leaves_the_code_as_it_is(sam: Actor, dana: Actor) -> None:
    alice = confirmed()
    confirmed("bob")
    code = code_for(alice, sam, dana)

    with pytest.raises(PasswordRefused):
        way_back.finish(code=code, typed=NewWayIn(password="short"), now=LATER)
    with pytest.raises(UserIdTaken):
        finish(code, user_id="bob")

    finish(code)
    assert sign_in()


def test_nobody_confirms_what_they_began_nor_what_took_its_place(sam: Actor, dana: Actor) -> None:
    alice = confirmed()
    begin(sam, alice)
    seen = mark_of(alice)

    with pytest.raises(NotByOneself):
        confirm(sam, alice)
    begin(sam, alice, Shown(Document.PASSPORT, is_same_name=True, why=Lost.CODES_FAILED))
    with pytest.raises(BegunAnew):
        way_back.confirm(by=dana, subject=alice, seen=seen, now=LATER)
    with pytest.raises(BegunAnew):
        way_back.decline(by=dana, subject=alice, seen=seen, now=LATER)

    assert sent() == []
    confirm(dana, alice)
    assert len(sent()) == 1
    with pytest.raises(NothingBegun):
        confirm(dana, alice)


def test_a_mismatch_of_the_name_blocks_everybody_for_a_day_and_is_told(
    sam: Actor, dana: Actor
) -> None:
    """CP-43: given a name mismatch, then blocked."""
    alice = confirmed()
    other = Shown(Document.PASSPORT, is_same_name=False, why=Lost.FACTOR)

    with pytest.raises(NameDiffers):
        begin(sam, alice, other)
    with pytest.raises(NameDiffers):
        begin(dana, alice)
    with pytest.raises(NothingBegun):
        confirm(dana, alice)

    standing = way_back.find_standing(alice, now=LATER)
    assert (standing.waiting, standing.blocked_until) == (None, LATER + DAY)
    assert noted("blocked") == [
        {"document": "passport", "why": "factor_lost", "by": f"staff:{sam.name}"}
    ]
    assert [to for to, _ in tell(now=LATER)] == [FIRST]
    way_back.begin(by=dana, subject=alice, shown=LICENSE, now=LATER + DAY)


def test_what_waits_is_declined_and_waits_an_hour_at_most(sam: Actor, dana: Actor) -> None:
    alice = confirmed()
    begin(sam, alice)
    way_back.decline(by=dana, subject=alice, seen=mark_of(alice), now=LATER)

    with pytest.raises(NothingBegun):
        way_back.decline(by=sam, subject=alice, seen="", now=LATER)
    begin(sam, alice)
    seen = mark_of(alice)
    with pytest.raises(NothingBegun):
        way_back.confirm(by=dana, subject=alice, seen=seen, now=LATER + WAITS)

    by = {"asked_by": f"staff:{sam.name}", "by": f"staff:{dana.name}"}
    assert noted("declined") == [by]


def test_what_somebody_began_who_is_at_the_desk_no_more_is_not_confirmed(
    sam: Actor, dana: Actor
) -> None:
    alice = confirmed()
    begin(sam, alice)
    staff_logins.create_staff(
        by=OPERATOR, user_id="olu", password=PASSWORD, roles=[Role.ADMINISTRATOR], now=NOW
    )
    staff_logins.set_staff(
        by=OPERATOR, public_id=sam.name, roles=[Role.BILLING], is_active=True, now=NOW
    )

    with pytest.raises(StarterGone):
        confirm(dana, alice)


def test_a_letter_goes_to_an_address_of_thirty_days_and_to_no_other(
    sam: Actor, dana: Actor
) -> None:
    alice = confirmed()
    with pytest.raises(NoAddressOfRecord):
        way_back.begin(by=sam, subject=alice, shown=LICENSE, now=NOW + 29 * DAY)
    replace(alice, SECOND, now=LATER - DAY)

    code_for(alice, sam, dana)

    assert [to for to, _ in sent()] == [FIRST]
    assert {to for to, _ in tell(now=LATER)} == {FIRST, SECOND}


def test_a_code_that_lies_in_an_address_of_record_no_more_opens_nothing(
    sam: Actor, dana: Actor
) -> None:
    alice, then = confirmed(), LATER + 30 * DAY
    replace(alice, SECOND, now=LATER + timedelta(hours=1))
    way_back.begin(by=sam, subject=alice, shown=LICENSE, now=then)
    waiting = way_back.find_standing(alice, now=then).waiting
    way_back.confirm(by=dana, subject=alice, seen=waiting.mark if waiting else "", now=then)
    ((to, filled),) = letters(Template.WAY_BACK, now=then)

    assert to == FIRST
    assert way_back.works(filled["code"], now=then)
    with pytest.raises(WayBackOver):
        finish(filled["code"], later=30 * DAY + timedelta(hours=2))


def test_only_the_address_of_record_can_take_it_back_and_then_the_code_is_dead(
    sam: Actor, dana: Actor
) -> None:
    alice = confirmed()
    replace(alice, SECOND, now=LATER - DAY)
    code = code_for(alice, sam, dana)

    told = tell(now=LATER)
    at_once = [(to, filled) for to, filled in told if "link" in filled and "starts" not in filled]
    with_links = {to for to, _ in at_once}
    newest = at_once[-1][1]["link"]
    notices.take_back(token=key_in(newest), now=LATER)

    assert with_links == {FIRST}
    with pytest.raises(WayBackOver):
        finish(code)


def test_an_account_that_is_erased_meanwhile_gets_no_letter(sam: Actor, dana: Actor) -> None:
    alice = confirmed()
    begin(sam, alice)
    seen = mark_of(alice)
    accounts.erase(alice, LATER)

    with pytest.raises(NoAddressOfRecord):
        way_back.confirm(by=dana, subject=alice, seen=seen, now=LATER)


def test_one_of_the_staff_begins_so_many_in_a_day(sam: Actor, dana: Actor) -> None:
    people = [confirmed(f"person{number}") for number in range(ASKS_MAX + 1)]
    for each in people[:ASKS_MAX]:
        begin(sam, each)

    with pytest.raises(AskedTooMuch):
        begin(sam, people[-1])
    begin(dana, people[-1])


def test_what_was_declined_or_begun_anew_counts_against_who_began_it(
    sam: Actor, dana: Actor
) -> None:
    """Nobody goes on trying at one customer by taking back what they began."""
    alice, bob = confirmed(), confirmed("bob")
    for _ in range(ASKS_MAX // 2):
        begin(sam, alice)
        begin(sam, alice)
        way_back.decline(by=sam, subject=alice, seen=mark_of(alice), now=LATER)

    for whom in (alice, bob):
        with pytest.raises(AskedTooMuch):
            begin(sam, whom)
    begin(dana, bob)
    with pytest.raises(AskedTooMuch):
        way_back.begin(by=sam, subject=bob, shown=LICENSE, now=LATER + DAY - MINUTE)
    way_back.begin(by=sam, subject=bob, shown=LICENSE, now=LATER + DAY)


@pytest.mark.parametrize("is_same", [True, False])
def test_a_code_that_was_sent_works_until_a_second_one_confirms_another(
    sam: Actor, dana: Actor, *, is_same: bool
) -> None:
    """One of the staff alone cannot make a letter worthless that two have sent."""
    alice = confirmed()
    code = code_for(alice, sam, dana)
    with contextlib.suppress(NameDiffers):
        begin(sam, alice, replace_of(LICENSE, is_same_name=is_same))

    standing = way_back.find_standing(alice, now=LATER)

    assert way_back.works(code, now=LATER + MINUTE)
    assert standing.works_until is not None
    assert (standing.waiting is not None) == is_same
    if is_same:
        way_back.decline(by=dana, subject=alice, seen=mark_of(alice), now=LATER)
        assert way_back.works(code, now=LATER + MINUTE)
        begin(sam, alice)
        confirm(dana, alice)
        assert not way_back.works(code, now=LATER + MINUTE)
        code = sent()[-1][1]
    finish(code)


def test_a_code_to_get_back_in_that_was_sent_before_ends(sam: Actor, dana: Actor) -> None:
    alice = confirmed()
    token = recovery.ask(typed="alice", network="n", now=LATER)
    recovery.answer_due(now=LATER)
    ((_, filled),) = letters(Template.RECOVERY, now=LATER)

    finish(code_for(alice, sam, dana))

    with pytest.raises(recovery.RecoveryOver):
        recovery.follow(link=filled["link"].partition("?link=")[2], now=LATER)
    assert token


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"document": "library_card"}, "document"),
        ({"name": ""}, "name"),
        ({"why": "forgot"}, "why"),
    ],
)
def test_a_form_says_all_three(told: dict[str, str], field: str) -> None:
    whole = {"document": "passport", "name": documents.SAME, "why": "all_lost"}

    with pytest.raises(DocumentWrong) as wrong:
        Shown.read(**{**whole, **told})

    assert wrong.value.field == field
    assert Shown.read(**whole) == Shown(
        Document.PASSPORT, is_same_name=True, why=Lost.PASSWORD_AND_FACTOR
    )


def test_the_note_of_it_is_erased_by_the_third_day(sam: Actor) -> None:
    begin(sam, confirmed())

    assert way_back.erase_expired(now=LATER + KEPT - MINUTE) == 0
    assert way_back.erase_expired(now=LATER + KEPT) == 1
    assert not WayBack.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_who_use_one_code_at_once_one_does(sam: Actor, dana: Actor) -> None:
    code = code_for(confirmed(), sam, dana)

    def using(number: int) -> Callable[[], None]:
        return lambda: finish(code, user_id=f"alice{number}")

    outcomes = at_once([using(number) for number in range(4)])

    assert outcomes.count(None) == 1
    assert len(noted("used")) == 1
