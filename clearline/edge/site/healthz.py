"""`/healthz`: says in plain words what is wrong, for people and for load balancers."""

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from clearline.kit.access import Audience, open_to
from clearline.kit.problem import for_outsiders
from clearline.trust.health.queries import health


@open_to(Audience.EVERYONE)
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer 200 while people are served, 503 when they are not; both say what is wrong."""
    del request
    found = health(timezone.now())
    answer = {
        "status": "troubled" if found.problems else "ok",
        "problems": [
            for_outsiders(problem.text, instance=settings.ENV.instance)
            for problem in found.problems
        ],
        "dropped": found.dropped,
        "waiting_bytes": found.waiting_bytes,
    }
    response = JsonResponse(answer, status=200 if found.is_serving else 503)
    response["Cache-Control"] = "no-store"
    return response
