"""What the provider calls each service, for reports that know only its place in addresses."""

from typing import Final

from django.conf import settings

from clearline.kit.strict_toml import TomlBroken
from clearline.service.catalogue.parse import parse_catalogue

SERVICES_FILE: Final = "services.toml"


def service_names() -> dict[str, str]:
    """Return names by slug; none when services.toml cannot be read, so that slugs show."""
    path = settings.ENV.instance / SERVICES_FILE
    try:
        catalogue = parse_catalogue(path.read_text(encoding="utf-8"), source=path.name)
    except (OSError, UnicodeDecodeError, TomlBroken):
        return {}
    return {service.slug: service.name for service in catalogue.service}
