# The image carries its C library (musl): half the resident memory, and one file for any distribution.
# LINK=dynamic is linked against the C library of the machine that builds it; LINK=static-glibc is for
# comparison. Each but the last can be loaded anywhere, and what is resolved is read-only from then on.
LINK ?= static
USUAL_LINK := static
OPTIMISATION := -O
MEMORY := 614400
DEB_ARCHITECTURE := $(shell dpkg --print-architecture 2>/dev/null)
ifeq ($(LINK),static)
MACHINE := $(shell uname -m)
MUSL := $(MACHINE)-linux-musl
PACKAGES := /usr/lib/$(MUSL)/libc.a:musl-dev
BUILD_FLAGS := -Xcc -isystem -Xcc /usr/include/$(MUSL) -Xcc -DLINUX_OWN_COPIES
LINK_FLAGS := -static-pie -nostdlib -Wl,-z,relro,-z,now -Wl,--build-id=none
LINK_BEFORE := /usr/lib/$(MUSL)/rcrt1.o /usr/lib/$(MUSL)/crti.o
LINK_AFTER := /usr/lib/$(MUSL)/libc.a \
  $(wildcard $(TOOLS)/../lib/clang/*/lib/linux/libclang_rt.builtins-$(MACHINE).a) \
  /usr/lib/$(MUSL)/crtn.o
else ifeq ($(LINK),static-glibc)
LINK_FLAGS := -static -Wl,-z,relro -Wl,--build-id=none
else
LINK_FLAGS := -pie -Wl,-z,relro,-z,now,-z,pack-relative-relocs
DEB_DEPENDS := libc6 (>= 2.36)
endif
