"""What the account holds, correcting it, and closing it."""

from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router

from clearline.edge.api.bearer import AppToken, actor_of, bearer_of, proved_bearer
from clearline.edge.api.described import ERRORS
from clearline.edge.api.editions import refuse_other
from clearline.edge.api.shapes import (
    AccountState,
    Agreed,
    Agreement,
    Names,
    NewPassword,
    NewUserId,
    OwnAccount,
    Problem,
    Profile,
    Receipt,
)
from clearline.policy.vocabulary import SubjectId
from clearline.rights.agreement.asked import agreed_again_to
from clearline.service.accounts import actions as accounts
from clearline.service.accounts import closing_proof, queries
from clearline.service.contacts import passwords
from clearline.trust.ledger import queries as ledger
from clearline.trust.safeguards import user_ids

router: Final = Router(auth=AppToken())


@router.get("/profile", response={200: Profile, ERRORS: Problem}, summary="Show the profile")
def profile(request: HttpRequest) -> Profile:
    """Show name, screen name, e-mail address, age range and account number; noted in the ledger."""
    return show(bearer_of(request).subject)


@router.put("/profile", response={200: Profile, ERRORS: Problem}, summary="Correct the names")
def change_profile(request: HttpRequest, told: Names) -> Profile:
    """Correct the names and show the profile.

    It asks for a proof of the last 15 minutes (`prove`). Raises ProveAgain, FieldWrong.
    """
    subject = proved_bearer(request).subject
    accounts.change_names(
        by=actor_of(subject),
        subject=subject,
        name=told.name,
        screen_name=told.screen_name,
        now=timezone.now(),
    )
    return show(subject)


def show(subject: SubjectId) -> Profile:
    held = accounts.show_profile(by=actor_of(subject), subject=subject, now=timezone.now())
    return Profile(
        name=held.name,
        screen_name=held.screen_name,
        email=held.email,
        is_email_confirmed=held.is_email_confirmed,
        age_range=held.age,
        account_number=held.account_number,
        accounts=[
            OwnAccount(
                account=each.account,
                number=each.number,
                kind=each.kind,
                business_name=each.business_name,
            )
            for each in held.accounts
        ],
    )


@router.put(
    "/password", response={200: AccountState, ERRORS: Problem}, summary="Change the password"
)
def password(request: HttpRequest, told: NewPassword) -> AccountState:
    """Replace the password; every other sign-in and session ends, this one goes on.

    Invitations into the account end too, and so does an offer of it.

    Raises SignInRefused, PasswordRefused.
    """
    bearer = bearer_of(request)
    passwords.change_by_app(bearer=bearer, old=told.old, new=told.new, now=timezone.now())
    return state_of(bearer.subject)


@router.put(
    "/user-id", response={200: AccountState, ERRORS: Problem}, summary="Choose another user ID"
)
def user_id(request: HttpRequest, told: NewUserId) -> AccountState:
    """Sign in by another user ID from now on; the one before is nobody else's for ninety days.

    Sign-ins go on. It asks for a proof of the last 15 minutes (`prove`).
    """
    subject = proved_bearer(request).subject
    user_ids.change_user_id(subject=subject, user_id=told.user_id, now=timezone.now())
    return state_of(subject)


@router.get(
    "/account",
    response={200: AccountState, ERRORS: Problem},
    summary="Show whether the account is open",
)
def account(request: HttpRequest) -> AccountState:
    """Say whether the account is open; a closed one is erased on the day `erased_on`."""
    return state_of(bearer_of(request).subject)


@router.post(
    "/account/close", response={200: AccountState, ERRORS: Problem}, summary="Close the account"
)
def close(request: HttpRequest) -> AccountState:
    """Close the account; until it is erased that may be taken back.

    Show the person the address of `erasure_proof` on the site: there the proof of the erasure will
    stand, when nothing here leads to them any more.
    It asks for a proof of the last 15 minutes (`prove`). Raises ProveAgain, AlreadyClosed.
    """
    subject = proved_bearer(request).subject
    accounts.close_account(by=actor_of(subject), subject=subject, now=timezone.now())
    return state_of(subject)


@router.post(
    "/account/reopen",
    response={200: AccountState, ERRORS: Problem},
    summary="Take the closing back",
)
def reopen(request: HttpRequest) -> AccountState:
    """Open a closed account again, until the day on which it is erased. Raises AlreadyOpen."""
    subject = bearer_of(request).subject
    accounts.reopen_account(by=actor_of(subject), subject=subject, now=timezone.now())
    return state_of(subject)


def state_of(subject: SubjectId) -> AccountState:
    closed_at = queries.find_closed_at(subject)
    return AccountState(
        is_open=closed_at is None,
        closed_at=closed_at,
        erased_on=queries.erased_on(closed_at, now=timezone.now()),
        erasure_proof=closing_proof.find_path(subject) or None,
    )


@router.get(
    "/agreement", response={200: Agreed, ERRORS: Problem}, summary="Show which policy was agreed to"
)
def agreement(request: HttpRequest) -> Agreed:
    """Say which edition the person agreed to last, and whether to ask them about a later one.

    What changed between the two stands at `/privacy/editions/{agreed to}/{in force}/` of the site.
    """
    return agreed_by(bearer_of(request).subject)


@router.post(
    "/agreement", response={200: Agreed, ERRORS: Problem}, summary="Agree to the edition in force"
)
def agree(request: HttpRequest, told: Agreement) -> Agreed:
    """Agree to the edition in force, once the person was shown what changed (`agreement_needed`).

    Raises OtherEdition.
    """
    subject, now = bearer_of(request).subject, timezone.now()
    refuse_other(told.edition, now=now)
    accounts.agree(subject=subject, agreed=agreed_again_to(told.edition), now=now)
    return agreed_by(subject)


def agreed_by(subject: SubjectId) -> Agreed:
    found = queries.find_agreed(subject)
    if found is None:
        raise Http404
    asks_again = queries.asks_to_agree(subject, now=timezone.now())
    return Agreed(edition=found.edition, at=found.at, proof=found.proof, asks_again=asks_again)


@router.get(
    "/agreement/receipt",
    response={200: Receipt, ERRORS: Problem},
    summary="Get the receipt of the agreement",
)
def receipt(request: HttpRequest) -> HttpResponse:
    """Get what proves the last agreement without us; 409 for some seconds, until it is signed.

    Raises NotInTree.
    """
    found = queries.find_agreed(bearer_of(request).subject)
    if found is None:
        raise Http404
    content = ledger.receipt_file(ledger.receipt(found.proof))
    return HttpResponse(content, content_type="application/json")
