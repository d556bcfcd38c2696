# make demo and make test do all their set-up themselves; the other targets are parts of them.

SWIFT ?= swift
RELEASE := .build/release
TEST_FLAGS := -c release -Xswiftc -enable-testing --scratch-path .build-test

.PHONY: help demo test build images packages check speed bench bench-state clean

help:
	@echo 'make demo    build everything, make a Debian guest, boot it (a shell on a terminal)'
	@echo 'make test    all tests and checks'
	@echo 'make build   the starling command: $(RELEASE)/starling'
	@echo 'make images  the Debian guest images, for riscv64 and for PCs'
	@echo 'make speed   instructions per second of the engine'
	@echo 'make bench   Starling against QEMU and the host (QUICK=1: a subset in under a minute)'
	@echo 'make bench-state   how long snapshots, forks, engine switches and steps backwards take'

demo: build
	@sh scripts/demo.sh $(RELEASE)/starling

build: packages
	@$(SWIFT) build -c release --product starling

packages:
	@sh scripts/packages.sh run

images: build
	@$(RELEASE)/starling image build debian-trixie-riscv64
	@$(RELEASE)/starling image build debian-bookworm-amd64

# A test that hangs fails instead of waiting for ever: all of them take a few minutes.
test:
	@sh scripts/packages.sh test
	$(SWIFT) build $(TEST_FLAGS) --build-tests
	.build-test/release/starling image build debian-trixie-riscv64
	.build-test/release/starling image build debian-bookworm-amd64
	$(MAKE) --no-print-directory check
	timeout --kill-after=30 30m $(SWIFT) test $(TEST_FLAGS) --skip-build

# What needs no guest: layers, style, and the machine code of the hot functions.
check:
	.build-test/release/starling-dev layers
	.build-test/release/starling-dev tidy
	.build-test/release/starling-dev hot-path .build-test/release/starling

speed: packages
	@$(SWIFT) build -c release --product starling-dev
	@$(RELEASE)/starling-dev speed

# BENCH_FLAGS are options of starling-bench, for instance BENCH_FLAGS='--only nbody,xz --rounds 5'.
bench:
	@sh scripts/packages.sh bench
	@$(SWIFT) build -c release --product starling
	@$(SWIFT) build -c release --package-path Benchmarks --product starling-bench
	@Benchmarks/.build/release/starling-bench $(if $(QUICK),--quick) $(BENCH_FLAGS)

# Snapshots, restores, forks, engine switches and steps backwards of a Debian guest.
bench-state:
	@sh scripts/packages.sh bench
	@$(SWIFT) build -c release --product starling
	@$(RELEASE)/starling image build debian-trixie-riscv64
	@$(SWIFT) build -c release --package-path Benchmarks --product starling-bench
	@Benchmarks/.build/release/starling-bench state $(BENCH_FLAGS)

clean:
	rm -rf .build .build-test Benchmarks/.build
