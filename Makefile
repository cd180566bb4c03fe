# skerry: `make demo` and `make test` are the two commands; see README.md.
# `make build` needs Go and nothing else. The measurement programs want a C compiler too, and are
# left out, with a word, where there is none.

GO      ?= go
PREFIX  ?= /usr/local
DESTDIR ?=

# The kernel is linked where no program is: programs that are not position-independent begin at
# 0x400000, all others near the top. It is the whole kernel, so it must not need a dynamic linker.
LINK    := -ldflags='-T 0x70000000 -E github.com/skerry-os/skerry/platform/process.start'
BUILD   := CGO_ENABLED=0 $(GO) build -trimpath $(LINK)

# The LWK's image for cores of its own lies at 0xffffffff80200000 (abi.ImageLow, less a page of headers;
# the linker takes the number with a sign), and begins where cores come in.
LWKLINK := -ldflags='-T -0x7fdff000 -E github.com/skerry-os/skerry/platform/native.Entry'

# Packages in which goroutines share memory by Go's own means. The kernel's own do not: it shares
# memory with other kernels, which the race detector cannot see.
RACE    := ./cmd/... ./fwk/... ./bench/...

# How long `make fuzz` spends on each target.
FUZZTIME ?= 20s

.PHONY: build test soak soak-native compat demo demo-native man install uninstall clean fuzz numbers numbers-native

build:
	$(BUILD) -o bin/skerry ./cmd/skerry
	CGO_ENABLED=0 $(GO) build -trimpath -o bin/skerry-cli ./cmd/skerry-cli
	CGO_ENABLED=0 $(GO) build -trimpath $(LWKLINK) -o bin/skerry-lwk ./cmd/skerry-lwk
	@if [ -d bench/build ]; then $(GO) run ./bench/build -o bin/bench; fi

test:
	@if [ -f test/setup.sh ]; then sh test/setup.sh; fi
	$(MAKE) build
	$(GO) vet ./...
	$(GO) test -timeout 40m ./...
	@cat build/test/summary.txt
	@if [ "$$($(GO) env CGO_ENABLED)" = 1 ] && command -v "$$($(GO) env CC)" >/dev/null; then \
		echo '$(GO) test -race $(RACE)'; $(GO) test -race -timeout 20m $(RACE); \
	else echo 'no C compiler: the race detector is left out'; fi

# The whole-system tests again and again, on one core and on two: what happens once in a hundred runs.
# Then so many processes of whole trees are killed.
ROUNDS ?= 5
KILLS  ?= 1000
soak: build
	@for i in $$(seq $(ROUNDS)); do for cpus in 1 2; do \
		echo "round $$i, $$cpus core(s)"; \
		SKERRY_STRICT=1 SKERRY_RUN="$(CURDIR)/bin/skerry run --cpus $$cpus --" $(GO) test -count=1 -timeout 20m ./test/diff ./test/kill || exit 1; \
	done; done
	@for cpus in 1 2; do \
		SKERRY_RUN="$(CURDIR)/bin/skerry run --cpus $$cpus --" KILLS=$(KILLS) $(GO) test -count=1 -timeout 60m -run TestTree ./test/kill || exit 1; \
	done

# Real software and its own tests, on Linux and on skerry; writes docs/compatibility.md. Half an hour.
compat: build
	sh test/setup.sh compat
	$(GO) test -count=1 -timeout 240m ./test/compat -full -write docs/compatibility.md -v

demo: build
	sh demo/demo.sh

# Two co-kernels beside a busy Linux, in an emulated machine.
demo-native: build
	sh demo/native.sh

# A thousand starts and ends of native enclaves, in emulated machines with both kernels. Hours.
NATIVE_ROUNDS ?= 1000
soak-native: build
	SKERRY_ROUNDS=$(NATIVE_ROUNDS) SKERRY_LAB_KERNELS=all $(GO) test -count=1 -timeout 12h -v ./test/lab

# Everything is measured, some fifteen minutes on a machine that should be quiet, and the numbers in
# the documents are made from the result, which is kept beside them. The page is for looking at.
numbers: build
	mkdir -p build
	bin/skerry bench --format json --html build/bench.html > build/numbers.json
	mv build/numbers.json docs/numbers.json
	$(GO) run ./bench/numbers docs/numbers.json docs/performance.md docs/SPECIFICATION.md README.md

# The same for the native platform, in instructions of an emulated machine: some minutes, on any machine.
numbers-native: build
	mkdir -p build
	bin/skerry bench emulated --format json > build/emulated.json
	mv build/emulated.json docs/emulated.json
	bin/skerry bench emulated --from docs/emulated.json --docs docs/native.md,docs/SPECIFICATION.md

man: build
	bin/skerry man build/man

install: build man
	install -d '$(DESTDIR)$(PREFIX)/bin' '$(DESTDIR)$(PREFIX)/share/man/man1' \
		'$(DESTDIR)$(PREFIX)/share/bash-completion/completions' \
		'$(DESTDIR)$(PREFIX)/share/zsh/site-functions' '$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d'
	install -m 755 bin/skerry '$(DESTDIR)$(PREFIX)/bin/skerry'
	install -d '$(DESTDIR)$(PREFIX)/lib/skerry'
	install -m 755 bin/skerry-cli '$(DESTDIR)$(PREFIX)/lib/skerry/skerry-cli'
	install -m 644 bin/skerry-lwk '$(DESTDIR)$(PREFIX)/lib/skerry/skerry-lwk'
	install -m 644 build/man/*.1 '$(DESTDIR)$(PREFIX)/share/man/man1'
	bin/skerry completion bash > '$(DESTDIR)$(PREFIX)/share/bash-completion/completions/skerry'
	bin/skerry completion zsh > '$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_skerry'
	bin/skerry completion fish > '$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/skerry.fish'

uninstall:
	rm -f '$(DESTDIR)$(PREFIX)/bin/skerry' '$(DESTDIR)$(PREFIX)'/lib/skerry/skerry-* '$(DESTDIR)$(PREFIX)'/share/man/man1/skerry.1 \
		'$(DESTDIR)$(PREFIX)'/share/man/man1/skerry-*.1 \
		'$(DESTDIR)$(PREFIX)/share/bash-completion/completions/skerry' \
		'$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_skerry' \
		'$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/skerry.fish'

fuzz:
	@set -e; grep -ro --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' . | sort | while IFS=: read -r file func; do \
		echo "$${func#func } in $${file%/*}"; \
		$(GO) test -run '^$$' -fuzz "^$${func#func }\$$" -fuzztime $(FUZZTIME) "$${file%/*}"; \
	done

clean:
	rm -rf bin build
