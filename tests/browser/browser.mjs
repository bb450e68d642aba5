/* One Chromium for a file of tests; a page each, watched: no request but the page's own, nothing said on the console. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after } from "node:test";
import { chromium } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const ARGS = [
	"--no-sandbox",
	"--disable-gpu",
	"--disable-quic",
	"--no-first-run",
	"--disable-background-networking",
	"--disable-component-update",
	"--disable-sync",
];

/* Beside other suites all takes longer. */
const TIMEOUT = 30000 * Number(process.env.SPARKGATE_PATIENCE ?? 1);

let browser;
export const closing = () => browser?.close();
after(closing);

/* Opens url, has body() use the page, and says what it should not have done. options: of the context; hash: of the view. */
export async function using(url, options, body) {
	browser ??= await chromium.launch({ executablePath: process.env.CHROMIUM, headless: true, args: ARGS, timeout: TIMEOUT });
	const context = await browser.newContext({ viewport: { width: 1200, height: 800 }, offline: true, ...options });
	context.setDefaultTimeout(TIMEOUT);
	const page = await context.newPage(),
		requests = [],
		said = [];
	page.on("request", (request) => requests.push(request.url()));
	page.on("console", (message) => said.push(message.text()));
	page.on("pageerror", (error) => said.push(String(error)));
	try {
		await page.goto(url, { waitUntil: "load" });
		await body(page, { requests, said });
		assert.deepEqual(
			requests.filter((r) => r.split("#")[0] !== url.split("#")[0]),
			[],
			"the page asks for nothing",
		);
		assert.deepEqual(said, [], "nothing on the console");
	} finally {
		await context.close();
	}
}

/* The names of the rows that are seen, in order. */
export const names = (page) =>
	page.$$eval("tbody", (all) =>
		all
			.filter((b) => b.checkVisibility({ checkVisibilityCSS: true }))
			.map((b) => b.closest("section").dataset.ns + "/" + b.rows[0].cells[1].textContent),
	);

/* What axe-core objects to. It is put in by the debugger's own way, which the page's policy does not rule. */
export async function axe(page) {
	await page.evaluate(AXE + "; undefined");
	const found = await page.evaluate(() =>
		axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }),
	);
	return found.violations.map(
		(v) =>
			`${v.id}: ${v.help}: ${v.nodes
				.slice(0, 3)
				.map((n) => `${n.target} ${n.failureSummary}`)
				.join(" | ")}`,
	);
}
