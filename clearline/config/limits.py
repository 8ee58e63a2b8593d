"""What one machine takes at once."""

from typing import Final

CONNECTIONS_MAX: Final = 8_192  # whoever holds all must open 800 new ones each second
