"""P14, clause account.import.

"If you were our customer before this site was, we took over from our earlier records your name,
e-mail address, account number, balance and telephone numbers, and, where we had them, the name of
your business, the range of your age, your user ID, and your choices with what proves them. They are
sealed under a key of your own and kept as long as what else your account holds. A list that was
taken over by mistake two of us may take back while nobody in it has signed in; all that came in by
it is then erased. Of a list itself we keep for ninety days, as long as that may be done, its random
number, who stood in it, who brought it in and who wants it taken back, and when."
"""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pydantic import SecretStr
from pytest_django import Settings

from clearline.config import cli
from clearline.policy.retention import Retention
from clearline.policy.use import Actor, ActorKind
from clearline.policy.vocabulary import SubjectId
from clearline.rights.my_data.queries import list_held
from clearline.service.accounts import actions
from clearline.service.accounts.models import (
    Account,
    BroughtList,
    Holder,
    ImportedCustomer,
    ImportedLine,
)
from clearline.trust.safeguards.roles import Role
from clearline.trust.vault.models import PersonKey
from tests.browser_client import browser, hidden, signed_in
from tests.edge.site.answering import words_on
from tests.promises.provider import everything, work
from tests.service.accounts.invited import invite_all, link_of
from tests.service.accounts.people import NOW, PASSWORD, make_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("instance")]
HEAD = "name,email,account number,balance,lines,age range,choices,proof,user id,proof date\n"
TOLD = (
    "Zyx Wvutsrq,ponm@ihgf.example,OLD-77,987654321,+12075550177,18+,ads=yes,Qwer of 2 May,zyxw,"
    f"{timezone.now().date()}\n"
)


@pytest.fixture
def subject(tmp_path: Path) -> SubjectId:
    path = tmp_path / "list.csv"
    path.write_text(HEAD + TOLD, "utf-8")
    args = cli.make_parser().parse_args(["customers", "import", str(path)])
    assert cli.do_of(args)(args) == 0
    return SubjectId(Holder.objects.get().subject)


@pytest.mark.usefixtures("subject")
def test_what_was_taken_over_stands_nowhere_in_clear() -> None:
    kept = everything().casefold()

    for word in (*TOLD.strip().replace("18+", "18_or_over").split(",")[:-1], "2 May"):
        assert word.casefold() not in kept


def test_it_goes_with_the_account(subject: SubjectId) -> None:
    actions.close_account(by=Actor(ActorKind.SUBJECT, subject), subject=subject, now=timezone.now())
    closed_at = timezone.now()
    work(closed_at + timedelta(days=29))
    before = ImportedCustomer.objects.count()

    work(Retention.from_text("30 days").end(closed_at) + timedelta(days=1))

    assert before == 1
    for model in (Account, Holder, ImportedCustomer, ImportedLine):
        assert not model.objects.exists()
    assert PersonKey.objects.get().key_wrapped is None


def test_choices_hold_and_are_shown_with_where_they_came_from(
    subject: SubjectId, settings: Settings
) -> None:
    url = SecretStr("smtp://localhost:2525")
    settings.ENV = settings.ENV.model_copy(update={"mail_url": url})
    invite_all(timezone.now())
    client = browser()
    form = {"user_id": "zyxw", "password": PASSWORD, "agree": "2026-01-01"}
    client.post(f"/account/invited/{link_of(subject)}/", form)

    shown = words_on(client.get("/privacy/choices/").content)
    lines = words_on(client.get("/account/my-data/").content)

    assert "our earlier records; what proves it stands under My data" in shown
    assert "by taking over what an earlier system had" in lines


def test_who_was_taken_over_is_told_so_and_nobody_else(subject: SubjectId) -> None:
    other = make_customer()
    told = {
        each: {keeping.clause for held in list_held(each, now=NOW) for keeping in held.keepings}
        for each in (subject, other)
    }

    assert "account.import" in told[subject]
    assert "account.import" not in told[other]


def test_a_list_that_was_taken_over_by_mistake_is_taken_back_by_two_and_erased(
    subject: SubjectId,
) -> None:
    odile, omar = (signed_in(each, Role.PRIVACY_OFFICER) for each in ("odile", "omar"))
    page = f"/staff/customers/import/{BroughtList.objects.get().number}/back/"
    odile.post(page, {"act": "ask"})
    seen = hidden(omar.get("/staff/customers/import/").content.decode(), "seen")

    alone = odile.post(page, {"act": "confirm", "seen": seen})
    by_two = omar.post(page, {"act": "confirm", "seen": seen})
    work(timezone.now())

    assert (alone.status_code, by_two.status_code) == (403, 302)
    assert not Holder.objects.filter(subject=subject).exists()
    for model in (Account, ImportedCustomer, ImportedLine):
        assert not model.objects.exists()
