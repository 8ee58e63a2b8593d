"""Django's settings; every value that differs between installations comes from Env."""

from typing import Any
from urllib.parse import urlsplit

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from pydantic import SecretStr

from clearline.config.env import Env
from clearline.config.instance_toml import SettingsBroken
from clearline.trust.consent.cookies import SESSION_COOKIE, wire_name

ENV = Env()  # type: ignore[call-arg]  # environment and clearline.toml fill the fields


def postgresql(url: SecretStr) -> dict[str, Any]:
    """Return Django's database settings for one postgresql:// address."""
    try:
        parts = conninfo_to_dict(url.get_secret_value())
    except ProgrammingError:
        message = "database_url cannot be read: write postgresql://user:password@host/database."
        raise SettingsBroken(message) from None
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.get("dbname", ""),
        "USER": parts.get("user", ""),
        "PASSWORD": parts.get("password", ""),
        "HOST": parts.get("host", ""),
        "PORT": str(parts.get("port", "")),
        "OPTIONS": {"options": "-c lock_timeout=4000 -c statement_timeout=5000"},
        "CONN_MAX_AGE": 60,
    }


SQLITE: dict[str, Any] = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": ENV.data_dir / "clearline.sqlite3",
    "OPTIONS": {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # FULL: a denial or a choice that was answered must survive a power cut.
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
        ),
    },
    "CONN_MAX_AGE": None,
    "TEST": {"NAME": ENV.data_dir / "test.sqlite3"},  # a file, so that WAL and locks are real
}

SECRET_KEY = ENV.secret("django")
DEBUG = False
LOGGING_CONFIG = None  # clearline/config/logs.py is the only set-up
ALLOWED_HOSTS = [urlsplit(ENV.url).hostname or ""]
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.staticfiles",
    "django_cotton.apps.SimpleAppConfig",
    "csp",
    "clearline.trust.ledger",
    "clearline.trust.vault",
    "clearline.trust.consent",
    "clearline.trust.safeguards",
    "clearline.trust.factors",
    "clearline.trust.grants",
    "clearline.trust.tokens",
    "clearline.trust.arrivals",
    "clearline.service.mail",
    "clearline.service.accounts",
    "clearline.service.contacts",
    "clearline.service.teams",
    "clearline.service.desk",
    "clearline.edge.site",
    "clearline.edge.staff",
    "clearline.edge.entry",
]
MIDDLEWARE = [
    "clearline.edge.site.headers.HeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "clearline.edge.api.guard.AppMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "clearline.edge.site.refusals.RefusalMiddleware",
    "clearline.edge.site.origin.OriginMiddleware",
    "clearline.edge.staff.access.StaffMiddleware",
    "clearline.edge.site.account.access.CustomerMiddleware",
    "clearline.edge.entry.prove.StepUpMiddleware",
    "clearline.edge.site.account.own_choices.OwnChoicesMiddleware",
    "clearline.edge.site.answers.VisitMiddleware",
    "django.middleware.common.CommonMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django_cotton.cotton_loader.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "django_cotton.templatetags.cotton",
            ],
            "context_processors": [
                "clearline.edge.site.context.page",
                "clearline.edge.staff.context.page",
            ],
        },
    }
]
DATABASES = {"default": postgresql(ENV.database_url) if ENV.database_url else SQLITE}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = ENV.provider.time_zone
LANGUAGE_CODE = ENV.provider.locale
USE_I18N = True
ROOT_URLCONF = "clearline.config.urls"

AUTH_USER_MODEL = "safeguards.Login"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
SESSION_ENGINE = "clearline.trust.safeguards.sessions"
SESSION_COOKIE_NAME = wire_name(SESSION_COOKIE, is_https=ENV.is_https)
SESSION_COOKIE_AGE = 24 * 3600  # of a customer; what ends one sooner stands in safeguards
SESSION_COOKIE_SECURE = ENV.is_https
SESSION_COOKIE_SAMESITE = "Lax"

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_MAX_AGE = 300  # names carry no hash, so a browser must ask again soon
WHITENOISE_IMMUTABLE_FILE_TEST = "(?!)"

# Nothing but our own origin, and no inline code or style (design.md 5).
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    feature: []
    for feature in (
        "accelerometer",
        "autoplay",
        "browsing-topics",
        "camera",
        "display-capture",
        "encrypted-media",
        "geolocation",
        "gyroscope",
        "hid",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "serial",
        "usb",
        "xr-spatial-tracking",
    )
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
# Sent where the front says that the site is reached by https, as its address does.
SECURE_HSTS_SECONDS = 31_536_000 if ENV.is_https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = ENV.hsts_subdomains

# The longest form has some 20 fields; no page takes a file. The front has its own limit on bytes.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 100
DATA_UPLOAD_MAX_NUMBER_FILES = 0
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024
