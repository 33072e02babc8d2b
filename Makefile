# vela: a PostgreSQL database for every pull request.
# `make help` lists the targets; V=1 shows whole commands. Every path is relative, so that the checkout may be anywhere.

SHELL := /bin/bash
VERSION := 0.1.0
VARIANT := release
BUILD := build/$(VARIANT)

PREFIX ?= /usr/local
DESTDIR ?=
bindir = $(DESTDIR)$(PREFIX)/bin
mandir = $(DESTDIR)$(PREFIX)/share/man/man1
bashdir = $(DESTDIR)$(PREFIX)/share/bash-completion/completions
zshdir = $(DESTDIR)$(PREFIX)/share/zsh/site-functions
fishdir = $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d

ifeq ($(origin CC),default)
CC := gcc
endif
PACKAGES := libgit2 yaml-0.1 jansson libpq libcurl libbtrfsutil libcrypto zlib
WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wformat=2 -Wmissing-prototypes -Wstrict-prototypes -Wvla \
            -Wwrite-strings -Wcast-qual -Wundef
WERROR ?=
HARDENING := -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined
OPTIMIZE_release := -O2 -g $(HARDENING)
OPTIMIZE_asan := -O1 -g -fno-omit-frame-pointer $(SANITIZE)
OPTIMIZE_coverage := -O0 -g --coverage
OPTIMIZE_fuzz := -O1 -g -fno-omit-frame-pointer $(SANITIZE) -fsanitize=fuzzer-no-link
LINK_release := -pie -Wl,-z,relro,-z,now -Wl,--as-needed
LINK_asan := $(SANITIZE)
LINK_coverage := --coverage
LINK_fuzz := $(SANITIZE)

# Asked when something is compiled, and once: before `make deps` there may be no pkg-config.
FLAGS_FROM = $(or $(shell pkg-config $(1) $(PACKAGES) 2>/dev/null),$(error libraries are missing: run "make deps" as root))
PACKAGE_CFLAGS = $(eval PACKAGE_CFLAGS := $(call FLAGS_FROM,--cflags))$(PACKAGE_CFLAGS)
PACKAGE_LIBS = $(eval PACKAGE_LIBS := $(call FLAGS_FROM,--libs))$(PACKAGE_LIBS)

# What the linker would write down: libgit2 is loaded by this name (src/git/libgit2.c).
LIBGIT2 = $(eval LIBGIT2 := $(shell objdump -p "$$(pkg-config --variable=libdir libgit2)/libgit2.so" | awk '/SONAME/ {print $$2}'))$(LIBGIT2)

CPPFLAGS_ALL = -D_GNU_SOURCE -DVELA_VERSION='"$(VERSION)"' -DVELA_LIBGIT2='"$(LIBGIT2)"' -Isrc -I. $(CPPFLAGS)
CFLAGS_ALL = -std=gnu17 $(WARNINGS) $(WERROR) $(OPTIMIZE_$(VARIANT)) $(PACKAGE_CFLAGS) $(CFLAGS)
LDLIBS_ALL = $(LINK_$(VARIANT)) $(LDFLAGS) -pthread $(PACKAGE_LIBS) -lm

