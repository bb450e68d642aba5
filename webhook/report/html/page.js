/* What the HTML report does beside being read: filters, order, rows that open, keys. The state is in the address behind "#", so that a
 * view can be handed on. Nothing is made of text but text. */
"use strict";
document.documentElement.classList.add("js");

document.addEventListener("DOMContentLoaded", () => {
	const $ = (selector, from = document) => from.querySelector(selector);
	const filter = $("#filter"), count = $("#count"), main = $("main");
	const fields = ["q", "show", "ns", "kind", "rule"];
	const sorts = ["result", "name", "kind", "backend", "spark", "rules"];
	const results = ["refused", "rewritten", "drift", "warning", "note", "fine"];
	let sort = "", down = false, at = null;

	/* ---- what is there ---- */

	/* Of a page that ends before its end a group may lack its foot. */
	const groups = [...document.querySelectorAll("section[data-ns]")].filter((section) => $("thead", section)).map((section) => ({
		section, table: $("table", section), foot: $("tfoot", section), ns: section.dataset.ns, sum: $("tfoot td", section), rows: [],
	}));
	const rows = [];
	for (const group of groups)
		for (const body of group.table.tBodies) {
			if (body.rows.length < 2 || !body.rows[1].cells[0]) { /* the page ends in it */
				body.hidden = true;
				continue;
			}
			const row = {
				body, group, shown: true, place: group.rows.length, name: body.rows[0].cells[1], kind: body.rows[0].cells[2].textContent,
				classes: body.dataset.c.split(" "), rules: body.dataset.r ? body.dataset.r.split(" ") : [], text: null,
			};
			body.row = row;
			group.rows.push(row);
			rows.push(row);
		}

	/* Text is looked at when it is first searched: that of the line of JSON is said above it. */
	function textOf(row) {
		if (row.text === null) {
			const parts = [row.group.ns, row.body.rows[0].textContent];
			for (const part of row.body.rows[1].cells[0].children)
				if (part.tagName !== "DETAILS")
					parts.push(part.textContent);
			row.text = parts.join(" ").toLowerCase();
		}
		return row.text;
	}

	/* ---- parts of the page that only a script needs ---- */

	function element(tag, text, attributes = {}) {
		const made = document.createElement(tag);
		made.textContent = text;
		for (const [name, value] of Object.entries(attributes))
			made.setAttribute(name, value);
		return made;
	}

	function offer(id, words) {
		const counts = new Map();
		for (const row of rows)
			for (const word of words(row))
				counts.set(word, (counts.get(word) || 0) + 1);
		const order = [...counts.keys()].sort((a, b) => (id === "show" ? results.indexOf(a) - results.indexOf(b) : a < b ? -1 : 1));
		for (const word of order)
			$("#" + id).append(element("option", `${word} (${counts.get(word)})`, { value: word }));
	}

	function button(cell, attributes) {
		const made = element("button", cell.textContent, { type: "button", ...attributes });
		cell.replaceChildren(made);
		return made;
	}

	for (const [number, row] of rows.entries()) {
		row.body.rows[1].id = "more-" + number;
		button(row.name, { "aria-expanded": "false", "aria-controls": "more-" + number });
	}
	for (const group of groups)
		for (const cell of group.table.tHead.rows[0].cells)
			button(cell, {});

	if ($("#totals"))
		main.prepend($("#totals"));
	else
		main.prepend(element("p", "This report is not whole: the audit ended, or the file was cut, before all was written.",
			{ class: "failed", role: "alert" }));
	offer("show", (row) => row.classes);
	offer("ns", (row) => [row.group.ns]);
	offer("kind", (row) => [row.kind]);
	offer("rule", (row) => row.rules);
	const nothing = element("p", "Nothing matches. Esc, or Clear, shows everything again.", { class: "nothing", hidden: "" });
	main.append(nothing);
	filter.hidden = $("#status").hidden = rows.length === 0;
	const keys = $(".keys");
	for (const [key, what] of [["/", "search"], ["j", ""], ["k", "move"], ["Enter", "open"], ["Esc", "clear"]])
		keys.append(element("kbd", key), ` ${what} `);

	/* ---- filters ---- */

	const state = () => Object.fromEntries(fields.map((id) => [id, $("#" + id).value]));

	function matches(row, s, words) {
		return (!s.show || row.classes.includes(s.show)) && (!s.ns || row.group.ns === s.ns) && (!s.kind || row.kind === s.kind) &&
			(!s.rule || row.rules.includes(s.rule)) && words.every((word) => textOf(row).includes(word));
	}

	function say(shown) {
		const s = shown.length === 1 ? "" : "s";
		count.textContent = shown.length === rows.length ? `${rows.length} object${s}` : `${shown.length} of ${rows.length} objects`;
		nothing.hidden = shown.length > 0 || rows.length === 0;
	}

	function sumUp(group, shown) {
		const parts = results.map((word) => [shown.filter((row) => row.classes.includes(word)).length, word]).filter(([n]) => n > 0);
		const head = shown.length === group.rows.length ? `${shown.length}` : `${shown.length} of ${group.rows.length}`;
		const text = `${head} object${group.rows.length === 1 ? "" : "s"}: ${parts.map(([n, word]) => `${n} ${word}`).join(", ")}`;
		if (group.sum && group.sum.textContent !== text)
			group.sum.textContent = text;
	}

	/* Only what changes is touched. */
	function apply() {
		const s = state(), words = s.q.toLowerCase().split(/\s+/).filter(Boolean), shown = [];
		for (const group of groups) {
			const here = [];
			for (const row of group.rows) {
				const show = matches(row, s, words);
				if (show !== row.shown)
					row.body.hidden = !(row.shown = show);
				if (show)
					here.push(row);
			}
			if (group.section.hidden !== (here.length === 0))
				group.section.hidden = here.length === 0;
			if (here.length > 0)
				sumUp(group, here);
			shown.push(...here);
		}
		say(shown);
		for (const tile of document.querySelectorAll(".tile")) {
			const current = tile.hash === (s.show ? "#show=" + s.show : "");
			current && s.show ? tile.setAttribute("aria-current", "true") : tile.removeAttribute("aria-current");
		}
	}

	/* ---- order ---- */

	const keyOf = {
		result: (row) => results.indexOf(row.classes[0]),
		name: (row) => row.name.textContent,
		kind: (row) => row.kind,
		backend: (row) => row.body.rows[0].cells[3].textContent,
		spark: (row) => parseFloat(row.body.rows[0].cells[4].textContent) || 0,
		rules: (row) => -row.rules.length,
	};

	function order() {
		const key = keyOf[sort] || ((row) => row.place), sign = down ? -1 : 1;
		for (const group of groups) {
			const keyed = group.rows.map((row) => [key(row), row]);
			keyed.sort(([a, x], [b, y]) => sign * (a < b ? -1 : a > b ? 1 : 0) || x.place - y.place);
			if (keyed.some(([, row], i) => row !== group.rows[i])) {
				group.rows = keyed.map(([, row]) => row);
				group.table.append(...group.rows.map((row) => row.body), ...(group.foot ? [group.foot] : []));
			}
			for (const [i, cell] of [...group.table.tHead.rows[0].cells].entries())
				sorts[i] === sort ? cell.setAttribute("aria-sort", down ? "descending" : "ascending") : cell.removeAttribute("aria-sort");
		}
	}

	/* ---- the address ---- */

	function write() {
		const kept = new URLSearchParams(Object.entries(state()).filter(([, value]) => value));
		if (sort)
			kept.set("sort", (down ? "-" : "") + sort);
		const hash = kept.toString();
		if (location.hash.slice(1) !== hash)
			history.replaceState(null, "", "#" + hash);
	}

	function read() {
		const kept = new URLSearchParams(location.hash.slice(1));
		for (const id of fields)
			$("#" + id).value = kept.get(id) || "";
		for (const id of fields) /* a word that this page does not know matches nothing: better all than none */
			if ($("#" + id).selectedIndex === -1)
				$("#" + id).value = "";
		const asked = kept.get("sort") || "";
		down = asked.startsWith("-");
		sort = sorts.includes(asked.replace("-", "")) ? asked.replace("-", "") : "";
		order();
		apply();
	}

	/* ---- rows ---- */

	function toggle(row) {
		const open = row.body.classList.toggle("open");
		$("button", row.name).setAttribute("aria-expanded", String(open));
	}

	function step(by) {
		const shown = groups.flatMap((group) => group.rows.filter((row) => row.shown));
		const from = shown.indexOf(document.activeElement?.closest("tbody")?.row || at);
		at = shown[Math.min(Math.max(from + by, 0), shown.length - 1)];
		if (!at)
			return;
		$("button", at.name).focus({ preventScroll: true });
		at.body.rows[0].scrollIntoView({ block: "nearest" });
	}

	function clear() {
		for (const id of fields)
			$("#" + id).value = "";
		sort = "";
		down = false;
		order();
		apply();
		write();
	}

	/* ---- what happens ---- */

	main.addEventListener("click", (event) => {
		const heading = event.target.closest("thead button"), head = event.target.closest(".head");
		if (heading) {
			const word = sorts[heading.parentNode.cellIndex];
			down = sort === word && !down;
			sort = word;
			order();
			write();
		} else if (head && String(getSelection()) === "") {
			toggle(head.parentNode.row);
		}
	});
	filter.addEventListener("input", () => { apply(); write(); });
	$("#clear").addEventListener("click", clear);
	addEventListener("hashchange", read);

	addEventListener("keydown", (event) => {
		const typing = event.target.closest("input, select, textarea");
		if (event.ctrlKey || event.metaKey || event.altKey)
			return;
		if (event.key === "Escape") {
			clear();
			if (typing)
				typing.blur();
		} else if (event.key === "/" && !typing) {
			event.preventDefault();
			$("#q").focus();
		} else if (!typing && ["j", "ArrowDown", "k", "ArrowUp"].includes(event.key) && !event.target.closest("pre")) {
			event.preventDefault();
			step(event.key === "j" || event.key === "ArrowDown" ? 1 : -1);
		} else if (typing && typing.id === "q" && event.key === "Enter") {
			event.preventDefault(); /* or the row that has the focus then would open */
			step(1);
		}
	});

	/* Light or dark as the machine says, until somebody presses. */
	const dark = matchMedia("(prefers-color-scheme: dark)"), root = document.documentElement;
	const isDark = () => root.classList.contains("dark") || (dark.matches && !root.classList.contains("light"));
	const theme = element("button", "", { type: "button", id: "theme" });
	const name = () => { theme.textContent = isDark() ? "Light" : "Dark"; };
	theme.addEventListener("click", () => {
		const next = isDark() ? "light" : "dark";
		root.classList.remove("light", "dark");
		root.classList.add(next);
		name();
	});
	dark.addEventListener("change", name);
	name();
	$(".top").append(theme);

	read();
});
