# shellcheck shell=bash
# tests/lib/cgroup.sh : the cgroups of a node, the only thing of it that lies outside of its namespaces. Sourced.
#
# Each node has a number of its own, so that several may live at a time: a kubelet ends what it does not know below
# its root. The number is held by a lock on the cgroup itself, which the processes of `isolate` inherit. So the lock
# ends with them, however they end, and what nobody holds may be taken away.

CGROUPS=/sys/fs/cgroup
LOCKED=$CGROUPS/memory # version 1: any one hierarchy will do
[ ! -e "$CGROUPS/cgroup.controllers" ] || LOCKED=$CGROUPS

# Take the first free number: BED_CGROUP, locked by descriptor NODE_LOCK.
claim_cgroup() {
	local number=0 dir
	while number=$((number + 1)) dir=$LOCKED/sparkgate-bed-$number; do
		mkdir -p "$dir" && exec {NODE_LOCK}<"$dir" || return 1
		# Who removes it has the lock; between mkdir and flock it may have gone.
		if flock -n "$NODE_LOCK" && [ -e "$dir" ]; then
			export BED_CGROUP=sparkgate-bed-$number
			return 0
		fi
		exec {NODE_LOCK}<&-
	done
}

# False while a process is in it. The caller has the lock.
remove_cgroup() {
	local everywhere
	mapfile -t everywhere < <(find "$CGROUPS" -mindepth 1 -maxdepth 2 -type d -name "$1")
	find "${everywhere[@]}" -depth -type d -exec rmdir {} + 2>/dev/null
	[ ! -e "$LOCKED/$1" ]
}

# Remove what nodes left that have ended.
sweep_cgroups() {
	local dir
	for dir in "$LOCKED"/sparkgate-bed-*; do
		[ ! -e "$dir" ] || (flock -n 9 && remove_cgroup "${dir##*/}") 9<"$dir" || true
	done
}

# Remove that of a node that was told to end: its processes take a moment to go.
end_cgroup() {
	local try
	for ((try = 0; try < 100; try++)); do
		sweep_cgroups
		[ -e "$LOCKED/$1" ] || return 0
		sleep 0.1
	done
	return 1
}
