"""Health: what is wrong and what to do, the processes, and the events that were left out."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from clearline.edge.staff.access import WATCH
from clearline.kit.access import open_to
from clearline.service.mail.queries import outbox
from clearline.trust.health.queries import health

# What each reason means; a reason without words shows as it is.
REASONS: Final[dict[str, str | Promise]] = {
    "prefetch": _("pages fetched ahead that nobody looked at"),
    "bot": _("programs, not people"),
    "no_clause": _("no clause of the policy permits it"),
    "unrecognised": _("a yes from a browser that is not recognised"),
    "bad_id": _("without a proper number"),
    "over_long": _("longer than an event may be"),
    "unknown_site": _("about a page of another site"),
    "bad_address": _("about an address that is none"),
    "bad_name": _("with a name that is none"),
    "bad_seconds": _("with a time in view that cannot be"),
    "from_the_future": _("dated in the future"),
    "too_old": _("older than a day when it came"),
    "replayed": _("sent twice, counted once"),
    "wrong_method": _("sent in a way that is not taken"),
    "no_such_path": _("sent to an address that is not there"),
    "wrong_origin": _("sent from another site"),
    "cross_site": _("sent from another site"),
    "wrong_type": _("of a type that is not taken"),
    "too_big": _("bigger than a request may be"),
    "too_slow": _("sent too slowly"),
    "too_many_headers": _("with too many headers"),
    "too_many_events": _("too many in one request"),
    "malformed": _("not readable"),
    "no_edition": _("while no policy was in force"),
    "disk_full": _("refused because the disk was full, and lost: a browser tells a visit once"),
    "too_busy": _("refused because too many came at once, and lost: a browser tells a visit once"),
}


@open_to(*WATCH)
@require_safe
def health_page(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    found = health(now)
    dropped = [
        (REASONS.get(reason, reason.replace("_", " ")), count)
        for reason, count in found.dropped.items()
    ]
    shown = {
        "health": found,
        "dropped": dropped,
        "outbox": outbox(now),
        "has_mail_server": settings.ENV.mail_url is not None,
    }
    return render(request, "staff/health.html", shown)
