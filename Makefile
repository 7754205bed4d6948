# Every target is one line into the tool that does the work; `make help` lists them.
SHELL := /bin/bash
export JAVA_HOME := $(shell tools/jdk.sh)
ifeq ($(JAVA_HOME),)
$(error JDK 25 is needed, see above)
endif
ifeq ($(shell command -v mvn),)
$(error Maven 3.8 or newer is needed: install the package "maven" of your system, or from https://maven.apache.org)
endif
MVN := mvn -B -ntp
# Set OFFLINE=1 to build without asking any registry.
MVN += $(if $(OFFLINE),-o)
ONEBOX = $(JAVA_HOME)/bin/java --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -cp 'src/onebox/target/app/lib/*' dev.epd.onebox.Main
# The pods' own JVM options, so that shared code runs as it does in a pod.
BENCH = $(JAVA_HOME)/bin/java @runtime-image/src/main/jvm/jvm.options -cp 'bench/target/classes:runtime-image/target/*:runtime-image/target/app/lib/*:src/onebox/target/app/lib/*' dev.epd.bench.Main
STATE ?= $(CURDIR)/.onebox

.DEFAULT_GOAL := help
.PHONY: help build test test-faults bench bench-autoscaler plan demo demo-down fmt crds chart kube clean

help: ## What can be made
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## Compile and package everything, no tests
	@tools/progress.sh build $(MVN) verify -DskipTests

test: kube ## Build and run every test and check
	@KUBE_BIN="$$(tools/kube/ensure.sh)" $(MVN) verify

test-faults: kube build ## Kill, refuse and cut off the operator at every write of seven stories, then the fault catalogue
	@KUBE_BIN="$$(tools/kube/ensure.sh)" $(MVN) -q -pl operator -Dfaults=all -Dtest=CrashPointsIT surefire:test@packaged
	@KUBE_BIN="$$(tools/kube/ensure.sh)" $(MVN) -q -pl operator -Dcatalogue=all -Dtest='FaultCatalogueIT,LateDefinitionsIT' surefire:test@packaged

bench: kube build ## Measure the whole path, results in bench/results; ONLY=transfer prints one part
	@KUBE_BIN="$$(tools/kube/ensure.sh)" $(BENCH) $(ONLY)

demo: kube build ## Kubernetes, operator and pools on this machine; ONCE=1 checks and exits
	@KUBE_BIN="$$(tools/kube/ensure.sh)" $(ONEBOX) demo --state-dir '$(STATE)' $(if $(filter-out 0,$(ONCE)),--once)

demo-down: ## Remove every process and file of a demo, also of one that was killed
	@$(ONEBOX) down --state-dir '$(STATE)'

fmt: ## Format the sources
	@$(MVN) -q spotless:apply

crds: ## Write crds/ and docs/troubleshooting.md anew from src/api
	@$(MVN) -q -pl src/api -am test -Dupdate.crds=true -Dtest='Crd*Test' -Dsurefire.failIfNoSpecifiedTests=false

chart: kube ## Write helm/epd-operator's generated files, test it, pack it into helm/target/chart, ask checkov
	@KUBE_BIN="$$(tools/kube/ensure.sh)" $(MVN) -q -pl helm -am verify -Dupdate.chart=true -Dtest='dev/epd/helm/*Test' -Dsurefire.failIfNoSpecifiedTests=false
	@helm/checkov.sh
	@if command -v promtool >/dev/null; then promtool test rules helm/src/test/prometheus/alerts.yaml; else echo 'no promtool: alerts not run'; fi

kube: ## The Kubernetes control plane as one binary, built once into a cache
	@tools/kube/ensure.sh >/dev/null

SIMULATOR = $(JAVA_HOME)/bin/java -Xmx3g -cp 'src/simulator/target/classes:src/autoscaler/target/classes' dev.epd.simulator.Bench

bench-autoscaler: ## Scaling policies against traces, into bench/autoscaler; TRACE=file runs one, into OUT=folder; SEEDS=1,2,3
	@$(MVN) -q -pl src/simulator -am compile
	@$(SIMULATOR) $(if $(TRACE),--trace '$(TRACE)' $(if $(OUT),--out '$(OUT)'),--out bench/autoscaler) --commit "$$(git describe --always --dirty)" $(if $(SEEDS),--seeds $(SEEDS))

PLAN = $(JAVA_HOME)/bin/java -Xmx3g -cp 'src/simulator/target/classes:src/autoscaler/target/classes' dev.epd.simulator.plan.Plan

plan: ## How many pods a workload needs: ARGS='--rate 5 --profile bench/results/results.json', see docs/plan.md
	@$(MVN) -q -pl src/simulator -am compile
	@$(PLAN) $(ARGS)

clean: ## Delete what builds made
	@$(MVN) -q clean
