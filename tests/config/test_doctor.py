"""`clearline doctor` and what other commands say of an instance that is broken."""

import json
import os
import re
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from clearline.config import cli
from clearline.config.doctor import WITHOUT, look_at_address, look_at_keys, look_at_policy
from clearline.config.env import Env, KeyMissing
from clearline.config.init_command import KEYS, make_instance
from tests.instance import FIRST_DAY, NAMES, publish
from tests.journeys.provider import AT_THE_PROVIDER, CLI, RunningProvider


@pytest.fixture
def provider(tmp_path: Path) -> RunningProvider:
    """An instance that lacks nothing but its tables."""
    made = RunningProvider(tmp_path / "instance")
    make_instance(made.instance, form="accept", effective=FIRST_DAY, names=NAMES)
    publish(made.instance / "policy", FIRST_DAY)
    toml = made.instance / "clearline.toml"
    text = toml.read_text(encoding="utf-8").replace("# mail_url", "mail_url", 1)
    toml.write_text(text, encoding="utf-8")
    return made


def found_by_doctor(provider: RunningProvider) -> dict[str, str]:
    """Return what doctor finds, by place, with its remedy."""
    run = provider.command("doctor", "--json")
    found = json.loads(run.stdout)
    assert run.returncode == (1 if found else 0)
    assert "Traceback" not in run.stderr
    return {each["where"]: f"{each['problem']} {each['remedy']}" for each in found}


def test_an_instance_that_is_served_lacks_nothing(provider: RunningProvider) -> None:
    policy = provider.instance / "policy"
    (policy / "published.json").unlink()
    today = datetime.now(AT_THE_PROVIDER).date()
    draft = (policy / f"{FIRST_DAY}.toml").rename(policy / f"{today}.toml")
    draft.write_text(draft.read_text(encoding="utf-8").replace(str(FIRST_DAY), str(today)))
    assert provider.command("policy", "publish", str(draft)).returncode == 0  # makes the tables

    run = provider.command("doctor")

    next_step = f"Next: clearline serve --dir {provider.instance}"
    assert (run.returncode, run.stdout) == (0, f"All is well: ready to serve. {next_step}\n")


def test_tables_that_wait_are_told_with_the_command_that_makes_them(
    provider: RunningProvider,
) -> None:
    (provider.instance / "policy" / "published.json").unlink()

    assert "clearline serve" in found_by_doctor(provider)["database"]


@pytest.mark.parametrize(
    ("mail_url", "told"),
    [("", "wait and are not sent Write mail_url"), ('mail_url = "folder:"', "nobody gets them")],
)
def test_a_provider_without_a_mail_server_is_told(
    provider: RunningProvider, mail_url: str, told: str
) -> None:
    toml = provider.instance / "clearline.toml"
    lines = toml.read_text(encoding="utf-8").splitlines()
    lines = [mail_url if line.startswith("mail_url") else line for line in lines]
    toml.write_text("\n".join(lines), encoding="utf-8")

    found = found_by_doctor(provider)

    assert told in found["clearline.toml"]


@pytest.mark.parametrize("name", ["data", "keys"])
def test_a_folder_that_others_can_look_into_is_told(provider: RunningProvider, name: str) -> None:
    (provider.instance / name).chmod(0o755)

    found = found_by_doctor(provider)

    assert f"chmod 700 {provider.instance / name}" in found[f"{name}/"]


def test_what_commands_write_is_for_their_owner_alone(provider: RunningProvider) -> None:
    provider.command("user", "list")  # makes the tables

    data = provider.instance / "data"
    for path in (data, *data.glob("*.sqlite3*")):
        assert not path.stat().st_mode & 0o077, path
    assert (data / "clearline.sqlite3").is_file()


def test_every_file_that_is_wanting_is_told_at_once(provider: RunningProvider) -> None:
    instance = provider.instance
    (instance / "content" / "help" / "bills.toml").write_text('title = "Bills"\n[[block]')
    (instance / "content" / "home.toml").unlink()
    (instance / "services.toml").write_text("[[service]]\nslug = 7\n")
    (instance / "brand" / "logo.svg").write_bytes(b"GIF89a")
    (instance / "keys" / "choices").chmod(0o644)
    (instance / "policy" / "published.json").unlink()

    found = found_by_doctor(provider)

    assert "line 2" in found["content/help/bills.toml"]
    assert "clearline init" in found["content/home.toml"]
    assert "service 1" in found["services.toml"]
    assert "SVG" in found["brand/logo.svg"]
    assert "chmod 600" in found["keys/choices"]
    assert "clearline policy publish" in found["policy/"]


