# SPDX-License-Identifier: Apache-2.0
# The commands of this repository. `make` lists them.
MAVEN       ?= ./mvnw -q -B -ntp
BUILD_LISTS := cnf/packages.build
TEST_LISTS  := $(BUILD_LISTS) cnf/packages.test

help:
	@echo 'make deps     install the Debian packages that building and testing need (as root; otherwise: list them)'
	@echo 'make build    build everything: bundles, BPF programs, the agent in runtime/target/podlane'
	@echo 'make demo     two nodes, four pods, a Service; every part of the datapath swapped under traffic (as root)'
	@echo 'make lab      the nodes and pods of the demo, and a shell to play with them (as root)'
	@echo 'make test     all tests: here, and on a kernel with netkit (as root; otherwise: those that need no root)'
	@echo 'make bench    measure, and write itests/target/bench (as root)'
	@echo 'make format   format the sources; the build fails where they are not'
	@echo 'make clean    remove what was built'

deps:
	@cnf/install-packages $(TEST_LISTS)

deps-build:
	@cnf/install-packages $(BUILD_LISTS)

build: deps-build
	@$(MAVEN) package -DskipTests
	@$(MAKE) --no-print-directory -s -C itests/traffic

demo: build
	@itests/on-a-kernel itests/isolated itests/java io.podlane.lab.Demo

lab: build
	@itests/on-a-kernel itests/isolated itests/java io.podlane.lab.Playground

bench: build
	@itests/on-a-kernel itests/isolated itests/java io.podlane.lab.Bench

test:
	@itests/run-tests

format:
	@$(MAVEN) spotless:apply
	@$(MAKE) --no-print-directory -s -C bpf format

clean:
	@$(MAVEN) clean
	@$(MAKE) --no-print-directory -s -C bpf clean

.PHONY: help deps deps-build build demo lab bench test format clean
