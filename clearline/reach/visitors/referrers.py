"""Where a visitor came from: what kind of place, which host; never the address."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from clearline.reach.visitors.event import ReferrerClass

HOSTS_MAX: Final = 4096
HOST_LENGTH_MAX: Final = 100

# The scheme, perhaps a name and password that nobody may keep (all up to the last @, and once found
# never taken for the host), the host; the rest is not read.
ADDRESS: Final = re.compile(r"(https?|android-app)://(?:[^/?#]*@)?+([A-Za-z0-9._-]+)", re.ASCII)
# A host that ends in a number is a network address, however it is written (WHATWG URL, 3.5).
NETWORK_ADDRESS: Final = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)", re.ASCII)

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
    """`known` is the widely known site that the host belongs to, or ""."""

    kind: ReferrerClass
    host: str
    known: str


DIRECT: Final = Referrer(ReferrerClass.DIRECT, "", "")
INTERNAL: Final = Referrer(ReferrerClass.INTERNAL, "", "")
NAMELESS: Final = Referrer(ReferrerClass.OTHER, "", "")


def referrer_of(address: str, own_url: str) -> Referrer:
    """Return host and class of a referrer; what is no web address counts as none.

    A host that is a network address is not kept: it may be somebody's own machine.
    """
    match = ADDRESS.match(address)
    if match is None:
        return DIRECT
    host = match[2].lower().rstrip(".")
    if host == own_url.partition("://")[2].partition(":")[0]:
        return INTERNAL
    if NETWORK_ADDRESS.fullmatch(host):
        return NAMELESS
    return classify(host) if 0 < len(host) <= HOST_LENGTH_MAX else DIRECT


@lru_cache(maxsize=HOSTS_MAX)
def classify(host: str) -> Referrer:
    name = host.removeprefix("www.")
    mail, search, social = (find_among(name, hosts) for hosts in (MAIL, SEARCH, SOCIAL))
    # Mail stands first: mail.google.com is both mail and a part of google.com.
    if mail or name.startswith(("mail.", "webmail.")):
        return Referrer(ReferrerClass.MAIL, name, mail)
    if search:
        return Referrer(ReferrerClass.SEARCH, name, search)
    return Referrer(ReferrerClass.SOCIAL if social else ReferrerClass.OTHER, name, social)


def find_among(name: str, hosts: frozenset[str]) -> str:
    """Return the part of a host's name that stands in the list, or "".

    Of alice.tumblr.com that is tumblr.com: what stands before it may name a person.
    """
    labels = name.split(".")
    tails = [".".join(labels[start:]) for start in range(len(labels))]
    # google.com and google.co.uk are `google.`; google.example.com is not.
    owner = 3 if labels[-2:-1] in (["co"], ["com"]) else 2
    national = [tails[-owner]] if len(labels) >= owner and f"{labels[-owner]}." in hosts else []
    return next(iter([tail for tail in tails if tail in hosts] + national), "")
