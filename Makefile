# sparkgate. `make help` explains the targets.
#
# Variables: BUILD=build (where everything goes), V=1 (show commands), CC, CFLAGS, LDFLAGS,
# WERROR= (warnings do not fail the build), PREFIX=/usr/local, DESTDIR=, SECONDS=15 (per fuzz target).

.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := all
MAKEFLAGS += --no-builtin-rules --no-print-directory

BUILD   ?= build
PREFIX  ?= /usr/local
LISTEN  ?= 127.0.0.1:8443
SECONDS ?= 15
V       ?= 0
ifeq ($(origin CC),default)
CC      := gcc
endif
CLANG   ?= clang-14
CFLAGS  ?= -O2 -g
export BUILD V

# A tag v1.2.3 gives 1.2.3 and what lies behind it; without tags or git it is the release in the making.
VERSION := $(shell git describe --tags --match 'v[0-9]*' --dirty 2>/dev/null | sed 's/^v//')
ifeq ($(VERSION),)
VERSION := 0.1.0
endif

# Warnings are errors for those who change the code; a tarball must build with compilers not yet known.
ifneq ($(wildcard .git),)
WERROR  ?= -Werror
endif

CSTD    := -std=c11 -D_GNU_SOURCE -Iwebhook -I. -I$(BUILD)/gen
WARN    := -Wall -Wextra -Wpedantic -Wshadow -Wvla -Wconversion -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes \
           -Wwrite-strings -Wcast-qual -Wundef -Wpointer-arith $(WERROR)
# Intel's control-flow enforcement, Arm's branch protection: instructions that older processors pass over.
MACHINE := $(shell $(CC) -dumpmachine 2>/dev/null)
CET     := $(if $(findstring x86_64,$(MACHINE)),-fcf-protection=full)$(if $(findstring aarch64,$(MACHINE)),-mbranch-protection=standard)
HARDEN  := -fno-common -fstack-protector-strong -fstack-clash-protection -D_FORTIFY_SOURCE=2 -fPIE \
           -ftrivial-auto-var-init=zero $(CET)
LINK    := -pie -Wl,--build-id=sha1 -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed
# Where source and build lie is in no object: the same sources give the same bytes. The last map that fits counts.
# ccache makes a BUILD below its base directory relative before the compiler sees it.
PATHS   := -ffile-prefix-map=$(CURDIR)=. -ffile-prefix-map=$(BUILD:$(CURDIR)/%=%)/=build/ -ffile-prefix-map=$(BUILD)/=build/
LIBS    := -lmicrohttpd -lgnutls -lyaml -lcurl -lssl -lcrypto -lm -lpthread
SANFLAG := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
FUZZFLAG := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

SRC     := $(sort $(wildcard webhook/*.c webhook/*/*.c webhook/*/*/*.c certs/*.c))
LIBSRC  := $(filter-out webhook/main.c,$(SRC))
GENSRC  := $(BUILD)/gen/shipped_policies.c $(BUILD)/gen/report_page.c
# What is built in; policies/tests are cases about it.
POLICIES := $(sort $(filter-out policies/tests/%,$(wildcard policies/*.yaml policies/*/*.yaml)))
UNITSRC := $(sort $(wildcard tests/unit/test_*.c))
FUZZSRC := $(sort $(wildcard tests/fuzz/fuzz_*.c))

# Four builds of the same sources: the program, the sanitized one for tests, one for coverage, one for libFuzzer.
OBJ     := $(LIBSRC:%.c=$(BUILD)/obj/%.o) $(GENSRC:$(BUILD)/%.c=$(BUILD)/obj/%.o)
SANOBJ  := $(LIBSRC:%.c=$(BUILD)/san/%.o) $(GENSRC:$(BUILD)/%.c=$(BUILD)/san/%.o)
COVOBJ  := $(LIBSRC:%.c=$(BUILD)/cov/%.o) $(GENSRC:$(BUILD)/%.c=$(BUILD)/cov/%.o)
FUZZOBJ := $(LIBSRC:%.c=$(BUILD)/fuz/%.o) $(GENSRC:$(BUILD)/%.c=$(BUILD)/fuz/%.o)
UNIT    := $(UNITSRC:tests/unit/%.c=$(BUILD)/unit/%)
COVUNIT := $(UNITSRC:tests/unit/%.c=$(BUILD)/cov/unit/%)
FUZZ    := $(FUZZSRC:tests/fuzz/%.c=$(BUILD)/fuzz/%)

