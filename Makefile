# One command per task; the work is done by CMake and scripts/. `make` alone lists the tasks.
.PHONY: help build run run-api run-worker test test-quick bench services coverage format format-check lint deps clean

help:  ## list these tasks
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

build: deps  ## the optimised program, at build/orderstream
	@scripts/build release orderstream

run: build  ## build it and serve at http://localhost:8080, the data in ./data
	@exec build/orderstream serve

# The addresses of `make services`, unless the environment names others.
services_env = [ -n "$$POSTGRES_DSN$$DB_HOST$$KAFKA_BROKERS" ] || [ ! -r .services/env ] || { set -a; . .services/env; set +a; };

run-api: build  ## build it and serve the API alone; PostgreSQL and Kafka as `make services` or the environment names them
	@$(services_env) exec build/orderstream api

run-worker: build  ## build it and run a worker; the same
	@$(services_env) exec build/orderstream worker

test: deps  ## all tests, under sanitizers too; then against the optimised program
	@scripts/install-deps test
	@exec scripts/test

test-quick: deps  ## all tests, without sanitizers: for every day
	@scripts/install-deps test
	@exec scripts/test dev

bench: deps  ## measure rates and latencies beside SQLite's, nginx's and PostgreSQL's own, and a service in Go
	@scripts/install-deps bench services
	@scripts/build release orderstream
	@exec bench/run

services:  ## private PostgreSQL, Kafka and Redis on free ports, their addresses in .services/env
	@scripts/install-deps services
	@scripts/services up

coverage: deps  ## which lines the tests run: a summary, and build/coverage/html/index.html
	@scripts/install-deps test coverage
	@exec scripts/coverage

format:  ## lay out all sources as .clang-format says
	@scripts/install-deps lint
	@scripts/sources | xargs clang-format-16 -i

format-check:  ## fail if `make format` would change anything
	@scripts/install-deps lint
	@scripts/sources | xargs clang-format-16 --dry-run -Werror

lint: deps  ## clang-tidy over all sources, with the checks of .clang-tidy
	@scripts/install-deps lint
	@exec scripts/lint

deps:  ## install what building needs and this machine lacks
	@scripts/install-deps build

clean:  ## remove everything that was built (orders in ./data stay)
	@rm -rf build
