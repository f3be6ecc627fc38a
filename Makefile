# The two commands: `make run` and `make test`. Each installs what is missing.

DATABASE ?= data/feed.sqlite
PORT ?= 8080

.PHONY: run test install install-for-tests format lint clean

## Builds, fills an empty database with the sample data, and serves on port 8080.
run: install
	swift build -c release --product feed-server
	@test -e $(DATABASE) || .build/release/feed-server populate --database $(DATABASE) --yes
	exec .build/release/feed-server serve --database $(DATABASE) --port $(PORT)

## Runs everything that CI runs.
test: install-for-tests lint
	swift build --build-tests -Xswiftc -warnings-as-errors
	swift build -c release --product feed-server
	scripts/smoke .build/release/feed-server
	swift test --skip-build -Xswiftc -warnings-as-errors

## Installs the libraries that the server is built on.
install:
	scripts/install libsqlite3-dev libhiredis-dev pkg-config

## And what the tests use besides.
install-for-tests:
	scripts/install libsqlite3-dev libhiredis-dev pkg-config redis-server chromium chromium-driver curl \
		sqlite3

## Fails where a file is not formatted.
lint:
	swift format lint --strict --parallel --recursive Package.swift Sources Tests

## Formats every file.
format:
	swift format --in-place --parallel --recursive Package.swift Sources Tests

clean:
	rm -rf .build
