"""Where a visitor came from: the host alone and what kind of place it is, never the address."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from clearline.reach.visitors.event import ReferrerClass

HOSTS_MAX: Final = 4096
HOST_LENGTH_MAX: Final = 100

# The scheme, perhaps a name and password that nobody may keep, the host; the rest is not read.
ADDRESS: Final = re.compile(r"(https?|android-app)://(?:[^/?#@]*@)?([A-Za-z0-9._-]+)", re.ASCII)

# A host belongs to a class when it is one of these or ends in a dot and one of these. An entry
# that ends in a dot stands for every country's form of it: `google.` is google.com, google.co.uk.
SEARCH: Final = frozenset(
    {"google.", "bing.com", "duckduckgo.com", "ecosia.org", "qwant.com", "startpage.com"}
    | {"baidu.com", "yandex.", "ask.com", "aol.com", "kagi.com", "search.brave.com"}
    | {"search.yahoo.com", "naver.com", "seznam.cz", "swisscows.com", "mojeek.com"}
    | {"perplexity.ai", "chatgpt.com", "com.google.android.googlequicksearchbox"}
)
SOCIAL: Final = frozenset(
    {"facebook.com", "instagram.com", "twitter.com", "x.com", "t.co", "linkedin.com", "lnkd.in"}
    | {"reddit.com", "youtube.com", "youtu.be", "tiktok.com", "pinterest.", "threads.net"}
    | {"bsky.app", "mastodon.social", "news.ycombinator.com", "tumblr.com", "whatsapp.com"}
    | {"t.me", "vk.com", "quora.com", "discord.com", "nextdoor.com"}
)
MAIL: Final = frozenset(
    {"mail.google.com", "outlook.live.com", "outlook.office.com", "outlook.office365.com"}
    | {"mail.yahoo.com", "mail.aol.com", "mail.proton.me", "mail.zoho.com", "mail.ru"}
    | {"com.google.android.gm"}
)


@dataclass(frozen=True, slots=True)
class Referrer:
    kind: ReferrerClass
    host: str


DIRECT: Final = Referrer(ReferrerClass.DIRECT, "")
INTERNAL: Final = Referrer(ReferrerClass.INTERNAL, "")


@lru_cache(maxsize=HOSTS_MAX)
def referrer_of(address: str, own_url: str) -> Referrer:
    """Return host and class of a referrer; what is no web address counts as none."""
    match = ADDRESS.match(address)
    if match is None:
        return DIRECT
    host = match[2].lower().rstrip(".")
    if host == own_url.partition("://")[2].partition(":")[0]:
        return INTERNAL
    return classify(host) if 0 < len(host) <= HOST_LENGTH_MAX else DIRECT


def classify(host: str) -> Referrer:
    name = host.removeprefix("www.")
    # Mail stands first: mail.google.com is both mail and a part of google.com.
    if is_among(name, MAIL) or name.startswith(("mail.", "webmail.")):
        return Referrer(ReferrerClass.MAIL, name)
    if is_among(name, SEARCH):
        return Referrer(ReferrerClass.SEARCH, name)
    return Referrer(ReferrerClass.SOCIAL if is_among(name, SOCIAL) else ReferrerClass.OTHER, name)


def is_among(name: str, hosts: frozenset[str]) -> bool:
    labels = name.split(".")
    tails = {".".join(labels[start:]) for start in range(len(labels))}
    # google.com and google.co.uk are `google.`; google.example.com is not.
    owner = labels[:-2] if labels[-2:-1] in (["co"], ["com"]) else labels[:-1]
    return not hosts.isdisjoint(tails | {f"{label}." for label in owner[-1:]})
