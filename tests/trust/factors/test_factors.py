"""Second factors of staff and of customers: added, used, taken away; each code works once."""

from datetime import timedelta

import pytest
from django.db import connection

from clearline.policy.vocabulary import SubjectId
from clearline.trust.factors import actions, queries
from clearline.trust.factors.actions import (
    PASSKEYS_MAX,
    AppThere,
    CodeWrong,
    FactorRefused,
    LastFactor,
    NameWrong,
    NoFactorYet,
    NoSuchFactor,
    PasskeyThere,
    PasskeyWrong,
    TooManyPasskeys,
)
from clearline.trust.factors.models import Passkey, RecoveryCode, Totp
from clearline.trust.factors.proof import Code, FactorKind, PasskeyAnswer, Password, Proof
from clearline.trust.safeguards import actions as safeguards
from clearline.trust.safeguards import queries as logins
from clearline.trust.safeguards.actions import (
    NoSuchLogin,
    PasswordGiven,
    SignedIn,
    SignInRefused,
    TooManyTries,
)
from clearline.trust.safeguards.attempts import (
    TRIES_MAX,
)
from clearline.trust.safeguards.models import SignInAttempt
from clearline.trust.safeguards.passwords import PasswordRefused
from clearline.trust.safeguards.roles import LoginKind
from clearline.trust.safeguards.second_factor import CODES_A_DAY_MAX, PasswordShortAlone
from tests.trust.factors.people import (
    CHALLENGE,
    CUSTOMER,
    ELSEWHERE,
    HALF_MINUTE,
    HOME,
    NOW,
    PASSWORD,
    STAFF,
    add_app,
    add_passkey,
    code_of,
    give_password,
    make_person,
    new_key,
)
from tests.trust.ledger.log import count_kinds

SHORT = "seven hens"
LONG = "stones make rivers loud"
each_kind = pytest.mark.parametrize("kind", [STAFF, CUSTOMER])


def finish(
    proof: Proof,
    given: PasswordGiven,
    kind: LoginKind = CUSTOMER,
    *,
    network: str = HOME,
    at: timedelta = timedelta(),
) -> SignedIn:
    return actions.finish_sign_in(
        kind=kind, given=given, proof=proof, network=network, now=NOW + at
    )


@pytest.mark.django_db
@each_kind
def test_with_a_factor_the_password_alone_signs_nobody_in(kind: LoginKind) -> None:
    person = make_person(kind)
    secret = add_app(person, kind)

    given = give_password(kind)
    signed_in = finish(Code(code_of(secret)), given, kind)

    assert given.public_id == signed_in.public_id == person
    assert signed_in.password_mark == given.password_mark
    word = "customer" if kind is CUSTOMER else "staff"
    counts = count_kinds()
    assert counts[f"{word}.factor_added"] == counts[f"{word}.proved"] == 1
    assert counts[f"{word}.signed_in"] == 1


@pytest.mark.django_db
@each_kind
def test_a_passkey_signs_in_and_its_count_is_kept(kind: LoginKind) -> None:
    person = make_person(kind)
    key = add_passkey(person, kind)
    given = give_password(kind)

    assert finish(PasskeyAnswer(key.sign(CHALLENGE), CHALLENGE), given, kind)

    row = Passkey.objects.get()
    assert (row.sign_count, row.used_at) == (1, NOW)
    asked = actions.ask_for_passkey(kind=kind, public_id=person, challenge=CHALLENGE, now=NOW)
    assert f'"{actions.site_here().host}"' in asked


@pytest.mark.django_db
def test_a_code_of_the_app_is_never_taken_twice_nor_one_older_than_it() -> None:
    secret = add_app(make_person(CUSTOMER))
    given = give_password()
    assert finish(Code(code_of(secret)), given)

    for code in (code_of(secret), code_of(secret, NOW - HALF_MINUTE)):
        with pytest.raises(FactorRefused, match="used before"):
            finish(Code(code), given, at=timedelta(seconds=1))

    assert finish(Code(code_of(secret, NOW + HALF_MINUTE)), given, at=HALF_MINUTE)


@pytest.mark.django_db
def test_the_code_that_added_the_app_is_used_up() -> None:
    secret = add_app(make_person(CUSTOMER), now=NOW + HALF_MINUTE)

    with pytest.raises(FactorRefused):
        finish(Code(code_of(secret)), give_password())


