# make help lists the targets.

# Enables the vector paths of the CPU engine; a plain go build gives the same bits without them.
export GOEXPERIMENT := simd

SCRIPTS := tests/scripts
WITH_DRIVERS := $(SCRIPTS)/with-drivers.sh
DEMO_FOLDER := runs/demo
DEMO_ARGUMENTS := train --data digits --out $(DEMO_FOLDER)
FUZZ_TIME := 10s
# Minimizing an input may take a minute, during which fuzzing waits.
FUZZ_MINIMIZE := 5x

# Started first: it takes as long as all others together, and leaves processors idle. lint has
# already vetted everything.
LONGEST := ./tests

SOAK_TIME := 3600
# A different seed for every commit.
SOAK_SEED = $(shell git rev-list --count HEAD)000

.PHONY: build viewer demo deps drivers shaders test test-viewer quick check check-nir check-hdf5 check-tensorboard check-arm64 check-container dist bench-peers docs-pictures gpu-report gpu-bench gpu-full race fuzz soak coverage full lint format-and-vet plain-builds clean help

build: ## the program ./spikegrad (default)
	go build -o spikegrad .

viewer: ## the program with the live window (spikegrad view, train --view); installs X11 headers
	@$(SCRIPTS)/deps.sh viewer
	go build -tags viewer -o spikegrad .

demo: build ## train on the embedded digits, into a fresh runs/demo
	@if [ -e $(DEMO_FOLDER) ]; then echo "removing the earlier $(DEMO_FOLDER)"; rm -rf $(DEMO_FOLDER); fi
	./spikegrad $(DEMO_ARGUMENTS)

deps: ## install what the tests need (Debian and Ubuntu)
	@$(SCRIPTS)/deps.sh tests mpi

drivers: deps ## fetch more software Vulkan drivers into the user's cache
	@$(SCRIPTS)/drivers.sh

shaders: ## compile shaders/*.comp into shaders/spv
	go generate ./shaders

test: deps lint plain-builds test-viewer ## everything: lint, builds, all tests on every driver found
	$(WITH_DRIVERS) go test -vet=off -timeout 80m $(LONGEST) ./...

test-viewer: ## the tests of the live window, on their own display
	@$(SCRIPTS)/deps.sh tests viewer viewer-tests
	go vet -tags viewer ./host/... .
	go tool staticcheck -tags viewer ./host/view/... ./host/cli
	VK_LAYER_SYNCVAL_SHADER_ACCESSES_HEURISTIC=1 xvfb-run -a -s "-screen 0 1600x1000x24 -noreset -r" go test -tags viewer -timeout 10m ./host/view

quick: format-and-vet ## gofmt, vet and the short tests, on the system's own drivers
	go test -short -timeout 5m ./...

check: build ## the whole family of networks on every driver found, bit for bit
	$(WITH_DRIVERS) ./spikegrad check

check-nir: build ## NIR files against other projects' Python packages (fetched into the user's cache)
	@$(SCRIPTS)/check-nir.sh

check-hdf5: ## random HDF5 files written by h5py (fetched into the user's cache), value by value
	@$(SCRIPTS)/check-hdf5.sh

check-tensorboard: build ## event files against the Python package tensorboard (fetched into the user's cache)
	@$(SCRIPTS)/check-tensorboard.sh

check-arm64: build ## networks and training on linux/arm64, under emulation: the same bits as on amd64
	@$(SCRIPTS)/deps.sh emulator
	@$(SCRIPTS)/check-arm64.sh

check-container: ## the Dockerfile linted (hadolint is fetched into the user's cache), built and run with docker or podman
	@$(SCRIPTS)/check-container.sh

dist: ## archives of the program for Linux, macOS and Windows, and packages for Debian, with checksums, in dist
	@$(SCRIPTS)/dist.sh

bench-peers: build ## other libraries and spikegrad in turn: writes bench/RESULTS.md (PEERS_ARGUMENTS="--shapes E")
	@python=$$(bench/peers/setup.sh | tee /dev/stderr | tail -n 1) && $(WITH_DRIVERS) "$$python" bench/peers/compare.py ./spikegrad $(PEERS_ARGUMENTS)

docs-pictures: ## the pictures in docs, made by the commands on its pages
	go test ./tests -run 'TestProgram/Pages' -count 1 -args -pictures

gpu-report: ## what a GPU's compiler makes of every kernel, without a GPU: writes bench/GPU_REPORT.md
	go run ./bench/gpureport bench/GPU_REPORT.md

gpu-bench: build ## check and bench on this machine's GPU: appends to bench/RESULTS.md
	@bench/gpu-bench.sh ./spikegrad bench/RESULTS.md

gpu-full: build ## all that can be learned about this machine's GPU in nine minutes: appends to bench/RESULTS.md
	@bench/gpu-full.sh ./spikegrad bench/RESULTS.md

race: ## the short tests under the race detector
	$(WITH_DRIVERS) go test -race -short -timeout 20m ./...

fuzz: ## every fuzz target for FUZZ_TIME (10s)
	@set -e; for package in $$(go list ./...); do \
		targets=$$(go test -list '^Fuzz' $$package); \
		for target in $$(echo "$$targets" | grep '^Fuzz' || true); do \
			echo "$$package $$target"; \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZ_TIME) -fuzzminimizetime $(FUZZ_MINIMIZE) $$package; \
		done; \
	done

soak: build ## random networks, kills, fuzzing and a watch on memory for SOAK_TIME seconds (3600): appends to tests/SOAK.md
	$(WITH_DRIVERS) python3 $(SCRIPTS)/soak.py ./spikegrad $(SOAK_TIME) $(SOAK_SEED)

coverage: ## how often the intervals of audits contain the true value, over 200 seeds (minutes)
	SPIKEGRAD_FULL=1 go test ./host/audit -run Coverage -count 1 -v -timeout 60m

full: deps drivers check-arm64 ## all tests in their long form: exact functions over all arguments, more seeds and trials (hours)
	SPIKEGRAD_FULL=1 $(WITH_DRIVERS) go test -count 1 -timeout 6h ./...

lint: format-and-vet ## gofmt, vet, staticcheck
	go tool staticcheck ./...

format-and-vet:
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "not formatted, run gofmt -w on:" $$unformatted >&2; exit 1; fi
	go vet ./...

plain-builds: # without the experiment, and without a C compiler
	GOEXPERIMENT= go build ./...
	GOEXPERIMENT= CGO_ENABLED=0 go build -o /dev/null .
	@set -e; for target in darwin/arm64 windows/amd64 linux/arm64 linux/riscv64; do \
		echo "building for $$target"; \
		GOOS=$${target%/*} GOARCH=$${target#*/} GOEXPERIMENT= CGO_ENABLED=0 go build -o /dev/null .; \
	done

clean: ## remove what the build and the profiler wrote (run folders stay)
	rm -f spikegrad *.prof *.test

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
