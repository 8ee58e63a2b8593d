"""A whole list is compared with who is here: each time with an entry, and not all day."""

import io
from datetime import timedelta

import pytest

from clearline.policy.use import Actor, ActorKind
from clearline.service.accounts import whole_list
from clearline.service.accounts.customer_file import CustomerFile, Encoding
from clearline.service.accounts.models import Account, ListTaken
from clearline.service.accounts.whole_list import (
    LISTS_MAX,
    LISTS_WINDOW,
    Told,
    TooManyLists,
    bring_list,
    try_list,
)
from clearline.trust.ledger import queries as ledger
from clearline.trust.ledger.keys import sealer
from clearline.trust.ledger.models import Entry
from tests.service.accounts.invited import bring_in
from tests.service.accounts.people import NOW

pytestmark = pytest.mark.django_db
ODILE = Actor(ActorKind.STAFF, "0" * 32)
OPERATOR = Actor(ActorKind.JOB, "operator")
LIST = "name,email,account\nzoe,zoe@old.example,N-zoe\nYan,yan@m.example,2\nX,x,\n"
SECOND = timedelta(seconds=1)


def listed() -> CustomerFile:
    return CustomerFile(io.BytesIO(LIST.encode()), encoding=Encoding.UTF_8, mapping={})


def try_it(by: Actor = ODILE, later: timedelta = timedelta()) -> Told:
    return try_list(listed(), by=by, tell=list, clock=lambda: NOW + later)


def noted() -> list[dict[str, object]]:
    entries = Entry.objects.filter(kind="customers.compared").order_by("number")
    assert all(each.subject is None for each in entries)
    return [dict(ledger.fields_of(each, sealer())) for each in entries]


def test_a_trial_and_an_import_are_each_noted_with_who_and_how_many() -> None:
    bring_in("zoe")

    tried = try_it()
    brought = bring_list(listed(), by=OPERATOR, tell=list, clock=lambda: NOW)

    assert tried == brought == Told(taken=1, here_already=1, wrong=1)
    assert Account.objects.count() == 2
    told = {"count": 3, "here_already": 1}
    assert noted() == [
        {**told, "what": "trial", "by": f"staff:{ODILE.name}"},
        {**told, "what": "import", "by": "job:operator"},
    ]


def test_one_of_the_staff_sends_so_many_lists_in_an_hour_and_the_operator_as_many_as_it_takes() -> (
    None
):
    for _ in range(LISTS_MAX):
        try_it()
        try_it(OPERATOR)

    with pytest.raises(TooManyLists, match="20 lists within an hour"):
        try_it()

    assert ListTaken.objects.count() == LISTS_MAX
    assert len(noted()) == 2 * LISTS_MAX
    try_it(Actor(ActorKind.STAFF, "1" * 32))
    try_it(later=LISTS_WINDOW)


def test_what_was_compared_before_it_broke_off_is_noted() -> None:
    def tell(_: object) -> None:
        message = "The disk is full."
        raise OSError(message)

    with pytest.raises(OSError, match="full"):
        bring_list(listed(), by=ODILE, tell=tell, clock=lambda: NOW)

    assert [each["count"] for each in noted()] == [3]


def test_what_counts_no_more_is_erased() -> None:
    try_it()

    assert whole_list.erase_expired(now=NOW + LISTS_WINDOW - SECOND) == 0
    assert whole_list.erase_expired(now=NOW + LISTS_WINDOW) == 1