ifeq ($(V),1)
say     :=
q       :=
else
say     = @echo '  $(1)	$(@:$(BUILD)/%=%)';
q       := @
endif

all: $(BUILD)/sparkgate $(BUILD)/share/kubectl_complete-sparkgate

# ---- what a fresh machine lacks ----

# `make`, `make install`, `make clean` and `make help` never install anything: they name what is missing.
# What is asked for as a service (run, test, lint, ...) gets it with apt-get.
NEED    := tests/lib/need $(if $(strip $(filter-out all install clean help $(BUILD)/%,$(or $(MAKECMDGOALS),all))),,--check)

$(BUILD)/.need-%:
	@mkdir -p $(@D)
	@$(NEED) $*
	@touch $@

# All of them in one go, whatever make was told of jobs.
GROUPS  := build unit fuzz lint bench install image run coverage review docs browser monitoring conformance bed node spark $(if $(shell command -v npm),,npm)
deps:
	@mkdir -p $(BUILD)
	@$(NEED) $(GROUPS)
	@touch $(GROUPS:%=$(BUILD)/.need-%)

# ---- compile and link ----

# Changed flags or another version make everything anew.
FLAGS   := $(CC) $(CFLAGS) $(WARN) $(HARDEN) $(LDFLAGS) $(VERSION)
$(BUILD)/.flags: FORCE
	@mkdir -p $(@D)
	@echo '$(FLAGS)' | cmp -s - $@ || echo '$(FLAGS)' >$@

$(BUILD)/gen/version.h: $(BUILD)/.flags
	@mkdir -p $(@D)
	@echo '#define SPARKGATE_VERSION "$(VERSION)"' >$@

$(BUILD)/gen/shipped_policies.c: $(POLICIES) tests/lib/embed
	@mkdir -p $(@D)
	@tests/lib/embed $(POLICIES) >$@

PAGE    := webhook/report/html/page.css webhook/report/html/page.js
$(BUILD)/gen/report_page.c: $(PAGE) tests/lib/embed_page
	@mkdir -p $(@D)
	@tests/lib/embed_page $(PAGE) >$@

READY   := $(BUILD)/.flags $(BUILD)/gen/version.h | $(BUILD)/.need-build

COMPILE = $(call say,CC)mkdir -p $(@D) && $(CC) $(CSTD) $(CFLAGS) $(WARN) $(HARDEN) $(PATHS) -MMD -MP -c -o $@ $<
$(BUILD)/obj/%.o: %.c $(READY)
	$(COMPILE)
$(BUILD)/obj/gen/%.o: $(BUILD)/gen/%.c $(READY)
	$(COMPILE)

SANCOMPILE = $(call say,CC)mkdir -p $(@D) && $(CC) $(CSTD) $(WARN) -Itests/unit $(SANFLAG) -MMD -MP -c -o $@ $<
$(BUILD)/san/%.o: %.c $(READY)
	$(SANCOMPILE)
$(BUILD)/san/gen/%.o: $(BUILD)/gen/%.c $(READY)
	$(SANCOMPILE)

$(BUILD)/libsparkgate.a: $(OBJ)
	$(call say,AR)rm -f $@ && ar rcsD $@ $^

$(BUILD)/libsparkgate-san.a: $(SANOBJ)
	$(call say,AR)rm -f $@ && ar rcsD $@ $^

$(BUILD)/sparkgate: $(BUILD)/obj/webhook/main.o $(BUILD)/libsparkgate.a
	$(call say,LINK)$(CC) $(CFLAGS) $(LINK) $(LDFLAGS) -o $@ $^ $(LIBS)

# The whole program under the sanitizers: the HTTP tests can run against it (SPARKGATE=build/sparkgate-san).
$(BUILD)/sparkgate-san: $(BUILD)/san/webhook/main.o $(BUILD)/libsparkgate-san.a
	$(call say,LINK)$(CC) $(SANFLAG) -o $@ $^ $(LIBS)

