# shellcheck shell=bash
# Sourced by run and picture: $SPARKGATE, $CHROMIUM, and $WORK, a folder with the packages and these tests in it.
ROOT=$(cd "$HERE/../.." && pwd)
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/sparkgate
SPARKGATE=$(realpath -m "${SPARKGATE:-$ROOT/${BUILD:-build}/sparkgate}")
export ROOT SPARKGATE

broken() {
	echo "tests/browser: $*"
	echo "0 passed, 1 failed, 0 skipped"
	exit 1
}

[ -x "$SPARKGATE" ] || broken "no $SPARKGATE: run make first"
"$ROOT/tests/lib/need" browser || broken "no Chromium"
# npm comes with Node.js, or as a package of its own: only who has neither needs that.
command -v npm >/dev/null || "$ROOT/tests/lib/need" npm || broken "no npm"
export CHROMIUM=${CHROMIUM:-$(command -v chromium)}

# Two runs at once wait for each other; the marker comes last, so an interrupted installation is done again. The tests are links in it:
# Node.js looks for packages beside a file, and nothing is installed into the tree.
mkdir -p "$CACHE"
PACKAGES=$CACHE/browser-$(cat "$HERE/package-lock.json" <(node --version) | sha256sum | cut -c1-16)
exec 9>"$CACHE/browser.lock"
flock 9
[ -e "$PACKAGES/complete" ] || {
	echo "tests/browser: installing playwright-core, axe-core and html-validate into $PACKAGES"
	rm -rf "$PACKAGES"
	mkdir -p "$PACKAGES"
	cp "$HERE/package.json" "$HERE/package-lock.json" "$PACKAGES"
	(cd "$PACKAGES" && npm ci --ignore-scripts --no-audit --no-fund) >"$CACHE/browser-npm.log" 2>&1 ||
		broken "npm failed, see $CACHE/browser-npm.log"
	touch "$PACKAGES/complete"
}
flock -u 9
exec 9>&-
WORK=$(mktemp -d "${TMPDIR:-/tmp}/sparkgate-browser.XXXXXX")
trap 'rm -rf "$WORK"' EXIT
ln -s "$PACKAGES/node_modules" "$WORK/node_modules"
cp "$HERE"/*.mjs "$HERE/package.json" "$WORK"
export WORK
