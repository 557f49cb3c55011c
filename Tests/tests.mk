# Everything that tests or measures; Tests/README.md says what each is.

LINTED := Package.swift Board Sources Tests
SIMULATOR := .build/simulate/$(BOARD)/release/swiftlet-simulate
# Seeds 1 to FIXED_RUNS are simulated in every test, and FRESH_RUNS from a seed of the day.
FIXED_RUNS := 100
FRESH_RUNS := 10
TALLY := $(PYTHON) Tests/Gates/tally.py
VENV := .build/venv
# More for `make bench`: --only TEXT, --repetitions N, --seconds N, --version 5.
BENCH_OPTIONS ?=
TEST_PACKAGES := openssl:openssl /usr/include/mbedtls/ssl.h:libmbedtls-dev mosquitto:mosquitto mosquitto_pub:mosquitto-clients strace:strace \
  busybox:busybox man:man-db paho_c_sub:paho.mqtt.c-examples $(PYTHON):python3
# A browser, and what bundles MQTT.js for it: some 70 MB to fetch, more where X libraries are missing.
BROWSER_PACKAGES := chromium-headless-shell:chromium-headless-shell esbuild:esbuild \
  /usr/share/nodejs/mqtt:node-mqtt /usr/share/nodejs/buffer:node-buffer \
  /usr/share/nodejs/process:node-process /usr/share/nodejs/url:node-url \
  /usr/share/nodejs/readable-stream:node-readable-stream

.PHONY: test unit simulate simulation simulation-fixed simulation-fresh marks mutations fuzz \
  differential soak hostile gates both-boards files end-to-end emulated processor autobahn conformance documents \
  size sizes row-of-sizes footprint bench lint format test-packages browser-packages venv-package

## test          Every test there is, after setting up what they need
test: toolchain test-packages
	@rm -f .build/tally
	@$(TALLY) run "unit tests" $(SWIFT) test
	@$(TALLY) run "simulation: fixed seeds" $(MAKE) --no-print-directory simulation-fixed
	@$(TALLY) run "simulation: seeds of today" $(MAKE) --no-print-directory simulation-fresh
	@$(TALLY) run "mutations apply" $(PYTHON) Tests/Mutations/mutations.py check
	@$(TALLY) run "documents" $(PYTHON) Tests/Documents/documents.py check
	@$(TALLY) run "build of board host" $(MAKE) --no-print-directory build BOARD=host
	@$(TALLY) run "build of board tiny" $(MAKE) --no-print-directory build BOARD=tiny
	@for gate in limits allocations libraries system_calls memory tls_memory; do \
	  $(TALLY) run "gate: $$gate" $(PYTHON) Tests/Gates/$$gate.py; done
	@$(TALLY) run "fuzzers" $(MAKE) --no-print-directory fuzz SECONDS=10
	@$(TALLY) run "differential" $(MAKE) --no-print-directory differential
	@$(TALLY) run "soak" $(MAKE) --no-print-directory soak SECONDS=20
	@$(TALLY) run "files of others" $(MAKE) --no-print-directory files
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
##               be counted; LIMITS=router: that board's limits on this machine
hostile: $(VENV)/ready test-packages
	@$(MAKE) --no-print-directory build BOARD=host LIMITS=$(LIMITS)
	@SWIFTLET=$(CURDIR)/.build/bin/host$(patsubst %,-%,$(filter-out host,$(LIMITS)))/swiftlet \
	  $(VENV)/bin/python Tests/Hostile/hostile.py --board $(LIMITS) $(addprefix --only ,$(ONLY)) \
	  $(if $(SECONDS),--seconds $(SECONDS)) $(if $(ATTACKERS),--attackers $(ATTACKERS)) \
	  $(if $(QUICK),--quick) $(if $(ALONE),--alone)

## gates         What the images may hold and do: allocations, libraries, calls, memory
gates: test-packages both-boards
	@for gate in limits allocations libraries system_calls memory tls_memory; do \
	  $(PYTHON) Tests/Gates/$$gate.py || exit 1; done

both-boards:
	@$(MAKE) --no-print-directory build BOARD=host
	@$(MAKE) --no-print-directory build BOARD=tiny

## files         Configurations, rules, passwords and UCI sections as people have them: what each must do
files: $(VENV)/ready both-boards
	@SWIFTLET=$(CURDIR)/.build/bin/host/swiftlet SWIFTLET_TINY=$(CURDIR)/.build/bin/tiny/swiftlet \
	  $(VENV)/bin/python -m pytest Tests/EndToEnd/test_files_of_others.py -q -p no:cacheprovider

## end-to-end    The programs of both boards, with real clients
end-to-end: $(VENV)/ready browser-packages both-boards
	@SWIFTLET=$(CURDIR)/.build/bin/host/swiftlet SWIFTLET_TINY=$(CURDIR)/.build/bin/tiny/swiftlet \
	  $(VENV)/bin/python -m pytest Tests/EndToEnd -q -p no:cacheprovider \
	  --ignore=Tests/EndToEnd/test_files_of_others.py

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

## documents     Write what is made of the sources: names of keys, tables of the manual and of documents
documents:
	@$(PYTHON) Tests/Documents/documents.py write

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
