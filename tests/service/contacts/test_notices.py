"""CP-45: who is told of a change, where, in which words; and how they say that it was not them."""

import threading
from datetime import datetime, timedelta

import pytest
from django.db import OperationalError, connection

from clearline.kit.errors import Denied, Refusal
from clearline.policy.use import Actor, ActorKind
from clearline.policy.vocabulary import SubjectId
from clearline.service.accounts import actions as accounts
from clearline.service.accounts import emails
from clearline.service.accounts.addresses import current
from clearline.service.accounts.queries import list_members, list_owned
from clearline.service.accounts.roles import MemberRole
from clearline.service.contacts import actions, notices
from clearline.service.contacts.models import ChangeNotice, Reading
from clearline.service.contacts.notices import NoSuchNotice, take_back, tell_of_changes, works
from clearline.service.mail.models import Letter
from clearline.service.mail.template import Template
from clearline.service.teams import actions as teams
from clearline.service.teams import handing_over
from clearline.service.teams.models import MemberLabel
from clearline.trust.factors import actions as factors
from clearline.trust.ledger import queries as ledger
from clearline.trust.ledger.keys import sealer
from clearline.trust.ledger.models import Entry
from clearline.trust.safeguards import actions as safeguards
from clearline.trust.safeguards import user_ids
from clearline.trust.safeguards.queries import find_signed_in_customer
from clearline.trust.safeguards.roles import LoginKind
from clearline.trust.vault.actions import erase_person
from tests.service.accounts.invited import accept, bring_in, invite_all, link_of
from tests.service.accounts.people import NOW, PASSWORD, make_account, make_customer
from tests.service.contacts.contacts import (
    DAY,
    FIRST,
    LATER,
    SECOND,
    THIRD,
    confirmed,
    key_in,
    letters,
    replace,
    tell,
)
from tests.service.mail.letters import send
from tests.service.mail.post_office import Office
from tests.trust.factors.people import add_app
from tests.trust.ledger.log import sign_log

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_log")]
NEW_PASSWORD = "four slow herons wade"


def change_password(subject: SubjectId, *, old: str = PASSWORD, new: str = NEW_PASSWORD) -> None:
    safeguards.change_password(public_id=subject, old=old, new=new, now=LATER)


def let_in(owner: SubjectId, member: SubjectId, now: datetime) -> None:
    made = teams.invite(owner=owner, role=MemberRole.BILLING, label="Al", now=now)
    teams.accept(subject=member, code=made.code, now=now)


def changes_of(subject: SubjectId) -> list[object]:
    kinds = {"team.changed", "membership.changed"}
    entries = Entry.objects.filter(kind__in=kinds, subject=subject).order_by("number")
    return [ledger.fields_of(each, sealer())["change"] for each in entries]


def present(subject: SubjectId) -> str:
    tie = current(emails.list_ties(subject))
    assert tie is not None
    permit = actions.ask_for_contacts(subject, LATER)
    return emails.open_address(subject, tie.row, permit=permit, now=LATER)


def test_a_changed_address_is_told_to_the_old_one_and_not_to_the_new() -> None:
    """CP-45: changed from a to b, notice to a, none to b."""
    alice = confirmed()
    replace(alice, now=LATER)

    told = tell(now=LATER)

    assert [to for to, _ in told] == [FIRST]


def test_the_notice_says_neither_what_was_changed_nor_an_address(office: Office) -> None:
    alice = confirmed()
    replace(alice, now=LATER)
    tell(now=LATER)
    send(LATER)

    (letter,) = (each for each in office.letters if each["To"] == FIRST and "code" not in str(each))

    for kind in ("plain", "html"):
        body = letter.get_body((kind,))
        assert body is not None
        text = body.get_content()
        assert "this letter does not say what" in text
        assert "/account/not-me/?key=" in text
        for word in (FIRST, SECOND, "replaced", "e-mail address was"):
            assert word not in text


def test_a_changed_password_is_told() -> None:
    alice = confirmed()
    change_password(alice)

    assert [to for to, _ in tell(now=LATER)] == [FIRST]