def test_a_placeholder_is_told_with_its_line(provider: RunningProvider) -> None:
    toml = provider.instance / "clearline.toml"
    text = toml.read_text(encoding="utf-8").replace("Example Voice, Inc.", "{legal_name}")
    toml.write_text(text, encoding="utf-8")
    line = 1 + [part.startswith("legal_name") for part in text.splitlines()].index(True)

    assert "{legal_name}" in found_by_doctor(provider)[f"clearline.toml:{line}"]


def test_a_file_that_is_no_text_is_told_and_hides_nothing_else(provider: RunningProvider) -> None:
    (provider.instance / "services.toml").write_bytes(b'title = "Caf\xe9"\n')

    found = found_by_doctor(provider)

    assert "Mend the file" in found["services.toml"]
    assert "ledger" in found


@pytest.mark.parametrize(
    ("url", "proxies", "told"),
    [
        ("https://voice.example", 0, ["Write proxies = 1"]),
        ("https://voice.example", 1, []),
        ("http://localhost:8000", 0, []),
    ],
)
def test_a_proxy_in_front_that_is_not_trusted_is_told(
    url: str, proxies: int, told: list[str], provider: RunningProvider
) -> None:
    env = Env(instance=provider.instance)  # type: ignore[call-arg]  # the file fills the rest
    placed = env.model_copy(update={"url": url, "proxies": proxies})

    found = [finding.remedy for finding in look_at_address(placed, datetime.now(UTC))]

    assert re.findall("Write proxies = 1", " ".join(found)) == told


@pytest.mark.parametrize("name", ["django", "ledger"])
def test_a_missing_key_is_told_and_hides_nothing_else(name: str, provider: RunningProvider) -> None:
    (provider.instance / "keys" / name).unlink()
    (provider.instance / "policy" / "published.json").unlink()

    found = found_by_doctor(provider)

    assert "backup" in found[f"keys/{name}"]
    assert "policy/" in found


BROKEN_KEYS = {
    "a word": b"junk\n",
    "nothing": b"",
    "half a key": b"a1" * 16 + b"\n",
    "more than a key": b"a1" * 33,
    "no text": b"\xff" * 32,
}


@pytest.mark.parametrize("form", BROKEN_KEYS)
@pytest.mark.parametrize("name", [*KEYS, "vault-2"])
def test_a_key_that_is_none_is_told_in_one_line_with_what_is_lost_and_never_shown(
    name: str, form: str, provider: RunningProvider
) -> None:
    env = Env(instance=provider.instance)  # type: ignore[call-arg]  # the file fills the rest
    path = provider.instance / "keys" / name
    path.write_bytes(BROKEN_KEYS[form])

    (found,) = look_at_keys(env, datetime.now(UTC))

    assert found.where == f"keys/{name}"
    assert "64 hexadecimal digits" in found.problem
    assert WITHOUT["vault" if name == "vault-2" else name] in found.remedy
    assert "backup" in found.remedy
    for shown in ("junk", "a1a1"):
        assert shown not in f"{found}"


def test_every_key_that_init_makes_is_good_and_what_its_loss_means_is_known(
    provider: RunningProvider,
) -> None:
    env = Env(instance=provider.instance)  # type: ignore[call-arg]  # the file fills the rest

    assert list(look_at_keys(env, datetime.now(UTC))) == []
    assert set(WITHOUT) == set(KEYS)


def test_broken_keys_hide_nothing_else_and_keep_the_site_from_being_served(
    provider: RunningProvider,
) -> None:
    for name in KEYS:
        (provider.instance / "keys" / name).write_text("junk\n")
    (provider.instance / "policy" / "published.json").unlink()

    found, served = found_by_doctor(provider), provider.command("serve")

    assert {f"keys/{name}" for name in KEYS} <= found.keys()
    assert "policy/" in found
    assert served.returncode == 1
    assert "The key file keys/django does not hold 64 hexadecimal digits." in served.stderr
    assert "Traceback" not in served.stderr


