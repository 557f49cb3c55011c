# Board `pi-zero`: ARMv6, the first Raspberry Pis. What Debian calls armhf is made for ARMv7, so the
# libraries come from its `armel`, made for ARMv5: no number with a fraction passes between them and
# us, the one thing in which their conventions for calls differ.
ARCHITECTURE := ARMv6, hard float
MEMORY := 22528
DEBIAN := armel
GNU := arm-linux-gnueabi
MUSL := arm-linux-musleabi
TRIPLE := armv6-none-none-eabi
PROCESSOR := -mfloat-abi=hard -mfpu=vfpv2 -fno-short-enums
EMULATOR := arm
EMULATOR_FLAGS := -cpu arm1176
BITS := 32
OPTIMISATION := -Osize
include Board/cross.mk
# The package is for any Debian or Raspberry Pi OS of 32 bits: the file brings its own C library.
DEB_ARCHITECTURE := armhf
