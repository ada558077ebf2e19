# Each target is one call; what it does is in the script of the same name in .ci/, or in bench/.
# FUZZTIME (10s) and TARGET go to fuzz, BENCHFLAGS to bench and bench-full, MUTATEFLAGS to mutate,
# HALFOPENFLAGS to halfopen, PEERFLAGS to peer, HOSTILEFLAGS to hostile, LINKS to scale, DAYS to simulate,
# MINUTES to chaos (2) and soak (30), CYCLES to soak, SEED (0: a random one) to chaos and simulate.

FUZZTIME ?= 10s
TARGET ?=
BENCHFLAGS ?=
MUTATEFLAGS ?=
HALFOPENFLAGS ?=
PEERFLAGS ?=
HOSTILEFLAGS ?=
LINKS ?= 10000
DAYS ?= 365
MINUTES ?=
CYCLES ?= 100000
SEED ?= 0

.PHONY: help demo test bench bench-full lint api fuzz cover mutate chaos simulate hostile halfopen scale soak carddata peer

help: ## print this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/make \1	\2/p' Makefile | expand -t 17

demo: ## run the demo
	@go run ./examples/demo

test: ## check everything: modules, vet, builds, lint, tests with -race, short fuzz
	@bash .ci/test

bench: ## run the benchmarks against the peers and the floors (BENCHFLAGS=-short)
	@cd bench && go run . $(BENCHFLAGS)

bench-full: ## run all of them, longer, and write bench.txt and plots into bench/out
	@cd bench && go run . -full -out out $(BENCHFLAGS)

carddata: ## look for card data in all that tests and demo print
	@cd bench && go run ./carddata

hostile: ## let peers misbehave, one way after the other, and count what others lose (HOSTILEFLAGS=-short)
	@cd bench && go run ./hostile $(HOSTILEFLAGS)

chaos: ## let links meet hosts and proxies that fail in all ways, and audit the ledgers (SEED, MINUTES)
	@cd bench && go run ./chaos -seed $(SEED) -minutes $(or $(MINUTES),2)

lint: ## run golangci-lint, gofumpt's check included, in every module
	@bash .ci/lint

api: ## name what breaks the users of the last release
	@bash .ci/api

fuzz: ## run every fuzz target for FUZZTIME (10s) each, or the one named by TARGET
	@FUZZTIME='$(FUZZTIME)' TARGET='$(TARGET)' bash .ci/fuzz

cover: ## measure the coverage of the four packages against its goal
	@bash .ci/cover

mutate: ## break one promise at a time: each must turn a test red (MUTATEFLAGS='-only NAME')
	@cd .ci/mutate && go run . -root ../.. -mutations ../mutations $(MUTATEFLAGS)

halfopen: ## break the network between a link and its host, half of it or all (Linux, root; HALFOPENFLAGS)
	@HALFOPENFLAGS='$(HALFOPENFLAGS)' bash .ci/halfopen

peer: ## do what hosts do on a bad day to isolink and to moov-io/iso8583-connection (PEERFLAGS)
	@cd bench && go run ./peer $(PEERFLAGS)

scale: ## drop, kill and flap the sessions of LINKS (10000) links between two processes
	@cd bench && go run ./scale -links $(LINKS)

soak: ## load and faults for MINUTES (30), then CYCLES (100000) links' lives: nothing grows; plots in bench/out/soak
	@cd bench && go run ./soak -minutes $(or $(MINUTES),30) -cycles $(CYCLES)

simulate: ## simulate DAYS (365) of four links with a SEED, twice, and compare all ledgers; some minutes
	@go test ./actors -run '^TestSimulate$$' -count=1 -timeout=2h -v -args -days=$(DAYS) -seed=$(SEED)
