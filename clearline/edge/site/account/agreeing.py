"""Asking a customer again when a later edition lets us do more, and the way out for who says no."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe

from clearline.edge.site.account.access import customer_here, safe_next
from clearline.edge.site.answers import NothingInForce
from clearline.edge.site.privacy import ChangeShown, change_shown
from clearline.edge.site.visit import visit_of
from clearline.kit.access import Audience, open_to
from clearline.policy.difference import difference
from clearline.policy.edition import Edition
from clearline.rights.agreement.asked import AGAIN, AGAIN_BUTTON, agreed_again_to
from clearline.service.accounts import actions as accounts
from clearline.service.accounts import queries
from clearline.service.accounts.queries import Agreed
from clearline.trust.gate import queries as gate
from clearline.trust.ledger import queries as ledger


@open_to(Audience.CUSTOMER)
@require_http_methods(["GET", "HEAD", "POST"])
def agree(request: HttpRequest) -> HttpResponse:
    """Show what changed since the edition agreed to and take the answer; else what was agreed."""
    subject, now = customer_here(request), timezone.now()
    policy = visit_of(request).policy
    if policy is None:
        raise NothingInForce
    asked = request.POST if request.method == "POST" else request.GET
    back = safe_next(asked.get("next", ""))
    edition = policy.edition
    # Who was shown another edition is shown this one before they can agree to it.
    if request.method == "POST" and request.POST.get("agree") == edition.date.isoformat():
        accounts.agree(subject=subject, agreed=agreed_again_to(edition.date), now=now)
        return redirect(f"{reverse('account_agree')}?{urlencode({'next': back})}")
    before = queries.find_agreed(subject)
    words = {"words": AGAIN, "button": AGAIN_BUTTON}
    shown = {"agreed": before, "edition": edition, "next": back, **words}
    if not queries.asks_to_agree(subject, now=now):
        is_signed = before is not None and ledger.is_signed(before.proof)
        return render(request, "account/agreed.html", {**shown, "is_signed": is_signed})
    changes = changes_since(before, edition)
    return render(request, "account/agree.html", {**shown, "changes": changes})


def changes_since(agreed: Agreed | None, edition: Edition) -> tuple[ChangeShown, ...]:
    """Return what differs from what was agreed to; nothing where that cannot be read any more."""
    before = gate.shelf().find(agreed.edition) if agreed else None
    changes = difference(before.policy.edition, edition) if before else ()
    return tuple(map(change_shown, changes))


@open_to(Audience.CUSTOMER)
@require_safe
def disagree(request: HttpRequest) -> HttpResponse:
    """Say what follows from not agreeing, and lead to one's data and to closing."""
    customer_here(request)
    return render(request, "account/disagree.html")
