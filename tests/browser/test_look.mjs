/* How it looks to those who see it on a telephone, on paper, in the dark, without a script, or not at all. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { HtmlValidate } from "html-validate";
import { axe, names, using } from "./browser.mjs";
import { audit, deployment, mixed, spec } from "./world.mjs";

const LONG = "n".repeat(250);
const world = audit([...mixed(), deployment(LONG, "team-a", spec({ hostPID: true }, "spark://" + LONG, { name: "c".repeat(63) }))]),
	empty = audit([{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "none", namespace: "x" }, data: {} }]);
const openAll = (page) => page.$$eval("tbody th button", (all) => all.forEach((b) => b.click()));

for (const scheme of ["light", "dark"])
	for (const width of [1200, 360])
		test(`axe-core has nothing to object to: ${scheme}, ${width} wide, closed and open`, async () => {
			await using(world.url, { colorScheme: scheme, viewport: { width, height: 900 } }, async (page) => {
				assert.deepEqual(await axe(page), []);
				await openAll(page);
				await page.$$eval("details", (all) =>
					all.forEach((d) => {
						d.open = true;
					}),
				);
				assert.deepEqual(await axe(page), []);
				await page.fill("#q", "nothing has this");
				assert.deepEqual(await axe(page), []);
			});
		});

test("who hears the page hears tables: rows, headings, what is open", async () => {
	for (const width of [1200, 360])
		await using(world.url, { viewport: { width, height: 5000 } }, async (page) => {
			/* all is in sight */
			const { nodes } = await (await page.context().newCDPSession(page)).send("Accessibility.getFullAXTree");
			const count = (role) => nodes.filter((n) => !n.ignored && n.role.value === role).length;
			assert.ok(
				nodes.some((n) => n.role.value === "rowheader" && n.name.value === "connect-host"),
				"its name alone",
			);
			assert.deepEqual(
				["table", "columnheader", "rowheader", "row"].map(count),
				[3, 18, world.lines.length, 6 + world.lines.length],
				String(width),
			);
		});
});

test("axe-core can object", async () => {
	await using(world.url, {}, async (page) => {
		await page.evaluate(() => {
			document.querySelector("label[for=q]").remove();
			document.querySelector("h1").style.setProperty("color", "#f0f0f0");
		});
		const found = await axe(page);
		assert.ok(
			found.some((v) => v.startsWith("color-contrast")),
			String(found),
		);
	});
});

for (const width of [320, 360, 800, 1200])
	test(`${width} pixels are wide enough, whatever is open`, async () => {
		await using(world.url, { viewport: { width, height: 740 } }, async (page) => {
			await openAll(page);
			const wide = await page.evaluate(() => [
				document.documentElement.scrollWidth,
				innerWidth,
				[...document.querySelectorAll("main *")]
					.filter((e) => e.checkVisibility() && !e.closest("pre") && e.getBoundingClientRect().right > innerWidth + 0.5)
					.map((e) => e.outerHTML.slice(0, 80)),
			]);
			assert.ok(wide[0] <= wide[1], `${wide[0]} > ${wide[1]}`);
			assert.deepEqual(wide[2], []);
		});
	});

test("on a narrow screen a row is a card, with its labels", async () => {
	await using(world.url, { viewport: { width: 360, height: 740 } }, async (page) => {
		const [name, kind] = await page.$$eval("tbody:first-of-type .head", ([row]) =>
			[row.cells[1], row.cells[2]].map((c) => c.getBoundingClientRect().top),
		);
		assert.ok(kind > name, "one below the other");
		assert.match(await page.$eval("tbody .head td:nth-child(3)", (c) => getComputedStyle(c, "::before").content), /Kind/);
	});
});

test("what is red or green has a sign too", async () => {
	await using(world.url, {}, async (page) => {
		await openAll(page);
		const signs = await page.$$eval(".changes del, .changes ins", (all) =>
			all.map((e) => e.tagName + getComputedStyle(e, "::before").content[1]),
		);
		assert.deepEqual([...new Set(signs)].sort(), ["DEL−", "INS+"]);
		const lines = await page.$$eval(".diff del, .diff ins", (all) =>
			all.flatMap((e) =>
				e.textContent
					.trimEnd()
					.split("\n")
					.map((l) => e.tagName + l[0]),
			),
		);
		assert.deepEqual([...new Set(lines)].sort(), ["DEL-", "INS+"]);
	});
});

test("without a script it is a document: everything stands there", async () => {
	await using(world.url, { javaScriptEnabled: false }, async (page) => {
		const text = (
			await page.$$eval("tbody tr", (all) =>
				all.filter((tr) => tr.checkVisibility({ checkVisibilityCSS: true })).map((tr) => tr.textContent),
			)
		).join(" ");
		for (const o of world.lines)
			for (const said of [o.name, ...o.violations.map((v) => v.message)]) assert.ok(text.includes(said.trim()), said);
		assert.ok(!(await page.isVisible("#filter")));
		assert.match(await page.textContent("tfoot"), /^\d objects: \d refused, /);
		assert.equal(await page.textContent("#totals .tile b"), String(world.lines.length));
	});
});

test("on paper: everything, in light colours, without what nobody can press", async () => {
	await using(world.url, { colorScheme: "dark" }, async (page) => {
		await page.emulateMedia({ media: "print", colorScheme: "dark" });
		assert.ok(!(await page.isVisible("#filter")) && !(await page.isVisible("#theme")));
		assert.ok(await page.isVisible(".message"));
		const pdf = await page.pdf({ format: "A4" });
		assert.ok(pdf.length > 10_000);
	});
});

test("where nothing was found it says so", async () => {
	assert.equal(empty.lines.length, 0);
	await using(empty.url, {}, async (page) => {
		assert.ok(await page.isVisible("text=Nothing of Spark Connect was found"));
		assert.ok(!(await page.isVisible("#filter")));
		assert.deepEqual(await axe(page), []);
		assert.deepEqual(await names(page), []);
	});
});

test("a page that ends before its end says so, and what is there can be used", async () => {
	const html = world.html();
	for (const part of [0.5, 0.7, 0.9, 0.99]) {
		const cut = join(world.folder, `cut-${part}.html`);
		writeFileSync(cut, html.slice(0, Math.floor(html.length * part)));
		await using("file://" + cut, {}, async (page) => {
			assert.ok(await page.isVisible("text=This report is not whole"));
			await page.fill("#q", "connect");
			const found = (await names(page)).length;
			assert.ok(found > 0 && found < world.lines.length, String(found));
			await page.click("thead th:nth-child(2) button");
			assert.deepEqual(await axe(page), []);
		});
	}
});

test("html-validate reads the source without an objection", async () => {
	const judge = new HtmlValidate({
		root: true,
		extends: ["html-validate:recommended"],
		rules: { "long-title": "off", "no-trailing-whitespace": "off" },
	});
	for (const found of [world, empty]) {
		const report = await judge.validateFile(found.page);
		const said = report.results.flatMap((r) => r.messages.map((m) => `${m.line}:${m.column} ${m.ruleId}: ${m.message}`));
		assert.deepEqual([...new Set(said)].slice(0, 20), []);
	}
	assert.equal((await judge.validateString("<p><div></p>")).valid, false);
});