@pytest.mark.django_db
def test_the_answer_of_a_passkey_is_not_taken_twice_and_a_count_never_goes_back() -> None:
    key = add_passkey(make_person(CUSTOMER))
    given = give_password()
    answer = PasskeyAnswer(key.sign(CHALLENGE), CHALLENGE)
    assert finish(answer, given)

    with pytest.raises(FactorRefused):
        finish(answer, given)
    key.count -= 1
    with pytest.raises(FactorRefused):
        finish(PasskeyAnswer(key.sign(CHALLENGE), CHALLENGE), given)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "proof",
    [
        Code("000000"),
        Code(""),
        Code("abcde-fghjk"),
        PasskeyAnswer("{}", CHALLENGE),
        Password(PASSWORD),
    ],
)
def test_what_proves_nothing_is_refused_and_written_down(proof: Proof) -> None:
    person = make_person(CUSTOMER)
    add_passkey(person)
    add_app(person)

    with pytest.raises(FactorRefused):
        finish(proof, give_password())

    assert count_kinds()["customer.factor_refused"] == 1


@pytest.mark.django_db
def test_a_passkey_without_a_challenge_of_another_or_unknown_proves_nothing() -> None:
    key = add_passkey(make_person(CUSTOMER))
    given = give_password()

    for answer in (
        PasskeyAnswer(key.sign(CHALLENGE), None),
        PasskeyAnswer(key.sign(CHALLENGE), b"d" * 32),
        PasskeyAnswer(new_key().sign(CHALLENGE), CHALLENGE),
    ):
        with pytest.raises(FactorRefused):
            finish(answer, given)


@pytest.mark.django_db
def test_a_code_where_there_is_no_app_proves_nothing() -> None:
    add_passkey(make_person(CUSTOMER))

    with pytest.raises(FactorRefused):
        finish(Code("123456"), give_password())


@pytest.mark.django_db
def test_each_of_ten_recovery_codes_works_once_and_new_ones_end_the_old() -> None:
    person = make_person(CUSTOMER)
    add_app(person)
    old = actions.make_recovery_codes(kind=CUSTOMER, public_id=person, now=NOW)
    given = give_password()

    assert finish(Code(old[0].upper().replace("-", " ")), given)
    with pytest.raises(FactorRefused):
        finish(Code(old[0]), given)
    assert queries.factors_of(person).codes_left == len(old) - 1
    new = actions.make_recovery_codes(kind=CUSTOMER, public_id=person, now=NOW)
    with pytest.raises(FactorRefused):
        finish(Code(old[1]), given)

    assert finish(Code(new[1]), given)
    assert not any(code.encode() in bytes(row.code_hash) for row in codes() for code in new)


def codes() -> list[RecoveryCode]:
    return list(RecoveryCode.objects.all())


@pytest.mark.django_db
def test_recovery_codes_stand_in_for_something() -> None:
    person = make_person(CUSTOMER)

    with pytest.raises(NoFactorYet, match="Add one of these first"):
        actions.make_recovery_codes(kind=CUSTOMER, public_id=person, now=NOW)


@pytest.mark.django_db
def test_an_app_is_added_only_with_a_code_that_it_shows_and_only_one() -> None:
    person = make_person(CUSTOMER)
    with pytest.raises(CodeWrong, match="Wait for the next"):
        actions.add_app(kind=CUSTOMER, public_id=person, secret="A" * 32, code="1", now=NOW)
    add_app(person)

    with pytest.raises(AppThere, match="Take it away first"):
        add_app(person)

    assert Totp.objects.count() == 1


@pytest.mark.django_db
def test_a_passkey_has_a_name_and_is_added_once_by_a_fresh_answer() -> None:
    person = make_person(CUSTOMER)
    for name in ("", "  ", "x" * 61, "a\x00b"):
        with pytest.raises(NameWrong):
            add_passkey(person, name=name)
    key = new_key()
    for answer in (PasskeyAnswer(key.make(CHALLENGE), None), PasskeyAnswer("{}", CHALLENGE)):
        with pytest.raises(PasskeyWrong, match="Nothing was kept"):
            actions.add_passkey(kind=CUSTOMER, public_id=person, answer=answer, name="Key", now=NOW)
    add_passkey(person, key=key, name="  My   phone ")
    with pytest.raises(PasskeyThere):
        add_passkey(person, key=key)
    asked = actions.ask_for_new_passkey(
        kind=CUSTOMER, public_id=person, challenge=CHALLENGE, now=NOW
    )

    shown = actions.show_factors(kind=CUSTOMER, public_id=person, now=NOW)
    assert [each.name for each in shown.passkeys] == ["My phone"]
    assert shown.app_added_at is None
    assert "excludeCredentials" in asked


@pytest.mark.django_db
def test_ten_passkeys_are_enough() -> None:
    person = make_person(CUSTOMER)
    for _ in range(PASSKEYS_MAX):
        add_passkey(person)

    with pytest.raises(TooManyPasskeys):
        add_passkey(person)


