# Board `host` is linked against the C library of the machine that builds it. The image can be
# loaded anywhere, and what the loader has resolved is read-only from then on.
OPTIMISATION := -O
LINK_FLAGS := -pie -Wl,-z,relro,-z,now
DEB_ARCHITECTURE := $(shell dpkg --print-architecture 2>/dev/null)
DEB_DEPENDS := libc6 (>= 2.36)