# What the program tells of itself: man pages, and the scripts by which shells and kubectl complete its words.
$(BUILD)/share/kubectl_complete-sparkgate: $(BUILD)/sparkgate
	$(call say,TELL)rm -rf $(@D) && mkdir -p $(@D)/man/man1 $(@D)/bash-completion/completions $(@D)/zsh/site-functions
	$(q)$< help --man >$(@D)/man/man1/sparkgate.1
	$(q)for word in $$(sed -n 's/^\.BR sparkgate\\-\([a-z]*\) .*/\1/p' $(@D)/man/man1/sparkgate.1); do \
		$< help --man $$word >$(@D)/man/man1/sparkgate-$$word.1 || exit 1; done
	$(q)$< completion bash >$(@D)/bash-completion/completions/sparkgate
	$(q)$< completion zsh >$(@D)/zsh/site-functions/_sparkgate
	$(q)$< completion kubectl >$@ && chmod 755 $@

# ---- unit tests ----

$(BUILD)/unit/%: $(BUILD)/san/tests/unit/%.o $(BUILD)/libsparkgate-san.a
	$(call say,LINK)mkdir -p $(@D) && $(CC) $(SANFLAG) -o $@ $^ -lcriterion $(LIBS)

$(UNITSRC:%.c=$(BUILD)/san/%.o) $(BUILD)/san/tests/unit/canary_leak.o: | $(BUILD)/.need-unit

test-unit: $(UNIT) $(BUILD)/unit/canary_leak
	@tests/lib/suite unit 60 "tests/lib/unit $(BUILD)/unit/canary_leak $(UNIT)"

# ---- fuzzing ----

FUZZCOMPILE = $(call say,FUZZCC)mkdir -p $(@D) && $(CLANG) $(CSTD) -Wall $(FUZZFLAG) -MMD -MP -c -o $@ $<
$(BUILD)/fuz/%.o: %.c $(READY) $(BUILD)/.need-fuzz
	$(FUZZCOMPILE)
$(BUILD)/fuz/gen/%.o: $(BUILD)/gen/%.c $(READY) $(BUILD)/.need-fuzz
	$(FUZZCOMPILE)

$(BUILD)/libsparkgate-fuzz.a: $(FUZZOBJ)
	$(call say,AR)rm -f $@ && ar rcsD $@ $^

$(BUILD)/fuzz/%: $(BUILD)/fuz/tests/fuzz/%.o $(BUILD)/libsparkgate-fuzz.a
	$(call say,LINK)mkdir -p $(@D) && $(CLANG) $(FUZZFLAG) -fsanitize=fuzzer -o $@ $^ $(LIBS)

fuzz: $(FUZZ)
	@tests/lib/suite fuzz 150 "tests/lib/fuzz $(SECONDS) $(FUZZ)"

# ---- work, counted ----

