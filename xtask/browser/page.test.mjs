// The reference page in a browser: that everything is on it, that calls work, that nothing leaves, that everybody can use it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { launch, watched } from "./browser.mjs";

const { BASE, SITE, HOSTILE, USER_TOKEN, PROVIDER_TOKEN, ADMIN_TOKEN } = process.env;
const PAGE = `${BASE}/docs`;
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const PROVIDER = "6ebe7ac282e0188b5336b5d8cfa564d5";
const ROOT_TOKEN = "81336b59656653a481d1e65168f3f213";
const MONITORING = "5d1c9c0f7b6a4c0e8a1d2b3c4d5e6f70";
const ALICE = { user: "alice", password: "alice's demo password" };
const DESKTOP = { width: 1280, height: 860 };
const PHONE = { width: 390, height: 844 };

const LIST = "article#operation-list_named_tokens_of_provider";
const DELETE = "article#operation-delete_named_tokens_of_user";

let browser;
before(async () => { browser = await launch(); });
after(() => browser?.close());

/** Runs a journey on a page, which must ask nobody else for anything and say nothing on the console. */
const on = async (url, options, journey) => {
  const { context, page, seen } = await watched(browser, { viewport: DESKTOP, ...options });
  try {
    await page.goto(url);
    await journey(page, context, seen);
    const allowed = [BASE, url.split("#")[0], "data:", "blob:"];
    const foreign = seen.requests.filter((request) => !allowed.some((start) => request.startsWith(start)));
    assert.deepEqual(foreign, [], "requests to elsewhere");
    assert.deepEqual(seen.errors, [], "errors on the console");
    assert.deepEqual(seen.dialogs, [], "windows that opened");
  } finally {
    await context.close();
  }
};

/** Fills the form of an operation with credentials, which are shown to be of one kind. */
const credentials = async (article, kind, values) => {
  await article.locator("select.credentials").selectOption({ label: kind });
  for (const [part, value] of Object.entries(values)) {
    await article.locator(`.scheme:not([hidden]) [data-part="${part}"]`).fill(value);
  }
};

/** Presses the button, and waits for the answer of the request. */
const send = async (article) => {
  const answered = article.page().waitForResponse((response) => response.url().includes("/tokens/named") && response.request().method() !== "OPTIONS");
  await article.locator(".send").click();
  const response = await answered;
  // The one before stays until this one is shown.
  await article.locator(".answer:not([aria-busy]) .result").waitFor();
  return response;
};

const shown = async (article) => ({
  status: await article.locator(".answer .status").textContent(),
  text: await article.locator(".answer").textContent(),
});

const accessible = async (page, what) => {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => window.axe.run());
  const serious = violations.filter(({ impact }) => ["serious", "critical"].includes(impact));
  assert.deepEqual(serious.map(({ id, nodes }) => [id, nodes.map(({ html }) => html.slice(0, 200))]), [], what);
};

