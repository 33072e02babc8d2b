# vela: a PostgreSQL database for every pull request.
# `make help` lists the targets.

SHELL := /bin/bash
VERSION := 0.1.0
VARIANT ?= release
BUILD := build/$(VARIANT)

PREFIX ?= /usr/local
DESTDIR ?=
bindir := $(PREFIX)/bin
mandir := $(PREFIX)/share/man/man1

CC ?= gcc
PACKAGES := libgit2 yaml-0.1 jansson libpq libbtrfsutil
WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wformat=2 -Wmissing-prototypes -Wstrict-prototypes -Wvla \
            -Wwrite-strings -Wcast-qual -Wundef
WERROR ?=
HARDENING := -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
OPTIMIZE_release := -O2 -g $(HARDENING)
OPTIMIZE_asan := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
OPTIMIZE_coverage := -O0 -g --coverage
LINK_release := -pie -Wl,-z,relro,-z,now -Wl,--as-needed
LINK_asan := -fsanitize=address,undefined
LINK_coverage := --coverage

CPPFLAGS += -D_GNU_SOURCE -DVELA_VERSION='"$(VERSION)"' -Isrc -I. -I$(BUILD)/generated
CFLAGS_ALL = -std=gnu17 $(WARNINGS) $(WERROR) $(OPTIMIZE_$(VARIANT)) $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null) $(CFLAGS)
LDLIBS_ALL = $(LINK_$(VARIANT)) $(LDFLAGS) -pthread $(shell pkg-config --libs $(PACKAGES) 2>/dev/null)

SOURCES := $(sort $(wildcard src/*/*.c) $(filter-out cmd/main.c,$(wildcard cmd/*.c)))
OBJECTS := $(SOURCES:%.c=$(BUILD)/%.o) $(BUILD)/generated/templates.o
TEMPLATES := $(sort $(wildcard templates/*/*))
UNIT_SOURCES := $(sort $(wildcard tests/unit/*/test_*.c))
UNIT_TESTS := $(UNIT_SOURCES:tests/unit/%.c=$(BUILD)/tests/%)
FUZZ_SOURCES := $(sort $(wildcard tests/fuzz/fuzz_*.c))
FUZZ_TESTS := $(FUZZ_SOURCES:tests/fuzz/%.c=$(BUILD)/fuzz/%)
SUPPORT_OBJECTS := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/support/*.c))
MODULES := $(SUPPORT_OBJECTS) $(UNIT_SOURCES:%.c=$(BUILD)/%.o)

.PHONY: all deps test unit e2e lint format asan ubsan valgrind coverage fuzz bench demo docs install uninstall clean dist help check
.DELETE_ON_ERROR:
.SECONDARY:

all: build/vela ## build the binary: build/vela

build/vela: $(BUILD)/vela
	@ln -f $< $@

$(BUILD)/vela: $(BUILD)/cmd/main.o $(BUILD)/libvela.a
	$(CC) $(CFLAGS_ALL) -o $@ $^ $(LDLIBS_ALL)

$(BUILD)/libvela.a: $(OBJECTS)
	@rm -f $@
	@ar rcs $@ $^

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

# Files in templates/ become strings in the binary.
$(BUILD)/generated/templates.c: $(TEMPLATES) templates/embed.sh
	@mkdir -p $(@D)
	@bash templates/embed.sh $(TEMPLATES) > $@

$(BUILD)/generated/templates.o: $(BUILD)/generated/templates.c
	$(CC) $(CPPFLAGS) $(CFLAGS_ALL) -c -o $@ $<

-include $(OBJECTS:.o=.d) $(BUILD)/cmd/main.d $(MODULES:.o=.d)

deps: ## install what building, running and testing need (Debian packages; npm for a newer PostgreSQL)
	@tests/support/install-deps

unit: $(UNIT_TESTS) ## run the unit tests
	@tests/run unit $(UNIT_TESTS)

$(BUILD)/tests/%: $(BUILD)/tests/unit/%.o $(SUPPORT_OBJECTS) $(BUILD)/libvela.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) -o $@ $^ $(LDLIBS_ALL) -lcmocka

clean: ## remove everything that was built
	rm -rf build

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## /{printf "  %-10s %s\n", $$1, $$2}' Makefile
