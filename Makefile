# Bare `make` explains itself. Everything here needs Go, a C compiler and make, no more;
# the parts of the test suite that need more (see .ci/setup) are skipped, loudly, where it is missing.
.DEFAULT_GOAL := help
.PHONY: help build demo test test-kafka race check lint fmt docs fuzz bench bench-ingest bench-memory bench-transform sim clean

RECORDS ?= 200000
DEMO_DIR ?= demo-data

help: ## show what can be made
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build bin/dutyflow
	go build -o bin/dutyflow ./cmd/dutyflow

demo: build ## simulate a city, load it, compute it, write the report (RECORDS=200000)
	bin/dutyflow demo --dir $(DEMO_DIR) --records $(RECORDS)

test: ## run all tests
	go test -shuffle=on -timeout 20m ./...

test-kafka: ## run the tests on a real Apache Kafka (needs Java 17 and Maven; fetches its jars once)
	TEST_KAFKA=1 go test -count=1 -p 1 -run '^TestRealKafka' -timeout 15m ./ingest/kafka ./cmd/dutyflow

race: ## run the tests of everything concurrent under the race detector (but for whole public logs and property tests of one goroutine)
	go test -race -shuffle=on -timeout 20m -skip '^(TestLoader_Mappings|TestStage_(otherReadersSeeTheSameRows|boundsContainEveryValue|filteredPlanEqualsFullScan)|TestLake_(PinValue|Forget_mentions|Forget_faults|Compact_faults))$$' ./ingest ./ingest/kafka ./ingest/broker ./ingest/load ./warehouse

check: ## formatting, vet, linters, tidy modules
	@files=$$(gofmt -l bench cmd city export ingest lists report sql transform warehouse); \
	  if [ -n "$$files" ]; then echo "not formatted by gofmt:"; echo "$$files"; exit 1; fi
	go vet ./...
	go mod tidy -diff
	CGO_ENABLED=0 go build ./ingest/... ./warehouse ./lists ./city
	go tool -modfile=tools/go.mod golangci-lint run ./...

lint: ## run the linters alone
	go tool -modfile=tools/go.mod golangci-lint run ./...

fmt: ## format the code
	gofmt -w bench cmd city export ingest lists report sql transform warehouse

docs: ## write the generated documents and golden files anew
	go test ./ingest/record ./lists ./city ./cmd/dutyflow ./report ./sql -run 'Document|Lists$$|Generated|Golden|MetricsPage' -update

fuzz: ## fuzz the decoder against encoding/json for a minute
	go test ./ingest/record -run '^$$' -fuzz FuzzDecode -fuzztime 60s

sim: ## play thousands of steps of crashes, rivals and slow disks against a model (SEED= repeats one, STEPS=4000)
	STEPS=$${STEPS:-4000} go test ./ingest -run TestSimulation -count=1 -timeout 20m -v

bench: ## run the benchmarks
	go test -run '^$$' -bench . -benchmem ./ingest/... ./city ./warehouse

bench-ingest: build ## what a record costs from Kafka to the lake, beside DuckDB (RECORDS=3000000)
	go run ./bench/ingest $(if $(filter command\ line environment,$(origin RECORDS)),-records $(RECORDS))

bench-memory: ## the most that an ingest holds, where memory is hardest to bound
	go test ./cmd/dutyflow -run '^$$' -bench IngestMemory -benchtime 1x -timeout 20m

bench-transform: ## what the warehouse costs to make, to keep current and to ask (RECORDS=1000000,10000000)
	go build -o bin/bench-transform ./bench/transform
	bin/bench-transform $(if $(filter command\ line environment,$(origin RECORDS)),-records $(RECORDS))

clean: ## remove what make built
	rm -rf bin $(DEMO_DIR)
