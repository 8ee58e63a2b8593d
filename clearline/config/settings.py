"""Django's settings; every value that differs between installations comes from Env."""

from typing import Any
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from clearline.config.env import Env

ENV = Env()  # type: ignore[call-arg]  # environment and clearline.toml fill the fields


def postgresql(url: SecretStr) -> dict[str, Any]:
    """Return Django's database settings for one postgresql:// address."""
    parts = urlsplit(url.get_secret_value())
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
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
}

SECRET_KEY = ENV.secret("django")
DEBUG = False
ALLOWED_HOSTS = [urlsplit(ENV.url).hostname or ""]
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
]
DATABASES = {"default": postgresql(ENV.database_url) if ENV.database_url else SQLITE}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = ENV.provider.time_zone
LANGUAGE_CODE = ENV.provider.locale
ROOT_URLCONF = "clearline.config.urls"
