/* What is in the page: what `-o json` says, no more and no less, whatever texts are in it. */
import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { using } from "./browser.mjs";
import { WORK, audit, configMap, deployment, mixed, namespace, pod, spec } from "./world.mjs";

/* A page's rows, as they are read. */
const read = (page) =>
	page.$$eval("tbody", (bodies) =>
		bodies.map((body) => {
			const text = (e) => (e ? e.textContent : null),
				all = (selector) => [...body.querySelectorAll(selector)];
			const cells = [...body.rows[0].cells].map((c) => c.textContent);
			return {
				group: body.closest("section").dataset.ns,
				name: cells[1],
				kind: cells[2],
				backend: cells[3] || null,
				sparkVersion: cells[4] || null,
				result: cells[0],
				message: text(body.querySelector(".message")),
				warnings: all(".warnings li").map(text),
				scope: text(body.querySelector(".scope")),
				violations: all(".findings li").map((li) => ({
					rule: text(li.querySelector("code")),
					action: text(li.querySelector("b")),
					message: text(li.querySelector("p")),
				})),
				changes: all(".changes li").map((li) => ({
					rule: text(li.querySelector("code")),
					from: text(li.querySelector("del")),
					to: text(li.querySelector("ins")),
				})),
				json: body.querySelector(".json").textContent,
			};
		}),
	);

/* As the page writes what would not be seen. */
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\p{Noncharacter_Code_Point}]/gu;
const unit = (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0");
const shown = (text) => (text === null ? null : text.replace(UNSEEN, (c) => c.split("").map(unit).join("")));

function expected(o) {
	const would = o.allowed ? "would be " : "",
		fine = o.violations.length === 0;
	const drift = o.violations.some((v) => v.rule.endsWith(".drift")),
		warn = o.violations.some((v) => v.action === "warn");
	return {
		group: o.namespace ?? o.name,
		name: shown(o.name),
		kind: shown(o.kind),
		backend: o.backend,
		sparkVersion: o.sparkVersion,
		result:
			o.verdict === "deny"
				? would + "refused"
				: o.changes.length
					? o.patch.length
						? "rewritten"
						: "would be rewritten"
					: drift
						? "drift"
						: warn
							? "warning"
							: fine
								? "fine"
								: "note",
		message: shown(o.message),
		warnings: o.warnings.map(shown),
		violations: o.violations.map((v) => ({ rule: v.rule, action: v.action, message: shown(v.message) })),
		changes: o.changes.map((c) => ({ rule: c.rule, from: shown(c.from), to: shown(c.to) })),
	};
}

async function compare(found) {
	await using(found.url, {}, async (page) => {
		const rows = await read(page);
		assert.ok(rows.length > 0);
		assert.deepEqual(
			rows.map((row) => JSON.parse(row.json)),
			found.lines,
			"the lines of JSON, letter for letter",
		);
		for (const [i, row] of rows.entries()) {
			const { json, scope, ...seen } = row,
				o = found.lines[i];
			assert.deepEqual(seen, expected(o), o.name);
			assert.ok(scope.includes(o.mode ? `mode ${o.mode}` : "not opted in"), scope);
			if (o.role) assert.ok(scope.startsWith(o.role), scope);
		}
	});
}

test("the rows are the lines of JSON", () => compare(audit(mixed())));
test("the rows are the lines of JSON, with --as enforce", () => compare(audit(mixed(), { args: ["--as", "enforce"] })));

const EVIL = [
	"<script>window.hacked = 1</script>",
	"</script><script>window.hacked = 1</script>",
	"</style><img src=x onerror='window.hacked = 1'>",
	"]]>",
	"<!--",
	"-->",
	"&lt;b&gt;",
	"\"quoted\" 'twice' `thrice`",
	"javascript:window.hacked=1",
	"\u202eevil\u202c\u2066\u2069\u200b\ufeff",
	"\u0001\u0008\u000b\u001b[31m\u007f\u009b",
	"tab\tend",
	"</textarea></pre></td></tr></table></html>",
	"\ufffe\uffff\u{1fffe}\ufdd0",
	"\u00e4\u6f22\u{1f600}",
	"{{constructor}}",
	"${window.hacked=1}",
];
const evil = () => [
	namespace("team-a"),
	namespace("team-b", "warn"),
	...EVIL.flatMap((text, i) => [
		deployment(`evil-${i}`, "team-a", spec({ hostPID: true }, "k8s://" + text)),
		pod(
			`pod-${i}`,
			i % 2 ? "team-a" : "team-b",
			spec({}, text, { name: text, image: "spark:4.1.0" + text, securityContext: { seLinuxOptions: { user: text } } }),
		),
		configMap(`conf-${i}`, "team-b", `spark.master=${JSON.stringify(text)}\nspark.connect.grpc.binding.port=15002\n`),
		{ ...deployment(text, "team-a", spec({ hostIPC: true })) },
	]),
];

test("hostile text is text", async () => {
	const found = audit(evil()),
		html = found.html();
	assert.ok(
		found.lines.some((o) => o.name.includes("<script>")) && found.lines.some((o) => JSON.stringify(o.changes).includes("<script>")),
	);
	assert.equal((html.match(/<script/g) || []).length, 1, "the page's own");
	assert.equal((html.match(/<\/script/g) || []).length, 1);
	assert.doesNotMatch(html, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u200b\ufeff\ufdd0\ufffe\uffff]/u);
	await using(found.url, {}, async (page) => {
		for (const button of await page.$$("tbody th button")) await button.evaluate((b) => b.click());
		assert.equal(await page.evaluate(() => window.hacked), undefined);
		assert.equal(await page.$$eval("main img, main script, main style, main textarea, [onerror], [style]", (f) => f.length), 0);
		assert.equal(await page.$$eval("a[href]", (f) => f.filter((a) => !a.getAttribute("href").startsWith("#")).length), 0);
		await page.fill("#q", "<script>");
		assert.ok(parseInt(await page.textContent("#count"), 10) > 0);
	});
	await compare(found);
});

