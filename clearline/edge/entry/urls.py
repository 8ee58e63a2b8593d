"""The addresses of one door; the page of it all stands where each door has had its own."""

from django.urls import URLPattern, path

from clearline.edge.entry import demo, enrol, prove, second, security, sign_in
from clearline.edge.entry.door import Door, at, at_for_all


def entry_urlpatterns(door: Door, *, security_at: str) -> list[URLPattern]:
    """Return the addresses of a door; their names begin with its own."""
    name = door.name
    return [
        path("sign-in/", at_for_all(door, sign_in.sign_in), name=f"{name}_sign_in"),
        path("sign-out/", at(door, sign_in.sign_out), name=f"{name}_sign_out"),
        path("sign-in/second/", at_for_all(door, second.second), name=f"{name}_second"),
        path("demo/<str:token>/", at_for_all(door, demo.demo_link), name=f"{name}_demo"),
        path("prove/", at(door, prove.prove), name=f"{name}_prove"),
        path(security_at, at(door, security.security), name=f"{name}_security"),
        path("security/second/", at(door, enrol.first), name=f"{name}_first"),
        path("security/passkey/", at(door, enrol.passkey), name=f"{name}_passkey"),
        path("security/app/", at(door, enrol.app), name=f"{name}_app"),
        path("security/app/code.svg", at(door, enrol.picture), name=f"{name}_picture"),
        path("security/recovery/", at(door, enrol.recovery), name=f"{name}_recovery"),
        path("security/remove/", at(door, security.remove), name=f"{name}_remove"),
        path("security/sessions/end/", at(door, security.end), name=f"{name}_end"),
    ]
