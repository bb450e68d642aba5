/* What people do with the page. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { names, using } from "./browser.mjs";
import { audit, mixed } from "./world.mjs";

const world = audit(mixed());

test("a text filters, and the address keeps it", async () => {
	await using(world.url, {}, async (page) => {
		assert.equal((await names(page)).length, world.lines.length);
		await page.fill("#q", "hostipc");
		assert.deepEqual(await names(page), ["team-b/root"]);
		assert.match(await page.textContent("#count"), new RegExp(`^1 of ${world.lines.length} objects$`));
		assert.match(page.url(), /#q=hostipc$/);
	});
});