def test_another_user_id_is_told() -> None:
    """CP-45, 47 CFR 64.2010(f)(1): the online account was changed."""
    alice = confirmed()
    user_ids.change_user_id(subject=alice, user_id="alice.q", now=LATER)

    assert [to for to, _ in tell(now=LATER)] == [FIRST]


def test_another_name_is_told_and_another_way_to_be_called_is_not() -> None:
    """A changed name is what a document at the desk is compared with."""
    alice = confirmed()
    by = Actor(ActorKind.SUBJECT, alice)
    for name, screen_name in (("Alice Quill", "Al"), ("Mallory Pike", "Al")):
        accounts.change_names(by=by, subject=alice, name=name, screen_name=screen_name, now=LATER)

    assert [to for to, _ in tell(now=LATER)] == [FIRST]


def test_an_address_that_took_the_place_of_an_unproved_one_is_told_but_takes_nothing_back() -> None:
    alice = make_customer()
    replace(alice, now=NOW + DAY)
    replace(alice, THIRD, now=NOW + 2 * DAY)

    told = tell(now=NOW + 2 * DAY)

    assert [(to, context) for to, context in told if to == SECOND] == [(SECOND, {})]


def test_who_locks_their_account_offers_it_to_nobody_any_more() -> None:
    alice, bob = confirmed(), make_customer("bob")
    account = list_owned(alice)[0].account
    made = teams.invite(owner=alice, role=MemberRole.BILLING, label="Bob", now=LATER)
    teams.accept(subject=bob, code=made.code, now=LATER)
    assert [to for to, _ in tell(now=LATER)] == [FIRST, FIRST]  # invited, and joined
    offered_at = LATER + handing_over.MEMBER_WAIT
    handing_over.offer(owner=alice, account=account, member=bob, stays=False, now=offered_at)
    waiting = teams.invite(owner=alice, role=MemberRole.BILLING, label="E", now=offered_at)
    *_, (_, told) = tell(now=offered_at)

    take_back(token=key_in(told["link"]), now=offered_at)

    with pytest.raises(handing_over.NoSuchOffer):
        handing_over.accept(subject=bob, account=account, now=offered_at + handing_over.OFFER_WAIT)
    with pytest.raises(teams.NoSuchInvitation):
        teams.accept(subject=make_customer("eve"), code=waiting.code, now=offered_at)
    assert list_owned(alice)[0].account == account


def test_who_takes_back_ends_who_joined_since_the_day_before_and_nobody_else() -> None:
    alice = confirmed()
    account = list_owned(alice)[0].account
    bob, mallory, eve = (make_customer(each) for each in ("bob", "mallory", "eve"))
    for member, joined_at in ((bob, LATER - 2 * DAY), (mallory, LATER - DAY), (eve, LATER + DAY)):
        let_in(alice, member, joined_at)
    change_password(alice)
    links = [filled["link"] for _, filled in tell(now=LATER + DAY)]

    take_back(token=key_in(links[-1]), now=LATER + 2 * DAY)

    assert {each.subject for each in list_members(account)} == {alice, bob}
    assert set(MemberLabel.objects.values_list("member", flat=True)) == {bob}
    told = {who: changes_of(who) for who in (alice, bob, mallory, eve)}
    assert [each[-1] for each in told.values()] == ["ended_since", "joined", "ended", "ended"]
    by_link = Entry.objects.filter(subject=mallory, kind="membership.changed").latest("number")
    assert ledger.fields_of(by_link, sealer())["by"] == "job:taken_back"


def test_what_changes_in_a_team_is_told_to_its_owner_and_to_the_member_without_a_link() -> None:
    alice, bob = confirmed(), confirmed("bob")
    let_in(alice, bob, LATER)
    tell(now=LATER)
    Letter.objects.all().delete()

    teams.set_role(owner=alice, member=bob, role=MemberRole.READ_ONLY, now=LATER)
    owner = tell(now=LATER)
    member = letters(Template.MEMBERSHIP_NOTICE, now=LATER)

    assert [(to, "link" in filled) for to, filled in owner] == [(FIRST, True)]
    assert member == [(FIRST, {})]  # who was made here has the same address


