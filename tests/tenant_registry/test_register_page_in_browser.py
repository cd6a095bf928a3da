"""The registration pages in a real browser: with the keyboard alone, without scripts, with wrong input."""

import os
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Locator, Page, async_playwright, expect
from tests.tenant_registry.fakes import BASE_URL
from tests.tenant_registry.pages import Bridge, RealKeys, bridge_on

from tenant_registry.registry import Registry

CHROMIUM = Path("/usr/bin/chromium")
SCREENSHOTS = Path(__file__).parents[2] / "build/screenshots"
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NAMES = "Name|Port|Certificate|Jira|Sign-in"


@pytest.fixture
async def bridge(registry: Registry) -> AsyncIterator[Bridge]:
    async with bridge_on(registry, RealKeys()) as bridge:
        yield bridge


@pytest.fixture
def chromium() -> Path:
    if not CHROMIUM.exists():
        refuse = pytest.fail if os.environ.get("CI") else pytest.skip
        refuse(f"there is no browser here: {CHROMIUM} is missing (Debian's package chromium)")
    return CHROMIUM


@pytest.fixture
async def browser(chromium: Path) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=SWITCHES)
        yield browser
        await browser.close()


class Visitor:
    """A page in a browser, and what went wrong in it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.wrong: list[str] = []
        page.on("console", lambda said: self.wrong.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.page.keyboard.press(key)

    async def type(self, text: str) -> None:
        await self.page.keyboard.insert_text(text)

    async def tab_to(self, wanted: Locator) -> None:
        """Press Tab until this has the focus; nothing else moves it."""
        for _ in range(60):
            if await wanted.evaluate("one => one === document.activeElement"):
                return
            await self.press("Tab")
        raise AssertionError(f"Tab never came to {wanted}")

    async def picture(self, name: str) -> None:
        """Take pictures of the whole page, light and dark."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        for scheme in ("dark", "light"):
            await self.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            await self.page.screenshot(path=SCREENSHOTS / f"{name}-{scheme}.png", full_page=True)


async def visit(context: BrowserContext) -> Visitor:
    context.set_default_timeout(10_000)
    return Visitor(await context.new_page())


async def test_a_jira_is_registered_with_the_keyboard_alone(bridge: Bridge, browser: Browser) -> None:
    context = await browser.new_context(viewport={"width": 1100, "height": 900})
    await context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor = await visit(context)
    page = visitor.page
    await page.goto(f"{bridge.url}/register")
    await visitor.picture("1-register")

    await visitor.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    await visitor.press("Enter", "Tab")
    await expect(page.get_by_label("Code from Teams")).to_be_focused()
    await visitor.type(await bridge.code())
    await visitor.press("Tab")
    await visitor.type(f"{BASE_URL}/")
    await visitor.press("Tab")
    await visitor.type("9.12.4")
    await visitor.press("Tab")
    await expect(page.get_by_role("radio", name="OAuth 1.0a application link")).to_be_focused()
    await visitor.press("ArrowDown")
    await expect(page.get_by_label("Client ID")).to_be_visible()
    await visitor.press("ArrowUp")
    await expect(page.get_by_label("Client ID")).to_be_hidden()
    await visitor.press("Tab", "Enter")
    await visitor.tab_to(page.get_by_label("Short name"))
    await visitor.type("main")
    await visitor.tab_to(page.get_by_role("button", name="Register"))
    await visitor.press("Enter")

    await expect(page.get_by_role("heading", level=1)).to_have_text("Enter this in Jira")
    tenant = await bridge.tenant()
    assert tenant.public_key is not None
    assert (tenant.alias, tenant.base_url, tenant.jira_version) == ("main", BASE_URL, "9.12.4")
    await expect(page.get_by_role("textbox", name="Public Key")).to_have_text(tenant.public_key)
    links = page.get_by_role("link", name="Application links")
    assert await links.get_attribute("href") == f"{BASE_URL}/plugins/servlet/applinks/listApplicationLinks"
    copy = page.get_by_role("button", name="Copy Public Key")
    await visitor.tab_to(copy)
    await visitor.press("Enter")
    await expect(page.get_by_role("status").filter(has_text="Public Key copied")).to_be_attached()
    assert await page.evaluate("navigator.clipboard.readText()") == tenant.public_key
    await visitor.picture("2-enter-in-jira")

    await visitor.tab_to(page.get_by_role("button", name="Check connection"))
    await visitor.press("Enter")
    verdict = page.locator("[data-state]")
    await expect(verdict).to_have_text(re.compile("^Checking the connection"))
    await visitor.picture("3-checking")
    await bridge.checked(failed="authentication")
    await expect(verdict).to_have_text(re.compile("^Not yet: sign-in failed"))
    await expect(page.get_by_text("What to do: In Jira's administration, open Application links")).to_be_visible()
    await visitor.picture("4-failed")

    await visitor.tab_to(page.get_by_role("button", name="Check again"))
    await visitor.press("Enter")
    await expect(verdict).to_have_text(re.compile("^Checking the connection"))
    await bridge.checked()
    await expect(verdict).to_have_text(re.compile("^All is well"))
    assert await page.locator(".checks li.ok").count() == 5
    await expect(page.locator(".facts")).to_contain_text("active")
    await visitor.picture("5-connected")

    assert visitor.wrong == []
    assert (await page.evaluate("document.cookie")) == ""
    await context.close()


