# How boards of another architecture are built: with Swift's triple for bare metal of that processor,
# told that it is Linux, and with packages of Debian for it, unpacked into .build/sysroot.
#
# A board sets, and then includes this file:
#   DEBIAN      what Debian calls the architecture
#   GNU         what the C compiler calls it with glibc; MUSL with musl
#   TRIPLE      what Swift calls the processor
#   PROCESSOR   flags of the C compiler for the processor
#   C_TARGET    flags of the C compiler where C is compiled apart, if they are not those
#   EMULATOR    the name qemu has for it; EMULATOR_FLAGS choose the processor
#
# LINK=static carries the C library (musl) in the image: one file that runs on any distribution.
# LINK=dynamic uses the device's own C library (glibc). LINK=static-glibc carries that, for comparison.
LINK ?= static
SYSROOT := .build/sysroot/$(DEBIAN)-$(if $(filter static,$(LINK)),static,dynamic)
SYSROOT_PACKAGES := linux-libc-dev libgcc-dev libmbedtls-dev
PACKAGES := qemu-$(EMULATOR)-static:qemu-user-static
# Division and the like, which a processor may lack.
LIBGCC = $(wildcard $(SYSROOT)/usr/lib/gcc/$(GNU)/*/libgcc.a)
RUNNER := qemu-$(EMULATOR)-static $(EMULATOR_FLAGS)
TLS_FOLDER := $(SYSROOT)/usr/lib/$(GNU)

ifeq ($(LINK),static)
C_TARGET ?= --target=$(MUSL) $(PROCESSOR)
LIBC := $(SYSROOT)/usr/lib/$(MUSL)
SYSROOT_PACKAGES += musl-dev
HEADERS := $(SYSROOT)/usr/include/$(MUSL) $(SYSROOT)/usr/include
LINK_FLAGS := $(C_TARGET) -static -nostdlib -Wl,--build-id=none -Wl,-z,relro
LINK_BEFORE := $(LIBC)/crt1.o $(LIBC)/crti.o
LINK_AFTER = $(LIBC)/libc.a $(LIBGCC) $(LIBC)/crtn.o
else
C_TARGET ?= --target=$(GNU) $(PROCESSOR)
SYSROOT_PACKAGES += libc6-dev libc6
HEADERS := $(SYSROOT)/usr/include $(SYSROOT)/usr/include/$(GNU)
LIBC := $(SYSROOT)/usr/lib/$(GNU)
LINK_BEFORE := $(LIBC)/crt1.o $(LIBC)/crti.o
ifeq ($(LINK),static-glibc)
LINK_FLAGS := $(C_TARGET) -static -nostdlib -Wl,--build-id=none -Wl,-z,relro
LINK_AFTER = -Wl,--start-group $(LIBC)/libc.a $(LIBGCC) $(LIBGCC:libgcc.a=libgcc_eh.a) \
  -Wl,--end-group $(LIBC)/crtn.o
else
LINK_FLAGS := $(C_TARGET) --sysroot=$(SYSROOT) -nostartfiles -nodefaultlibs \
  -no-pie -Wl,-z,relro,-z,now
LINK_AFTER = -L$(LIBC) -lc $(LIBGCC) $(LIBC)/crtn.o
RUNNER += -L $(SYSROOT)
endif
endif

C_HEADERS := $(foreach folder,$(HEADERS),-isystem $(CURDIR)/$(folder))

# LLVM may take loads for ARM together into one that moves the register of `self`, which nobody saves:
# whoever called finds another one there.
ifneq ($(filter arm%,$(TRIPLE)),)
BUILD_FLAGS := -Xswiftc -Xllvm -Xswiftc -arm-load-store-opt=false
endif
# Swift and the C compiler are told the same, each in its way.
BUILD_FLAGS += --triple $(TRIPLE) \
  $(foreach flag,$(PROCESSOR) -D__linux__=1 $(patsubst %,-isystem$(CURDIR)/%,$(HEADERS)), \
    -Xcc $(flag)) $(foreach flag,$(PROCESSOR),-Xswiftc -Xcc -Xswiftc $(flag))