def test_of_a_new_account_nothing_is_told() -> None:
    """CP-45, 47 CFR 64.2010(f)(1): not at service start."""
    make_account()

    assert tell(now=NOW) == []


@pytest.mark.usefixtures("office")
def test_that_a_customer_of_before_comes_online_is_told() -> None:
    """CP-45: an online account is created, and it is no service start."""
    (zoe,) = bring_in("zoe")
    invite_all()

    accept(link_of(zoe), now=NOW + DAY)

    assert [to for to, _ in tell(now=NOW + DAY)] == ["zoe@old.example"]


def test_confirming_an_address_is_no_change_to_tell_of() -> None:
    confirmed()

    assert tell(now=NOW) == []


def test_each_change_is_told_once_however_often_the_worker_looks() -> None:
    alice = confirmed()
    change_password(alice)
    tell(now=LATER)

    again = tell_of_changes(now=LATER)

    assert (again, len(letters(Template.CHANGE_NOTICE, now=LATER))) == (0, 1)


def test_until_the_new_address_is_of_record_the_old_one_hears_of_all_changes() -> None:
    alice = confirmed()
    replace(alice, now=LATER)
    replace(alice, THIRD, now=LATER + 10 * DAY)
    safeguards.change_password(
        public_id=alice, old=PASSWORD, new=NEW_PASSWORD, now=LATER + 39 * DAY
    )
    first = [to for to, _ in tell(now=LATER + 39 * DAY)]
    safeguards.change_password(
        public_id=alice, old=NEW_PASSWORD, new=PASSWORD, now=LATER + 40 * DAY
    )

    told = [to for to, _ in tell(now=LATER + 40 * DAY)]

    # The changes of the address were more than three days ago. The others hear of it beside.
    assert first == [FIRST, SECOND, THIRD]
    assert told[len(first) :] == [THIRD, FIRST]  # where the link of the day before works


def test_an_address_that_nobody_proved_gets_the_notice_without_the_power_to_lock() -> None:
    alice = make_customer()
    change_password(alice)

    assert tell(now=LATER) == [(FIRST, {})]
    assert not ChangeNotice.objects.exists()


def test_an_unproved_address_of_a_young_account_is_told_nothing_of_the_new_one() -> None:
    alice = make_customer()
    replace(alice, now=NOW)

    assert tell(now=NOW) == []


def test_who_was_erased_meanwhile_is_told_nothing_and_holds_up_nobody() -> None:
    alice, bob = confirmed("alice"), confirmed("bob")
    change_password(alice)
    change_password(bob)
    erase_person(alice, now=LATER)
    sign_log(now=LATER)

    told = tell_of_changes(now=LATER)

    assert told == 1
    assert Letter.objects.filter(template=Template.CHANGE_NOTICE).get().subject == bob


def test_what_was_three_days_ago_is_told_no_more() -> None:
    change_password(confirmed())

    assert tell(now=LATER + notices.TOLD_WITHIN + timedelta(seconds=1)) == []
    assert Reading.objects.get().position >= 0


def test_one_click_of_the_old_address_brings_it_back_and_shuts_everybody_out() -> None:
    opened = make_account()
    alice = SubjectId(opened.signed_in.public_id)
    actions.send_code(subject=alice, now=NOW)
    actions.type_code(subject=alice, code=letters(Template.ADDRESS_CODE)[-1][1]["code"], now=NOW)
    replace(alice, now=LATER)
    ((_, filled),) = tell(now=LATER)
    key = key_in(filled["link"])
    mark = opened.signed_in.password_mark
    assert find_signed_in_customer(alice, mark) == alice

    take_back(token=key, now=LATER + 29 * DAY)

    assert present(alice) == FIRST
    assert find_signed_in_customer(alice, mark) is None
    with pytest.raises(Denied):
        safeguards.sign_in(
            kind=LoginKind.CUSTOMER, user_id="alice", password=PASSWORD, network="n", now=LATER
        )
    entry = Entry.objects.get(kind="contact.taken_back")
    assert ledger.fields_of(entry, sealer()) == {"fields": ["email", "password"]}
    assert not works(key, now=LATER)
    with pytest.raises(NoSuchNotice):
        take_back(token=key, now=LATER)


