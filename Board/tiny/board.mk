# Board `tiny` carries its C library (musl) in the image and needs nothing else of a system.
# Every page that can be written counts against its 128 KiB, so nothing is relocated when it is
# loaded, and what can be written begins a page of its own instead of straddling two.
MACHINE := $(shell uname -m)
MUSL := $(MACHINE)-linux-musl
PACKAGES := /usr/lib/$(MUSL)/libc.a:musl-dev
OPTIMISATION := -Osize
TLS := 0
MEMORY := 448
BUILD_FLAGS := -Xswiftc -Xllvm -Xswiftc -enable-machine-outliner -Xswiftc -Xllvm -Xswiftc -machine-outliner-reruns=4 -Xswiftc -Xcc -Xswiftc -mno-red-zone -Xcc -DSWIFTLET_UTC -Xcc -DSWIFTLET_SMALL -Xcc -isystem -Xcc /usr/include/$(MUSL)
LINK_FLAGS := -static -nostdlib -Wl,-z,norelro,-z,separate-loadable-segments,--no-rosegment \
  -Wl,--build-id=none
LINK_BEFORE := /usr/lib/$(MUSL)/crt1.o /usr/lib/$(MUSL)/crti.o
LINK_AFTER := /usr/lib/$(MUSL)/libc.a \
  $(wildcard $(TOOLS)/../lib/clang/*/lib/linux/libclang_rt.builtins-$(MACHINE).a) \
  /usr/lib/$(MUSL)/crtn.o
