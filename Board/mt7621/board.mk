# Board `mt7621`, experimental: the MIPS routers of OpenWrt (mipsel, 24Kc and 1004Kc, no float unit).
# Swift has no MIPS: translate.py makes MIPS of the LLVM IR that it makes for ARM.
ARCHITECTURE := MIPS 24Kc, experimental
MEMORY := 2304
DEBIAN := mipsel
GNU := mipsel-linux-gnu
MUSL := mipsel-linux-musl
TRIPLE := armv7-none-none-eabi
PROCESSOR := -mfloat-abi=soft -fno-short-enums
EMULATOR := mipsel
EMULATOR_FLAGS := -cpu 24Kc
BITS := 32
OPTIMISATION := -Osize
C_TARGET := --target=$(MUSL) -march=mips32r2 -msoft-float -fno-pic
include Board/cross.mk

# Debian's libraries say that they want a float unit. What we use of them does not: the emulated 24Kc
# has none and would stop at the first such instruction. So that is taken off our copy of them.
TRANSLATE = for file in $(LIBC)/*.o $(LIBC)/libc.a $(LIBGCC) $(TLS_FOLDER)/libmbed*.a; do \
    $(TOOLS)/llvm-objcopy --remove-section=.MIPS.abiflags --remove-section=.gnu.attributes $$file \
    || exit 1; done; \
  $(PYTHON) Board/mt7621/translate.py $(SCRATCH) $(C_TARGET) -D__linux__=1 $(C_HEADERS)