# The library and the fuzz targets call a counter in every block; what makes the inputs does not. Each fuzz target's entry gets a name of
# its own, so that one program holds all.
CNTFLAG := -O1 -g -Wno-maybe-uninitialized -fsanitize-coverage=trace-pc
CNTOBJ  := $(LIBSRC:%.c=$(BUILD)/cnt/%.o) $(GENSRC:$(BUILD)/%.c=$(BUILD)/cnt/%.o) $(FUZZSRC:%.c=$(BUILD)/cnt/%.o) $(BUILD)/cnt/tests/complexity/canary.o
CNTOWN  := $(patsubst tests/complexity/%.c,$(BUILD)/cnt/own/%.o,$(filter-out %/canary.c,$(wildcard tests/complexity/*.c)))
CNTWRAP := memcpy memmove memset memchr memrchr memcmp memmem strlen strchr strrchr strstr strcmp strncmp strspn strcspn strpbrk calloc realloc fwrite fputs vsnprintf
CNTCOMPILE = $(call say,CC)mkdir -p $(@D) && $(CC) $(CSTD) $(WARN)
$(BUILD)/cnt/tests/fuzz/fuzz_%.o: tests/fuzz/fuzz_%.c $(READY)
	$(CNTCOMPILE) $(CNTFLAG) -DLLVMFuzzerTestOneInput=fuzz_$* -MMD -MP -c -o $@ $<
$(BUILD)/cnt/own/%.o: tests/complexity/%.c $(READY)
	$(CNTCOMPILE) -O1 -g -fno-builtin -MMD -MP -c -o $@ $<
$(BUILD)/cnt/%.o: %.c $(READY)
	$(CNTCOMPILE) $(CNTFLAG) -MMD -MP -c -o $@ $<
$(BUILD)/cnt/gen/%.o: $(BUILD)/gen/%.c $(READY)
	$(CNTCOMPILE) $(CNTFLAG) -MMD -MP -c -o $@ $<

$(BUILD)/complexity/work: $(CNTOWN) $(CNTOBJ)
	$(call say,LINK)mkdir -p $(@D) && $(CC) -o $@ $^ $(CNTWRAP:%=-Wl,--wrap=%) $(LIBS)

test-complexity: $(BUILD)/complexity/work $(BUILD)/.need-run
	@tests/lib/suite complexity 40 tests/complexity/run

# ---- the other suites: scripts that end with a line "N passed, N failed, N skipped" ----

test-review: $(BUILD)/sparkgate
	@tests/lib/suite review 90 tests/review/run

test-audit: $(BUILD)/sparkgate
	@tests/lib/suite audit 120 tests/audit/run

test-browser: $(BUILD)/sparkgate
	@tests/lib/suite browser 90 tests/browser/run

test-docs: $(BUILD)/sparkgate $(BUILD)/.need-run
	@tests/lib/suite docs 20 tests/docs/run

test-http: $(BUILD)/sparkgate
	@tests/lib/suite http 130 tests/http/run

test-sanitized: $(BUILD)/sparkgate $(BUILD)/sparkgate-san
	@tests/lib/suite sanitized 120 tests/sanitized/run

test-faults: $(BUILD)/sparkgate $(BUILD)/sparkgate-san
	@tests/lib/suite faults 100 tests/faults/run

test-conformance: $(BUILD)/sparkgate $(BUILD)/libsparkgate-san.a
	@tests/lib/suite conformance 240 $(sort $(wildcard tests/conformance/*/run))

test-install: $(BUILD)/sparkgate $(BUILD)/.need-install
	@tests/lib/suite install 30 tests/install/run

test-image: $(BUILD)/sparkgate-image.tar $(BUILD)/.need-image
	@tests/lib/suite image 60 tests/image/run

test-manifests: $(BUILD)/sparkgate
	@tests/lib/suite manifests 120 tests/manifests/run

test-monitoring: $(BUILD)/sparkgate
	@tests/lib/suite monitoring 110 tests/monitoring/run

test-cluster: $(BUILD)/sparkgate
	@tests/lib/suite cluster 900 tests/cluster/run

test-e2e: $(BUILD)/sparkgate $(BUILD)/sparkgate-image.tar
	@tests/lib/suite e2e 900 tests/e2e/run

test-spark: $(BUILD)/sparkgate $(BUILD)/sparkgate-image.tar
	@tests/lib/suite spark 900 tests/spark/run

# What takes too long for every change: the table of versions and backends twice on one node, an audit of 2,000
# namespaces, every allocation made to fail, a million admissions, ten minutes of each fuzzer (FUZZ_SECONDS=3600: an hour).
FUZZ_SECONDS ?= 600
test-long: $(BUILD)/sparkgate $(BUILD)/sparkgate-san $(BUILD)/sparkgate-image.tar $(FUZZ)
	@tests/lib/suite long 15000 "env FAULTS_LONG=1 tests/faults/run" "tests/faults/soak 1000000" "env LOAD_ROUNDS=2 tests/spark/run -k full_load\ or\ there_and_back" \
		"env AUDIT_NAMESPACES=2000 tests/cluster/run test_audit_scale.py" "tests/lib/fuzz $(FUZZ_SECONDS) $(FUZZ)"

SUITES  := lint test-unit fuzz test-complexity test-review test-coverage test-mutation test-audit test-browser test-docs test-http test-sanitized test-faults test-install test-image test-conformance test-manifests test-monitoring bench-smoke test-cluster test-e2e test-spark

test:
	@tests/lib/all $(SUITES)

# What several of them need: built first, with all cores, and so by one make alone.
test-ready: $(BUILD)/share/kubectl_complete-sparkgate $(BUILD)/sparkgate-image.tar $(BUILD)/libsparkgate-san.a $(UNIT) \
		$(BUILD)/unit/canary_leak $(FUZZ) $(COVUNIT) $(BUILD)/cov/sparkgate $(BUILD)/bench/noop $(BUILD)/bench/pss \
		$(BUILD)/sparkgate-san $(BUILD)/complexity/work

check: $(BUILD)/sparkgate
	@env JOBS=1 tests/lib/all lint-fast test-unit test-review

# ---- lint ----

lint-fast: $(BUILD)/.need-lint $(BUILD)/gen/version.h
	@tests/lib/suite lint-fast 15 "tests/lint/run fast"

lint: $(BUILD)/.need-lint $(BUILD)/.need-unit $(BUILD)/sparkgate
	@tests/lib/suite lint 120 "tests/lint/run all"

# Asks registries, so it is no suite: by hand (docs/SECURITY.md).
outdated:
	@tests/lint/outdated

format: $(BUILD)/.need-lint
	@tests/lint/layout.py --fix

# ---- speed and coverage ----

bench bench-smoke: $(BUILD)/sparkgate $(BUILD)/bench/noop $(BUILD)/bench/pss $(BUILD)/.need-bench
# PEERS=1: beside other webhooks, which are built once.
bench:
	@tests/bench/run $(if $(PEERS),--peers)
	@tests/bench/pss
bench-smoke:
	@tests/lib/suite bench 60 "tests/bench/run --smoke" "tests/bench/pss --smoke"

$(BUILD)/bench/noop: $(BUILD)/obj/tests/bench/noop.o
	$(call say,LINK)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LINK) $(LDFLAGS) -o $@ $^ $(LIBS)

