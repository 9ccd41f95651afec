"""A participant with a real browser: from consent to the end, away and back, on a desktop and on a phone.

Needs Chromium (Debian: apt-get install chromium) and Playwright's Python package.
"""

import re
import shutil
import threading
from collections.abc import Iterator

import pytest

from msmd.study.answers import Answers
from msmd.study.design import ANCHOR, QUESTIONS, load_study

playwright = pytest.importorskip("playwright.sync_api", reason="the package playwright is not installed")
uvicorn = pytest.importorskip("uvicorn", reason="the package uvicorn is not installed")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PATIENCE_MS = 60_000
"""A busy machine is slow; nothing waits longer than it must."""

DESKTOP = {"viewport": {"width": 1280, "height": 860}}
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}


@pytest.fixture(scope="module")
def chromium() -> Iterator:
    if CHROMIUM is None:
        pytest.skip("no chromium found; on Debian: apt-get install chromium")
    with playwright.sync_playwright() as started:
        flags = ["--no-sandbox", "--disable-dev-shm-usage", "--mute-audio"]
        browser = started.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser
        browser.close()


class Host:
    """The study page, served by a thread of this process."""

    def __init__(self, folder, kind, port=0):
        from msmd.study.server import create_app

        self.app = create_app(folder, (kind,))
        config = uvicorn.Config(self.app, host="127.0.0.1", port=port, log_level="error", access_log=False)
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        while not self.server.started:
            assert self.thread.is_alive()
            self.thread.join(0.02)
        self.port = self.server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def stop(self):
        self.server.should_exit = True
        self.thread.join()
        self.app.state.answers.close()


def visit(chromium, options):
    context = chromium.new_context(**options)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("request", lambda request: page.problems.extend(_foreign(request.url)))
    return page


def _foreign(url: str) -> list[str]:
    return [] if url.startswith(("http://127.0.0.1:", "data:")) else [f"asks another place: {url}"]


def consent_and_practise(page, url, tap=False):
    page.goto(url)
    start = page.locator("[data-do=start]")
    playwright.expect(start).to_be_disabled()
    page.locator("#consent").check()
    start.click()
    page.locator("[data-do=practise]").click()
    playwright.expect(page.locator(".character")).to_have_count(2)
    watch(page)
    rate(page, tap)
    page.locator("#next").click()
    page.locator("#practice-go").click()
    playwright.expect(page.locator(".character")).to_have_count(3)


def watch(page):
    """In the lip-sync study each character has to be played; otherwise all play by themselves."""
    for number in range(page.locator(".character").count()):
        character = page.locator(".character").nth(number)
        if page.locator("#trial.lips").count():
            character.locator(".cover").click()
        playwright.expect(character).to_have_class(re.compile("is-seen"), timeout=PATIENCE_MS)


def rate(page, tap=False):
    scales = page.locator(".scale")
    for number in range(scales.count()):
        label = scales.nth(number).locator("label").nth(number % 6)
        label.tap() if tap else label.click()
    playwright.expect(page.locator("#next")).to_be_enabled(timeout=PATIENCE_MS)


