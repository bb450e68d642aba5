/* What people do with the page: look for something, put in order, open, hand on a view. With the mouse, and with keys alone. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { names, using } from "./browser.mjs";
import { audit, mixed, table } from "./world.mjs";

const world = audit(mixed()),
	all = world.lines.length;
const counted = (page) => page.textContent("#count");
const focused = (page) => page.evaluate(() => document.activeElement.closest("tbody")?.rows[0].cells[1].textContent);
const opened = (page) => page.$$eval("tbody.open", (found) => found.map((b) => b.rows[0].cells[1].textContent));

test("a text filters, and the address keeps it", async () => {
	await using(world.url, {}, async (page) => {
		assert.equal((await names(page)).length, all);
		await page.fill("#q", "hostipc");
		assert.deepEqual(await names(page), ["team-b/root"]);
		assert.equal(await counted(page), `1 of ${all} objects`);
		assert.match(page.url(), /#q=hostipc$/);
		assert.equal(await page.textContent("section:not([hidden]) tfoot"), "1 of 3 objects: 1 refused, 1 rewritten, 1 note");
	});
});

test("each filter by itself, and all together", async () => {
	await using(world.url, {}, async (page) => {
		const expected = (keep) => world.lines.filter(keep).length;
		for (const [id, value, keep] of [
			["kind", "Pod", (o) => o.kind === "Pod"],
			["show", "refused", (o) => o.verdict === "deny"],
			["rule", "backend.master", (o) => [...o.changes, ...o.violations].some((c) => c.rule === "backend.master")],
			["ns", "team-b", (o) => (o.namespace || o.name) === "team-b"],
		]) {
			await page.selectOption("#" + id, value);
			assert.equal((await names(page)).length, expected(keep), id);
			assert.ok(expected(keep) > 0 && expected(keep) < all, id);
			await page.click("#clear");
			assert.equal((await names(page)).length, all);
		}
		await page.selectOption("#ns", "team-b");
		await page.selectOption("#show", "refused");
		assert.deepEqual(await names(page), ["team-b/root"]);
		await page.selectOption("#kind", "Pod");
		assert.deepEqual(await names(page), []);
		assert.ok(await page.isVisible("text=Nothing matches"));
		assert.equal(await page.getAttribute("#count", "role"), "status", "who hears the page is told");
	});
});

test("an address opens the view that it was taken from", async () => {
	await using(world.url + "#show=refused&sort=-name", {}, async (page) => {
		assert.deepEqual(await names(page), ["team-a/connect-host", "team-b/root"]);
		assert.equal(await page.inputValue("#show"), "refused");
		assert.equal(await page.getAttribute("thead th:nth-child(2)", "aria-sort"), "descending");
		await page.evaluate(() => {
			location.hash = "#q=hostipc";
		});
		await page.waitForFunction(() => document.querySelector("#count").textContent.startsWith("1 of"));
		assert.equal(await page.inputValue("#show"), "");
	});
	await using(world.url + "#show=nonsense&sort=nonsense&what=%3Cb%3E", {}, async (page) => assert.equal((await names(page)).length, all));
});

test("a tile shows what it counts", async () => {
	await using(world.url, {}, async (page) => {
		for (const tile of await page.$$(".tile")) {
			const number = Number(await (await tile.$("b")).textContent());
			await tile.click();
			if ((await tile.getAttribute("class")).includes("none")) assert.equal(number, 0);
			else await page.waitForFunction((n) => parseInt(document.querySelector("#count").textContent, 10) === n, number);
		}
	});
});

test("the tiles have the numbers of the table's last lines", async () => {
	const [, refused, changed, drift, warned, noted] = table(world).match(
		/enforce refuses (\d+) and\nchanges (\d+); (\d+) with drift, (\d+) with warnings, (\d+) with notes/,
	);
	await using(world.url, {}, async (page) => {
		const tiles = await page.$$eval(".tile b", (found) => found.map((b) => b.textContent));
		assert.deepEqual(tiles.slice(0, 6), [String(all), refused, changed, drift, warned, noted]);
	});
});

test("a column sorts, there and back", async () => {
	await using(world.url, {}, async (page) => {
		const within = (list, ns) => list.filter((name) => name.startsWith(ns + "/")).map((name) => name.split("/")[1]);
		await page.click("section[data-ns=team-a] thead th:nth-child(2) button");
		const up = within(await names(page), "team-a");
		assert.deepEqual(up, [...up].sort());
		assert.ok(up.length > 3);
		assert.match(page.url(), /#sort=name$/);
		assert.equal(
			await page.getAttribute("section[data-ns=team-b] thead th:nth-child(2)", "aria-sort"),
			"ascending",
			"all tables are in one order",
		);
		await page.click("section[data-ns=team-a] thead th:nth-child(2) button");
		assert.deepEqual(within(await names(page), "team-a"), [...up].reverse());
		await page.click("section[data-ns=team-a] thead th:nth-child(1) button");
		assert.equal(within(await names(page), "team-a")[0], "connect-host", "the gravest first");
	});
});

test("a row opens to what there is to say", async () => {
	await using(world.url, {}, async (page) => {
		const row = page.locator("tbody", { has: page.getByText("connect-host", { exact: true }) });
		assert.equal(await row.locator(".message").isVisible(), false);
		await row.locator(".head td").nth(1).click();
		for (const what of [".message", ".way", ".findings", ".changes"]) assert.ok(await row.locator(what).isVisible(), what);
		const open = page.locator("tbody", { has: page.getByText("alone", { exact: true }) });
		await open.locator("button").click();
		assert.equal(await open.locator("button").getAttribute("aria-expanded"), "true");
		const diff = await open.locator(".diff").textContent();
		assert.match(diff, /^-.*k8s:\/\/https/m);
		assert.match(diff, /^\+.*spark:\/\/spark-master:7077/m);
		await open.locator("button").click();
		assert.equal(await open.locator("button").getAttribute("aria-expanded"), "false");
	});
});

test("the keyboard is enough", async () => {
	await using(world.url, {}, async (page) => {
		const key = (name) => page.keyboard.press(name),
			order = (await names(page)).map((name) => name.split("/")[1]);
		await key("j");
		assert.equal(await focused(page), order[0]);
		await key("j");
		await key("ArrowDown");
		await key("k");
		assert.equal(await focused(page), order[1]);
		await key("ArrowUp");
		await key("ArrowUp");
		assert.equal(await focused(page), order[0], "it ends where the list ends");
		await key("Enter");
		assert.deepEqual(await opened(page), [order[0]]);
		await key("Enter");
		assert.deepEqual(await opened(page), []);
		await key("/");
		await page.keyboard.type("hostipc j/k");
		assert.equal(await page.inputValue("#q"), "hostipc j/k", "in a field a key is a letter");
		await key("Escape");
		assert.equal(await page.inputValue("#q"), "");
		assert.equal((await names(page)).length, all);
		await key("/");
		await page.keyboard.type("hostipc");
		await key("Enter");
		assert.equal(await focused(page), "root");
		await key("Enter");
		assert.deepEqual(await opened(page), ["root"]);
	});
});

test("Tab reaches everything, in the order in which it is read, and the focus is seen", async () => {
	await using(world.url, {}, async (page) => {
		const reached = [];
		for (let i = 0; i < 60; i++) {
			await page.keyboard.press("Tab");
			reached.push(
				await page.evaluate(() => {
					const it = document.activeElement;
					return {
						what: it === document.body ? "BODY" : it.id || it.className || it.textContent,
						ring: getComputedStyle(it).outlineStyle !== "none",
						top: it.getBoundingClientRect().top + scrollY,
					};
				}),
			);
			if (reached.length > 1 && reached.at(-1).what === reached[0].what) break;
		}
		const whats = reached.map((r) => r.what);
		for (const wanted of ["theme", "q", "show", "ns", "kind", "rule", "clear", "Name", "connect-host", "root"])
			assert.ok(whats.includes(wanted), `${wanted} in ${whats}`);
		assert.deepEqual(
			reached.filter((r) => r.what !== "BODY" && !r.ring).map((r) => r.what),
			[],
		);
		const order = ["theme", "tile ", "q", "Name", "connect-host"].map((w) => whats.findIndex((what) => what.startsWith(w)));
		assert.deepEqual(
			order,
			[...order].sort((a, b) => a - b),
			String(whats),
		);
	});
});

test("light and dark: as the machine has it, and by the button", async () => {
	const back = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
	let light, dark;
	await using(world.url, { colorScheme: "light" }, async (page) => {
		light = await back(page);
		await page.click("#theme");
		dark = await back(page);
		assert.equal(await page.textContent("#theme"), "Light");
		await page.click("#theme");
		assert.equal(await back(page), light);
	});
	await using(world.url, { colorScheme: "dark" }, async (page) => assert.equal(await back(page), dark));
	assert.notEqual(light, dark);
});
