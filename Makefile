# The two commands: `make run` and `make test`. Each installs what is missing.

# One configuration builds what is served, what is tested and what is measured, so that it is built once and what is
# tested is what is shipped. Generic code of one module is made for the types of another: measured 6 to 11 % less CPU
# a request. The variable lets tests see what is internal: see Package.swift.
#
# Two packages are built in one place. The plan of a build is not kept: it would be that of the other package, and
# nothing of this one would be built. The package manager draws the order of some flags at random; without that, what
# was built with another order is not built again.
#
# What is written in C has no debugging information: a sixth of the time of BoringSSL, which is there twice. The
# compiler leaves temporary folders behind: they stay in the build's.
FLAGS := -c release --disable-build-manifest-caching -Xcc -g0 \
	-Xswiftc -cross-module-optimization -Xswiftc -warnings-as-errors
BUILD := mkdir -p .build/tmp && TMPDIR=$(CURDIR)/.build/tmp \
	TESTABLE_RELEASE=1 SWIFT_DETERMINISTIC_HASHING=1 swift build $(FLAGS)
BIN := .build/release
# The benchmarks are a package of their own, built in the same place: what both depend on is built once.
BENCHMARKS := --package-path Benchmarks --scratch-path .build
BUNDLE := $(BIN)/FeedServerPackageTests.xctest

DATABASE ?= data/feed.sqlite
PORT ?= 8080
FUZZ_SECONDS ?= 60
# How long `make soak` lets things go wrong, how long it attacks, and how long it uploads pictures.
SOAK_SECONDS ?= 3600

# Of `make bench`: QUICK=1, ONLY="depth drift", POSTS=1000000, GROWTH_LIMIT=10000000, SEED=1.
REPORT ?= Benchmarks/results
BENCH_OPTIONS := $(if $(filter-out 0,$(QUICK)),--quick) $(if $(POSTS),--posts $(POSTS)) $(if $(SEED),--seed $(SEED)) \
	$(if $(GROWTH_LIMIT),--growth-limit $(GROWTH_LIMIT)) $(if $(ONLY),--only $(ONLY))

.PHONY: run test soak sanitize fuzz audit bench install install-for-tests install-for-benchmarks format lint clean

## Builds, fills an empty database with the sample data, and serves on port 8080.
run: install
	$(BUILD) --product feed-server
	@test -e $(DATABASE) || $(BIN)/feed-server populate --database $(DATABASE) --yes
	exec $(BIN)/feed-server serve --database $(DATABASE) --port $(PORT)

## Runs everything that CI runs.
test: install-for-tests lint
	$(BUILD) --build-tests
	$(BUILD) $(BENCHMARKS) --build-tests
	scripts/smoke $(BIN)/feed-server
	scripts/run-tests $(BUNDLE) $(BIN)/BenchmarksPackageTests.xctest

## Does for hours what the tests do in seconds: simulated disasters by the ten thousand, a disk that fails at every
## call, the tests with many processes again and again, requests made from the OpenAPI document, all attacks at once
## beside good clients, overload, slow clients, whatever may go wrong beside them, pictures that something was done to,
## and fuzzing.
soak: install-for-tests
	scripts/install slowhttptest
	$(BUILD) --build-tests
	TEST_SILENCE=3600 TEST_LIMIT=7200 SIMULATION_SEEDS=50000 scripts/run-tests $(BUNDLE) -- --filter Simulation
	TEST_SILENCE=3600 TEST_LIMIT=7200 TEST_DEPTH=long scripts/run-tests $(BUNDLE) -- --filter 'MovingFeed|CombiningMarks|Faulty|PortraitRefusal'
	for round in 1 2 3 4 5 6 7 8 9 10; do scripts/run-tests $(BUNDLE) -- --filter 'ManyProcesses|Crash' || exit 1; done
	for seed in 1 2 3 4 5; do scripts/schemathesis $(BIN)/feed-server 300 $$seed || exit 1; done
	scripts/overload $(BIN)/feed-server 180
	scripts/slow-clients $(BIN)/feed-server 360
	scripts/soak $(BIN)/feed-server $(SOAK_SECONDS)
	scripts/attack $(BIN)/feed-server $(SOAK_SECONDS)
	scripts/fuzz-pictures $(BIN)/feed-server $(SOAK_SECONDS)
	$(MAKE) fuzz FUZZ_SECONDS=600

## Runs the libraries' tests under ThreadSanitizer and under AddressSanitizer. CONTRIBUTING.md says what these see.
sanitize: install-for-tests
	scripts/sanitize thread
	scripts/sanitize address

## Looks for inputs that break what reads from Redis or a request.
fuzz: install
	Tests/Fuzzing/run $(FUZZ_SECONDS)

## Fails where a Debian package that the server is linked with has a security fix that is not installed.
audit: install
	$(BUILD) --product feed-server
	scripts/audit $(BIN)/feed-server

## Measures offset against cursor, on databases that it makes, and writes a report: 16 minutes, or with QUICK=1
## less than five minutes. Ctrl-C ends it and keeps what is finished.
bench: install-for-benchmarks
	@for product in feed-server feed-benchmark micro-counter MicroBenchmarks; do \
		$(BUILD) $(BENCHMARKS) --product $$product || exit 1; \
	done
	$(BIN)/feed-benchmark run --package Benchmarks --executables $(BIN) --output $(REPORT) \
		$(BENCH_OPTIONS)

## Installs the libraries that the server is built on.
install:
	scripts/install libsqlite3-dev libhiredis-dev libvips-dev libwebp-dev pkg-config

## And what the tests use besides.
install-for-tests:
	scripts/install libsqlite3-dev libhiredis-dev libvips-dev libwebp-dev pkg-config redis-server chromium \
		chromium-driver curl openssl gnuplot-nox wrk python3 python3-venv
	scripts/schemathesis --install

## And what the benchmarks use.
install-for-benchmarks: install
	scripts/install redis-server wrk gnuplot-nox valgrind python3 python3-venv

## Fails where a file is not formatted, or a test waits in a way that may not end.
lint:
	scripts/lint-tests
	swift format lint --strict --parallel --recursive Package.swift Sources Tests Benchmarks

## Formats every file.
format:
	swift format --in-place --parallel --recursive Package.swift Sources Tests Benchmarks

clean:
	rm -rf .build Benchmarks/.build Benchmarks/results
