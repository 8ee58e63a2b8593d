"""Page files become pages that are safe to show, or are refused with the place of the problem."""

from contextlib import suppress
from importlib import resources

import nh3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearline.edge.site.blocks.parse import PLACEHOLDER, parse_page
from clearline.edge.site.blocks.render import TAGS, html_of
from clearline.kit.strict_toml import TomlBroken

PAGE = """
title = "Leave {brand_name}"
summary = "How to leave."

[[block]]
kind = "text"
text = "Write to {brand_name}; {unknown} stays."
"""
NAMES = {
    "brand_name": "Example Voice",
    "tagline": "Calls.",
    "email": "a@example.test",
    "phone": "+1 207 555 0100",
    "phone_dialled": "+12075550100",
    "legal_name": "Example Voice, Inc.",
    "legal_department": "Legal",
    "street": "1 Test Street",
    "city": "Portland",
    "state": "Maine",
    "zip": "04101",
}
STARTER = resources.files("clearline.edge.site") / "starter" / "content"


def test_the_provider_s_names_stand_where_the_file_has_placeholders() -> None:
    page = parse_page(PAGE, source="leave.toml", names=NAMES)

    assert page.title == "Leave Example Voice"
    assert page.blocks[0].plain_text.endswith("Write to Example Voice; {unknown} stays.")


@pytest.mark.parametrize(
    ("find", "write", "said"),
    [
        ('kind = "text"', 'kind = "movie"', "block 1"),
        ('text = "Write', 'txt = "Write', "txt"),
        ('title = "Leave {brand_name}"', "", "title: is missing; write it"),
        ("[[block]]", "[block]", "block"),
    ],
)
def test_a_page_that_is_written_wrongly_says_where(find: str, write: str, said: str) -> None:
    with pytest.raises(TomlBroken, match=r"leave\.toml") as refused:
        parse_page(PAGE.replace(find, write), source="leave.toml", names=NAMES)

    assert said in str(refused.value)


@pytest.mark.parametrize("to", ["javascript:alert(1)", "//evil.example", "http://plain.example"])
def test_a_link_leads_to_our_pages_or_to_a_safe_address(to: str) -> None:
    hero = f"""
title = "T"
summary = "S"
[[block]]
kind = "hero"
title = "T"
lede = "L"
links = [{{ text = "Go", to = "{to}" }}]
"""
    with pytest.raises(TomlBroken, match="to"):
        parse_page(hero, source="home.toml", names=NAMES)


def test_a_text_begins_at_the_second_heading_because_the_page_has_the_first() -> None:
    assert html_of("# One\n\n## Two\n\n### Three") == (
        "<h2>One</h2>\n<h2>Two</h2>\n<h3>Three</h3>\n"
    )


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        '<img src=x onerror="alert(1)">',
        "![x](https://tracker.example/p.gif)",
        '<a style="position:fixed" href="/">x</a>',
    ],
)
def test_a_hostile_text_becomes_plain_words(hostile: str) -> None:
    html = html_of(hostile)

    assert "<script" not in html
    assert "<img" not in html
    assert "<a" not in html


@given(st.text(max_size=300))
def test_whatever_is_written_only_known_tags_come_out(text: str) -> None:
    html = html_of(text)

    assert nh3.clean(html, tags=TAGS, attributes={"a": {"href"}, "ol": {"start"}}) == html.replace(
        ' rel="noopener"', ' rel="noopener noreferrer"'
    )


@given(st.text(max_size=200))
def test_no_text_makes_the_page_reader_fall_over(text: str) -> None:
    with suppress(TomlBroken):
        parse_page(text, source="page.toml", names=NAMES)


@pytest.mark.parametrize(
    "name", sorted(p.name for p in (STARTER / "help").iterdir()), ids=lambda name: name
)
def test_a_help_page_of_a_new_instance_is_whole(name: str) -> None:
    text = (STARTER / "help" / name).read_text(encoding="utf-8")

    page = parse_page(text, source=name, names=NAMES)

    assert page.topic
    assert not any(PLACEHOLDER.search(block.plain_text) for block in page.blocks)


@pytest.mark.parametrize("name", ["home.toml", "contact.toml", "rights.toml"])
def test_a_page_of_a_new_instance_is_whole(name: str) -> None:
    text = (STARTER / name).read_text(encoding="utf-8")

    page = parse_page(text, source=name, names=NAMES)

    assert not any(PLACEHOLDER.search(block.plain_text) for block in page.blocks)
