# shellcheck shell=bash
# tests/lib/spark.sh : Spark itself, images and clients of it, for suites that run it. Sourced after tests/lib/bed.sh,
# with ROOT set; say, lacking and broken may have been replaced since.
#
#	get_spark VERSION       SPARK_DIR: a SPARK_HOME of that version (bin sbin jars python/lib)
#	prepare_spark_images    SPARK_IMAGES: archives for `ctr -n k8s.io images import`
#	prepare_spark_clients   CLIENT_3_5, CLIENT_4_1: a python with the Connect client of that version
#
# All of it comes from package registries and is pinned in tests/spark/images; it stays in $CACHE under the hash of what
# it is made of. What was made of something else goes when nobody has used it for a day: other work trees may differ.

SPARK_RECIPE=$ROOT/tests/spark/images

# Its users touch the marker. Not below a directory: the names are ours and have no blanks.
forget_unused() { # PATTERN : of directories in the cache
	local marker
	find "$CACHE" -mindepth 2 -maxdepth 2 -path "$CACHE/$1/complete" -mmin +1440 2>/dev/null | while read -r marker; do
		say "removing ${marker%/complete}, unused for a day"
		rm -rf "${marker%/complete}"
	done
}

needs() { # PROGRAM:PACKAGE...
	# shellcheck disable=SC2034  # install_packages reads it
	local PROGRAMS=("$@")
	install_packages
}

# The last words of a log in one line: pip and Maven end with blank ones.
end_of() { grep -v '^ *$' "$1" | tail -n 2 | tr -s ' \n' ' '; }
size_of() { du -sm "$1" | cut -f1; }

# A venv's pip: Debian's python3 has none. VENV is the suite's own.
spark_pip() {
	if [ -z "${VENV:-}" ]; then
		VENV=$CACHE/pip-venv
		[ -x "$VENV/bin/pip" ] || python3 -m venv "$VENV"
	fi
	"$VENV/bin/python" -m pip "$@"
}

spark_pin() { # VERSION KIND : artifact and SHA-256
	awk -v version="$1" -v kind="$2" '$1 == version && $2 == kind {print $3, $4}' "$SPARK_RECIPE/pins"
}

# Into "$1", which is not there yet.
unpack_spark() { # DIR VERSION ARTIFACT SHA256
	local dir=$1
	mkdir -p "$dir/python"
	echo "$3==$2 --hash=sha256:$4" >"$dir/requirements.txt"
	spark_pip download -q --disable-pip-version-check --no-cache-dir --no-deps --no-binary "$3" \
		-r "$dir/requirements.txt" -d "$dir/package" || return 1
	tar -xzf "$dir"/package/*.tar.gz -C "$dir" --no-same-owner --wildcards --strip-components=2 \
		'*/deps/bin/*' '*/deps/sbin/*' '*/deps/jars/*' || return 1
	tar -xzf "$dir"/package/*.tar.gz -C "$dir/python" --no-same-owner --wildcards --strip-components=1 '*/lib/*.zip' || return 1
	chmod +x "$dir"/bin/* "$dir"/sbin/*
	rm -rf "$dir/package"
	[ -z "$(spark_pin "$2" spark)" ] || "$SPARK_RECIPE/maven" "$dir/jars" "$2" spark
}

# The marker comes last: what was interrupted is done again.
get_spark() { # VERSION
	local version=$1 artifact hash log began
	read -r artifact hash <<<"$(spark_pin "$version" pypi)"
	[ -n "$hash" ] || broken "Spark $version is not in $SPARK_RECIPE/pins"
	SPARK_DIR=$CACHE/spark-$version-$({ echo "layout 1" && spark_pin "$version" pypi && spark_pin "$version" spark; } | sha256sum | cut -c1-16)
	log=$CACHE/spark-$version.log
	[ -e "$SPARK_DIR/complete" ] || needs mvn:maven python3:python3 flock:util-linux
	exec {SPARK_LOCK}>"$CACHE/.lock-spark"
	flock "$SPARK_LOCK"
	if [ ! -e "$SPARK_DIR/complete" ]; then
		began=$SECONDS
		say "fetching Spark $version: 300 to 460 MB, once (log: $log)"
		rm -rf "$SPARK_DIR"
		unpack_spark "$SPARK_DIR" "$version" "$artifact" "$hash" >"$log" 2>&1 {SPARK_LOCK}>&- ||
			broken "Spark $version could not be fetched: $(end_of "$log"); see $log"
		say "Spark $version is in $SPARK_DIR: $(size_of "$SPARK_DIR") MB, $((SECONDS - began)) s"
	fi
	touch "$SPARK_DIR/complete"
	exec {SPARK_LOCK}>&-
	forget_unused "spark-$version-*"
}

# Wheels and byte code are for the Python of the images, and a client's must be the same for UDFs.
needs_python() {
	python3 -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || lacking "Python 3.11 as python3 (Debian 12 has it)"
}

prepare_spark_images() {
	local homes=() version archive
	needs mmdebstrap:mmdebstrap mvn:maven /usr/lib/jvm/java-17-openjdk-amd64/bin/jlink:openjdk-17-jdk-headless \
		envsubst:gettext-base flock:util-linux
	needs_python
	for version in 3.5.7 4.1.4; do
		get_spark "$version"
		homes+=("$version=$SPARK_DIR")
	done
	[ -n "${VENV:-}" ] || spark_pip --version >/dev/null
	archive=$(PYTHONDONTWRITEBYTECODE=1 "$VENV/bin/python" "$SPARK_RECIPE/build.py" "$CACHE" "${homes[@]}") ||
		broken "the images for Spark could not be made"
	# shellcheck disable=SC2034  # for the caller
	SPARK_IMAGES=("$archive")
}

# The client of one minor version: CLIENT.
make_client() { # MINOR SPARK_HOME
	local requirements=$SPARK_RECIPE/requirements-client-$1.txt began=$SECONDS venv log=$CACHE/spark-client-$1.log
	venv=$CACHE/spark-client-$1-$(cat "$requirements" "$SPARK_RECIPE/requirements-python.txt" <(python3 --version; echo "$2") | sha256sum | cut -c1-16)
	CLIENT=$venv/bin/python
	exec {SPARK_LOCK}>"$CACHE/.lock-spark"
	flock "$SPARK_LOCK"
	if [ ! -e "$venv/complete" ]; then
		say "making the Spark $1 client, about 300 MB (log: $log)"
		rm -rf "$venv"
		{
			python3 -m venv "$venv" &&
				"$CLIENT" -m pip install -q --disable-pip-version-check --no-cache-dir --no-deps -r "$requirements"
		} >"$log" 2>&1 {SPARK_LOCK}>&- || broken "the Spark $1 client could not be made: $(end_of "$log"); see $log"
		[ -z "$2" ] || printf '%s\n' "$2"/python/lib/*.zip >"$("$CLIENT" -c 'import site; print(site.getsitepackages()[0])')/spark.pth"
		"$CLIENT" -c 'from pyspark.sql.connect.session import SparkSession' >>"$log" 2>&1 || broken "the Spark $1 client does not start, see $log"
		say "the Spark $1 client is in $venv: $(size_of "$venv") MB, $((SECONDS - began)) s"
	fi
	touch "$venv/complete"
	exec {SPARK_LOCK}>&-
	forget_unused "spark-client-$1-*"
}

# shellcheck disable=SC2034  # for the caller
prepare_spark_clients() {
	needs_python
	get_spark 3.5.7
	make_client 3.5 "$SPARK_DIR"
	CLIENT_3_5=$CLIENT
	make_client 4.1 ""
	CLIENT_4_1=$CLIENT
}
