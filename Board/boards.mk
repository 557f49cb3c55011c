# Boards: how a program is made for each, what all of them take, and packages.
#
# A board is a folder of Board/ with what it chooses of the limits (Chosen.swift, for the rules of
# Board/Limits.swift) and its build (board.mk), which sets any of:
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

# With LINK=dynamic, with LIMITS of another board, or with TLS=0 where there is TLS, a board is built
# beside what it is otherwise.
VARIANT := $(BOARD)$(patsubst %,-%,$(filter-out $(BOARD),$(LIMITS)))$(patsubst \
  %,-%,$(filter-out $(USUAL_LINK),$(LINK)))$(if $(findstring command,$(origin TLS)),-tls$(TLS))

# The TLS library is carried in the image. In our copy of it calloc() and free() are called by other
# names, those of Sources/CLinux/tls_memory.c, so that all it takes comes from a pool of ours, and so is
# the time, whose width is ours then (tls_time.c). Tables for unwinding nobody reads.
# Without TLS there is one function left of it: SHA-1 for the handshakes of WebSocket.
TLS_LIBRARIES := $(patsubst %,.build/tls/$(VARIANT)/lib%.a,$(if $(filter-out \
  0,$(TLS)),mbedtls mbedx509) mbedcrypto)
ifeq ($(SYSROOT_PACKAGES),)
PACKAGES += /usr/include/mbedtls/ssl.h:libmbedtls-dev
endif

# Which C library stands in the file is the linker's affair, not the compiler's.
SCRATCH := .build/$(VARIANT:-static-glibc=-dynamic)
PROGRAM ?= .build/bin/$(VARIANT)/swiftlet
C_OBJECTS := $(patsubst Sources/CLinux/%,$(SCRATCH)/release/CLinux.build/%.o, \
  $(wildcard Sources/CLinux/*.c))
DEB ?= .build/deb
LISTING := .build/limits/$(BOARD)

.PHONY: boards limits deb plan link board-packages package plan-of-board row-of-board

## boards        The boards there are, and what each takes of memory at most, in KiB
boards:
	@printf '%-8s  %-20s  %12s  %11s  %8s  %8s\n' board processor 'memory, KiB' connections \
	  sessions messages
	@for board in $(BOARDS); do $(MAKE) --no-print-directory row-of-board BOARD=$$board; done

limit = $(shell sed -n 's/^$(1) \([0-9]*\).*/\1/p' $(LISTING))
row-of-board: $(LISTING)
	@printf '%-8s  %-20s  %12s  %11s  %8s  %8s\n' $(BOARD) \
	  "$(or $(ARCHITECTURE),$(shell uname -m))" $(MEMORY) $(call limit,connections) \
	  $(call limit,sessions) $(call limit,messages)

## limits        Every limit of BOARD, and what its rule says where the board chooses otherwise
limits: $(LISTING)
	@cat $(LISTING)

$(LISTING): Board/Limits.swift Board/$(BOARD)/Chosen.swift Tests/Boards/Listing.swift | toolchain
	@mkdir -p $(@D)
	@$(TOOLS)/swiftc -parse-as-library -package-name swiftlet $^ -o $@.program
	@$@.program > $@ || { rm $@; exit 1; }

## plan          The memory bill of every board that can run here
plan:
	@for board in $(BOARDS); do \
	  $(MAKE) --no-print-directory plan-of-board BOARD=$$board || exit 1; done

plan-of-board:
	@if [ -z "$(RUNNER)" ] || command -v $(firstword $(RUNNER) none) >/dev/null; then \
	  $(MAKE) --no-print-directory build && $(RUNNER) $(PROGRAM) --plan; \
	else echo "== board $(BOARD) cannot run here: $(firstword $(RUNNER)) is missing"; fi

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

$(TLS_LIBRARIES): .build/tls/$(VARIANT)/%: $(TLS_FOLDER)/% Board/boards.mk
	@mkdir -p $(dir $@)
	@$(TOOLS)/llvm-objcopy --redefine-sym calloc=linux_tls_calloc \
	  --redefine-sym free=linux_tls_free --redefine-sym time=linux_tls_time \
	  --redefine-sym gmtime_r=linux_tls_gmtime_r --remove-section=.eh_frame \
	  --remove-section=.rela.eh_frame $< $@

board-packages:
	$(call install-missing,$(PACKAGES))
	$(if $(SYSROOT_PACKAGES),@Board/sysroot.sh $(DEBIAN) $(SYSROOT) $(SYSROOT_PACKAGES))