@pytest.mark.django_db
def test_who_has_nothing_sees_nothing() -> None:
    person = make_person(CUSTOMER)

    shown = actions.show_factors(kind=CUSTOMER, public_id=person, now=NOW)

    assert shown == actions.ShownFactors(None, (), 0)
    assert not queries.factors_of(person).is_any
    asked = actions.ask_for_passkey(kind=CUSTOMER, public_id=person, challenge=CHALLENGE, now=NOW)
    assert asked == ""


def take_all_away(kind: LoginKind, person: str) -> None:
    for each in actions.show_factors(kind=kind, public_id=person, now=NOW).passkeys:
        actions.remove_passkey(kind=kind, public_id=person, number=each.number, now=NOW)
    actions.remove_app(kind=kind, public_id=person, now=NOW)


@pytest.mark.django_db
def test_a_customer_may_take_all_away_and_signs_in_by_the_password_again() -> None:
    person = make_person(CUSTOMER)
    add_passkey(person)
    add_app(person)
    actions.make_recovery_codes(kind=CUSTOMER, public_id=person, now=NOW)

    take_all_away(CUSTOMER, person)

    assert not RecoveryCode.objects.exists()
    assert count_kinds()["customer.factor_removed"] == 2
    signed_in = safeguards.sign_in(
        kind=CUSTOMER, user_id="dana", password=PASSWORD, network=HOME, now=NOW
    )
    assert isinstance(signed_in, SignedIn)


@pytest.mark.django_db
def test_staff_keep_one() -> None:
    person = make_person(STAFF)
    add_passkey(person, STAFF)
    add_app(person, STAFF)

    with pytest.raises(LastFactor, match="staff keep one"):
        take_all_away(STAFF, person)

    assert queries.factors_of(person) == queries.Factors(True, 0, 0)  # noqa: FBT003  # has_app
    member = logins.find_staff(person)
    assert member is not None
    assert member.has_second_factor
    assert count_kinds()["staff.factor_removed"] == 1


@pytest.mark.django_db
def test_what_is_not_there_cannot_be_taken_away() -> None:
    person = make_person(CUSTOMER)

    with pytest.raises(NoSuchFactor):
        actions.remove_app(kind=CUSTOMER, public_id=person, now=NOW)
    with pytest.raises(NoSuchFactor):
        actions.remove_passkey(kind=CUSTOMER, public_id=person, number=1, now=NOW)
    with pytest.raises(NoSuchLogin):
        actions.remove_app(kind=CUSTOMER, public_id="0" * 32, now=NOW)


def change_password(person: str, new: str, old: str = PASSWORD) -> None:
    safeguards.change_password(public_id=person, old=old, new=new, now=NOW)


@pytest.mark.django_db
def test_beside_a_factor_eight_characters_are_enough_and_alone_they_are_not() -> None:
    person = make_person(CUSTOMER)
    with pytest.raises(PasswordRefused, match="15"):
        change_password(person, SHORT)
    add_app(person)
    with pytest.raises(PasswordRefused, match="8"):
        change_password(person, "7 hens!")
    change_password(person, SHORT)

    with pytest.raises(PasswordShortAlone, match="longer one first"):
        actions.remove_app(kind=CUSTOMER, public_id=person, now=NOW)
    change_password(person, LONG, SHORT)
    actions.remove_app(kind=CUSTOMER, public_id=person, now=NOW)

    assert not queries.factors_of(person).is_any
    assert logins.length_min_of(person) == 15


@pytest.mark.django_db
def test_a_new_password_needs_eight_characters_where_there_is_a_factor() -> None:
    person = make_person(CUSTOMER)
    add_app(person)

    assert logins.length_min_of(person) == 8


@pytest.mark.django_db
def test_a_password_that_changed_meanwhile_ends_what_had_begun() -> None:
    person = make_person(CUSTOMER)
    secret = add_app(person)
    given = give_password()

    change_password(person, LONG)

    with pytest.raises(FactorRefused):
        finish(Code(code_of(secret)), given)


@pytest.mark.django_db
def test_who_guesses_at_the_factor_has_to_wait_and_the_owner_elsewhere_has_not() -> None:
    secret = add_app(make_person(CUSTOMER))
    given = give_password(network=ELSEWHERE)
    for _ in range(TRIES_MAX):
        with pytest.raises(FactorRefused):
            finish(Code("000000"), given, network=ELSEWHERE)

    with pytest.raises(TooManyTries):
        finish(Code(code_of(secret)), given, network=ELSEWHERE)

    assert finish(Code(code_of(secret)), give_password())


