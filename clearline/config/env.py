"""What the environment and `clearline.toml` say, read once and frozen; usable without Django."""

import re
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from clearline.config.instance_toml import NAME, read_settings
from clearline.kit.errors import Unavailable
from clearline.kit.money import CURRENCIES
from clearline.trust.envelope import key_from_hex

ADDRESS: Final = re.compile(r"https?://[^/\s]+")
LOCALE: Final = re.compile(r"[a-z]{2}(-[a-z]{2})?")
LOCAL_HOSTS: Final = ("localhost", "127.0.0.1")
Line = Annotated[str, Field(min_length=1, max_length=200)]
Mail = Annotated[str, Field(pattern=r"^[^\s@<>\"(),:;\\\[\]]{1,64}@[A-Za-z0-9.-]{1,189}$")]
MAIL_URL: Final = re.compile(r"smtps?://[^/\s]+|folder:")


class KeyMissing(Unavailable):
    """A key of the instance cannot be read."""

    code = "key_missing"

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"The key {path} cannot be read ({why}). Restore it from your backup; a new key would "
            "not fit what the old one sealed."
        )


class PostalAddress(BaseModel):
    """Where letters arrive: the five parts that Cal. Civ. Code 1798.83 asks to be on the page."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Line
    street: Line
    city: Line
    state: Line
    zip: Line


class Provider(BaseModel):
    """Who runs this site: the [provider] table of clearline.toml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    legal_name: Line
    brand_name: Line
    tagline: Line
    email: Line
    phone: Line
    hue: Annotated[int, Field(ge=0, le=360)] = 222
    time_zone: Line = "America/New_York"
    locale: Line = "en-us"
    currency: Line = "USD"
    legal_department: PostalAddress

    @field_validator("time_zone")
    @classmethod
    def is_a_time_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            message = f"{value!r} is no time zone; write one like America/New_York"
            raise ValueError(message) from None
        return value

    @field_validator("locale")
    @classmethod
    def is_a_locale(cls, value: str) -> str:
        if not LOCALE.fullmatch(value):
            message = f"{value!r} is no language; write one like en-us"
            raise ValueError(message)
        return value

    @field_validator("currency")
    @classmethod
    def is_a_currency(cls, value: str) -> str:
        if value not in CURRENCIES:
            message = f"{value!r} is no currency in use; write its three letters, like USD"
            raise ValueError(message)
        return value


class Env(BaseSettings):
    """Every value that differs between two installations.

    Order: environment (`CLEARLINE_URL` …) before `clearline.toml` before the defaults here.
    """

    model_config = SettingsConfigDict(
        env_prefix="CLEARLINE_", env_nested_delimiter="__", frozen=True, extra="ignore"
    )

    instance: Path  # CLEARLINE_INSTANCE, set by --dir; no default, so nothing runs by accident
    url: str = "http://localhost:8000"
    host: str = "127.0.0.1"  # where this machine listens; 0.0.0.0 behind a proxy in a container
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    proxies: Annotated[int, Field(ge=0, le=5)] = 0  # trusted ones in front, each adds one address
    hsts_subdomains: bool = False  # HTTPS also for every name below this one, for a year
    database_url: SecretStr | None = None  # postgresql://…; SQLite in the instance without it
    store_url: SecretStr | None = None  # http(s)://user:password@host:8123; own store without it
    mail_url: SecretStr | None = None  # smtp(s)://user:password@host; without it all letters wait
    mail_from: Mail | None = None  # the address that letters come from; provider.email without it
    provider: Provider

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del dotenv_settings, file_secret_settings
        instance = init_settings().get("instance") or env_settings().get("instance") or "."
        values = read_settings(Path(str(instance)) / NAME, settings_cls)
        toml = InitSettingsSource(settings_cls, init_kwargs=values)
        return init_settings, env_settings, toml

    @field_validator("url")
    @classmethod
    def is_an_address(cls, value: str) -> str:
        if not ADDRESS.fullmatch(value):
            message = "write http:// or https:// and a name, with no path: https://voice.example"
            raise ValueError(message)
        return value

    @field_validator("database_url")
    @classmethod
    def is_postgresql(cls, value: SecretStr | None) -> SecretStr | None:
        schemes = ("postgresql://", "postgres://")
        if value is not None and not value.get_secret_value().startswith(schemes):
            message = "write postgresql://user:password@host/database"
            raise ValueError(message)
        return value

    @field_validator("mail_url")
    @classmethod
    def is_mail_server(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not MAIL_URL.fullmatch(value.get_secret_value()):
            message = "write smtp://user:password@host:587 or smtps://user:password@host:465"
            raise ValueError(message)
        return value

    @property
    def is_https(self) -> bool:
        return self.url.startswith("https://")

    @property
    def is_local(self) -> bool:
        """Tell whether the site is for this machine's own browsers."""
        return urlsplit(self.url).hostname in LOCAL_HOSTS

    def is_direct(self, port: int) -> bool:
        """Tell whether browsers that follow `url` come to this port, with nothing between."""
        return self.is_local and not self.is_https and self.url.rpartition(":")[2] == str(port)

    @property
    def policy_dir(self) -> Path:
        return self.instance / "policy"

    @property
    def data_dir(self) -> Path:
        return self.instance / "data"

    @property
    def journal_dir(self) -> Path:
        return self.data_dir / "journal"

    @property
    def mail_dir(self) -> Path:
        """Return where letters lie when `mail_url` is `folder:`, as in the demo."""
        return self.data_dir / "mail"

    @property
    def status_dir(self) -> Path:
        return self.data_dir / "status"

    @property
    def tiles_dir(self) -> Path:
        return self.data_dir / "ledger"

    def key(self, name: str) -> bytes:
        """Return the bytes of one key file of the instance: `django`, `choices`, `ledger` ….

        Whoever reads a key reads it here, and gets none that is not as `init` makes them.
        Raises KeyMissing, KeyBroken.
        """
        path = self.instance / "keys" / name
        try:
            content = path.read_bytes()
        except OSError as error:
            raise KeyMissing(path, error.strerror or "no reason given") from None
        key_from_hex(text_of(content), name=name)
        return content

    def secret(self, name: str) -> str:
        """Return the text of one key file of the instance. Raises KeyMissing, KeyBroken."""
        return text_of(self.key(name))


def text_of(content: bytes) -> str:
    return content.decode(errors="replace").strip()
