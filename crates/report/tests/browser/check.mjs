// Opens a report and a study in a browser and says what is wrong with them: `node check.mjs FOLDER`.
//
// FOLDER holds report.html, report.json, report.schema.json and study.html. The browser is $CHROMIUM or /usr/bin/chromium.

import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import Ajv from "ajv/dist/2020.js";
import axe from "axe-core";
import { chromium } from "playwright-core";
import { getDocumentProxy } from "unpdf";

const folder = resolve(process.argv[2]);
const json = (name) => JSON.parse(readFileSync(join(folder, name), "utf8"));
const numbers = json("report.json");
const file = (name) => pathToFileURL(join(folder, name)).href;
const HOSTILE = "<img src=x onerror=alert(1)>";
const claims = numbers.experiments.flatMap((experiment) =>
  experiment.claims.map((claim) => ({
    ...claim,
    id: `claim-${experiment.name}-${claim.id}`.replaceAll(/[^A-Za-z0-9_-]/g, "-"),
  })),
);

const wrong = [];
function expect(holds, what) {
  if (!holds) wrong.push(what);
}

const root = process.getuid?.() === 0;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: root ? ["--no-sandbox"] : [],
});

/** A page in a context without network, and whatever it complains about or asks for is wrong. */
async function open(options = {}, fragment = "", name = "report.html") {
  const address = file(name);
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, reducedMotion: "reduce", ...options });
  await context.setOffline(true);
  await context.route(/^(?!file:|data:)/, (route) => route.abort());
  const page = await context.newPage();
  page.on("request", (request) => {
    const url = request.url().split("#")[0];
    expect(url === address || url.startsWith("data:"), `it asks for ${url}`);
  });
  page.on("console", (message) => {
    expect(!["error", "warning"].includes(message.type()), `the console says: ${message.text()}`);
  });
  page.on("pageerror", (error) => expect(false, `the script fails: ${error.message}`));
  page.on("dialog", async (dialog) => {
    expect(false, `a name ran as a script: ${dialog.message()}`);
    await dialog.dismiss();
  });
  await page.goto(address + fragment);
  return page;
}

const texts = (page, selector) => page.locator(selector).allTextContents();
const plain = (word) => word.trim().toLowerCase().replaceAll(" ", "_");

async function verdicts(page, when) {
  for (const claim of claims) {
    const [article] = await texts(page, `article[id="${claim.id}"] > p.verdict`);
    expect(plain(article ?? "") === claim.verdict, `${claim.id} is ${article} ${when}, not ${claim.verdict}`);
    const [row] = await texts(page, `table.claims tr:has(a[href="#${claim.id}"]) td.verdict`);
    expect(plain(row ?? "") === claim.verdict, `${claim.id} is ${row} in the ledger ${when}, not ${claim.verdict}`);
  }
}

async function names(page) {
  const heads = await texts(page, "table.arms tbody th");
  expect(heads.some((head) => head.startsWith(HOSTILE)), "the hostile name is not shown as text");
  expect((await page.locator("img[onerror], img:not([src^='data:'])").count()) === 0, "a name became an image");
}

async function filters(page) {
  for (const verdict of new Set(claims.map((claim) => claim.verdict))) {
    const button = page.locator(`.filter button[value="${verdict.replaceAll("_", "-")}"]`);
    await button.focus();
    await page.keyboard.press("Enter");
    const shown = await texts(page, "table.claims tbody tr:visible td.verdict");
    const right = claims.filter((claim) => claim.verdict === verdict).length;
    expect(shown.length === right && shown.every((word) => plain(word) === verdict), `filter ${verdict} shows ${shown}`);
    expect((await button.getAttribute("aria-pressed")) === "true", `filter ${verdict} does not say that it is pressed`);
    const [status] = await texts(page, ".filter [role=status]");
    expect(status === `${right} of ${claims.length} claims shown`, `filter ${verdict} announces ${status}`);
  }
  await page.locator('.filter button[value=""]').click();
  expect((await page.locator("table.claims tbody tr:visible").count()) === claims.length, "the filter loses claims");
}

