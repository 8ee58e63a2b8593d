"""Finding what the loaded settings do: their cookies, their headers, whose code answers."""

from collections.abc import Iterator, Mapping
from typing import Final

from csp.utils import build_policy
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

from clearline.rights.agreement.cookies import REMEDY as COOKIE_REMEDY
from clearline.rights.agreement.cookies import FoundCookie
from clearline.rights.agreement.finding import Finding, FindingKind, line_of
from clearline.rights.agreement.markup import DECLARED_HOSTS, away
from clearline.trust.consent.cookies import TLS_PREFIX

SETTINGS: Final = "clearline/config/settings.py"
URLS: Final = "clearline/config/urls.py"
# Other people's code that sees every request. Each was read: none sets a cookie of its own.
KNOWN_MIDDLEWARE: Final = frozenset(
    {
        "django.middleware.security.SecurityMiddleware",
        "whitenoise.middleware.WhiteNoiseMiddleware",
        "csp.middleware.CSPMiddleware",
        "django_permissions_policy.PermissionsPolicyMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",  # SESSION_COOKIE_* below
        "django.middleware.common.CommonMiddleware",
    }
)
NEEDED_MIDDLEWARE: Final = "csp.middleware.CSPMiddleware"
OWN_SOURCES: Final = frozenset({"'self'", "'none'"})
# Without these directives a browser would let a page reach anywhere.
NEEDED_DIRECTIVES: Final = frozenset({"default-src", "form-action", "base-uri", "frame-ancestors"})
ADDRESSES: Final = ("STATIC_URL", "MEDIA_URL", "LOGIN_URL", "FORCE_SCRIPT_NAME")


def find_in_settings(
    files: Mapping[str, str], cookies: tuple[FoundCookie, ...]
) -> Iterator[Finding]:
    """Yield what the settings of the running program do that nobody declared."""
    text = files.get(SETTINGS, "")
    yield from find_session_cookie(text, cookies)
    yield from find_middleware(text)
    yield from find_policy(text)
    for name in ADDRESSES:
        reached = away(str(getattr(settings, name, None) or ""))
        if reached is not None:
            yield setting(line_of(text, f"{name} ="), f"{name} is {reached}, outside the site")
    yield from find_views(files.get(URLS, ""))


def find_session_cookie(text: str, cookies: tuple[FoundCookie, ...]) -> Iterator[Finding]:
    name = str(settings.SESSION_COOKIE_NAME).removeprefix(TLS_PREFIX)
    declared = next((each for each in cookies if each.name == name), None)
    if declared is None:
        line = line_of(text, "SESSION_COOKIE_NAME =")
        what = f"cookie {name} is not declared"
        yield Finding(SETTINGS, line, FindingKind.COOKIE_UNDECLARED, what, COOKIE_REMEDY)
    elif declared.lifetime_s < settings.SESSION_COOKIE_AGE:
        line = line_of(text, "SESSION_COOKIE_AGE =")
        what = f"cookie {name} lives {settings.SESSION_COOKIE_AGE} s, and is declared to live "
        what += f"{declared.lifetime_s} s ({declared.file}:{declared.line})"
        remedy = "Let it live as long as it is declared to."
        yield Finding(SETTINGS, line, FindingKind.KEPT_TOO_LONG, what, remedy)


def find_middleware(text: str) -> Iterator[Finding]:
    for name in settings.MIDDLEWARE:
        if name not in KNOWN_MIDDLEWARE and not name.startswith("clearline."):
            what = f"{name} sees every request and may set cookies; nobody has looked at it"
            yield setting(line_of(text, f'"{name}"', "MIDDLEWARE ="), what)
    if NEEDED_MIDDLEWARE not in settings.MIDDLEWARE:
        what = "no header tells browsers to load from this site alone"
        yield setting(line_of(text, "MIDDLEWARE ="), what)


def find_policy(text: str) -> Iterator[Finding]:
    """Judge the header as it is really sent: only our own origin, and declared hosts."""
    policy = str(build_policy())
    told = {part.split()[0]: part.split()[1:] for part in policy.split(";") if part.strip()}
    for directive, sources in told.items():
        for source in sources:
            if source not in OWN_SOURCES | DECLARED_HOSTS:
                line = line_of(text, f'"{directive}": ["{source}', f'"{directive}"', source)
                yield setting(line, f"{directive} lets pages reach {source}, outside the site")
    for part in sorted(settings.CONTENT_SECURITY_POLICY.keys() - {"DIRECTIVES"}):
        what = f"{part} makes an exception from the security policy of pages"
        yield setting(line_of(text, f'"{part}"', "CONTENT_SECURITY_POLICY ="), what)
    for directive in sorted(NEEDED_DIRECTIVES - told.keys()):
        what = f"{directive} is not set, so pages may reach anywhere"
        yield setting(line_of(text, "CONTENT_SECURITY_POLICY ="), what)


def find_views(text: str) -> Iterator[Finding]:
    """Every address is answered by code of ours, which was read for the rest of this check."""
    for view in views_of(get_resolver()):
        module = view.partition(":")[0]
        if not module.startswith("clearline."):
            top = ".".join(module.split(".")[:3])
            what = f"{module} answers an address, and nobody has looked at what it sets"
            line = line_of(text, f'"{top}', top.rpartition(".")[2])
            remedy = "Write a view of ours, or take the address out."
            yield Finding(URLS, line, FindingKind.SETTING_UNDECLARED, what, remedy)


def views_of(resolver: URLResolver) -> Iterator[str]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from views_of(pattern)
        elif isinstance(pattern, URLPattern):
            view = pattern.callback
            yield f"{getattr(view, '__module__', '')}:{getattr(view, '__name__', '')}"


def setting(line: int, text: str) -> Finding:
    remedy = "Take it out, or declare it: what loads is named in a clause, a cookie in its list."
    return Finding(SETTINGS, line, FindingKind.SETTING_UNDECLARED, text, remedy)
