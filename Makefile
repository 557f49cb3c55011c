# Swiftlet: build, run and test. `make help` lists the targets.
#
# A board is a folder of Board/ with its limits (Limits.swift) and its build (board.mk), which sets
# any of:
#   OPTIMISATION  -O or -Osize
#   BUILD_FLAGS   for `swift build`: headers, triple, toolset
#   LINK_FLAGS    for clang as linker; LINK_BEFORE and LINK_AFTER stand around our objects
#   BITS          32 where the processor has no more
#   TLS           0 leaves TLS out; so does TLS=0 on the command line
#   TRANSLATE     the command that makes objects for another processor of what was built
#   PACKAGES      what it needs of Debian, as tool:package or /file:package
#   DEB_ARCHITECTURE, DEB_DEPENDS  for `make deb`: Debian's name of the architecture, and packages
#   ARCHITECTURE  what the processor is, for people; MEMORY what the process takes at most, in KiB
#   RUNNER        the command that runs its programs here, when this machine cannot itself

BOARD ?= host
# The board whose limits are compiled in: those of another one, to try them on this machine.
LIMITS ?= $(BOARD)
PREFIX ?= /usr/local
PYTHON ?= python3
SWIFT ?= swift

BOARDS := $(patsubst Board/%/board.mk,%,$(wildcard Board/*/board.mk))
ifeq ($(filter $(BOARD),$(BOARDS)),)
$(error There is no board `$(BOARD)`: choose one of $(BOARDS))
endif
# Those whose devices have a C library that Debian has too; and all whose programs do not run on this
# machine, but under an emulator.
DYNAMIC_BOARDS := pi router
LINKED_BOARDS := host $(DYNAMIC_BOARDS)
FOREIGN_BOARDS := $(if $(filter dynamic,$(LINK)),$(DYNAMIC_BOARDS),$(patsubst \
  Board/%/board.mk,%,$(shell grep -l '^EMULATOR' Board/*/board.mk)))
# The folder of swift's own clang, lld and binary tools: nothing else is needed to build.
TOOLS := $(shell $(SWIFT) -print-target-info 2>/dev/null \
  | sed -n 's|.*"runtimeResourcePath": "\(.*\)/lib/swift".*|\1/bin|p')
OPTIMISATION := -O
BUILD_FLAGS :=
LINK_FLAGS :=
LINK_BEFORE :=
LINK_AFTER :=
TLS := 1
PACKAGES :=
BITS :=
SYSROOT_PACKAGES :=
USUAL_LINK := static
TRANSLATE :=
RUNNER :=
DEB_ARCHITECTURE := none
DEB_DEPENDS :=
ARCHITECTURE :=
MEMORY :=
TLS_FOLDER := /usr/lib/$(shell uname -m)-linux-gnu
include Board/$(BOARD)/board.mk

# With LINK=dynamic, with LIMITS of another board, or with TLS=0 where there is TLS, a board is built beside
# what it is otherwise.
VARIANT := $(BOARD)$(patsubst %,-%,$(filter-out $(BOARD),$(LIMITS)))$(patsubst %,-%,$(filter-out $(USUAL_LINK),$(LINK)))$(if $(findstring \
  command,$(origin TLS)),-tls$(TLS))

# The TLS library is carried in the image. In our copy of it calloc() and free() are called by other
# names, those of Sources/CLinux/tls_memory.c, so that all it takes comes from a pool of ours, and so is
# the time, whose width is ours then (tls_time.c). Tables for unwinding nobody reads.
# Without TLS there is one function left of it: SHA-1 for the handshakes of WebSocket.
TLS_LIBRARIES := $(patsubst %,.build/tls/$(VARIANT)/lib%.a,$(if $(filter-out \
  0,$(TLS)),mbedtls mbedx509) mbedcrypto)
ifeq ($(SYSROOT_PACKAGES),)
PACKAGES += /usr/include/mbedtls/ssl.h:libmbedtls-dev
endif