async def test_all_works_without_scripts(bridge: Bridge, browser: Browser) -> None:
    context = await browser.new_context(java_script_enabled=False)
    visitor = await visit(context)
    page = visitor.page
    await page.goto(f"{bridge.url}/register")
    await page.get_by_label("Code from Teams").fill(await bridge.code())
    await page.get_by_label("Address of your Jira").fill(BASE_URL)
    await page.get_by_label("Version of your Jira").fill("10.3.1")
    await page.get_by_role("radio", name="Personal access tokens").check()
    await page.get_by_role("button", name="Register").click()

    await expect(page.get_by_role("heading", level=1)).to_have_text("Enter this in Jira")
    await expect(page.get_by_role("textbox", name="Secret")).to_have_text(re.compile(r"^\S{43}$"))
    await page.get_by_role("button", name="Check connection").click()
    await expect(page.locator("[data-state=running]")).to_be_visible()
    await bridge.checked()
    await expect(page.locator("[data-state=passed]")).to_be_visible()  # the page loaded itself again

    assert await page.locator(".checks li.ok").count() == 5
    await page.wait_for_timeout(2500)
    assert await page.locator("meta[http-equiv=refresh]").count() == 0
    await context.close()


async def test_wrong_input_is_explained_next_to_its_field(bridge: Bridge, browser: Browser) -> None:
    context = await browser.new_context()
    visitor = await visit(context)
    page = visitor.page
    await page.goto(f"{bridge.url}/register")
    await page.get_by_label("Address of your Jira").fill("jira.linden.example")
    await page.get_by_label("Version of your Jira").fill("9.12.4")
    await page.get_by_role("button", name="Register").click()

    alert = page.get_by_role("alert")
    await expect(alert).to_be_focused()
    await expect(page).to_have_title(re.compile("^Error: "))
    await expect(alert.get_by_role("link")).to_have_count(2)
    await visitor.picture("6-wrong-input")
    code = page.get_by_label("Code from Teams")
    await expect(code).to_have_attribute("aria-invalid", "true")
    await expect(code).to_have_accessible_description(re.compile("Enter the code that the bot gave you"))
    await visitor.press("Tab", "Enter")
    await expect(code).to_be_focused()
    await expect(page.get_by_label("Version of your Jira")).to_have_value("9.12.4")

    await code.fill("no-such-code")
    await page.get_by_label("Address of your Jira").fill("https://jira.linden.example/browse/OPS-7?focused=1")
    await page.get_by_role("button", name="Register").click()
    await expect(alert).to_contain_text("must not have a query")
    await page.get_by_label("Address of your Jira").fill(BASE_URL)
    await page.get_by_role("button", name="Register").click()
    await expect(alert).to_contain_text("unknown, used or expired")

    await code.fill(await bridge.code())
    await page.get_by_text("More options").click()
    await page.get_by_label("Networks that your calls and webhooks come from").fill("10.0.0.1/8\n")
    await page.get_by_role("button", name="Register").click()
    await expect(alert).to_contain_text("write 10.0.0.0/8")
    await page.get_by_label("Networks that your calls and webhooks come from").fill("10.0.0.0/8")
    await page.get_by_role("button", name="Register").click()
    await expect(alert).to_contain_text("127.0.0.1")
    await expect(page.get_by_label("Networks that your calls and webhooks come from")).to_be_visible()
    assert await bridge.registry.tenants.page("", 10, {}) == []
    await context.close()


