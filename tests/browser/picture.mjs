/* node picture.mjs PAGE PNG */
import { using, closing } from "./browser.mjs";

const [page, png] = process.argv.slice(2);
await using("file://" + page + "#ns=trial", { viewport: { width: 1080, height: 840 }, colorScheme: "light" }, async (opened) => {
	await opened.locator("tbody[data-c~=refused] th button").first().click();
	await opened.evaluate(() => {
		/* where it lay is of no interest */
		for (const scope of document.querySelectorAll(".scope")) scope.textContent = scope.textContent.replace(/ · \/.*\//, " · ");
		document.activeElement.blur();
	});
	await opened.evaluate(() => scrollTo(0, 0));
	await opened.screenshot({ path: png });
});
await closing();
