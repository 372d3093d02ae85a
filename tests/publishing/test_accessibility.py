"""Pages in a browser: axe, narrow screens, the keyboard, paper. Skipped where there is no Chromium."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

import sample_page
from browser import TEXT_SPACING, WIDTHS, axe_faults, chromium, opened, overflow, require_arial
from drug_outcomes.publishing import pages
from drug_outcomes.reporting import markup
from seeded_faults import BROWSER_ONLY, FAULTS

#: What the keyboard can reach, as far as it is shown.
FOCUSABLE = (
    "[...document.querySelectorAll(\"a[href], summary, [tabindex='0']\")]"
    ".filter(one => one.checkVisibility({contentVisibilityAuto: true}))"
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def page() -> str:
    return sample_page.page(rows=24)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("forced", ["none", "active"])
def test_axe_finds_nothing(browser, page, width, forced):
    with opened(browser, page, width=width, forced_colors=forced) as shown:
        assert axe_faults(shown) == []


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_where_details_are_open(browser, page, width):
    with opened(browser, page.replace("<details>", "<details open>"), width=width) as shown:
        assert axe_faults(shown) == []


def test_axe_finds_nothing_on_a_page_of_the_library(browser):
    table = markup.table(["Download", "Size"], [[markup.link("Scorecard", "scorecard.csv"), "4 kB"]], "Downloads")
    html = pages.page(markup.heading("Downloads", 2), table, **sample_page.WORDS)
    with opened(browser, html) as shown:
        assert axe_faults(shown) == []


@pytest.mark.parametrize("name", sorted(BROWSER_ONLY))
def test_axe_sees_what_the_gate_cannot(browser, name):
    with opened(browser, FAULTS[name](sample_page.page())) as shown:
        assert axe_faults(shown)


def test_every_seeded_fault_is_caught_by_the_gate_or_by_axe(browser):
    sound, missed = sample_page.page(), []
    for name, fault in FAULTS.items():
        if not pages.gate(fault(sound)):
            with opened(browser, fault(sound)) as shown:
                missed += [] if axe_faults(shown) else [name]
    assert missed == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("spacing", ["p {}", TEXT_SPACING])
def test_nothing_scrolls_sideways(browser, page, width, spacing):
    with opened(browser, page.replace("<details>", "<details open>"), width=width) as shown:
        shown.add_style_tag(content=spacing)
        assert overflow(shown) <= 0


def test_text_twice_as_large_does_not_scroll_sideways(browser, page):
    with opened(browser, page, width=640) as shown:
        shown.add_style_tag(content="html{font-size:200%}")
        assert overflow(shown) <= 0


@pytest.mark.parametrize("width", WIDTHS)
def test_no_text_is_cut_off_when_it_is_spaced_out(browser, page, width):
    with opened(browser, page, width=width) as shown:
        shown.add_style_tag(content=TEXT_SPACING)
        cut = shown.evaluate(
            "[...document.querySelectorAll('p, li, h1, h2, h3, td, th, a, dd')].filter(one =>"
            " !one.matches('.skip') && !one.closest('thead') && one.scrollWidth > one.clientWidth + 1"
            " && getComputedStyle(one).display !== 'inline').map(one => one.outerHTML.slice(0, 80))"
        )
        assert cut == []


def _tab_through(shown: Any) -> list[dict[str, Any]]:
    stops = []
    for _ in range(shown.evaluate(f"{FOCUSABLE}.length")):
        shown.keyboard.press("Tab")
        stops.append(
            shown.evaluate(
                f"(() => {{ const all = {FOCUSABLE}, one = document.activeElement,"
                " drawn = getComputedStyle(one); return {place: all.indexOf(one), name: one.textContent,"
                " ring: drawn.outlineStyle + ' ' + drawn.outlineWidth, box: one.getBoundingClientRect().toJSON()}})()"
            )
        )
    return stops


@pytest.mark.parametrize("width", WIDTHS)
def test_the_keyboard_reaches_everything_in_the_order_of_the_page(browser, page, width):
    with opened(browser, page.replace("<details>", "<details open>"), width=width) as shown:
        places = [stop["place"] for stop in _tab_through(shown)]
        assert places == list(range(len(places)))


def test_the_first_stop_skips_to_the_main_content(browser, page):
    with opened(browser, page) as shown:
        shown.keyboard.press("Tab")
        assert shown.evaluate("document.activeElement.textContent") == "Skip to main content"
        shown.keyboard.press("Enter")
        assert shown.evaluate("document.activeElement.id") == "main"


def test_every_stop_shows_a_ring_within_the_window(browser, page):
    with opened(browser, page.replace("<details>", "<details open>")) as shown:
        stops = _tab_through(shown)
        assert {stop["ring"] for stop in stops} == {"solid 3px"}
        assert [stop["name"] for stop in stops if stop["box"]["bottom"] <= 0 or stop["box"]["top"] >= 900] == []


def test_data_open_with_the_keyboard(browser, page):
    with opened(browser, page) as shown:
        shown.focus("summary")
        shown.keyboard.press("Enter")
        assert shown.evaluate("document.querySelector('details').open")


def test_cards_keep_the_meaning_of_the_table(browser, page):
    with opened(browser, page, width=320) as shown:
        tree = shown.context.new_cdp_session(shown).send("Accessibility.getFullAXTree")["nodes"]
        roles = Counter(node.get("role", {}).get("value") for node in tree)
        assert roles["rowheader"] >= 24 and roles["cell"] + roles["gridcell"] >= 24 * 6


@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_asks_nothing_of_the_network(browser, page, width, tmp_path):
    (tmp_path / "page.html").write_text(page, encoding="utf-8")
    asked: list[str] = []
    with opened(browser, "", width=width, bypass=False) as shown:
        shown.on("request", lambda request: asked.append(request.url))
        shown.goto((tmp_path / "page.html").as_uri())
    assert [address for address in asked if not address.startswith(("file:", "data:"))] == []


def test_the_browser_enforces_the_pages_policy(browser, tmp_path):
    injected = '<script>document.title = "run"</script><img src="https://example.org/a.png" alt=""></main>'
    (tmp_path / "page.html").write_text(sample_page.page().replace("</main>", injected), encoding="utf-8")
    answered: list[str] = []
    with opened(browser, "", bypass=False) as shown:
        shown.on("response", lambda response: answered.append(response.url))
        shown.goto((tmp_path / "page.html").as_uri())
        assert shown.title() != "run" and not [address for address in answered if "example.org" in address]


def test_a_scorecard_of_twenty_four_rows_prints_on_two_sheets(browser):
    require_arial()
    html = pages.page(sample_page.scorecard(24), **sample_page.WORDS)
    with opened(browser, html) as shown:
        printed = shown.pdf(format="A4", prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) <= 2


def test_print_opens_only_what_a_figure_would_mislead_without(browser, page):
    needed = page.replace(
        "<details><summary>Data behind chart 1", '<details class="needed"><summary>Data behind chart 1'
    )
    for html, tall in ((page, False), (needed, True)):
        with opened(browser, html) as shown:
            shown.emulate_media(media="print")
            found = "document.querySelector('main details table').getBoundingClientRect().height"
            assert (shown.evaluate(found) > 50) is tall


def test_print_leaves_the_navigation_out(browser, page):
    with opened(browser, page) as shown:
        shown.emulate_media(media="print")
        assert shown.evaluate("getComputedStyle(document.querySelector('nav.pages')).display") == "none"


def test_contents_stay_beside_a_long_page_and_are_reached_with_the_keyboard(browser, page):
    with opened(browser, page) as shown:
        stops = [stop["name"] for stop in _tab_through(shown)]
        shown.evaluate("window.scrollTo(0, 1200)")
        top = shown.evaluate("document.querySelector('nav.contents').getBoundingClientRect().top")
        assert "Scorecard" in stops[stops.index("On this page") :] and 0 <= top < 100
