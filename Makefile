# The two commands: `make run` and `make test`. Each installs what is missing.

# Generic code of one module is made for the types of another: measured 6 to 11 % less CPU a request.
RELEASE_FLAGS := -c release -Xswiftc -cross-module-optimization
RELEASE := swift build $(RELEASE_FLAGS) --product feed-server
# The benchmarks are a package of their own, built in the same place: what both depend on is built once.
BENCHMARKS := --package-path Benchmarks --scratch-path .build

DATABASE ?= data/feed.sqlite
PORT ?= 8080
FUZZ_SECONDS ?= 60

# Of `make bench`: QUICK=1, ONLY="depth drift", POSTS=1000000, GROWTH_LIMIT=10000000, SEED=1.
REPORT ?= Benchmarks/results
BENCH_OPTIONS := $(if $(filter-out 0,$(QUICK)),--quick) $(if $(POSTS),--posts $(POSTS)) $(if $(SEED),--seed $(SEED)) \
	$(if $(GROWTH_LIMIT),--growth-limit $(GROWTH_LIMIT)) $(if $(ONLY),--only $(ONLY))

.PHONY: run test soak fuzz bench install install-for-tests install-for-benchmarks format lint clean

## Builds, fills an empty database with the sample data, and serves on port 8080.
run: install
	$(RELEASE)
	@test -e $(DATABASE) || .build/release/feed-server populate --database $(DATABASE) --yes
	exec .build/release/feed-server serve --database $(DATABASE) --port $(PORT)

## Runs everything that CI runs.
test: install-for-tests lint
# `--skip-build` runs the tests of whichever package was built last: each package's right behind its build.
	swift build $(BENCHMARKS) --build-tests -Xswiftc -warnings-as-errors
	swift test $(BENCHMARKS) --skip-build -Xswiftc -warnings-as-errors
	$(RELEASE)
	scripts/smoke .build/release/feed-server
	scripts/schemathesis .build/release/feed-server 40
	swift build --build-tests -Xswiftc -warnings-as-errors
	swift test --skip-build -Xswiftc -warnings-as-errors

## Does for an hour what the tests do in seconds: simulated disasters by the ten thousand, the tests with many
## processes again and again, requests made from the OpenAPI document, and fuzzing.
soak: install-for-tests
	swift build --build-tests -Xswiftc -warnings-as-errors
	SIMULATION_SEEDS=50000 swift test --skip-build --filter Simulation
	for round in 1 2 3 4 5 6 7 8 9 10; do swift test --skip-build --filter ManyProcesses || exit 1; done
	$(RELEASE)
	for seed in 1 2 3 4 5; do scripts/schemathesis .build/release/feed-server 300 $$seed || exit 1; done
	$(MAKE) fuzz FUZZ_SECONDS=600

## Looks for inputs that break what reads from Redis or a request.
fuzz: install
	Tests/Fuzzing/run $(FUZZ_SECONDS)

## Measures offset against cursor, on databases that it makes, and writes a report: 16 minutes, or with QUICK=1
## less than five minutes. Ctrl-C ends it and keeps what is finished.
bench: install-for-benchmarks
	@for product in feed-server feed-benchmark micro-counter MicroBenchmarks; do \
		swift build $(RELEASE_FLAGS) $(BENCHMARKS) --product $$product || exit 1; \
	done
	.build/release/feed-benchmark run --package Benchmarks --executables .build/release --output $(REPORT) \
		$(BENCH_OPTIONS)

## Installs the libraries that the server is built on.
install:
	scripts/install libsqlite3-dev libhiredis-dev libvips-dev libwebp-dev pkg-config

## And what the tests use besides.
install-for-tests:
	scripts/install libsqlite3-dev libhiredis-dev libvips-dev libwebp-dev pkg-config redis-server chromium \
		chromium-driver curl faketime openssl gnuplot-nox wrk python3 python3-venv

## And what the benchmarks use.
install-for-benchmarks: install
	scripts/install redis-server wrk gnuplot-nox valgrind python3 python3-venv

## Fails where a file is not formatted.
lint:
	swift format lint --strict --parallel --recursive Package.swift Sources Tests Benchmarks

## Formats every file.
format:
	swift format --in-place --parallel --recursive Package.swift Sources Tests Benchmarks

clean:
	rm -rf .build Benchmarks/.build Benchmarks/results
