# shellcheck shell=bash
# tests/lib/bed.sh : what suites on a real API server or node do first: look whether this machine can, install what it
# lacks, make the Python environment. Sourced, with SUITE (for messages), ROOT and BED (tests/cluster/bed) set.
#
# SPARKGATE_REQUIRE=cluster makes a failure of what would be a skip.

CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/sparkgate
SCRATCH=$CACHE/scratch
# shellcheck source=tests/lib/cgroup.sh
. "$ROOT/tests/lib/cgroup.sh"

say() { echo "$SUITE: $*"; }

# What cannot be helped here: named, then counted as skipped or failed.
lacking() {
	say "this machine lacks: $*"
	case ,${SPARKGATE_REQUIRE:-}, in
	*,cluster,*) echo "0 passed, 1 failed, 0 skipped" && exit 1 ;;
	*) echo "0 passed, 0 failed, 1 skipped" && exit 0 ;;
	esac
}

broken() {
	say "$*"
	echo "0 passed, 1 failed, 0 skipped"
	exit 1
}

# program:package of what is needed; a node needs more.
PROGRAMS=(unshare:util-linux setpriv:util-linux flock:util-linux mount:mount ip:iproute2 openssl:openssl python3:python3)
NODE_PROGRAMS=(containerd:containerd runc:runc /usr/lib/cni/bridge:containernetworking-plugins iptables:iptables nft:nftables
	conntrack:conntrack socat:socat ipset:ipset ebtables:ebtables /bin/busybox:busybox-static gcc:gcc nsenter:util-linux)

# The Debian packages whose programs are missing.
missing_packages() {
	local pair
	for pair in "${PROGRAMS[@]}"; do
		PATH=$PATH:/usr/sbin:/sbin command -v "${pair%%:*}" >/dev/null || echo "${pair##*:}"
	done
	python3 -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
}

install_packages() {
	local missing
	missing=$(missing_packages | sort -u | xargs)
	[ -n "$missing" ] || return 0
	if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
		say "installing $missing"
		# shellcheck disable=SC2086
		{ apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $missing; } >"$CACHE/apt.log" 2>&1 ||
			say "apt-get failed, see $CACHE/apt.log"
	fi
	missing=$(missing_packages | sort -u | xargs)
	[ -z "$missing" ] || lacking "Debian packages $missing"
}

check_namespaces() {
	local why
	why=$("$BED/isolate" "$SCRATCH" true 2>&1) || lacking "root, or the right to make namespaces and mounts (${why##*$'\n'})"
}

# Pods need what no user namespace gives: devices, overlay mounts, cgroups.
check_node() {
	[ "$(id -u)" = 0 ] || lacking "root: containers are started for real"
	grep -qw overlay /proc/filesystems || modprobe overlay 2>/dev/null || lacking "overlayfs in the kernel"
	claim_cgroup || lacking "cgroups that can be written (below $CGROUPS)"
}

# Two runs at once wait for each other; the marker comes last, so an interrupted installation is done again.
make_venv() {
	VENV=$CACHE/cluster-venv-$(cat "$BED/../requirements.txt" <(python3 --version) | sha256sum | cut -c1-16)
	exec {VENV_LOCK}>"$CACHE/cluster-venv.lock"
	flock "$VENV_LOCK"
	[ -e "$VENV/complete" ] || fill_venv
	exec {VENV_LOCK}>&-
}

fill_venv() {
	say "installing pytest into $VENV"
	rm -rf "$VENV"
	{
		python3 -m venv "$VENV" &&
			"$VENV/bin/python" -m pip install -q --disable-pip-version-check -r "$BED/../requirements.txt"
	} >"$CACHE/pip.log" 2>&1 || broken "pip failed, see $CACHE/pip.log"
	touch "$VENV/complete"
}

prepare_bed() {
	mkdir -p "$SCRATCH"
	install_packages
	check_namespaces
	make_venv
}

# The same for a node. What earlier ones left goes first.
prepare_node() {
	PROGRAMS+=("${NODE_PROGRAMS[@]}")
	prepare_bed
	sweep_cgroups
	check_node
}
