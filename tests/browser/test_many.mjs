/* 5,000 objects: how much is done for a key. Counted in what is touched, since a clock measures the machine; times are told. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { using } from "./browser.mjs";
import { audit, deployment, namespace, spec } from "./world.mjs";

const ROWS = 5000,
	NAMESPACES = 20;
const objects = Array.from({ length: NAMESPACES }, (_, n) => namespace(`team-${n}`, n % 2 ? "warn" : "enforce"));
for (let i = 0; i < ROWS - NAMESPACES; i++)
	objects.push(deployment(`connect-${i}`, `team-${i % NAMESPACES}`, spec(i % 3 ? {} : { hostPID: true })));
const many = audit(objects, { json: false });

/* What a change of a field costs: records of changes in the tree, milliseconds until it stands there. */
const measure = (page, act) =>
	page.evaluate(async (body) => {
		const records = [],
			observer = new MutationObserver((list) => records.push(...list));
		observer.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
		const started = performance.now();
		new Function(body)();
		const busy = performance.now() - started;
		await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
		records.push(...observer.takeRecords());
		observer.disconnect();
		return { touched: records.length, busy, painted: performance.now() - started };
	}, act);
const typed = (text) =>
	`const q = document.querySelector("#q"); q.value = ${JSON.stringify(text)}; q.dispatchEvent(new Event("input", { bubbles: true }));`;
const tell = (t, what, found) =>
	t.diagnostic(`${what}: ${found.touched} touched, ${found.busy.toFixed(0)} ms busy, painted after ${found.painted.toFixed(0)} ms`);

test("5,000 rows: the first look and each key are quick", async (t) => {
	await using(many.url, {}, async (page) => {
		const first = await page.evaluate(() => {
			const [navigation] = performance.getEntriesByType("navigation"),
				paint = performance.getEntriesByName("first-contentful-paint")[0];
			return { size: document.documentElement.outerHTML.length, paint: paint?.startTime, loaded: navigation.loadEventEnd };
		});
		t.diagnostic(
			`${(first.size / 1e6).toFixed(1)} MB: first paint after ${first.paint?.toFixed(0)} ms, ready after ${first.loaded.toFixed(0)} ms`,
		);
		assert.equal(await page.$$eval("tbody", (all) => all.length), ROWS);
		const laid = await page.$$eval(".head", (all) => all.filter((b) => b.checkVisibility({ contentVisibilityAuto: true })).length);
		assert.ok(laid < 200, `${laid} rows are laid out, of which 20 are seen`);

		const some = await measure(page, typed("connect-49")); /* builds the texts to search */
		tell(t, "the first letters", some);
		const shown = await page.$$eval("tbody:not([hidden])", (all) => all.length);
		const named = objects.filter((o) => o.metadata.name.includes("connect-49")).length;
		assert.equal(shown, named);
		assert.ok(some.touched <= ROWS - shown + 3 * NAMESPACES + 20, `${some.touched}`);
		const next = await measure(page, typed("connect-491"));
		tell(t, "the next letter", next);
		assert.ok(next.touched <= named + 3 * NAMESPACES + 20, `${next.touched}: only what changes is touched`);
		const same = await measure(page, typed("connect-491 "));
		assert.ok(same.touched <= 10, `${same.touched}: nothing changes`);
		const all = await measure(page, typed(""));
		tell(t, "all again", all);
		assert.ok(all.touched <= ROWS - 1 + 3 * NAMESPACES + 20, `${all.touched}: each row is shown once`);
		const sorted = await measure(page, 'document.querySelector("thead th:nth-child(1) button").click()');
		tell(t, "another order", sorted);
		assert.ok(sorted.touched <= ROWS + 3 * NAMESPACES + 20, `${sorted.touched}: each row is moved once`);
		const key = await measure(page, 'document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "j", bubbles: true }))');
		assert.ok(key.touched <= 5, `${key.touched}`);
	});
});
