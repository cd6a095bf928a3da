"""The registration pages as they answer: whose form it is, whose token, and where secrets may not be."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest
from tests.tenant_registry.conftest import PUBLIC_URL, visiting
from tests.tenant_registry.fakes import BASE_URL, REGISTRATION_TOKEN, Clock, FakeKeyVault, registered
from tests.tenant_registry.test_registration import code_for

from tenant_registry.decide import fingerprint
from tenant_registry.http.surroundings import Policy, Surroundings
from tenant_registry.registry import Registry
from tenant_registry.rows import TenantRow
from tenant_registry.settings import Settings

OWN = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}  # as a browser says it for a page without referrer


async def form_token(web: httpx.AsyncClient) -> str:
    """Open the page as a browser does."""
    found = re.search(r'name="form" value="([^"]+)"', (await web.get("/register")).text)
    assert found is not None
    return found[1]


async def send(
    web: httpx.AsyncClient, fields: dict[str, str], path: str = "/register", headers: dict[str, str] | None = None
) -> httpx.Response:
    """Send a form as a browser does."""
    return await web.post(path, data={"form": await form_token(web), **fields}, headers=headers or OWN)


async def open_page(web: httpx.AsyncClient, tenant: TenantRow) -> None:
    """Enter the registration token."""
    answer = await send(web, {"token": REGISTRATION_TOKEN}, f"/register/{tenant.id}")
    assert answer.status_code == 303


def jira(code: str, **more: str) -> dict[str, str]:
    return {"code": code, "baseUrl": BASE_URL, "authMode": "oauth1", **more}


def cookies_set(answer: httpx.Response) -> dict[str, str]:
    return {line.split("=")[0]: line for line in answer.headers.get_list("set-cookie")}


def problem(answer: httpx.Response, field: str) -> str:
    found = re.search(rf'id="{field}-wrong"[^>]*>([^<]*)<', answer.text)
    return found[1] if found else ""


async def test_the_token_stays_in_a_cookie_that_scripts_and_other_pages_do_not_see(
    registry: Registry, clock: Clock, web: httpx.AsyncClient
) -> None:
    answer = await send(web, jira(await code_for(registry, clock)))

    assert answer.status_code == 201
    (tenant,) = await registry.tenants.page("", 10, {})
    cookie = cookies_set(answer)["__Secure-bridge-registration"]
    for part in ("HttpOnly", "Secure", "SameSite=strict", f"Path=/register/{tenant.id}"):
        assert f"; {part}" in cookie
    assert "; Domain" not in cookie
    token = cookie.split("=", 1)[1].split(";")[0]
    assert fingerprint(token) == tenant.registration_token_hash
    links = re.findall(r'(?:href|action|src)="([^"]*)"', answer.text)
    assert links
    assert not any(token in link for link in links)


async def test_pages_load_nothing_from_elsewhere_and_run_nothing_that_stands_in_them(
    registry: Registry, clock: Clock, web: httpx.AsyncClient
) -> None:
    pages = [await web.get("/register"), await send(web, jira(await code_for(registry, clock)))]
    pages.append(await web.get("/register/0000"))

    for page in pages:
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["referrer-policy"] == "no-referrer"
        assert page.headers["x-frame-options"] == "DENY"
        assert re.search(r"<script(?![^>]* src=)|<style| on\w+=| style=|javascript:", page.text) is None
        assert 'lang="en"' in page.text


async def test_what_pages_load_is_there(web: httpx.AsyncClient) -> None:
    page = (await web.get("/register")).text

    for address in re.findall(r'(?:href|src)="(/register/assets/[^"]+)"', page):
        assert (await web.get(address)).status_code == 200
    assert (await web.get("/register/assets/none.js")).status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "https://other.bridge.example", "Sec-Fetch-Site": "same-site"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "none"},
    ],
)
async def test_a_form_of_another_site_is_refused(
    registry: Registry, clock: Clock, web: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    answer = await send(web, jira(await code_for(registry, clock)), headers=headers)

    assert answer.status_code == 403
    assert await registry.tenants.page("", 10, {}) == []


async def test_a_form_without_its_cookie_or_with_another_value_is_refused(
    registry: Registry, clock: Clock, web: httpx.AsyncClient
) -> None:
    fields = jira(await code_for(registry, clock))
    token = await form_token(web)
    web.cookies.clear()

    without = await web.post("/register", data={**fields, "form": token}, headers=OWN)
    await form_token(web)
    another = await web.post("/register", data={**fields, "form": token}, headers=OWN)
    nothing = await web.post("/register", data=fields, headers=OWN)

    assert [one.status_code for one in (without, another, nothing)] == [403, 403, 403]
    assert "allow cookies" in without.text
    assert await registry.tenants.page("", 10, {}) == []


async def test_a_jira_that_is_registered_already_asks_for_its_old_token(
    registry: Registry, clock: Clock, web: httpx.AsyncClient
) -> None:
    was = await registered(registry)
    code = await code_for(registry, clock)

    first = await send(web, jira(code))
    wrong = await send(web, jira(code, oldToken="not-this-one"))
    right = await send(web, jira(code, oldToken=REGISTRATION_TOKEN, authMode="pat"))

    assert first.status_code == 409
    assert "registered for your organisation already" in problem(first, "oldToken")
    assert "<details open>" in first.text
    assert wrong.status_code == 403
    assert "not the registration token" in problem(wrong, "oldToken")
    assert "not-this-one" not in wrong.text
    assert right.status_code == 201
    now = await registry.tenants.find(was.id)
    assert now is not None
    assert now.registration_token_hash != was.registration_token_hash


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"code": ""}, "code", "Enter the code"),
        ({"code": "x" * 300}, "code", "longer than any code"),
        ({"baseUrl": "http://jira.linden.example"}, "baseUrl", "The address must begin with https://"),
        ({"authMode": ""}, "authMode", "Choose how"),
        ({"authMode": "password"}, "authMode", "Choose how"),
        ({"authMode": "oauth2", "version": "8.20.1"}, "authMode", "needs a newer Jira"),
        ({"authMode": "oauth2", "clientId": "x"}, "clientId", "Create the incoming link"),
        ({"alias": "not a name"}, "alias", "letters and digits"),
        ({"version": "9" * 65}, "version", "too long"),
        ({"version": "the newest"}, "version", "has no number"),
        ({"sourceNetworks": "192.0.2.0/24\nhere"}, "sourceNetworks", "The list holds something that is no network"),
        ({"destinations": "10.0.0.1/8"}, "destinations", "write 10.0.0.0/8"),
    ],
)
async def test_what_does_not_fit_is_said_next_to_its_field_and_uses_no_code(
    registry: Registry, clock: Clock, web: httpx.AsyncClient, fields: dict[str, str], field: str, said: str
) -> None:
    code = await code_for(registry, clock)
    answer = await send(web, {**jira(code), **fields})

    assert 400 <= answer.status_code < 500
    assert said in problem(answer, field)
    assert f'href="#{field}"' in answer.text
    assert (await send(web, jira(code))).status_code == 201


async def test_what_was_written_is_shown_again_as_text_and_secrets_are_not(web: httpx.AsyncClient) -> None:
    answer = await send(
        web,
        {
            "baseUrl": '"><script>alert(1)</script>',
            "authMode": "oauth2",
            "clientId": "<b>",
            "clientSecret": "hush",
            "code": "x",
        },
    )

    assert "<script>alert" not in answer.text
    assert "&lt;b&gt;" in answer.text
    assert "hush" not in answer.text


async def test_an_outage_is_a_page_and_uses_no_code(
    registry: Registry, clock: Clock, web: httpx.AsyncClient, keys: FakeKeyVault
) -> None:
    code = await code_for(registry, clock)
    keys.silent = True
    silent = await send(web, jira(code))
    keys.silent = False

    assert silent.status_code == 503
    assert silent.headers["retry-after"]
    assert "nothing was changed" in silent.text
    assert (await send(web, jira(code))).status_code == 201


@pytest.mark.parametrize("path", ["", "/checks", "/jira", "/export", "/delete"])
async def test_without_its_token_a_page_asks_for_it_and_shows_nothing(
    registry: Registry, web: httpx.AsyncClient, path: str
) -> None:
    tenant = await registered(registry, auth_mode="pat")
    other = await registered(registry, base_url="https://other.example", alias="o", registration_token_hash="0" * 64)
    await open_page(web, tenant)
    of_tenant = next(one for one in web.cookies.jar if one.name == "__Secure-bridge-registration")
    web.cookies.set(of_tenant.name, str(of_tenant.value), "bridge.example", f"/register/{other.id}")

    opened = await web.get(f"/register/{tenant.id}{path}")
    for closed in (f"/register/{other.id}{path}", f"/register/0000{path}"):
        answer = await web.get(closed)
        assert answer.status_code == 403
        assert "Open a registration" in answer.text
        assert "other.example" not in answer.text
    assert opened.status_code == 200


async def test_a_page_gives_the_same_export_as_the_api_as_a_file(registry: Registry, web: httpx.AsyncClient) -> None:
    tenant = await registered(registry)
    await open_page(web, tenant)

    by_page = await web.get(f"/register/{tenant.id}/export")
    token = {"Authorization": f"Bearer {REGISTRATION_TOKEN}"}
    by_api = await web.get(f"/v1/tenants/{tenant.id}/export", headers=token)

    assert by_page.headers["content-disposition"] == f'attachment; filename="bridge-{tenant.id}.json"'
    assert by_page.json()["tenant"] == by_api.json()["tenant"]
    assert by_page.json()["tenant"]["baseUrl"] == BASE_URL
    assert by_page.json().keys() == by_api.json().keys()


@pytest.mark.parametrize("path", ["/checks", "/webhook/signed", "/delete", "/leave"])
async def test_nothing_is_done_without_the_token_or_by_another_site(
    registry: Registry, web: httpx.AsyncClient, path: str
) -> None:
    tenant = await registered(registry)
    before = await registry.tenants.find(tenant.id)

    locked = await send(web, {"confirm": BASE_URL}, f"/register/{tenant.id}{path}")
    await open_page(web, tenant)
    elsewhere = await send(
        web, {"confirm": BASE_URL}, f"/register/{tenant.id}{path}", {"Origin": "https://evil.example"}
    )

    assert locked.status_code == elsewhere.status_code == 403
    assert await registry.tenants.find(tenant.id) == before


async def test_a_suspended_registration_is_shown_but_not_changed(registry: Registry, web: httpx.AsyncClient) -> None:
    tenant = await registered(registry, state="suspended")
    await open_page(web, tenant)

    shown = await web.get(f"/register/{tenant.id}")
    checked = await send(web, {}, f"/register/{tenant.id}/checks")

    assert "suspended" in shown.text
    assert checked.status_code == 409
    assert "ask the operator" in checked.text


async def test_leaving_forgets_the_token(registry: Registry, web: httpx.AsyncClient) -> None:
    tenant = await registered(registry)
    await open_page(web, tenant)

    left = await send(web, {}, f"/register/{tenant.id}/leave")

    assert left.status_code == 303
    assert "__Secure-bridge-registration" not in web.cookies
    assert (await web.get(f"/register/{tenant.id}")).status_code == 403


@pytest.fixture
async def behind_a_path(registry: Registry, keys: FakeKeyVault, clock: Clock) -> AsyncIterator[httpx.AsyncClient]:
    """The pages behind a proxy that cuts `/bridge` off, with an operator."""
    policy = Policy(operator_token_hash=fingerprint("the-operator-token"))
    around = Surroundings(registry, keys, clock, f"{PUBLIC_URL}/bridge", False, 1024 * 1024, policy)
    async with visiting(around, Settings(registry_public_url=f"{PUBLIC_URL}/bridge")) as client:
        yield client


async def test_links_and_cookies_know_the_path_of_the_proxy(
    registry: Registry, clock: Clock, behind_a_path: httpx.AsyncClient
) -> None:
    page = await behind_a_path.get("/register")
    answer = await send(behind_a_path, jira(await code_for(registry, clock)))

    assert 'action="/bridge/register"' in page.text
    assert re.findall(r'(?:href|src|action)="/(?!bridge/register)', page.text + answer.text) == []
    assert "; Path=/bridge/register/" in cookies_set(answer)["__Secure-bridge-registration"]


async def test_the_operators_token_does_not_go_into_a_browser(
    registry: Registry, behind_a_path: httpx.AsyncClient
) -> None:
    tenant = await registered(registry)

    answer = await send(behind_a_path, {"token": "the-operator-token"}, f"/register/{tenant.id}")

    assert answer.status_code == 403
    assert "__Secure-bridge-registration" not in cookies_set(answer)