async function sorts(page) {
  const head = page.locator("table.claims thead th").last();
  await head.locator("button").click();
  expect((await head.getAttribute("aria-sort")) === "ascending", "a sorted column does not say so");
  const column = async () => {
    const cells = (await texts(page, "table.claims tbody tr td:last-child")).filter((cell) => cell !== "–");
    return cells.map((cell) => Number.parseFloat(cell.replace("< ", "")));
  };
  const ascends = (values) => values.every((value, at) => at === 0 || values[at - 1] <= value);
  const up = await column();
  expect(ascends(up), `ascending: ${up}`);
  await head.locator("button").press("Enter");
  const down = await column();
  expect(ascends(down.toReversed()) && down[0] > down.at(-1), `descending: ${down}`);
}

async function curves(page) {
  const panel = page.locator(".panel:has(input)").first();
  const [last] = await panel.locator(".values").allTextContents();
  await panel.locator("input").press("ArrowLeft");
  const [before] = await panel.locator(".values").allTextContents();
  expect(/^Epoch \d/.test(last) && /^Epoch \d/.test(before) && last !== before, `the slider says ${last}, then ${before}`);
  const said = await panel.locator("input").getAttribute("aria-valuetext");
  expect(said === before, `the slider is read as ${said}`);
}

async function links() {
  const inside = await open({}, "#experiment-1-trials");
  expect(await inside.locator("#experiment-1-trials").isVisible(), "a link into closed details does not open them");
  expect(await inside.locator("#experiment-1-trials").evaluate((at) => Math.abs(at.getBoundingClientRect().top) < 200), "a link does not lead to its target");
  const page = await open({}, `#${claims.at(-1).id}`);
  expect(await page.locator(`[id="${claims.at(-1).id}"]`).evaluate((at) => at.matches(":target")), "a claim has no link");
  for (const link of await page.locator(`[id="${claims.at(-1).id}"] .ways a`).all()) {
    await link.click();
    expect(await page.locator(":target").isVisible(), `${await link.textContent()} leads nowhere`);
  }
}

async function accessible(colorScheme, name) {
  // The page's own policy would keep the rules out.
  const page = await open({ colorScheme, bypassCSP: true }, "", name);
  await page.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = true)));
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  for (const { impact, id, nodes } of violations) {
    const grave = ["serious", "critical"].includes(impact);
    expect(!grave, `${name}, ${colorScheme}, ${impact}: ${id} at ${nodes.slice(0, 3).map((node) => node.target).join(" and ")}`);
  }
}

async function narrow(name) {
  const page = await open({ viewport: { width: 360, height: 740 } }, "", name);
  const width = () => page.evaluate(() => document.documentElement.scrollWidth);
  expect((await width()) <= 360, `${name}: 360 pixels are scrolled to ${await width()}`);
  await page.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = true)));
  expect((await width()) <= 360, `${name}: 360 pixels are scrolled to ${await width()} once all is open`);
}

