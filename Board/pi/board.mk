# Board `pi` is any 64-bit ARM computer with Linux.
ARCHITECTURE := 64-bit ARM
MEMORY := 83968
DEBIAN := arm64
GNU := aarch64-linux-gnu
MUSL := aarch64-linux-musl
TRIPLE := aarch64-none-none-elf
PROCESSOR :=
EMULATOR := aarch64
OPTIMISATION := -O
include Board/cross.mk
DEB_ARCHITECTURE := arm64