VERSION := $(shell sed -n 's/.*"swiftlet version \(.*\)".*/\1/p' Sources/Broker/*.swift)
# Which C library stands in the file is the linker's affair, not the compiler's.
SCRATCH := .build/$(VARIANT:-static-glibc=-dynamic)
PROGRAM ?= .build/bin/$(VARIANT)/swiftlet
C_OBJECTS := $(patsubst Sources/CLinux/%,$(SCRATCH)/release/CLinux.build/%.o, \
  $(wildcard Sources/CLinux/*.c))
LINTED := Package.swift Board Sources Tests
SIMULATOR := .build/simulate/$(BOARD)/release/swiftlet-simulate
# Seeds 1 to FIXED_RUNS are simulated in every test, and FRESH_RUNS from a seed of the day.
FIXED_RUNS := 100
FRESH_RUNS := 10
TALLY := $(PYTHON) Tests/Gates/tally.py
VENV := .build/venv
DEB ?= .build/deb
# Where `make certificates` writes, and the names and addresses that clients know the broker by.
CERTIFICATES ?= .build/certificates
NAMES ?= $(shell hostname) $(shell hostname).local localhost 127.0.0.1
# More for `make bench`: --only TEXT, --repetitions N, --seconds N, --version 5.
BENCH_OPTIONS ?=
TEST_PACKAGES := openssl:openssl /usr/include/mbedtls/ssl.h:libmbedtls-dev mosquitto:mosquitto mosquitto_pub:mosquitto-clients strace:strace \
  busybox:busybox man:man-db $(PYTHON):python3
# A browser, and what bundles MQTT.js for it: some 70 MB to fetch, more where X libraries are missing.
BROWSER_PACKAGES := chromium-headless-shell:chromium-headless-shell esbuild:esbuild \
  /usr/share/nodejs/mqtt:node-mqtt /usr/share/nodejs/buffer:node-buffer \
  /usr/share/nodejs/process:node-process /usr/share/nodejs/url:node-url \
  /usr/share/nodejs/readable-stream:node-readable-stream
# Debian asks this program whether a service it has just installed may start.
POLICY := /usr/sbin/policy-rc.d
export TOOLS

.PHONY: build run test unit simulate simulation simulation-fixed simulation-fresh marks mutations \
  fuzz differential soak hostile gates end-to-end autobahn conformance plan size sizes footprint bench deb \
  boards certificates lint format install clean help link toolchain both-boards board-packages \
  test-packages browser-packages venv-package plan-of-board emulated package processor row-of-board \
  row-of-sizes

## build         Build the broker for BOARD (host): .build/bin/BOARD/swiftlet; LINK=dynamic, TLS=0:
##               otherwise linked, without TLS: .build/bin/BOARD-dynamic, BOARD-tls0; LIMITS=router:
##               with those of that board
build: toolchain board-packages
	@echo "== building swiftlet for board $(BOARD)"
	EMBEDDED=1 BOARD=$(LIMITS) BITS=$(BITS) OPTIMISATION=$(OPTIMISATION) TLS=$(TLS) $(SWIFT) build -c release \
	  --target swiftlet --scratch-path $(SCRATCH) $(BUILD_FLAGS)
	$(if $(TRANSLATE),$(TRANSLATE))
	@$(MAKE) --no-print-directory link
	@echo "== $(PROGRAM): $$(stat -c %s $(PROGRAM)) bytes"

## run           Build the broker and run it in the foreground, with its built-in defaults
run:
	@$(MAKE) --no-print-directory build
	@echo "== running; interrupt it to stop"
	@$(RUNNER) $(PROGRAM)

## test          Every test there is, after setting up what they need
test: toolchain test-packages
	@rm -f .build/tally
	@$(TALLY) run "unit tests" $(SWIFT) test
	@$(TALLY) run "simulation: fixed seeds" $(MAKE) --no-print-directory simulation-fixed
	@$(TALLY) run "simulation: seeds of today" $(MAKE) --no-print-directory simulation-fresh
	@$(TALLY) run "mutations apply" $(PYTHON) Tests/Mutations/mutations.py check
	@$(TALLY) run "build of board host" $(MAKE) --no-print-directory build BOARD=host
	@$(TALLY) run "build of board tiny" $(MAKE) --no-print-directory build BOARD=tiny
	@for gate in allocations libraries system_calls memory tls_memory; do \
	  $(TALLY) run "gate: $$gate" $(PYTHON) Tests/Gates/$$gate.py; done
	@$(TALLY) run "fuzzers" $(MAKE) --no-print-directory fuzz SECONDS=10
	@$(TALLY) run "differential" $(MAKE) --no-print-directory differential
	@$(TALLY) run "soak" $(MAKE) --no-print-directory soak SECONDS=20
	$(if $(wildcard Tests/EndToEnd),@$(TALLY) run "end-to-end tests" \
	  $(MAKE) --no-print-directory end-to-end)
	@$(TALLY) run "boards of other processors" $(MAKE) --no-print-directory emulated
	$(if $(wildcard Tests/Conformance),@$(TALLY) run "conformance" \
	  $(MAKE) --no-print-directory conformance)
	@$(TALLY) run "lint" $(MAKE) --no-print-directory lint
	@$(TALLY) total

## unit          The modules alone, as ordinary Swift
unit: toolchain
	$(SWIFT) test

## simulate      Simulate a server of BOARD and its clients: SEED, RUNS, SECONDS or HOURS, PACE, WITHOUT
simulate: $(SIMULATOR)
	@$(SIMULATOR) $(if $(SEED),seed=$(SEED)) runs=$(or $(RUNS),1) \
	  $(if $(PACE),pace=$(PACE)) $(if $(WITHOUT),without=$(WITHOUT)) \
	  $(if $(SECONDS)$(HOURS),seconds=$(or $(SECONDS),$(HOURS)h))

## simulation    The simulator's part of the tests: fixed seeds with their marks, and seeds of today
simulation: simulation-fixed simulation-fresh

simulation-fixed: $(SIMULATOR)
	@$(SIMULATOR) seed=1 runs=$(FIXED_RUNS) marks=Tests/Marks/$(BOARD).txt

simulation-fresh: $(SIMULATOR)
	@$(SIMULATOR) runs=$(FRESH_RUNS)

## marks         Write down what the fixed seeds reach, for simulation to compare with
marks: $(SIMULATOR)
	@$(SIMULATOR) seed=1 runs=$(FIXED_RUNS) marks=Tests/Marks/$(BOARD).txt write=1

$(SIMULATOR): toolchain
	@BOARD=$(BOARD) $(SWIFT) build -c release --product swiftlet-simulate \
	  --scratch-path .build/simulate/$(BOARD)

## mutations     Put small mistakes into the product one by one: does the simulator find each? ONLY=NAME…
mutations: toolchain
	@$(PYTHON) Tests/Mutations/mutations.py run $(ONLY)

## fuzz          Fuzz TARGET (each there is) for SECONDS (60), the inputs of Tests/Corpus first
fuzz: toolchain
	@mkdir -p .build
	@FUZZ=1 BOARD=host $(SWIFT) build -c release --scratch-path .build/fuzz >.build/fuzz.log 2>&1 \
	  || { cat .build/fuzz.log; exit 1; }
	@$(PYTHON) Tests/Fuzz/fuzz.py .build/fuzz/release $(or $(SECONDS),60) $(TARGET)

## differential  The same sessions with Swiftlet and Mosquitto; SEED=…: others of those at random
differential: test-packages
	@[ -e .build/bin/host/swiftlet ] || $(MAKE) --no-print-directory build BOARD=host
	@SWIFTLET=$(CURDIR)/.build/bin/host/swiftlet $(PYTHON) Tests/Differential/differential.py \
	  $(if $(SEED),--seed $(SEED)) $(if $(COUNT),--count $(COUNT))

## soak          The real program under mixed load for MINUTES (10) or SECONDS
soak: toolchain
	@[ -e .build/bin/host/swiftlet ] || $(MAKE) --no-print-directory build BOARD=host
	@SWIFTLET=$(CURDIR)/.build/bin/host/swiftlet $(PYTHON) Tests/Soak/soak.py \
	  $(or $(SECONDS),$(shell expr 60 \* $(or $(MINUTES),10)))

## hostile       Attacks on the program, a witness beside each, and Mosquitto: .build/hostile/report.md;
##               ONLY=NAME…, SECONDS (5), ATTACKERS, ALONE=1: without Mosquitto, QUICK=1: only what can
##               be counted; BOARD=router: its limits on this machine
hostile: $(VENV)/ready test-packages
	@$(MAKE) --no-print-directory build BOARD=host LIMITS=$(LIMITS)
	@SWIFTLET=$(CURDIR)/.build/bin/host$(patsubst %,-%,$(filter-out host,$(LIMITS)))/swiftlet \
	  $(VENV)/bin/python Tests/Hostile/hostile.py --board $(LIMITS) $(addprefix --only ,$(ONLY)) \
	  $(if $(SECONDS),--seconds $(SECONDS)) $(if $(ATTACKERS),--attackers $(ATTACKERS)) \
	  $(if $(QUICK),--quick) $(if $(ALONE),--alone)

## gates         What the images may hold and do: allocations, libraries, calls, memory
gates: test-packages both-boards
	@for gate in allocations libraries system_calls memory tls_memory; do \
	  $(PYTHON) Tests/Gates/$$gate.py || exit 1; done

both-boards:
	@$(MAKE) --no-print-directory build BOARD=host
	@$(MAKE) --no-print-directory build BOARD=tiny

## end-to-end    The programs of both boards, with real clients
end-to-end: $(VENV)/ready browser-packages both-boards
	@SWIFTLET=$(CURDIR)/.build/bin/host/swiftlet SWIFTLET_TINY=$(CURDIR)/.build/bin/tiny/swiftlet \
	  $(VENV)/bin/python -m pytest Tests/EndToEnd -q -p no:cacheprovider

## emulated      The programs of all boards of other processors, under qemu; LINK=dynamic: so linked
emulated: $(VENV)/ready
	@[ -e .build/bin/host/swiftlet ] || $(MAKE) --no-print-directory build BOARD=host
	@rm -f .build/emulated; for board in $(FOREIGN_BOARDS); do \
	  $(MAKE) --no-print-directory board-packages BOARD=$$board || exit 1; done
	@echo "== building and probing: $(FOREIGN_BOARDS)"
	@printf '%s\n' $(FOREIGN_BOARDS) | xargs -P $$(nproc) -I {} sh -c '$(MAKE) \
	  --no-print-directory build processor BOARD={} > .build/emulated-{}.log 2>&1 || \
	  { cat .build/emulated-{}.log; exit 255; }; tail -n 2 .build/emulated-{}.log'
	@SWIFTLET=$(CURDIR)/.build/bin/host/swiftlet SWIFTLET_BOARDS="$$(cat .build/emulated)" \
	  $(VENV)/bin/python -m pytest $(addprefix Tests/EndToEnd/test_,boards.py board_images.py \
	  package.py) -q -p no:cacheprovider

# What differs between processors, asked of the board's C library; how its program is run is noted.
processor: $(TLS_LIBRARIES)
	@echo "$(VARIANT):$(RUNNER) $(PROGRAM)" >> .build/emulated
	@$(TOOLS)/clang -fuse-ld=lld -O1 -Wno-unused-command-line-argument $(LINK_FLAGS) $(C_HEADERS) \
	  -D__linux__=1 -DSWIFTLET_TLS -ISources/CLinux/include -ffunction-sections -Wl,--gc-sections \
	  -Wl,--wrap=linux_seconds_since_1970 -o .build/bin/$(VARIANT)/processor $(LINK_BEFORE) \
	  Tests/Boards/processor.c $(patsubst %,Sources/CLinux/%.c,addresses calendar errors files \
	  fortified poll signals sockets time tls_memory tls_time) $(TLS_LIBRARIES) $(LINK_AFTER)
	$(RUNNER) .build/bin/$(VARIANT)/processor
	$(if $(filter $(BOARD),$(VARIANT)),@C_FLAGS="$(C_TARGET) $(C_HEADERS)" \
	  $(PYTHON) Tests/Gates/allocations.py $(BOARD))

## autobahn      Every case of the Autobahn suite of WebSocket, chapter by chapter
autobahn: $(VENV)/ready
	@$(MAKE) --no-print-directory build BOARD=host
	@$(VENV)/bin/python Tests/Autobahn/suite.py

## conformance   Which normative statements are enforced and tested
conformance:
	@$(PYTHON) Tests/Conformance/conformance.py

## plan          The memory bill of every board that can run here
plan:
	@for board in $(BOARDS); do \
	  $(MAKE) --no-print-directory plan-of-board BOARD=$$board || exit 1; done

plan-of-board:
	@if [ -z "$(RUNNER)" ] || command -v $(firstword $(RUNNER) none) >/dev/null; then \
	  $(MAKE) --no-print-directory build && $(RUNNER) $(PROGRAM) --plan; \
	else echo "== board $(BOARD) cannot run here: $(firstword $(RUNNER)) is missing"; fi

## bench         Swiftlet beside Mosquitto and a relay: .build/bench/report.md; QUICK=1: a minute
bench: test-packages
	$(call install-missing,openssl:openssl /usr/include/openssl/ssl.h:libssl-dev)
	@$(MAKE) --no-print-directory build BOARD=host
	BENCH=1 $(SWIFT) build -c release --product swiftlet-bench --scratch-path .build/bench-tool
	@.build/bench-tool/release/swiftlet-bench compare $(if $(QUICK),--quick) $(BENCH_OPTIONS)

## size          Bytes of the program for BOARD, and of each module in it
size: build
	@$(PYTHON) Tests/Gates/size.py $(PROGRAM)

## footprint     What the program for BOARD takes: file, plan, and memory beside Mosquitto's
footprint: build test-packages
	$(call install-missing,openssl:openssl)
	@mkdir -p .build/bench
	@$(PYTHON) Tests/Footprint/footprint.py $(PROGRAM) \
	  $(if $(RUNNER),,/usr/sbin/mosquitto) | tee .build/bench/footprint-$(BOARD).md

## boards        The boards there are, and what each takes of memory at most, in KiB
boards:
	@printf '%-8s  %-20s  %12s  %11s  %8s  %8s\n' board processor 'memory, KiB' connections \
	  sessions messages
	@for board in $(BOARDS); do $(MAKE) --no-print-directory row-of-board BOARD=$$board; done

limit = $(shell sed -n 's/.*package var $(1) = //p' Board/$(BOARD)/Limits.swift)
row-of-board:
	@printf '%-8s  %-20s  %12s  %11s  %8s  %8s\n' $(BOARD) \
	  "$(or $(ARCHITECTURE),$(shell uname -m))" $(MEMORY) $(call limit,connections) \
	  $(call limit,sessions) $(call limit,messages)

## sizes         Bytes of the program of every board, in each way it can be linked, and memory idle
sizes:
	@$(PYTHON) Tests/Footprint/sizes.py
	@for board in $(BOARDS); do links=; case " $(LINKED_BOARDS) " in \
	    *" $$board "*) links="dynamic static static-glibc" ;; esac; \
	  for link in $${links:-static}; do \
	    $(MAKE) --no-print-directory build row-of-sizes BOARD=$$board LINK=$$link \
	      > .build/sizes.log 2>&1 || { cat .build/sizes.log; exit 1; }; \
	    grep '^|' .build/sizes.log; done; done

row-of-sizes:
	@$(PYTHON) Tests/Footprint/sizes.py $(BOARD) "$(LINK)" $(PROGRAM) $(RUNNER)

## lint          Check the style of every Swift file
lint: toolchain
	$(SWIFT) format lint --strict --recursive $(LINTED)

## format        Bring every Swift file into that style
format: toolchain
	$(SWIFT) format --in-place --recursive $(LINTED)

## install       Install program, manual pages and service under DESTDIR and PREFIX (/usr/local)
install:
	@[ -e $(PROGRAM) ] || $(MAKE) --no-print-directory build
	install -D -m 755 $(PROGRAM) $(DESTDIR)$(PREFIX)/sbin/swiftlet
	install -D -m 644 Board/man/swiftlet.1 $(DESTDIR)$(PREFIX)/share/man/man1/swiftlet.1
	install -D -m 644 Board/man/swiftlet.conf.5 $(DESTDIR)$(PREFIX)/share/man/man5/swiftlet.conf.5
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's|/usr/sbin|$(PREFIX)/sbin|' Board/systemd/swiftlet.service \
	  > $(DESTDIR)$(PREFIX)/lib/systemd/system/swiftlet.service
	install -D -m 644 Board/systemd/swiftlet.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/swiftlet.conf

## deb           A Debian package of the program for BOARD (host, pi, pi-zero): .build/deb
deb: build
	@$(MAKE) --no-print-directory package

package:
	@[ $(DEB_ARCHITECTURE) != none ] || { echo "There is no Debian for board $(BOARD)" >&2; exit 1; }
	@rm -rf $(DEB)/$(BOARD)
	@$(MAKE) --no-print-directory install DESTDIR=$(DEB)/$(BOARD) PREFIX=/usr >/dev/null
	@sh Board/debian/package.sh $(DEB)/$(BOARD) $(DEB_ARCHITECTURE) $(VERSION) \
	  "$(DEB_DEPENDS)" $(DEB)/swiftlet_$(VERSION)_$(DEB_ARCHITECTURE).deb
	@echo "== $(DEB)/swiftlet_$(VERSION)_$(DEB_ARCHITECTURE).deb"

## certificates  A CA and a server certificate for a home network: CERTIFICATES (.build/certificates),
##               NAMES ("broker.lan 192.168.1.2"), CLIENT=name for a client's too
certificates:
	$(call install-missing,openssl:openssl)
	@sh Board/certificates.sh "$(CERTIFICATES)" "$(NAMES)" "$(CLIENT)"

## clean         Remove everything that was built
clean:
	rm -rf .build

## help          This list
help:
	@sed -n 's/^##  /        /p;t;s/^## /  make /p' $(firstword $(MAKEFILE_LIST))
	@echo "Boards: $(BOARDS)"

# Our objects are those the build lists and has made; what an older build left behind is not theirs.
# EXTRA_OBJECTS and PROGRAM let a gate link an image of its own in the very same way.
link: $(TLS_LIBRARIES)
	@mkdir -p $(dir $(PROGRAM))
	@$(if $(TRANSLATE),cat $(SCRATCH)/translated.objects,sed -n \
	  's/.*"object": \("[^"]*\.swift\.o"\).*/\1/p' $(SCRATCH)/release/*.build/output-file-map.json) \
	  > $(PROGRAM).objects
	@$(TOOLS)/clang -fuse-ld=lld $(LINK_FLAGS) -Wl,--gc-sections,--icf=all,-O2 \
	  -Wl,--defsym=main=swiftlet_main,-Map=$(PROGRAM).map -o $(PROGRAM).debug \
	  $(LINK_BEFORE) @$(PROGRAM).objects $(EXTRA_OBJECTS) \
	  $(if $(TRANSLATE),,$(C_OBJECTS)) \
	  $(TLS_LIBRARIES) $(LINK_AFTER)
	@$(TOOLS)/llvm-objcopy --strip-all --remove-section=.comment $(PROGRAM).debug $(PROGRAM)

$(TLS_LIBRARIES): .build/tls/$(VARIANT)/%: $(TLS_FOLDER)/% Makefile
	@mkdir -p $(dir $@)
	@$(TOOLS)/llvm-objcopy --redefine-sym calloc=linux_tls_calloc \
	  --redefine-sym free=linux_tls_free --redefine-sym time=linux_tls_time \
	  --redefine-sym gmtime_r=linux_tls_gmtime_r --remove-section=.eh_frame \
	  --remove-section=.rela.eh_frame $< $@

toolchain:
	@[ -x "$(TOOLS)/clang" ] || { echo "Swift is missing: install the toolchain from swift.org" \
	  "and put its bin folder on PATH" >&2; exit 1; }

# Asks Debian only for what is not there yet. A broker installed for the tests is not started, now
# or at boot: it would hold the port.
define install-missing
@missing=; for pair in $(1); do tool=$${pair%%:*}; \
  case $$tool in \
  /*) [ -e $$tool ] ;; \
  *) PATH=$$PATH:/usr/sbin command -v $$tool >/dev/null ;; \
  esac || missing="$$missing $${pair#*:}"; done; \
[ -n "$$missing" ] || exit 0; \
echo "== installing:$$missing"; \
as_root=; [ "$$(id -u)" = 0 ] || as_root=sudo; \
if [ ! -e $(POLICY) ]; then \
  trap "$$as_root rm -f $(POLICY)" EXIT; trap 'exit 130' INT TERM; \
  printf '#!/bin/sh\nexit 101\n' | $$as_root tee $(POLICY) >/dev/null; \
  $$as_root chmod 755 $(POLICY); fi; \
$$as_root apt-get update -q && $$as_root env DEBIAN_FRONTEND=noninteractive \
  apt-get install -q -y --no-install-recommends $$missing || exit 1; \
case "$$missing " in *" mosquitto "*) \
  $$as_root systemctl disable mosquitto >/dev/null 2>&1 || true ;; esac
endef

board-packages:
	$(call install-missing,$(PACKAGES))
	$(if $(SYSROOT_PACKAGES),@Board/sysroot.sh $(DEBIAN) $(SYSROOT) $(SYSROOT_PACKAGES))

test-packages:
	$(call install-missing,$(TEST_PACKAGES))
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || $(MAKE) --no-print-directory venv-package

browser-packages:
	$(call install-missing,$(BROWSER_PACKAGES))

venv-package:
	$(call install-missing,/not/a/file:python3-venv)

$(VENV)/ready: $(wildcard Tests/requirements.txt)
	@echo "== setting up Python clients in $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@if [ -e Tests/requirements.txt ]; then \
	  $(VENV)/bin/pip install -q --disable-pip-version-check -r Tests/requirements.txt; fi
	@touch $@