def test_a_link_of_a_changed_password_locks_and_leaves_the_address() -> None:
    alice = confirmed()
    change_password(alice)
    ((_, filled),) = tell(now=LATER)

    take_back(token=key_in(filled["link"]), now=LATER)

    assert present(alice) == FIRST
    entry = Entry.objects.get(kind="contact.taken_back")
    assert ledger.fields_of(entry, sealer()) == {"fields": ["password"]}


def test_a_second_factor_that_came_or_went_is_told() -> None:
    """ID-11: on events of authenticators the person hears at the address of record."""
    alice = confirmed()
    add_app(alice, now=LATER)
    added = len(tell(now=LATER))

    factors.remove_app(kind=LoginKind.CUSTOMER, public_id=alice, now=LATER)

    assert (added, [to for to, _ in tell(now=LATER)]) == (1, [FIRST, FIRST])


@pytest.mark.parametrize("key", ["", "x", "x" * 5_000, "ключ"])
def test_a_link_that_is_none_does_nothing(key: str) -> None:
    assert not works(key, now=NOW)
    with pytest.raises(NoSuchNotice):
        take_back(token=key, now=NOW)


def test_a_link_works_for_thirty_days_and_what_stands_for_it_is_erased() -> None:
    alice = confirmed()
    replace(alice, now=LATER)
    ((_, filled),) = tell(now=LATER)
    key, end = key_in(filled["link"]), LATER + 30 * DAY

    with pytest.raises(NoSuchNotice):
        take_back(token=key, now=end)

    assert notices.erase_expired(now=end - DAY) == 0
    assert notices.erase_expired(now=end) == 1


def test_a_replaced_address_is_kept_while_the_link_of_a_letter_that_went_there_works() -> None:
    """A letter of the twentieth day has its thirty days too; then the address goes."""
    alice = confirmed()
    replace(alice, now=LATER)
    safeguards.change_password(
        public_id=alice, old=PASSWORD, new=NEW_PASSWORD, now=LATER + 20 * DAY
    )
    to_first = [filled for to, filled in tell(now=LATER + 20 * DAY) if to == FIRST]
    key = key_in(to_first[-1]["link"])

    actions.erase_expired(now=LATER + 50 * DAY - timedelta(seconds=1))
    is_working = works(key, now=LATER + 50 * DAY - timedelta(seconds=1))
    actions.erase_expired(now=LATER + 50 * DAY)

    assert is_working
    assert len(emails.list_ties(alice)) == 1


def test_a_link_whose_address_is_gone_does_nothing() -> None:
    alice = confirmed()
    change_password(alice)
    ((_, filled),) = tell(now=LATER)
    ChangeNotice.objects.update(row=0)  # as when the address was erased meanwhile

    with pytest.raises(NoSuchNotice):
        take_back(token=key_in(filled["link"]), now=LATER)

    assert find_signed_in_customer(alice, "") is None
    assert ChangeNotice.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_fifty_who_follow_one_link_at_once_one_takes_back() -> None:
    alice = confirmed()
    replace(alice, now=LATER)
    ((_, filled),) = tell(now=LATER)
    key, won = key_in(filled["link"]), []
    start = threading.Barrier(50)

    def follow() -> None:
        try:
            start.wait()
            take_back(token=key, now=LATER)
            won.append(1)
        except (Refusal, OperationalError):
            pass  # SQLite may say that it is busy: then the person presses again
        finally:
            connection.close()

    threads = [threading.Thread(target=follow) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert won == [1]
    assert Entry.objects.filter(kind="contact.taken_back").count() == 1
    assert present(alice) == FIRST


@pytest.mark.django_db(transaction=True)
def test_two_workers_tell_of_one_change_once() -> None:
    change_password(confirmed())
    sign_log(now=LATER)
    start = threading.Barrier(8)

    def look() -> None:
        try:
            start.wait()
            tell_of_changes(now=LATER)
        except (Refusal, OperationalError):
            pass  # as above
        finally:
            connection.close()

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tell_of_changes(now=LATER)

    assert len(letters(Template.CHANGE_NOTICE, now=LATER)) == 1