async def test_oauth_2_shows_what_to_enter_in_jira_before_it_asks_for_the_client(
    bridge: Bridge, browser: Browser
) -> None:
    context = await browser.new_context()
    visitor = await visit(context)
    page = visitor.page
    await page.goto(f"{bridge.url}/register")
    await page.get_by_label("Code from Teams").fill(await bridge.code())
    await page.get_by_label("Address of your Jira").fill(BASE_URL)
    await page.get_by_role("radio", name="OAuth 2.0 incoming link").check()
    await expect(page.get_by_role("textbox", name="Redirect URL")).to_have_text(f"{bridge.url}/oauth/callback")
    await visitor.picture("7-oauth2")
    await page.get_by_role("button", name="Register").click()
    await expect(page.get_by_role("alert")).to_contain_text("Create the incoming link in Jira first")
    link = page.get_by_role("link", name="Application links")
    assert await link.get_attribute("href") == f"{BASE_URL}/plugins/servlet/applinks/listApplicationLinks"
    await page.get_by_label("Client ID").fill("3f9c1a")
    await page.get_by_label("Client secret").fill("s3cret-of-the-client")
    await page.get_by_role("button", name="Register").click()

    await expect(page.get_by_role("heading", level=1)).to_have_text("Enter this in Jira")
    tenant = await bridge.tenant()
    assert tenant.auth_mode == "oauth2"
    assert "s3cret-of-the-client" in bridge.keys.protected.values()
    assert "s3cret" not in await page.content()
    await context.close()


async def test_a_registration_is_opened_with_its_token_and_deleted_with_a_receipt(
    bridge: Bridge, browser: Browser
) -> None:
    context = await browser.new_context()
    visitor = await visit(context)
    page = visitor.page
    await page.goto(f"{bridge.url}/register")
    await page.get_by_label("Code from Teams").fill(await bridge.code())
    await page.get_by_label("Address of your Jira").fill(BASE_URL)
    await page.get_by_role("button", name="Register").click()
    token = await page.get_by_role("textbox", name="Registration token").inner_text()
    address = await page.get_by_role("textbox", name="Page of this registration").inner_text()
    await bridge.checked()
    await context.clear_cookies()

    await page.goto(address)
    await page.get_by_label("Registration token").fill("wrong")
    await page.get_by_role("button", name="Open").click()
    await expect(page.get_by_role("alert")).to_contain_text("not the registration token")
    await page.get_by_label("Registration token").fill(token)
    await page.get_by_role("button", name="Open").click()
    await expect(page.locator("[data-state=passed]")).to_be_visible()
    assert page.url == address
    await page.get_by_role("link", name="What to enter in Jira").click()
    await page.get_by_role("button", name="Make a new webhook address").click()
    await expect(page.get_by_role("textbox", name="URL", exact=True)).to_have_text(re.compile("/v1/hooks/"))
    await visitor.picture("8-what-to-enter")

    await page.goto(f"{address}/delete")
    await page.get_by_label("To confirm").fill("https://another.example")
    await page.get_by_role("button", name="Delete for good").click()
    await expect(page.get_by_role("alert")).to_contain_text("not the address")
    await visitor.picture("9-delete")
    await page.get_by_label("To confirm").fill(BASE_URL)
    await page.get_by_role("button", name="Delete for good").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Deleted")
    await expect(page.get_by_role("textbox", name="Signed (JWS)")).to_have_text(re.compile(r"^\S+\.\S+\.\S+$"))
    await visitor.picture("10-deleted")
    assert await bridge.registry.tenants.page("", 10, {}) == []
    await context.close()


