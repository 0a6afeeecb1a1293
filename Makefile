# Every job of CI is a verb here: a red CI is one command away from a red desk.
SHELL := /bin/bash
.DEFAULT_GOAL := help

# nginx lies where only root looks.
export PATH := $(PATH):/usr/sbin

# Debian packages, by the command that shows that they are there.
DEMO_TOOLS    := espeak-ng:espeak-ng
TEST_TOOLS    := $(DEMO_TOOLS) gcc:build-essential sipp:sip-tester curl:curl openssl:openssl nginx:nginx pg_ctlcluster:postgresql
PACKAGE_TOOLS := git:git mmdebstrap:mmdebstrap umoci:umoci
INTEROP_TOOLS := $(TEST_TOOLS) mmdebstrap:mmdebstrap npm:npm zsh:zsh fish:fish tshark:tshark sngrep:sngrep ip:iproute2 nft:nftables

# Subjects of interop that have a test binary's nine minutes to themselves.
INTEROP_TRUNK   := ^TestInteropAsterisk
INTEROP_NETWORK := ^TestInterop(NAT|Registrar)

STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

# install installs what of $(1) is missing, and asks for nothing else.
define install
@missing=; for t in $(1); do command -v $${t%%:*} >/dev/null || missing="$$missing $${t##*:}"; done; \
if [ -n "$$missing" ]; then echo "installing$$missing"; \
  $(SUDO) apt-get update -qq && $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; fi
endef

.PHONY: help build demo test lint bench load flood crash interop package package-test fuzz docs setup bin/rig

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build bin/ringflow
	go build -trimpath -o bin/ringflow ./cmd/ringflow

demo: ## run one whole call on this machine, no trunk needed; ARGS="--customer busy" shows another exit
	$(call install,$(DEMO_TOOLS))
	@$(MAKE) --no-print-directory build
	bin/ringflow demo $(ARGS)

setup: ## install what the tests need
	$(call install,$(TEST_TOOLS))

# The product, and what its build never compiles: the generator of the client, the
# contract's checks and the PostgreSQL server of tests, and the acceptance rig.
MODULES := . internal/client/generate internal/api/apitest internal/store/postgrestest internal/rig

# These suites measure audio and its timing: they run last and one at a time. The others
# share the machine, and the one that takes longest begins first. The race detector need not
# wait a second at exit.
AUDIO := $(addprefix ringflow/,cmd/ringflow internal/call internal/sim media)

# SQLite is C turned into Go. Its memory is none of Go's, so the race detector
# sees nothing of it, and to be told so at each access takes four fifths of the
# time of every test with a record. The driver above it is checked like all else.
C_IN_GO := modernc.org/sqlite/lib modernc.org/libc modernc.org/memory

test interop: export GORACE := atexit_sleep_ms=0
test interop: export GOFLAGS += $(C_IN_GO:%='-gcflags=%=-race=false -d=checkptr=0')
# make lint vets, all of it. Without the paths of this clone in it, what was compiled in
# another one is taken.
test: export GOFLAGS += -vet=off -trimpath
test: setup ## run all tests, races detected, with SIPp as the far end
	@failed=; set -x; \
	go test -race -timeout 9m ./internal/store $(filter-out $(AUDIO) ringflow/internal/store,$(shell go list ./...)) || failed=1; \
	go test -race -p 1 -timeout 9m $(AUDIO) || failed=1; \
	for module in internal/client/generate internal/api/apitest; do go -C $$module test -race ./... || failed=1; done; \
	go -C internal/rig test -race -p 1 -timeout 9m ./... || failed=1; \
	test -z "$$failed"

lint: ## formatting, vet, staticcheck, and go.mod as it should be
	@test -z "$$(gofmt -l . | tee /dev/stderr)"
	@set -ex; for module in $(MODULES); do \
	  go -C $$module vet -tags interop ./...; \
	  go -C $$module run $(STATICCHECK) -tags interop ./...; \
	  go -C $$module mod verify; \
	  go -C $$module mod tidy -diff; \
	done

docs: ## write what is generated: pages of docs/, and the client from docs/openapi.json
	go test ./internal/manual ./internal/cli ./internal/config ./internal/api -run Fresh -args -docs
	go generate ./internal/client

bin/rig:
	go -C internal/rig build -trimpath -o ../../bin/rig .

bench: build bin/rig ## measure, beside the kernel's own price and sipgo's in the same run
	$(call install,curl:curl)
	go test -run '^$$' -bench 'Prompt|Bridge|Forged' -benchtime 1x -timeout 20m ./media
	go test -run '^$$' -bench PortLife -benchtime 3000x ./media
	go test -run '^$$' -bench . ./sip ./flowengine ./internal/store ./internal/api ./internal/auth ./numbers
	internal/rig/acceptance.sh "cost 100 10" "cost 500 10"

load: build bin/rig ## whole calls against a foreign carrier: every exit, 1,000 callers, 300 bridges, 300 calls a second, figures beside the kernel's price
	$(call install,curl:curl)
	internal/rig/acceptance.sh seed codes digits deviations probe api "play 1000" "forward 300" "rate 100 10" "rate 300 10" "rate 500 10" kill drain

flood: ## INVITE, OPTIONS, REGISTER and garbage from 10,000 addresses, FLOOD (30s) long and RATE (20000) a second, beside calls: delay, lost audio, memory
	go test ./internal/call -run TestFlood -count 1 -v -args -flood $${FLOOD:-30s} -flood.rate $${RATE:-20000}

crash: build bin/rig ## kill -9 at random moments under load, CRASHES (200) times on one record: nothing accepted is lost, nobody is dialled twice
	internal/rig/crash.sh $${CRASHES:-200}

interop: ## what others made: baresip, linphone, Kamailio, Asterisk 22 as the trunk, clients that ogen and oapi-codegen generate, redocly, openid-client, completion in zsh and fish
	$(call install,$(INTEROP_TOOLS))
	@failed=; set -x; \
	go test -tags interop -count 1 -v -timeout 9m -run '$(INTEROP_TRUNK)' ./cmd/ringflow || failed=1; \
	go test -tags interop -count 1 -v -timeout 9m -run '$(INTEROP_NETWORK)' ./cmd/ringflow || failed=1; \
	go test -tags interop -count 1 -v -timeout 9m -run Interop -skip '$(INTEROP_TRUNK)|$(INTEROP_NETWORK)' ./cmd/ringflow || failed=1; \
	test -z "$$failed"

package: ## Debian packages and OCI images for amd64 and arm64, in dist/
	$(call install,$(PACKAGE_TOOLS))
	packaging/build.sh

package-test: package ## install, run, upgrade and purge the package in a bare Debian, and run the image; as root
	$(call install,$(PACKAGE_TOOLS) skopeo:skopeo sipp:sip-tester)
	go test -tags interop -count 1 -v -timeout 20m ./packaging

fuzz: ## every fuzz target for FUZZTIME (10s)
	@set -e; for module in $(MODULES); do for pkg in $$(go -C $$module list ./...); do \
	  for target in $$(go -C $$module test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
	    echo "$$pkg $$target"; go -C $$module test -run '^$$' -fuzz "^$$target$$" -fuzztime $${FUZZTIME:-10s} -fuzzminimizetime 10x $$pkg; \
	  done; done; done
