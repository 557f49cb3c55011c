# Board `mt7621`, experimental: the MIPS routers of OpenWrt (mipsel, 24Kc and 1004Kc, no float unit).
# Swift has no MIPS: translate.py makes MIPS of the LLVM IR that it makes for ARM.
DEBIAN := mipsel
GNU := mipsel-linux-gnu
MUSL := mipsel-linux-musl
TRIPLE := armv7-none-none-eabi
PROCESSOR := -mfloat-abi=soft -fno-short-enums
EMULATOR := mipsel
EMULATOR_FLAGS := -cpu 24Kc
BITS := 32
OPTIMISATION := -Osize
include Board/cross.mk
MIPS := --target=$(MUSL) -march=mips32r2 -msoft-float -fno-pic
TRANSLATE = $(PYTHON) Board/mt7621/translate.py $(SCRATCH) $(MIPS) $(foreach folder,$(HEADERS),-isystem $(folder))