# --wrap: it counts the calls of malloc().
$(BUILD)/bench/pss: $(BUILD)/obj/tests/bench/pss.o $(BUILD)/libsparkgate.a
	$(call say,LINK)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LINK) $(LDFLAGS) -Wl,--wrap=malloc -o $@ $^ $(LIBS)

# Atomic: a unit test has threads, and counters that they lose are read as negative.
COVFLAG := -O0 -g --coverage -fprofile-update=atomic
COVCOMPILE = $(call say,CC)mkdir -p $(@D) && $(CC) $(CSTD) -Itests/unit $(COVFLAG) -MMD -MP -c -o $@ $<
$(BUILD)/cov/%.o: %.c $(READY)
	$(COVCOMPILE)
$(BUILD)/cov/gen/%.o: $(BUILD)/gen/%.c $(READY)
	$(COVCOMPILE)

$(BUILD)/libsparkgate-cov.a: $(COVOBJ)
	$(call say,AR)rm -f $@ && ar rcsD $@ $^

$(BUILD)/cov/unit/%: $(BUILD)/cov/tests/unit/%.o $(BUILD)/libsparkgate-cov.a
	$(call say,LINK)mkdir -p $(@D) && $(CC) $(COVFLAG) -o $@ $^ -lcriterion $(LIBS)

$(BUILD)/cov/sparkgate: $(BUILD)/cov/webhook/main.o $(BUILD)/libsparkgate-cov.a
	$(call say,LINK)$(CC) $(COVFLAG) -o $@ $^ $(LIBS)

coverage: $(BUILD)/.need-coverage $(BUILD)/.need-unit $(BUILD)/.need-review $(BUILD)/cov/sparkgate $(COVUNIT)
	@tests/lib/coverage $(COVUNIT)

test-coverage: $(BUILD)/.need-coverage $(BUILD)/.need-unit $(BUILD)/.need-review $(BUILD)/cov/sparkgate $(COVUNIT)
	@tests/lib/suite coverage 170 "tests/lib/coverage $(COVUNIT)"

