# Swiftlet: what a user types. `make help` lists all targets.
#
# Boards, their programs and their packages stand in Board/boards.mk; everything that tests or measures in
# Tests/tests.mk.

BOARD ?= host
# The board whose limits are compiled in: those of another one, to try them on this machine.
LIMITS ?= $(BOARD)
PREFIX ?= /usr/local
PYTHON ?= python3
SWIFT ?= swift

# The folder of swift's own clang, lld and binary tools: nothing else is needed to build.
TOOLS := $(shell $(SWIFT) -print-target-info 2>/dev/null \
  | sed -n 's|.*"runtimeResourcePath": "\(.*\)/lib/swift".*|\1/bin|p')
VERSION := $(shell sed -n 's/.*"swiftlet version \(.*\)".*/\1/p' Sources/Broker/*.swift)
# Where `make certificates` writes, and the names and addresses that clients know the broker by.
CERTIFICATES ?= .build/certificates
NAMES ?= $(shell hostname) $(shell hostname).local localhost 127.0.0.1
# Debian asks this program whether a service it has just installed may start.
POLICY := /usr/sbin/policy-rc.d
export TOOLS

.PHONY: build run install certificates clean help toolchain

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
	@sed -n 's/^##  /        /p;t;s/^## /  make /p' $(wildcard Makefile Board/boards.mk Tests/tests.mk)
	@echo "Boards: $(BOARDS)"

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

include Board/boards.mk
-include Tests/tests.mk
