// Takes the screenshots of the documentation: the reference page, and what a terminal showed.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { launch, watched } from "./browser.mjs";

const { BASE, IMAGES, TERMINALS } = process.env;
const PAGE = `${BASE}/docs`;
const DESKTOP = { width: 1280, height: 860 };
const PHONE = { width: 390, height: 844 };

const browser = await launch();

const photograph = async (name, options, journey) => {
  const { context, page } = await watched(browser, { reducedMotion: "reduce", ...options });
  await journey(page);
  // What differs from time to time says nothing.
  await page.evaluate(() => {
    for (const took of document.querySelectorAll(".took")) took.textContent = took.textContent.replace(/^\d+/, "4");
    for (const base of document.querySelectorAll(".base")) base.textContent = base.textContent.replace(/:\d+/, ":8080");
    document.activeElement?.blur();
  });
  await page.screenshot({ path: join(IMAGES, `${name}.png`), animations: "disabled", caret: "hide" });
  await context.close();
};

/** Calls an operation as somebody, and leaves the page at it. */
const call = async (page, operation, user, password) => {
  await page.goto(`${PAGE}#operation-${operation}`);
  const article = page.locator(`article#operation-${operation}`);
  await article.locator("select.credentials").selectOption({ label: "Basic: user name and password" });
  await article.locator('.scheme:not([hidden]) [data-part="user"]').fill(user);
  await article.locator('.scheme:not([hidden]) [data-part="password"]').fill(password);
  await article.locator(".send").click();
  await article.locator(".answer .result").waitFor();
  await page.evaluate((anchor) => document.getElementById(anchor).scrollIntoView(), `operation-${operation}`);
};

await photograph("page-light", { viewport: DESKTOP, colorScheme: "light" }, (page) =>
  call(page, "list_named_tokens_of_provider", "alice", "alice's demo password"));
await photograph("page-dark", { viewport: DESKTOP, colorScheme: "dark" }, (page) =>
  call(page, "list_named_tokens_of_provider", "alice", "wrong"));
await photograph("page-phone", { viewport: PHONE, colorScheme: "light" }, async (page) => {
  await page.goto(PAGE);
  await page.evaluate(() => document.getElementById("operation-list_named_tokens_of_provider").scrollIntoView());
});

const STYLE = `
  body { margin: 0; }
  .desk { padding: 28px; background: #d9dee7; width: max-content; }
  .window { width: 1170px; border-radius: 10px; overflow: hidden; background: #15181e; color: #dfe3ea;
    font: 14px/1.55 "JetBrains Mono", "DejaVu Sans Mono", monospace; font-variant-ligatures: none; }
  .bar { display: flex; gap: 8px; align-items: center; padding: 11px 14px; background: #23272f; color: #9aa3b1; font-size: 12px; }
  .bar i { width: 12px; height: 12px; border-radius: 50%; background: #4a5260; }
  .bar span { flex: 1; text-align: center; margin-right: 52px; }
  pre { margin: 0; padding: 16px 18px 20px; font: inherit; white-space: pre-wrap; overflow-wrap: anywhere; }
  .prompt { color: #5fd08c; font-weight: 700; } .command { color: #fff; font-weight: 600; } .comment { color: #8b95a5; }
`;

for (const { name, title, steps } of JSON.parse(readFileSync(TERMINALS, "utf8"))) {
  const { context, page } = await watched(browser, { viewport: DESKTOP });
  await page.setContent(`<style>${STYLE}</style><div class="desk"><div class="window"><div class="bar"><i></i><i></i><i></i><span></span></div><pre></pre></div></div>`);
  await page.evaluate(({ title, steps }) => {
    document.querySelector(".bar span").textContent = title;
    const pre = document.querySelector("pre");
    const add = (className, text) => {
      const span = document.createElement("span");
      span.className = className;
      span.textContent = text;
      pre.append(span);
    };
    steps.forEach(({ comment, command, output }, index) => {
      if (index > 0) pre.append("\n");
      if (comment) add("comment", `# ${comment}\n`);
      add("prompt", "$ ");
      add("command", `${command}\n`);
      if (output) pre.append(`${output.trimEnd()}\n`);
    });
  }, { title, steps });
  await page.locator(".desk").screenshot({ path: join(IMAGES, `${name}.png`), animations: "disabled" });
  await context.close();
}

await browser.close();