@pytest.mark.parametrize("words", [("check",), ("serve",), ("user", "list"), ("serve", "worker")])
def test_a_command_that_needs_a_missing_key_says_what_to_do(
    words: tuple[str, ...], provider: RunningProvider
) -> None:
    (provider.instance / "keys" / "django").unlink()

    run = provider.command(*words)

    assert run.returncode == 1
    assert "keys/django" in run.stderr
    assert "backup" in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize(
    ("find", "write", "said"),
    [
        ("[provider]", "[provider", "line 15"),
        ("port = 8000", 'port = "many"', "toml:5: port: write a whole number"),
        ("port = 8000", "databse_url = 1", "toml:5: there is no setting databse_url; did you mean"),
        ("hue = 222", "colour = 222", "there is no setting provider.colour; there are brand_name,"),
        ('zip = "04101"', 'zipp = "04101"', "provider.legal_department.zipp; did you mean zip?"),
        ("port = 8000", 'database_url = "mysql://root:hunter@db/x"', "write postgresql://"),
        ("smtp://user:password@mail.example:587", "imap://root:hunter@mail/x", "write smtp://user:password@"),
        ("port = 8000", 'mail_from = "a@b\\nBcc: c@d.example"', "mail_from"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("command", ["doctor", "check"])
def test_settings_that_cannot_be_used_are_told_with_their_place(
    find: str, write: str, said: str, command: str, provider: RunningProvider
) -> None:
    toml = provider.instance / "clearline.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace(find, write, 1), encoding="utf-8")

    run = provider.command(command)

    assert run.returncode == 1
    assert said in run.stderr
    assert "Traceback" not in run.stderr
    assert "hunter" not in run.stderr


def test_a_database_that_does_not_answer_is_told_in_words(provider: RunningProvider) -> None:
    environment = {
        **provider.environment(None),
        "CLEARLINE_DATABASE_URL": "postgresql://clearline:hunter@127.0.0.1:1/clearline",
    }
    words = [*CLI, "user", "list", "--dir", str(provider.instance)]

    run = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)

    assert run.returncode == 1
    assert "Start it, or mend database_url" in run.stderr
    assert "Traceback" not in run.stderr
    assert "hunter" not in run.stderr


def test_machines_read_a_refusal_as_json(provider: RunningProvider) -> None:
    (provider.instance / "keys" / "django").unlink()

    run = provider.command("check", "--json")

    assert json.loads(run.stdout)["code"] == KeyMissing.code
    assert run.returncode == 1


def test_an_edited_edition_is_told_with_one_remedy(provider: RunningProvider) -> None:
    edition = provider.instance / "policy" / f"{FIRST_DAY}.toml"
    edition.write_text(edition.read_text(encoding="utf-8") + "# more\n", encoding="utf-8")
    env = Env(instance=provider.instance)  # type: ignore[call-arg]  # the file fills the rest

    (found,) = look_at_policy(env, datetime.now(UTC))

    assert "is not what was published" in found.problem
    assert f"{found}".count("Restore") == 1
    assert found.remedy.startswith("Restore the published text, and write changes as a new")


def test_without_a_published_policy_the_command_that_publishes_the_draft_is_told(
    provider: RunningProvider,
) -> None:
    (provider.instance / "policy" / "published.json").unlink()

    told = found_by_doctor(provider)["policy/"]

    draft = provider.instance / "policy" / f"{FIRST_DAY}.toml"
    assert f"clearline policy publish {draft} --dir {provider.instance}" in told


def test_a_policy_that_is_published_for_a_later_day_is_told_with_that_day(
    provider: RunningProvider,
) -> None:
    later = (datetime.now(UTC) + timedelta(days=20)).date()
    draft = provider.instance / "policy" / f"{FIRST_DAY}.toml"
    text = draft.read_text(encoding="utf-8").replace(f"date = {FIRST_DAY}", f"date = {later}")
    draft.with_name(f"{later}.toml").write_text(text, encoding="utf-8")
    publish(provider.instance / "policy", later)

    assert f"takes effect on {later}" in found_by_doctor(provider)["policy/"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('currency = "USD"', 'currency = "XXX"', "'XXX' is no currency in use"),
        ("hue = 222", "hue = 400", "provider.hue: write 360 or less"),
        ('url = "http://localhost:8000"', 'url = "voice.example"', "write http:// or https://"),
        ('locale = "en-us"', 'locale = "English"', "'English' is no language"),
    ],
)
def test_a_value_that_cannot_be_used_is_told_with_its_line_and_what_to_write(
    provider: RunningProvider, capsys: pytest.CaptureFixture[str], old: str, new: str, told: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(os, "environ", {})
    toml = provider.instance / "clearline.toml"
    text = toml.read_text(encoding="utf-8")
    toml.write_text(text.replace(old, new), encoding="utf-8")
    line = text[: text.index(old)].count("\n") + 1

    code = cli.main(["doctor", "--dir", str(provider.instance)])

    said = capsys.readouterr().err
    assert code == 1
    assert f"{toml}:{line}: " in said
    assert told in said


def test_a_wrong_value_of_the_environment_is_told_by_its_variable(
    provider: RunningProvider,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "environ", {"CLEARLINE_PROVIDER__COLOUR": "blue"})

    cli.main(["doctor", "--dir", str(provider.instance)])

    said = capsys.readouterr().err
    assert "CLEARLINE_PROVIDER__COLOUR: provider.colour: is not known here; take it out" in said