SOURCES := $(sort $(wildcard src/*/*.c) $(filter-out cmd/main.c,$(wildcard cmd/*.c)))
OBJECTS := $(SOURCES:%.c=$(BUILD)/%.o) $(BUILD)/generated/templates.o
TEMPLATES := $(sort $(wildcard templates/*/*))
UNIT_SOURCES := $(sort $(wildcard tests/unit/*/test_*.c))
UNIT_TESTS := $(UNIT_SOURCES:tests/unit/%.c=$(BUILD)/tests/%)
E2E_TESTS := $(filter-out tests/e2e/lib.sh,$(sort $(wildcard tests/e2e/*.sh)))
FUZZ_SOURCES := $(sort $(wildcard tests/fuzz/fuzz_*.c))
FUZZ_TESTS := $(FUZZ_SOURCES:tests/fuzz/%.c=$(BUILD)/fuzz/%)
SUPPORT_OBJECTS := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/support/*.c))
TEST_OBJECTS := $(SUPPORT_OBJECTS) $(UNIT_SOURCES:%.c=$(BUILD)/%.o) $(FUZZ_SOURCES:%.c=$(BUILD)/%.o) \
                $(BUILD)/tests/fuzz/replay.o
FUZZ_SECONDS ?= 60

ifdef V
Q :=
say :=
else
Q := @
say = @printf '%-5s %s\n' $(1) '$(2)'
endif

# A make of its own for what follows `make deps` or uses another variant; parallel, unless this one already is.
AGAIN = +@$(MAKE) --no-print-directory $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$$(nproc))

.PHONY: all everything deps test check unit e2e replay run-all asan run-sanitized ubsan valgrind coverage fuzz run-fuzz \
        bench demo docs lint print-flags format install uninstall dist clean help
.DELETE_ON_ERROR:
.SECONDARY:

all: $(if $(filter build/release,$(BUILD)),build/vela,$(BUILD)/vela) ## build the binary: build/vela

build/vela: $(BUILD)/vela
	@ln -f $< $@ 2>/dev/null || cp -f $< $@

everything: $(BUILD)/vela $(UNIT_TESTS) $(FUZZ_TESTS)

$(BUILD)/vela: $(BUILD)/cmd/main.o $(BUILD)/libvela.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS_ALL) -o $@ $^ $(LDLIBS_ALL)

$(BUILD)/libvela.a: $(OBJECTS)
	$(call say,AR,$@)
	@rm -f $@
	$(Q)ar rcs $@ $^

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

# Files in templates/ become strings in the binary.
$(BUILD)/generated/templates.c: $(TEMPLATES) templates/embed.sh
	@mkdir -p $(@D)
	$(call say,EMBED,templates)
	$(Q)bash templates/embed.sh $(TEMPLATES) > $@

$(BUILD)/generated/templates.o: $(BUILD)/generated/templates.c
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -c -o $@ $<

-include $(OBJECTS:.o=.d) $(BUILD)/cmd/main.d $(TEST_OBJECTS:.o=.d)

deps: ## install what building, testing and linting need (as root, on Debian 12)
	@tests/support/install-deps

# --- tests ---

$(BUILD)/tests/%: $(BUILD)/tests/unit/%.o $(SUPPORT_OBJECTS) $(BUILD)/libvela.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS_ALL) -o $@ $^ $(LDLIBS_ALL) -lcmocka

# With the fuzzer in the variant that is made for it; else with what replays a corpus.
ifeq ($(VARIANT),fuzz)
FUZZ_DRIVER :=
FUZZ_LINK := -fsanitize=fuzzer
else
FUZZ_DRIVER := $(BUILD)/tests/fuzz/replay.o
FUZZ_LINK :=
endif
$(BUILD)/fuzz/%: $(BUILD)/tests/fuzz/%.o $(FUZZ_DRIVER) $(BUILD)/libvela.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS_ALL) -o $@ $^ $(FUZZ_LINK) $(LDLIBS_ALL)

test: ## everything: install what is needed, build, run all tests (as root)
	@tests/support/install-deps
	$(AGAIN) run-all

check: test

RUN_TESTS = VELA_TEST_FUZZ='$(BUILD)/fuzz' tests/run

# These take longest. They come first, so that none is left to end alone.
LONG_TESTS := $(patsubst %,tests/e2e/%.sh,check_robust check_report kill_branch check_verdict baseline_filesystems kill_check) \
              $(patsubst %,$(BUILD)/tests/%,check/test_suite migration/test_command pg/test_prepare)
ALL_TESTS := $(LONG_TESTS) $(filter-out $(LONG_TESTS),$(E2E_TESTS) $(UNIT_TESTS) tests/fuzz/replay.sh)

run-all: build/vela $(UNIT_TESTS) $(FUZZ_TESTS)
	@$(RUN_TESTS) $(ALL_TESTS)

unit: $(UNIT_TESTS) ## run the unit tests
	@$(RUN_TESTS) unit $(UNIT_TESTS)

e2e: build/vela ## run the end-to-end tests
	@$(RUN_TESTS) e2e $(E2E_TESTS)

replay: $(FUZZ_TESTS) ## run the fuzz targets over what fuzzing found before
	@$(RUN_TESTS) tests/fuzz/replay.sh

# Without the labelled migrations: what they run is what the other tests have run.
SANITIZED_TESTS := $(filter-out %/check/test_suite,$(UNIT_TESTS))

run-sanitized: $(SANITIZED_TESTS) $(FUZZ_TESTS)
	@$(RUN_TESTS) $(SANITIZED_TESTS) tests/fuzz/replay.sh

asan: ## run unit tests and fuzz corpora with AddressSanitizer and UndefinedBehaviorSanitizer
	$(AGAIN) VARIANT=asan run-sanitized

ubsan: asan ## the same: both sanitizers run together

# Debian 12's valgrind knows neither pidfds nor openat2: what starts a process or walks a repository is left to asan.
VALGRIND_TESTS := $(filter-out $(addprefix $(BUILD)/tests/,app/% git/% pg/% storage/% migration/% evidence/% schema/% check/test_assertion \
                    check/test_expectation check/test_plan check/test_suite check/test_workload forge/test_comment \
                    forge/test_http forge/test_http_again forge/test_status base/test_identity \
                    base/test_interrupt base/test_process base/test_run),$(UNIT_TESTS))

valgrind: ## run under valgrind those unit tests that it can run
	@tests/support/install-deps valgrind
	$(AGAIN) $(VALGRIND_TESTS)
	@VELA_TEST_VALGRIND=1 VELA_TEST_TIMEOUT=1200 $(RUN_TESTS) unit $(VALGRIND_TESTS)

# The counters are written by whoever runs the code: often that is the owner of a pool.
coverage: ## run the tests and print which share of each source file they reach
	@rm -rf build/coverage
	$(AGAIN) VARIANT=coverage everything
	@find build/coverage -name '*.gcno' -exec sh -c 'umask 0; for f; do : >"$${f%.gcno}.gcda"; done' - {} +
	@VELA_TEST_BINARY=build/coverage/vela VELA_TEST_FUZZ=build/coverage/fuzz \
		tests/run $(E2E_TESTS) $(UNIT_TESTS:$(BUILD)/%=build/coverage/%) tests/fuzz/replay.sh; \
		code=$$?; tests/support/coverage build/coverage; exit $$code

fuzz: ## fuzz each target for FUZZ_SECONDS=60; what is found goes to build/fuzz
	$(AGAIN) VARIANT=fuzz CC=clang run-fuzz

run-fuzz: $(FUZZ_TESTS)
	@tests/fuzz/run $(BUILD) $(FUZZ_SECONDS)

# For tests/lint: clang and clang-tidy have to see what the compiler sees.
print-flags:
	@printf '%s\n' -std=gnu17 $(CPPFLAGS_ALL) $(PACKAGE_CFLAGS) $(WARNINGS)

lint: ## layers, banned functions, clang-tidy, shellcheck, warnings as errors with gcc and clang
	@tests/lint

format: ## reformat the C files with clang-format
	clang-format -i $$(git ls-files '*.c' '*.h')

bench: all ## measure clone and start against the floor that filesystem and Postgres set
	@tests/bench/run

demo: ## show the main job on a server made for it, from nothing (as root)
	@tests/support/install-deps
	$(AGAIN) all
	@tests/demo.sh

# --- documentation and installation ---

docs: all ## write docs/commands.md and docs/config.md from the tables in the code
	build/vela help --markdown > docs/commands.md
	build/vela schema --markdown > docs/config.md

build/vela.1: build/vela
	@build/vela help --man > $@

install: all build/vela.1 ## install the binary, the manual page and completions below DESTDIR and PREFIX
	install -D -m 0755 build/vela "$(bindir)/vela"
	install -D -m 0644 build/vela.1 "$(mandir)/vela.1"
	install -d "$(bashdir)" "$(zshdir)" "$(fishdir)"
	build/vela completion bash > "$(bashdir)/vela"
	build/vela completion zsh > "$(zshdir)/_vela"
	build/vela completion fish > "$(fishdir)/vela.fish"

uninstall: ## remove what install put there
	rm -f "$(bindir)/vela" "$(mandir)/vela.1" "$(bashdir)/vela" "$(zshdir)/_vela" "$(fishdir)/vela.fish"

dist: ## pack the committed sources: build/vela-VERSION.tar.gz
	@mkdir -p build
	git archive --prefix=vela-$(VERSION)/ -o build/vela-$(VERSION).tar.gz HEAD

clean: ## remove everything that was built
	rm -rf build

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## /{printf "  %-10s %s\n", $$1, $$2}' Makefile
