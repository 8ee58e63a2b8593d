"""The pages that say no: what happened, what is safe, what to do next."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader
from django.utils.translation import gettext as _


def error_page(
    request: HttpRequest, *, status: HTTPStatus, title: str, text: str, next_step: str = ""
) -> HttpResponse:
    """Return the designed page for one kind of refusal.

    Visits count it under one name: the address may be a slip of somebody's own words.
    """
    request.clearline_told_path = f"/error-{status.value}/"  # type: ignore[attr-defined]  # Django's request is open
    shown = {"status": status.value, "title": title, "text": text, "next_step": next_step}
    return render(request, "site/error.html", shown, status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    del exception
    return error_page(
        request,
        status=HTTPStatus.BAD_REQUEST,
        title=_("We could not read that request"),
        text=_("Something in the address or the form was not what this page expects."),
        next_step=_("Nothing was changed. Go back and try again, or start from the home page."),
    )


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    del exception
    return error_page(
        request,
        status=HTTPStatus.FORBIDDEN,
        title=_("This page is not open to you"),
        text=_("It is for people with another role, or for someone who is signed in."),
        next_step=_("Nothing was changed. If you think you should see it, write to us."),
    )


def other_origin(request: HttpRequest) -> HttpResponse:
    return error_page(
        request,
        status=HTTPStatus.FORBIDDEN,
        title=_("This form did not come from our site"),
        text=_(
            "Your browser says that another site sent it, or does not say where it came from. "
            "We do nothing with such a form, so that nobody can act in your name."
        ),
        next_step=_("Nothing was changed. Open the page here and send the form again."),
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    del exception
    return error_page(
        request,
        status=HTTPStatus.NOT_FOUND,
        title=_("There is no page here"),
        text=_("The address may be mistyped, or the page may have moved."),
        next_step=_("Search the help pages, or start from the home page."),
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """Return the page for our own mistake; it needs nothing that may itself be broken."""
    del request
    text = loader.get_template("site/broken.html").render()
    return HttpResponse(text, status=HTTPStatus.INTERNAL_SERVER_ERROR)