async def test_names_roles_and_order_are_right_for_a_screen_reader(bridge: Bridge, browser: Browser) -> None:
    context = await browser.new_context()
    visitor = await visit(context)
    page = visitor.page
    await page.goto(f"{bridge.url}/register")
    assert await page.locator("html").get_attribute("lang") == "en"
    assert await page.get_by_role("main").count() == 1
    await page.locator("details").evaluate_all("all => all.forEach((one) => { one.open = true; })")
    await page.get_by_role("radio", name="OAuth 2.0").check()
    controls = page.locator("input:not([type=hidden]), textarea, button, select")
    assert await controls.count() > 12
    for number in range(await controls.count()):
        await expect(controls.nth(number)).to_have_accessible_name(re.compile("."))
    tree = await page.locator("body").aria_snapshot()
    assert 'group "How Bridge acts for people"' in tree
    await page.get_by_role("radio", name="OAuth 1.0a").check()
    await page.get_by_label("Code from Teams").fill(await bridge.code())
    await page.get_by_label("Address of your Jira").fill(BASE_URL)
    await page.get_by_role("button", name="Register").click()
    await page.get_by_role("button", name="Check connection").click()
    await bridge.checked(failed="tls", said=("Jira's certificate has expired.", "Renew it."))
    await expect(page.locator("[data-state=failed]")).to_be_visible()
    tree = await page.locator("body").aria_snapshot()
    assert re.findall(rf'heading "((?:{NAMES})[^"]*)" \[level=2\]', tree) == [
        "Name: DNS knows your Jira Passed",
        "Port: Bridge reaches it Passed",
        "Certificate: the way is encrypted Failed",
        "Jira: it answers Not tried",
        "Sign-in: it knows Bridge Not tried",
    ]
    first, *others = await headings(page)
    assert first == 1
    assert set(others) == {2}
    await context.close()


async def headings(page: Page) -> list[int]:
    names = await page.locator("h1, h2, h3").evaluate_all("all => all.map(one => one.tagName)")
    return [int(name[1]) for name in names]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_text_stands_out_from_its_ground(bridge: Bridge, browser: Browser, scheme: str) -> None:
    context = await browser.new_context(color_scheme="dark" if scheme == "dark" else "light")
    visitor = await visit(context)
    page = visitor.page
    seen: dict[str, float] = {}
    await page.goto(f"{bridge.url}/register")
    await page.get_by_role("button", name="Register").click()
    seen |= await page.evaluate(CONTRASTS)
    await page.get_by_label("Code from Teams").fill(await bridge.code())
    await page.get_by_label("Address of your Jira").fill(BASE_URL)
    await page.get_by_role("button", name="Register").click()
    seen |= await page.evaluate(CONTRASTS)
    await page.get_by_role("button", name="Check connection").click()
    await bridge.checked(failed="tls")
    await expect(page.locator("[data-state=failed]")).to_be_visible()
    seen |= await page.evaluate(CONTRASTS)

    assert len(seen) > 20
    assert {text: ratio for text, ratio in seen.items() if ratio < 4.5} == {}
    await context.close()


async def test_nothing_is_wider_than_a_telephone(bridge: Bridge, browser: Browser) -> None:
    context = await browser.new_context(viewport={"width": 320, "height": 640})
    visitor = await visit(context)
    page = visitor.page
    await page.goto(f"{bridge.url}/register")
    await page.get_by_label("Code from Teams").fill(await bridge.code())
    await page.get_by_label("Address of your Jira").fill(BASE_URL)
    await visitor.picture("11-narrow")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 320
    await page.get_by_role("button", name="Register").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Enter this in Jira")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 320
    await context.close()


async def test_a_check_that_nobody_answers_is_not_waited_for_without_end(bridge: Bridge, browser: Browser) -> None:
    context = await browser.new_context()
    visitor = await visit(context)
    page = visitor.page
    await page.goto(f"{bridge.url}/register")
    await page.get_by_label("Code from Teams").fill(await bridge.code())
    await page.get_by_label("Address of your Jira").fill(BASE_URL)
    await page.get_by_role("button", name="Register").click()
    await page.get_by_role("button", name="Check connection").click()
    await expect(page.locator("[data-state=running]")).to_be_visible()
    bridge.clock.passes(timedelta(minutes=5))

    await expect(page.get_by_text("This takes longer than it should")).to_be_visible()
    await expect(page.get_by_role("button", name="Check again")).to_be_visible()
    await context.close()


CONTRASTS = """() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const linear = (c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    const [x, y, z] = [r, g, b].map((c) => linear(c / 255));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ground = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const colour = parts(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const found = {};
  for (const one of document.querySelectorAll("main *, header *")) {
    const text = [...one.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data.trim()).join("");
    if (!text || !one.checkVisibility()) continue;
    const [a, b] = [light(parts(getComputedStyle(one).color)), light(ground(one))];
    found[`${one.tagName} ${text.slice(0, 40)}`] = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  }
  return found;
}"""
