"""Make a throwaway instance before Django reads its settings (loaded by `-p tests.instance`)."""

import os
import secrets
import tempfile
from pathlib import Path

TOML = """
[provider]
legal_name = "Example Voice, Inc."
brand_name = "Example Voice"
tagline = "Phone service for tests."
email = "hello@example.test"
phone = "+1 207 555 0100"

[provider.legal_department]
name = "Legal Department"
street = "1 Test Street"
city = "Portland"
state = "Maine"
zip = "04101"
"""

if "CLEARLINE_INSTANCE" not in os.environ:
    instance = Path(tempfile.mkdtemp(prefix="clearline-test-"))
    for folder in ("keys", "data", "policy", "content"):
        (instance / folder).mkdir()
    (instance / "clearline.toml").write_text(TOML, encoding="utf-8")
    for key in ("django", "choices", "store", "index", "ledger", "ledger_seal", "sessions"):
        (instance / "keys" / key).write_text(secrets.token_hex(32), encoding="utf-8")
    os.environ["CLEARLINE_INSTANCE"] = str(instance)
