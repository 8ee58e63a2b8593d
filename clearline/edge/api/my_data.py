"""What is held of the person, who used it when and why, and all of it as a file."""

from datetime import date
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from ninja import Query, Router

from clearline.edge.api.bearer import AppToken, actor_of, bearer_of, refuse_old_proof
from clearline.edge.api.described import ERRORS
from clearline.edge.api.paging import Cursor, Limit
from clearline.edge.api.shapes import Held, HeldData, Line, Lines, MyDataFile, Problem, Receipt
from clearline.rights.ledger_words.person import Group
from clearline.rights.my_data import actions, queries
from clearline.rights.my_data.actions import FileForm, wanted_between
from clearline.rights.my_data.as_json import held_plain, line_plain, to_json
from clearline.trust.ledger import queries as ledger

router: Final = Router(auth=AppToken())
PAGE: Final = 50
GROUP: Final = "Lines of this kind alone"
FIRST: Final = "Lines of this day and after it, in the provider's time zone"
LAST: Final = "Lines of this day and before it, in the provider's time zone"


@router.get("/my-data", response={200: HeldData, ERRORS: Problem}, summary="List what is held")
def my_data(request: HttpRequest) -> HeldData:
    """List each kind of data that is held, under which clauses and until when, all of it shut."""
    held = queries.list_held(bearer_of(request).subject, now=timezone.now())
    return HeldData(held=[Held.model_validate(held_plain(each)) for each in held])


@router.post(
    "/my-data/open", response={200: HeldData, ERRORS: Problem}, summary="Open what is held"
)
def open_my_data(request: HttpRequest) -> HeldData:
    """Show what `GET my-data` lists, with the values; that it was opened is noted in the ledger.

    It asks for a proof of the last 15 minutes (`prove`). Raises ProveAgain.
    """
    bearer, now = bearer_of(request), timezone.now()
    refuse_old_proof(bearer, now=now)
    subject = bearer.subject
    held = actions.show_held(by=actor_of(subject), subject=subject, now=now)
    return HeldData(held=[Held.model_validate(held_plain(each)) for each in held])


@router.get(
    "/my-data/lines", response={200: Lines, ERRORS: Problem}, summary="List who used it and why"
)
def lines(  # the filters of the page, one by one
    request: HttpRequest,
    group: Annotated[Group | None, Query(description=GROUP)] = None,
    first: Annotated[date | None, Query(alias="from", description=FIRST)] = None,
    last: Annotated[date | None, Query(alias="to", description=LAST)] = None,
    limit: Limit = PAGE,
    cursor: Cursor = "",
) -> Lines:
    """List who used the person's data when, why, and under which clause, the newest first."""
    subject = bearer_of(request).subject
    zone = ZoneInfo(settings.ENV.provider.time_zone)
    found = actions.show_lines(
        by=actor_of(subject),
        subject=subject,
        wanted=wanted_between(first, last, group=group, before=cursor, zone=zone),
        limit=limit,
        now=timezone.now(),
    )
    items = [Line.model_validate(line_plain(each)) for each in found.lines]
    return Lines(items=items, next=found.older or None)


@router.get(
    "/my-data/lines/{line_id}/receipt",
    response={200: Receipt, ERRORS: Problem},
    summary="Get the receipt of one use",
)
def line_receipt(request: HttpRequest, line_id: str) -> HttpResponse:
    """Get what proves one of the person's lines without us; 409 for seconds, until it is signed.

    Raises NoSuchEntry, NotInTree.
    """
    content = ledger.receipt_file(queries.receipt(line_id, bearer_of(request).subject))
    return HttpResponse(content, content_type="application/json")


@router.post(
    "/my-data/file",
    response={200: MyDataFile, ERRORS: Problem},
    summary="Take everything along as a file",
)
def file(request: HttpRequest) -> StreamingHttpResponse:
    """Give everything as one file to take along; noted in the ledger.

    It asks for a proof of the last 15 minutes (`prove`). It is written as it is sent, and not kept:
    sent twice with one `Idempotency-Key`, it is made twice. Raises ProveAgain.
    """
    bearer, now = bearer_of(request), timezone.now()
    refuse_old_proof(bearer, now=now)
    subject = bearer.subject
    export = actions.export(by=actor_of(subject), subject=subject, form=FileForm.JSON, now=now)
    pieces = to_json(export, provider=settings.ENV.provider.brand_name)
    response = StreamingHttpResponse(pieces, content_type="application/json")
    name = f"my-data-{now:%Y-%m-%d}.json"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