test("a file's name that is not UTF-8", async () => {
	const folder = mkdtempSync(join(WORK, "bytes-"));
	writeFileSync(
		Buffer.concat([Buffer.from(folder + "/a-"), Buffer.from([0xff, 0xc3]), Buffer.from("<b>.json")]),
		JSON.stringify(deployment("connect", "team-a")),
	);
	const found = audit([namespace("team-a")], { args: ["-f", folder] });
	assert.ok(!found.html().includes("<b>.json"));
	await using(found.url, {}, async (page) =>
		assert.match((await page.$$eval(".scope", (all) => all.map((p) => p.textContent))).join(), /\/a-\ufffd\ufffd<b>\.json:1/),
	);
	await compare(found);
});

test("the page's policy stops what somebody gets into it", async () => {
	await using(audit(mixed(), { json: false }).url, {}, async (page, { requests, said }) => {
		const failed = [];
		page.on("requestfailed", (request) => failed.push(request.failure().errorText));
		const policy = await page.getAttribute("meta[http-equiv]", "content");
		assert.match(
			policy,
			/^default-src 'none'; style-src 'sha256-[\w+/]{43}='; script-src 'sha256-[\w+/]{43}='; base-uri 'none'; form-action 'none'$/,
		);
		await page.evaluate(() => {
			const script = document.createElement("script");
			script.textContent = "window.hacked = 1";
			document.body.append(script);
			document.body.insertAdjacentHTML(
				"beforeend",
				"<img src=x onerror='window.hacked = 2'><p style='color: red' onclick='window.hacked = 3' id=evil>x</p><style>body{display:none}</style>",
			);
			document.querySelector("#evil").click();
		});
		const fetched = await page.evaluate(() =>
			fetch("https://example.com/").then(
				() => "sent",
				(e) => e.name,
			),
		);
		assert.equal(fetched, "TypeError");
		assert.equal(await page.evaluate(() => window.hacked), undefined);
		assert.ok(await page.isVisible("h1"), "no style came with it either");
		assert.ok(
			said.length >= 5 && said.every((text) => text.includes("Content Security Policy") || text.includes("violates")),
			said.join("\n"),
		);
		/* First a request is told of, then that it failed. */
		for (let i = 0; failed.length < requests.length - 1 && i < 50; i++) await page.waitForTimeout(100);
		assert.deepEqual([...new Set(failed)], requests.length > 1 ? ["csp"] : [], "what was wanted was not sent");
		said.length = requests.length = 0;
	});
});

test("who the page is about, and when", async () => {
	const started = Math.floor(Date.now() / 1000) * 1000;
	await using(audit(mixed(), { json: false, args: ["--as", "enforce"] }).url, {}, async (page) => {
		const facts = Object.fromEntries(
			await page.$$eval("header dl div", (all) => all.map((d) => [d.children[0].textContent, d.children[1].textContent])),
		);
		assert.equal(facts.Source, "manifests");
		assert.ok(Date.parse(facts.Time) >= started && Date.parse(facts.Time) <= Date.now());
		assert.match(facts.Policy, /^[0-9a-f]{12}$/);
		assert.equal(facts.Judged, "every namespace as if it were in enforce");
		assert.match(await page.title(), /^sparkgate audit, manifests, 20/);
	});
});