def test_a_participant_on_a_desktop_leaves_and_resumes_after_a_restart(chromium, study_folder):
    host = Host(study_folder, "style")
    try:
        page = visit(chromium, DESKTOP)
        consent_and_practise(page, host.url)
        assert page.locator(".reference video").count() == 1

        # nothing can be rated before it was watched, and nothing sent before all is rated
        page.evaluate("document.querySelectorAll('video').forEach((video) => video.pause())")
        page.reload()
        playwright.expect(page.locator(".character")).to_have_count(3)
        assert page.locator("#next").is_disabled()
        assert page.evaluate("[...document.querySelectorAll('video')].every((video) => video.muted)")
        watch(page)
        playwright.expect(page.locator(".scale").first).to_be_enabled()
        assert page.locator("#next").is_disabled()

        # by keyboard: B goes to the second character, digits rate and move on
        page.keyboard.press("b")
        for digit in "450":
            page.keyboard.press(digit)
        focused = page.evaluate("document.activeElement.name")
        assert focused == "C-expressions"
        picked = page.locator("input:checked").evaluate_all("all => all.map((one) => one.name + one.value)")
        assert picked == ["B-expressions4", "B-speaking5", "B-movements0"]

        # leaves with three ratings given, comes back on the same link: they are still there
        page.locator("#leave").click()
        link = page.locator("#leave-link").input_value()
        host.stop()
        host = Host(study_folder, "style", host.port)
        page.goto("about:blank")
        page.goto(link)
        playwright.expect(page.locator("input:checked")).to_have_count(3)
        watch(page)
        rate(page)
        page.locator("#next").dblclick()
        playwright.expect(page.locator("#progress-text")).to_have_text("2 of 2")

        # back to the first page, whose ratings are shown and may be changed, and forward again
        page.go_back()
        playwright.expect(page.locator("#progress-text")).to_have_text("1 of 2")
        playwright.expect(page.locator("input:checked")).to_have_count(9)
        watch(page)
        page.locator(".scale").first.locator("label").nth(5).click()
        page.locator("#next").click()
        playwright.expect(page.locator("#progress-text")).to_have_text("2 of 2")
        playwright.expect(page.locator("input:checked")).to_have_count(0)
        watch(page)
        rate(page)
        page.locator("#next").click()
        playwright.expect(page.locator("h1")).to_have_text("Thank you")
        assert page.problems == []
        page.context.close()
    finally:
        host.stop()
    with Answers(study_folder / "answers.sqlite", load_study(study_folder)) as answers:
        ratings = answers.read()
    assert len(ratings) == 2 * 3 * len(QUESTIONS["style"])
    assert {one.system for one in ratings} == {"ours", "rival", ANCHOR}
    first = {(one.letter, one.question): one.rating for one in ratings if one.place == 1}
    assert first["A", "expressions"] == 5
    assert all(one.page_seconds > 0.6 for one in ratings)


def test_a_participant_on_a_phone_hears_one_character_at_a_time(chromium, study_folder):
    host = Host(study_folder, "lips")
    try:
        page = visit(chromium, PHONE)
        consent_and_practise(page, host.url, tap=True)
        assert page.locator(".reference").count() == 0

        covers = page.locator(".cover")
        for number in (0, 1, 2):
            covers.nth(number).tap()
            playing = "[...document.querySelectorAll('video')].map((video) => !video.paused)"
            assert page.evaluate(playing) == [one == number for one in range(3)]
        assert not page.evaluate("[...document.querySelectorAll('video')].some((video) => video.muted)")

        # everything fits the width, and a finger hits what it aims at
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        sizes = page.locator(".choices label").evaluate_all(
            "all => all.map((one) => [one.offsetWidth, one.offsetHeight])"
        )
        assert min(width for width, _ in sizes) >= 44 and min(height for _, height in sizes) >= 44

        for _ in range(2):
            watch(page)
            rate(page, tap=True)
            page.locator("#next").tap()
            playwright.expect(page.locator("input:checked")).to_have_count(0)
        playwright.expect(page.locator("h1")).to_have_text("Thank you")

        # withdrawing deletes everything
        page.on("dialog", lambda dialog: dialog.accept())
        page.locator("[data-do=withdraw]").tap()
        playwright.expect(page.locator("h1")).to_have_text("Your answers are deleted")
        assert page.problems == []
        page.context.close()
    finally:
        host.stop()
    with Answers(study_folder / "answers.sqlite", load_study(study_folder)) as answers:
        assert answers.read() == [] and answers.participants() == []


def test_a_link_that_is_not_known_is_said_to_be_so(chromium, study_folder):
    host = Host(study_folder, "style")
    try:
        page = visit(chromium, DESKTOP)
        page.goto(f"{host.url}/s/nobody")
        playwright.expect(page.locator("h1")).to_have_text("This link is not known")
        page.get_by_role("link", name="To the start").click()
        playwright.expect(page.locator("#consent")).to_be_visible()
        assert page.problems == []
        page.context.close()
    finally:
        host.stop()


def test_every_control_has_a_name_and_every_scale_says_whose_it_is(chromium, study_folder):
    host = Host(study_folder, "style")
    try:
        page = visit(chromium, DESKTOP)
        consent_and_practise(page, host.url)
        watch(page)
        for letter in "ABC":
            for question in QUESTIONS["style"].values():
                scale = page.get_by_role("group", name=f"Character {letter}: {question}")
                assert scale.get_by_role("radio").count() == 6
                assert scale.get_by_role("radio", name="5, the same").count() == 1
        for button in page.get_by_role("button").all():
            assert (button.get_attribute("aria-label") or button.inner_text()).strip()
        assert page.get_by_role("status").count() == 1
        page.context.close()
    finally:
        host.stop()