@pytest.mark.django_db
def test_the_right_password_without_the_factor_counts_as_a_try_until_the_factor_came() -> None:
    secret = add_app(make_person(CUSTOMER))
    for _ in range(TRIES_MAX):
        given = give_password()
    with pytest.raises(TooManyTries):
        give_password()

    finish(Code(code_of(secret)), given)

    assert give_password()
    assert SignInAttempt.objects.filter(was_right=True).count() == 2


@pytest.mark.django_db
def test_a_flood_of_codes_shuts_codes_but_no_passkey_and_not_the_owners_network() -> None:
    person = make_person(CUSTOMER)
    secret, key = add_app(person), add_passkey(person)
    finish(Code(code_of(secret)), give_password())
    given, late = give_password(), timedelta(hours=2)
    for number in range(CODES_A_DAY_MAX):
        at = timedelta(minutes=1 + number)
        with pytest.raises(FactorRefused):
            finish(Code("000000"), given, network=f"192.0.2.{number}", at=at)

    with pytest.raises(TooManyTries, match="passkey or a recovery code"):
        finish(Code(code_of(secret, NOW + late)), given, network=ELSEWHERE, at=late)
    answer = PasskeyAnswer(key.sign(CHALLENGE), CHALLENGE)
    assert finish(answer, given, network=ELSEWHERE, at=late)
    assert finish(Code(code_of(secret, NOW + late)), given, network=HOME, at=late)


@pytest.mark.django_db
@each_kind
def test_who_is_signed_in_proves_again_by_what_they_have(kind: LoginKind) -> None:
    person = make_person(kind)

    def prove(proof: Proof) -> FactorKind:
        return actions.prove_again(kind=kind, public_id=person, proof=proof, now=NOW)

    assert prove(Password(PASSWORD)) is FactorKind.PASSWORD
    secret, key = add_app(person, kind), add_passkey(person, kind)
    with pytest.raises(FactorRefused):
        prove(Password(PASSWORD))
    assert prove(Code(code_of(secret))) is FactorKind.APP
    assert prove(PasskeyAnswer(key.sign(CHALLENGE), CHALLENGE)) is FactorKind.PASSKEY
    assert not SignInAttempt.objects.exists()


@pytest.mark.django_db
def test_proving_again_is_tried_five_times() -> None:
    person = make_person(CUSTOMER)
    for _ in range(TRIES_MAX):
        with pytest.raises(FactorRefused):
            actions.prove_again(kind=CUSTOMER, public_id=person, proof=Password("wrong"), now=NOW)

    with pytest.raises(TooManyTries):
        actions.prove_again(kind=CUSTOMER, public_id=person, proof=Password(PASSWORD), now=NOW)


@pytest.mark.django_db
def test_the_tables_tell_neither_secret_nor_name() -> None:
    person = make_person(CUSTOMER)
    secret = add_app(person)
    key = add_passkey(person, name="Dana's phone")

    rows = ""
    for table in ("totp", "passkey", "recoverycode"):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM factors_{table}")
            rows += str(cursor.fetchall())

    assert secret not in rows
    assert "Dana" not in rows
    assert repr(key.number)[2:10] not in rows
    assert "Code(" not in repr(Code(secret))


@pytest.mark.django_db
def test_a_login_that_is_erased_takes_its_factors_along() -> None:
    person = make_person(CUSTOMER)
    add_app(person)
    add_passkey(person)
    actions.make_recovery_codes(kind=CUSTOMER, public_id=person, now=NOW)

    safeguards.remove_customer(SubjectId(person))

    for rows in (Totp.objects, Passkey.objects, RecoveryCode.objects, SignInAttempt.objects):
        assert not rows.exists()


@pytest.mark.django_db
def test_a_way_in_that_was_taken_back_finishes_nothing() -> None:
    given = PasswordGiven("0" * 32, "")

    with pytest.raises(NoSuchLogin):
        finish(Code("123456"), given)
    with pytest.raises(SignInRefused):
        safeguards.sign_in(kind=CUSTOMER, user_id="dana", password=PASSWORD, network=HOME, now=NOW)


@pytest.mark.django_db
def test_who_holds_a_session_cannot_guess_codes_all_day() -> None:
    person = make_person(CUSTOMER)
    secret = add_app(person)

    def prove(code: str, at: timedelta) -> None:
        now = NOW + at
        actions.prove_again(kind=CUSTOMER, public_id=person, proof=Code(code), now=now)

    for number in range(CODES_A_DAY_MAX):
        with pytest.raises(FactorRefused):
            prove("000000", timedelta(minutes=4 * number))

    late = timedelta(minutes=4 * CODES_A_DAY_MAX)
    with pytest.raises(TooManyTries, match="passkey or a recovery code"):
        prove(code_of(secret, NOW + late), late)
    prove(code_of(secret, NOW + timedelta(days=2)), timedelta(days=2))
