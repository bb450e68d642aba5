# shellcheck shell=bash
# tests/lib/promtool.sh : get_promtool puts Debian's promtool and prometheus into PATH, unpacked below $CACHE and not
# installed. Sourced.

get_promtool() {
	command -v promtool >/dev/null && return 0
	export PATH=$PATH:$CACHE/promtool/usr/bin
	[ ! -x "$CACHE/promtool/usr/bin/promtool" ] || return 0
	local scratch
	scratch=$(mktemp -d)
	(cd "$scratch" && apt-get -q download prometheus && dpkg -x prometheus_*.deb "$CACHE/promtool") >/dev/null 2>&1 || true
	rm -rf "$scratch"
}
