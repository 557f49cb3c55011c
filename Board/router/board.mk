# Board `router`: ARMv7 with hard float, as most routers of OpenWrt have that are not MIPS.
ARCHITECTURE := ARMv7, hard float
MEMORY := 2304
DEBIAN := armhf
GNU := arm-linux-gnueabihf
MUSL := arm-linux-musleabihf
TRIPLE := armv7-none-none-eabi
PROCESSOR := -mfloat-abi=hard -mfpu=vfpv3-d16 -fno-short-enums
EMULATOR := arm
BITS := 32
OPTIMISATION := -Osize
include Board/cross.mk