describe("what is on the page", () => {
  test("it lists both operations, and links lead to them", () => on(PAGE, {}, async (page) => {
    assert.equal(await page.title(), "Onezone API Reference");
    const names = await page.locator("nav a[href^='#operation-'] .label").allTextContents();
    assert.deepEqual(names, ["Delete named tokens of a user", "List named tokens of a provider"]);
    await page.locator("nav a", { hasText: "List named" }).click();
    assert.ok(await page.locator(`${LIST} h3`).isVisible());
    assert.match(page.url(), /#operation-list_named_tokens_of_provider$/);
  }));

  // Each fact of the two published pages of Onedata, in their words where the document has them.
  const errors = [
    ["400", "Invalid request."], ["401", "Authentication error."], ["403", "Authorization error."],
    ["404", "Resource not found."], ["500", "Internal server Error."],
  ];
  const operations = [
    [DELETE, "204", "All user's named tokens have been deleted.", [
      "Delete named tokens of a user", "DELETE", "/users/{id}/tokens/named", "Deletes every named token of the user",
      "Users may delete their own tokens.", "oz_tokens_manage", "Named and temporary tokens.", "Path parameters", "User Id",
      "curl -u username:password -X DELETE \\\nhttps://$HOST/api/v3/onezone/users/$USER_ID/tokens/named",
      "Shell", "onezone-rest-cli deleteNamedTokensOfUser id=c26bab23d12f7389c3c311caf9c15902",
    ]],
    [LIST, "200", "The list of all provider named tokens", [
      "List named tokens of a provider", "GET", "/providers/{id}/tokens/named", "Returns the ids of all named tokens of the provider",
      "The provider itself may list them", "a member of the provider's cluster", "cluster_update", "oz_tokens_manage",
      "Named and temporary tokens.", "Path parameters", "Provider Id",
      "curl -H \"x-auth-token: $TOKEN\" -X GET \\\nhttps://$HOST/api/v3/onezone/providers/$PROVIDER_ID/tokens/named",
      "Shell", "onezone-rest-cli listNamedTokensOfProvider id=6ebe7ac282e0188b5336b5d8cfa564d5",
      "tokens", "array of strings", "Ids of all named tokens",
      '"2b5d0dd5aa6443a69277b5ce0544fec2",\n    "818bf8d4404c2bcee2b47f024f6c0890",\n    "4a5e5dabcd55e03f1e9237eeca2548ff",\n    "81336b59656653a481d1e65168f3f213"\n',
    ]],
  ];
  for (const [selector, status, description, facts] of operations) {
    test(`it has every fact that is published of ${facts[0]}`, () => on(PAGE, {}, async (page) => {
      const article = page.locator(selector);
      const text = await article.evaluate((element) => element.textContent);
      for (const fact of facts) assert.ok(text.includes(fact), fact);
      const parameter = article.locator("h4:has-text('Path parameters') + ul > li");
      assert.match(await parameter.textContent(), /^id required string/);
      for (const [code, what] of [[status, description], ...errors]) {
        const response = article.locator(`details.response[data-status="${code}"]`);
        assert.equal(await response.locator(".what").textContent(), what);
        if (code < "400") continue;
        const body = await response.evaluate((element) => element.textContent);
        for (const part of ["application/json", "error required object", "Object describing an error.", "id required string",
          "Says which error it is, and stays the same", "details object", "description required string"]) {
          assert.ok(body.includes(part), `${code}: ${part}`);
        }
      }
    }));
  }

  test("it has the published example of an error", () => on(PAGE, {}, async (page) => {
    const example = await page.locator("article#schema-ErrorResponse pre").textContent();
    const expected = { error: { id: "badValueString", details: { key: "name" }, description: 'Bad value: provided "name" must be a string.' } };
    assert.equal(example, JSON.stringify(expected, null, 2));
  }));

  test("it can be read without JavaScript", () => on(PAGE, { javaScriptEnabled: false }, async (page) => {
    assert.ok(await page.locator(`${LIST} h3`).isVisible());
    assert.ok(await page.getByText("Everything is here without JavaScript").isVisible());
    assert.equal(await page.locator("form.try:visible, .filter:visible, .colours:visible, .menu:visible").count(), 0);
    assert.ok(await page.locator("nav").isVisible());
    await page.locator(`${LIST} details[data-status="401"] summary`).click();
    assert.ok(await page.locator(`${LIST} details[data-status="401"] .inside`).isVisible());
  }));

  test("the document is where it says", () => on(PAGE, {}, async (page) => {
    for (const name of ["openapi.json", "openapi.yaml"]) {
      const address = await page.locator(`a[href="${name}"]`).evaluate((link) => link.href);
      assert.equal(address, `${BASE}/${name}`);
      assert.equal((await fetch(address)).status, 200);
    }
  }));

  test("a link to an answer opens it", () => on(`${PAGE}#operation-list_named_tokens_of_provider-401`, {}, async (page) => {
    assert.ok(await page.locator(`${LIST} details[data-status="401"] .inside`).isVisible());
  }));
});

describe("calls", () => {
  const kinds = [
    ["X-Auth-Token", { token: USER_TOKEN }],
    ["Bearer token", { token: PROVIDER_TOKEN }],
    ["Basic: user name and password", ALICE],
  ];
  for (const [kind, values] of kinds) {
    test(`${kind} gives the list`, () => on(PAGE, {}, async (page) => {
      const article = page.locator(LIST);
      await credentials(article, kind, values);
      await send(article);
      const { status, text } = await shown(article);
      assert.equal(status, "200");
      assert.ok(text.includes(ROOT_TOKEN) && text.includes(MONITORING), text);
    }));
  }

  test("a wrong password shows the body of the 401, and no window asks for another", () => on(PAGE, {}, async (page) => {
    const article = page.locator(LIST);
    await credentials(article, "Basic: user name and password", { user: "alice", password: "wrong" });
    const response = await send(article);
    const challenges = (await response.headersArray()).filter(({ name }) => name.toLowerCase() === "www-authenticate");
    assert.ok(challenges.length > 0 && !challenges.some(({ value }) => /basic/i.test(value)), JSON.stringify(challenges));
    const { status, text } = await shown(article);
    assert.equal(status, "401");
    assert.ok(text.includes("Authentication error.") && text.includes('"badBasicCredentials"'), text);
  }));

  test("no credentials, and credentials without a right, show why", () => on(PAGE, {}, async (page) => {
    const article = page.locator(LIST);
    await credentials(article, "none", {});
    await send(article);
    assert.match((await shown(article)).text, /401.*You must authenticate yourself/s);
    await credentials(article, "Basic: user name and password", { user: "bob", password: "bob's demo password" });
    await send(article);
    assert.match((await shown(article)).text, /403.*You are not authorized/s);
  }));

  test("what is missing is said at the field, and nothing is sent", () => on(PAGE, {}, async (page, _context, seen) => {
    const article = page.locator(LIST);
    const before = seen.requests.length;
    await article.locator(".send").click();
    assert.match(await article.locator(".error").textContent(), /Enter a token/);
    assert.ok(await article.locator('.scheme:not([hidden]) [aria-invalid="true"]').evaluate((field) => field === document.activeElement));
    await credentials(article, "X-Auth-Token", { token: "snow\u2603man" });
    await article.locator(".send").click();
    assert.match(await article.locator(".error").textContent(), /no header can carry/);
    for (const [value, expected] of [["", /A value for id/], ["..", /cannot carry/]]) {
      await article.locator(".parameter input").fill(value);
      await article.locator(".send").click();
      assert.match(await article.locator(".error").textContent(), expected);
    }
    assert.equal(seen.requests.length, before);
  }));

  test("values are sent as they are, whatever is in them", () => on(PAGE, {}, async (page) => {
    const sent = [];
    await page.route("**/tokens/named", (route) => { sent.push(route.request()); return route.fulfill({ status: 204 }); });
    const article = page.locator(LIST);
    await article.locator(".parameter input").fill("a/b?c#d%2F é(!)");
    await credentials(article, "Basic: user name and password", { user: "zoë", password: "p:ä ☃" });
    await send(article);
    assert.equal(sent[0].url(), `${BASE}/providers/a%2Fb%3Fc%23d%252F%20%C3%A9%28%21%29/tokens/named`);
    const header = (await sent[0].allHeaders()).authorization;
    assert.equal(Buffer.from(header.replace("Basic ", ""), "base64").toString(), "zoë:p:ä ☃");
    assert.match((await shown(article)).text, /204.*No body\./s);
  }));

  test("a server that is gone is said to be so", () => on(PAGE, {}, async (page, _context, seen) => {
    await page.route("**/tokens/named", (route) => route.abort());
    const article = page.locator(LIST);
    await credentials(article, "none", {});
    await article.locator(".send").click();
    await article.locator(".answer .error").waitFor();
    assert.match(await article.locator(".answer").textContent(), /No answer from http/);
    seen.errors.length = 0; // The browser's own line about it.
  }));

  test("credentials are nowhere but in the page, in both forms of it, and gone when it is loaded again", () => on(PAGE, {}, async (page, context) => {
    const secret = USER_TOKEN;
    await credentials(page.locator(LIST), "X-Auth-Token", { token: secret });
    await send(page.locator(LIST));
    assert.equal(await page.locator(`${DELETE} [data-part="token"]`).first().inputValue(), secret);
    const kept = await page.evaluate(async () => ({
      local: { ...localStorage }, session: { ...sessionStorage }, cookie: document.cookie,
      databases: await indexedDB.databases(), caches: await caches.keys(), state: history.state, address: location.href,
    }));
    assert.deepEqual(kept, { local: {}, session: {}, cookie: "", databases: [], caches: [], state: null, address: PAGE });
    assert.deepEqual((await context.storageState()).cookies, []);
    assert.ok(!(await page.content()).includes(secret));
    await page.reload();
    assert.equal(await page.locator(`${LIST} [data-part="token"]`).first().inputValue(), "");
    await page.goto("about:blank");
    await page.goBack();
    assert.equal(await page.locator(`${LIST} [data-part="token"]`).first().inputValue(), "");
  }));

  test("nothing that is sent could end up in an address: fields have no names", () => on(PAGE, { javaScriptEnabled: false }, async (page) => {
    assert.equal(await page.locator("form [name]").count(), 0);
    assert.ok(await page.locator('input[type="password"]').count() > 0);
  }));
});

describe("another origin", () => {
  let server;
  let origin;
  before(async () => {
    server = createServer((request, response) => {
      response.setHeader("content-type", "text/html; charset=utf-8");
      response.end(readFileSync(join(SITE, "index.html")));
    });
    await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
    origin = `http://127.0.0.1:${server.address().port}`;
  });
  after(() => { server.closeAllConnections(); server.close(); });

  const journey = async (page) => {
    assert.equal(await page.locator("#server").inputValue(), "https://onezone.example.com/api/v3/onezone");
    const article = page.locator(LIST);
    await page.locator("#server").fill("nowhere");
    await credentials(article, "Basic: user name and password", ALICE);
    await article.locator(".send").click();
    assert.match(await article.locator(".error").textContent(), /Enter the address of a server/);
    await page.locator("#server").fill(`${BASE}/`);
    await send(article);
    const { status, text } = await shown(article);
    assert.equal(status, "200");
    assert.ok(text.includes(ROOT_TOKEN) && text.includes("only some headers"), text);
    await credentials(article, "X-Auth-Token", { token: "wrong" });
    await send(article);
    assert.match((await shown(article)).text, /401.*badToken/s);
  };

  test("a page on another web server calls the server that its reader names", () => on(`${origin}/`, {}, journey));
  test("a page in a file does, too", () => on(pathToFileURL(join(SITE, "index.html")).href, {}, journey));
});

describe("a hostile document", () => {
  test("runs nothing, loads nothing and leads nowhere", () => on(pathToFileURL(join(HOSTILE, "index.html")).href, {}, async (page) => {
    await page.evaluate(() => document.querySelectorAll("details").forEach((details) => { details.open = true; }));
    assert.equal(await page.evaluate(() => window.hit), undefined);
    const links = await page.locator("a").evaluateAll((all) => all.map((link) => link.protocol));
    assert.deepEqual([...new Set(links)].filter((protocol) => !["file:", "https:", "http:", "mailto:"].includes(protocol)), []);
    assert.equal(await page.locator("img, iframe, object, embed, base, form[action], [onclick], [onerror], [style]").count(), 0);
    assert.equal(await page.locator("script").count(), 1);
    assert.ok((await page.locator("main").textContent()).includes("<script>window.hit"));
    // The forms of the page work in spite of it.
    await page.locator("#server").fill(BASE);
    await page.locator("form.try .send").first().click();
    await page.locator(".answer .result").first().waitFor();
    assert.equal(await page.evaluate(() => window.hit), undefined);
  }));

  test("an answer of a hostile server is text", () => on(PAGE, {}, async (page) => {
    const body = JSON.stringify({ "<img src=x onerror=window.hit=1>": "</pre><script>window.hit=1</script>" });
    await page.route("**/tokens/named", (route) => route.fulfill({ status: 200, contentType: "application/json", body }));
    const article = page.locator(LIST);
    await credentials(article, "none", {});
    await send(article);
    assert.ok((await shown(article)).text.includes("<img src=x onerror"));
    assert.equal(await page.locator("main img").count(), 0);
    assert.equal(await page.evaluate(() => window.hit), undefined);
  }));
});

describe("for everybody", () => {
  for (const colorScheme of ["light", "dark"]) {
    for (const [name, viewport] of [["desktop", DESKTOP], ["phone", PHONE]]) {
      test(`axe finds nothing serious, ${colorScheme}, ${name}`, () => on(PAGE, { colorScheme, viewport, reducedMotion: "reduce" }, async (page) => {
        await accessible(page, "as it opens");
        await page.evaluate(() => document.querySelectorAll("details").forEach((details) => { details.open = true; }));
        const article = page.locator(LIST);
        await credentials(article, "Basic: user name and password", ALICE);
        await send(article);
        await page.locator(DELETE).locator(".send").click();
        await accessible(page, "with everything open and an answer");
        if (viewport === PHONE) {
          await page.locator(".menu").click();
          await accessible(page, "with the menu");
        }
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), viewport.width, "scrolls sideways");
      }));
    }
  }

  test("a call takes nothing but a keyboard", () => on(PAGE, {}, async (page) => {
    const { keyboard } = page;
    const focused = () => page.evaluate(() => document.activeElement.className || document.activeElement.id);
    await keyboard.press("Tab");
    assert.equal(await focused(), "skip");
    await keyboard.press("Enter");
    assert.equal(await focused(), "content");
    const article = page.locator(LIST);
    const target = article.locator("select.credentials");
    for (let count = 0; count < 200 && !(await target.evaluate((element) => element === document.activeElement)); count += 1) {
      await keyboard.press("Tab");
    }
    await keyboard.type("Basic");
    await keyboard.press("Tab");
    await keyboard.type(ALICE.user);
    await keyboard.press("Tab");
    await keyboard.type(ALICE.password);
    await keyboard.press("Tab");
    assert.equal(await focused(), "reveal");
    await keyboard.press("Shift+Tab");
    await keyboard.press("Enter");
    await article.locator(".answer .result").waitFor();
    assert.equal((await shown(article)).status, "200");
  }));

  test("a phone has a menu, and nothing is wider than the smallest of them", () => on(PAGE, { viewport: { width: 320, height: 640 } }, async (page) => {
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320);
    assert.ok(!await page.locator("nav").isVisible());
    await page.locator(".menu").click();
    assert.ok(await page.locator("nav").isVisible());
    await page.keyboard.press("Escape");
    assert.ok(!await page.locator("nav").isVisible());
    await page.locator(".menu").click();
    await page.locator("nav a", { hasText: "List named" }).click();
    assert.ok(!await page.locator("nav").isVisible());
    assert.ok(await page.locator(`${LIST} h3`).isVisible());
  }));

  test("the colours are those of the system until somebody wants others", () => on(PAGE, { colorScheme: "dark" }, async (page) => {
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await background();
    await page.locator(".colours").click();
    const light = await background();
    assert.equal(light, "rgb(255, 255, 255)");
    await page.locator(".colours").click();
    assert.equal(await background(), dark);
    assert.notEqual(dark, light);
  }));

  test("operations are found by their words", () => on(PAGE, {}, async (page) => {
    await page.locator(".filter").fill("provider get");
    assert.deepEqual(await page.locator("nav li[data-words]:visible .label").allTextContents(), ["List named tokens of a provider"]);
    await page.locator(".filter").fill("nothing of this kind");
    assert.ok(await page.getByText("No operation has these words.").isVisible());
  }));

  test("samples are copied as they are", () => on(PAGE, { permissions: ["clipboard-read", "clipboard-write"] }, async (page) => {
    await page.locator(`${LIST} .side figure .copy`).first().click();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    assert.ok(copied.startsWith('curl -H "x-auth-token: $TOKEN" -X GET \\\nhttps://'), copied);
  }));
});

// Last, since the tokens are gone afterwards.
test("a deletion takes a second press, and then the tokens are gone", () => on(PAGE, {}, async (page, _context, seen) => {
  const article = page.locator(DELETE);
  await credentials(article, "X-Auth-Token", { token: ADMIN_TOKEN });
  const before = seen.requests.length;
  await article.locator(".send").click();
  assert.equal(await article.locator(".send").textContent(), "Really send DELETE?");
  assert.equal(seen.requests.length, before);
  await send(article);
  assert.match((await shown(article)).text, /204.*All user's named tokens have been deleted\./s);
  await credentials(page.locator(LIST), "X-Auth-Token", { token: USER_TOKEN });
  await send(page.locator(LIST));
  assert.equal((await shown(page.locator(LIST))).status, "401");
}));