# Who reaches a line is known from the build for coverage, mutants are run in the sanitized one.
MUTATION ?=
MUTATE   = env MUTATION_CC='$(lastword $(CC)) $(CSTD) -Itests/unit $(SANFLAG)' MUTATION_LIBS='$(LIBS)' tests/mutation/run
MUTANEED := $(BUILD)/.need-coverage $(BUILD)/.need-unit $(BUILD)/.need-review $(BUILD)/.need-fuzz
mutation: $(MUTANEED) $(COVUNIT) $(BUILD)/cov/sparkgate $(UNITSRC:%.c=$(BUILD)/san/%.o) $(BUILD)/sparkgate-san
	@$(MUTATE) $(MUTATION)

test-mutation: $(MUTANEED) $(BUILD)/cov/unit/test_namespace $(BUILD)/unit/test_namespace
	@tests/lib/suite mutation 60 "$(MUTATE) --smoke"

# ---- run and install ----

run: $(BUILD)/sparkgate $(BUILD)/.need-run
	@docs/examples/serve $(LISTEN)

BINDIR  := $(DESTDIR)$(PREFIX)/bin
SHARE   := $(DESTDIR)$(PREFIX)/share/sparkgate
DOCDIR  := $(DESTDIR)$(PREFIX)/share/doc/sparkgate

install: $(BUILD)/sparkgate $(BUILD)/share/kubectl_complete-sparkgate
	install -d $(BINDIR) $(SHARE)/policies $(DOCDIR)/examples
	cd $(BUILD)/share && for file in man/man1/*.1 bash-completion/completions/sparkgate zsh/site-functions/_sparkgate; do \
		install -D -m 644 $$file $(abspath $(SHARE)/..)/$$file || exit 1; done
	ln -sf sparkgate $(SHARE)/../bash-completion/completions/kubectl-sparkgate
	install -m 755 $(BUILD)/share/kubectl_complete-sparkgate $(BINDIR)/kubectl_complete-sparkgate
	install -m 755 $(BUILD)/sparkgate $(BINDIR)/sparkgate
	ln -sf sparkgate $(BINDIR)/kubectl-sparkgate
	install -m 644 $(POLICIES) $(SHARE)/policies
	install -m 644 LICENSE README.md $(filter-out docs/README.md,$(wildcard docs/*.md)) $(wildcard docs/*.schema.json) $(DOCDIR)
	install -m 644 $(wildcard docs/examples/*.yaml docs/examples/*.json) $(DOCDIR)/examples

# ---- the container image ----

# The date of the last commit is the date of what is in the image; where there is no git, none.
SOURCE_DATE_EPOCH ?= $(or $(shell git log -1 --format=%ct 2>/dev/null),0)

# Always anew: make does not see the libraries that go into it.
$(BUILD)/sparkgate-image.tar: $(BUILD)/sparkgate FORCE
	$(call say,IMAGE)rm -rf $(BUILD)/rootfs && manifests/image/rootfs $< $(BUILD)/rootfs
	$(q)export SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) && manifests/image/pack.py $(BUILD)/rootfs $(VERSION) $@ && \
		manifests/image/sbom.py $(BUILD)/rootfs $(VERSION) $(BUILD)/sparkgate-image.spdx.json

image: $(BUILD)/sparkgate-image.tar

# Of what `make install` installs; always anew, as above.
sbom: $(BUILD)/sparkgate
	$(q)SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) manifests/image/sbom_program.py $< policies $(VERSION) $(BUILD)/sparkgate.spdx.json

clean:
	rm -rf $(BUILD)

help:
	@cat tests/lib/help.txt

-include $(shell find $(BUILD)/obj $(BUILD)/san $(BUILD)/cov $(BUILD)/fuz $(BUILD)/cnt -name '*.d' 2>/dev/null)

FORCE:
.PHONY: all deps run image sbom install clean help test test-ready check lint lint-fast outdated format fuzz bench bench-smoke coverage mutation \
        test-unit test-complexity test-review test-coverage test-mutation test-audit test-browser test-docs test-http test-conformance test-sanitized test-faults test-install test-image test-manifests test-monitoring test-cluster test-e2e test-spark test-long FORCE
.SECONDARY:
