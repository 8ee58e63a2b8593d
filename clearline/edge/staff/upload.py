"""A form with one file. Django's own reader of forms takes no files anywhere on the site."""

from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from typing import Final

from django.http import HttpRequest

from clearline.kit.errors import Invalid

FILE_BYTES_MAX: Final = 1024 * 1024
BODY_BYTES_MAX: Final = FILE_BYTES_MAX + 16 * 1024
PARTS_MAX: Final = 40
FIELD_CHARACTERS_MAX: Final = 200


class FormUnreadable(Invalid):
    code = "form_unreadable"


@dataclass(frozen=True, slots=True, repr=False)
class FormWithFile:
    """What was typed, and the bytes of the file, empty when none was chosen."""

    typed: Mapping[str, str]
    file: bytes


def read_form(request: HttpRequest) -> FormWithFile:
    """Read a form as browsers send one with a file (RFC 7578). Raises FormUnreadable."""
    body = request.read(BODY_BYTES_MAX + 1)
    kind = request.META.get("CONTENT_TYPE", "")
    if len(body) > BODY_BYTES_MAX or not kind.isprintable():
        message = (
            "This file is too long. Whoever runs this site brings it in by the command "
            "`clearline customers import`."
        )
        raise FormUnreadable(message)
    whole = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + kind.encode() + b"\n\n" + body)
    held = whole.get_payload()
    parts = [each for each in held if isinstance(each, Message)] if isinstance(held, list) else []
    if not 0 < len(parts) <= PARTS_MAX:
        message = "The form could not be read. Go back and send it again."
        raise FormUnreadable(message)
    typed: dict[str, str] = {}
    file = b""
    for part in parts:
        name = part.get_param("name", header="content-disposition")
        told = part.get_payload(decode=True)
        content = told if isinstance(told, bytes) else b""
        if part.get_filename() is not None:
            file = content
        elif isinstance(name, str):
            typed[name] = content.decode(errors="replace")[:FIELD_CHARACTERS_MAX]
    return FormWithFile(typed, file)