/** On a telephone each claim has its effect and its p in the window, not beside it. */
async function telephone() {
  const page = await open({ viewport: { width: 360, height: 740 } });
  const rows = page.locator("table.claims tbody tr");
  expect((await rows.count()) === claims.length, "a claim is missing on a telephone");
  const cells = await rows.evaluateAll((all) =>
    all.map((row) =>
      [...row.cells].map((cell) => {
        const range = document.createRange();
        range.selectNodeContents(cell);
        const { left, right, top, height } = range.getBoundingClientRect();
        return { left, right, top, height, word: cell.textContent.trim() };
      }),
    ),
  );
  for (const row of cells) {
    for (const { left, right, height, word } of row) {
      expect(left >= 0 && right <= 360 && height > 0, `${word} lies from ${left} to ${right} of 360 pixels`);
    }
    const [, sentence, , effect, p] = row;
    expect(effect.top > sentence.top && p.top > sentence.top, `${effect.word} and ${p.word} do not lie under ${sentence.word}`);
  }
  const labels = await page.locator("table.claims tbody tr:first-child td").evaluateAll((all) =>
    all.map((cell) => getComputedStyle(cell, "::before").content),
  );
  expect(labels.slice(-2).every((label) => /^"\w/.test(label)), `effect and p are called ${labels}`);
}

/** What was found, on paper: few pages, what is closed stays closed, and no heading stands alone at a page's foot. */
async function printed(name, most) {
  const page = await open({}, "", name);
  await page.emulateMedia({ media: "print" });
  const shown = await page.locator("details:not([open]) > *").evaluateAll(
    (inside) => inside.filter((part) => part.checkVisibility()).length,
  );
  expect(shown === 0, `${name}: ${shown} parts of what is closed are printed`);
  const digits = await page.locator("main > section").evaluateAll((sections) =>
    Math.max(...sections.map((section) => [...section.querySelectorAll(".gallery img")].filter((img) => img.checkVisibility()).length), 0),
  );
  expect(digits <= 12, `${name}: an experiment prints ${digits} digits`);
  const document = await getDocumentProxy(new Uint8Array(await page.pdf({ format: "A4", tagged: true, outline: true })));
  expect(document.numPages <= most, `${name} is printed on ${document.numPages} pages`);
  const headings = [];
  const walk = async (entries) => {
    for (const { title, dest, items } of entries ?? []) {
      const target = typeof dest === "string" ? await document.getDestination(dest) : dest;
      headings.push({ title, page: await document.getPageIndex(target[0]) });
      await walk(items);
    }
  };
  await walk(await document.getOutline());
  expect(headings.length > 5, `${name}: ${headings.length} headings in print`);
  const bare = (text) => text.replaceAll(/\s/g, "");
  for (let number = 0; number < document.numPages; number += 1) {
    const { items } = await (await document.getPage(number + 1)).getTextContent();
    const text = bare(items.map((item) => item.str).join(""));
    // The table of all claims begins beneath the head, and goes on where that page ends.
    const first = bare(claims[0].sentence);
    expect(number > 0 || name !== "report.html" || text.includes(first), "the first printed page shows no claim");
    const alone = headings.find((heading) => heading.page === number && text.endsWith(bare(heading.title)));
    expect(!alone, `${name}: ${alone?.title} stands alone at the foot of page ${number + 1}`);
  }
  const pages = new Set(headings.map((heading) => heading.page));
  expect(pages.size > 2, `${name}: all headings are on ${pages.size} pages`);
}

async function study() {
  const page = await open({}, "", "study.html");
  const unscripted = await open({ javaScriptEnabled: false }, "", "study.html");
  expect((await texts(page, "table")).join() === (await texts(unscripted, "table")).join(), "a study's tables need a script");
  const heads = await texts(page, "#timeline-table, table:has(#timeline-table) tbody th");
  expect(heads.some((head) => head.startsWith(HOSTILE)), "the hostile worker is not shown as text");
  expect((await page.locator("img").count()) === 0, "a name of a study became an image");
  const drawings = await page.locator("svg[role=img]:visible").count();
  expect(drawings > 10, `a study has ${drawings} drawings`);
  await page.locator("#trials summary").click();
  const head = page.locator("#trials thead th").nth(2);
  await head.locator("button").press("Enter");
  const column = (await texts(page, "#trials tbody td:nth-child(3)")).filter((cell) => !"–∞".includes(cell)).map(Number);
  expect(column.every((value, at) => at === 0 || column[at - 1] <= value), `trials by error: ${column}`);
}

/** What a study adds to its trials: a filter, which without script is not there. */
async function sifts() {
  const plainPage = await open({ javaScriptEnabled: false }, "", "study.html");
  await plainPage.locator("#trials summary").click();
  expect((await plainPage.locator(".sift").isVisible()) === false, "without script trials have a filter that does nothing");
  expect((await plainPage.locator("#trials tbody tr:visible").count()) === 140, "trials need a script to be read");
  const page = await open({}, "", "study.html");
  await page.locator("#trials summary").click();
  const shown = async (what, right) => {
    const rows = await page.locator("#trials tbody tr:visible").evaluateAll((rows) =>
      rows.map((row) => [...row.cells].map((cell) => cell.textContent)),
    );
    expect(rows.length > 0 && rows.length < 140 && rows.every(right), `${what} shows ${rows.length} trials`);
    const [status] = await texts(page, ".sift [role=status]");
    expect(status === `${rows.length} of 140 trials shown`, `${what} announces ${status}`);
  };
  const column = (await texts(page, "#trials thead th")).indexOf("Validation error, %");
  await page.locator(".sift [name=state]").selectOption("complete");
  await shown("complete", (row) => row[1] === "complete");
  await page.locator(".sift [name=column]").selectOption({ label: "Validation error, %" });
  await page.locator(".sift [name=condition]").selectOption({ label: "is at most" });
  await page.locator(".sift [name=value]").fill("4.5");
  await shown("at most 4.5", (row) => row[1] === "complete" && Number(row[column]) <= 4.5);
  await page.locator(".sift [name=condition]").selectOption({ label: "is at least" });
  await shown("at least 4.5", (row) => Number(row[column]) >= 4.5);
  await page.locator(".sift [name=state]").selectOption("any");
  await page.locator(".sift [name=column]").selectOption({ label: "any" });
  await page.locator(".sift [name=condition]").selectOption({ label: "contains" });
  await page.locator(".sift [name=value]").fill("Decoupled");
  await shown("a text", (row) => row.some((cell) => cell.includes("decoupled")));
  await page.getByRole("button", { name: "Show all" }).press("Enter");
  await page.waitForFunction(() => document.querySelectorAll("#trials tbody tr:not([hidden])").length === 140);
}

/** Names, choices and ticks of a study lie within their drawings, in both widths of the window. */
async function whole() {
  for (const width of [1280, 360]) {
    const page = await open({ viewport: { width, height: 800 } }, "", "study.html");
    const parallel = page.locator('h3:text-is("Parallel coordinates") + figure').first().locator("svg.plot:visible");
    const texts = await parallel.locator("text").evaluateAll((all) =>
      all.map((text) => {
        const [box, around] = [text.getBoundingClientRect(), text.closest("svg").getBoundingClientRect()];
        const inside = box.left >= around.left && box.right <= around.right && box.bottom <= around.bottom;
        return { text: text.textContent, inside };
      }),
    );
    for (const { text, inside } of texts) expect(inside, `at ${width} pixels ${text} is cut off`);
    const written = texts.map(({ text }) => text);
    for (const name of ["units of the hidden layer", "adam with decoupled weight decay", HOSTILE, "not used"]) {
      expect(written.includes(name), `at ${width} pixels parallel coordinates lack ${name}`);
    }
    const layers = written.slice(written.indexOf("model.hidden.layers") + 1, written.indexOf("optimiser"));
    expect(layers.join() === "1,2,3", `ticks of a whole number: ${layers}`);
  }
  const page = await open({ javaScriptEnabled: false }, "", "study.html");
  const best = await texts(page, "#best table");
  expect(best.length === 2 && best[1].includes("not used"), `the best trials: ${best}`);
  const intervals = await texts(page, '#objective-1 table:has-text("95 % interval") tbody td:last-child');
  expect(intervals.length === 5 && intervals.every((text) => /^[\d.]+ to [\d.]+$/.test(text)), `intervals: ${intervals}`);
}

function valid() {
  const validate = new Ajv({ validateFormats: false, allErrors: true }).compile(json("report.schema.json"));
  expect(validate(numbers), `report.json: ${JSON.stringify(validate.errors?.slice(0, 3))}`);
  const { verdicts: _, ...without } = numbers;
  expect(!validate(without), "the schema lets a report without verdicts pass");
}

const page = await open();
const plainPage = await open({ javaScriptEnabled: false });
await verdicts(page, "with script");
await verdicts(plainPage, "without script");
const [scripted, unscripted] = [await texts(page, "table"), await texts(plainPage, "table")];
expect(unscripted.length > 10, "tables are missing without script");
scripted.forEach((table, at) => expect(table === unscripted[at], `table ${at} differs without script`));
expect((await plainPage.locator(".filter").isVisible()) === false, "without script there is a filter that does nothing");
await names(page);
await filters(page);
await sorts(page);
await curves(page);
await links();
await study();
await sifts();
await whole();
for (const name of ["report.html", "study.html"]) {
  await accessible("light", name);
  await accessible("dark", name);
  await narrow(name);
}
await telephone();
await printed("report.html", 25);
await printed("study.html", 25);
valid();
await browser.close();

for (const what of wrong) console.error(what);
process.exitCode = wrong.length > 0 ? 1 : 0;
