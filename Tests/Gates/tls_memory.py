"""Gate: the memory of TLS is what its model says, and TLS without memory refuses and leaves nothing.

Two programs of Tests/TLS are built with the sanitizers from the product's own C, and run.
"""

import os
import subprocess
import sys
from pathlib import Path

from image import tool

FOLDER = Path(".build/gates/tls")
CERTIFICATES = FOLDER / "certificates"
# The product's C with what it leans on; the library as the product carries it.
SOURCES = ["tls_configuration", "tls_memory", "tls_names", "tls_session", "tls_chain", "tls_hello",
           "tls_issuers", "tls_time", "time",
           "sockets", "addresses", "memory"]
LIBRARIES = [f".build/tls/host/libmbed{name}.a" for name in ("tls", "x509", "crypto")]
OPTIONS = ["-DSWIFTLET_TLS", "-ISources/CLinux/include", "-std=gnu11", "-g", "-O1", "-fuse-ld=lld",
           "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-Wall", "-Wextra", "-Werror",
           "-Wno-nullability-completeness", "-Wno-nullability-extension"]


def build(name, sources, libraries=()):
    program = FOLDER / name
    files = [f"Tests/TLS/{name}.c", *(f"Sources/CLinux/{source}.c" for source in sources)]
    subprocess.run([tool("clang"), *OPTIONS, *files, *libraries, "-o", program], check=True)
    return program


def make_certificates():
    subprocess.run(["sh", "Board/certificates.sh", CERTIFICATES, "localhost", "client"], check=True,
                   stdout=subprocess.DEVNULL)
    return [CERTIFICATES / name
            for name in ("server.crt", "server.key", "ca.crt", "client.crt", "client.key")]


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    os.environ["LC_ALL"] = "C"
    for command in ([build("memory", ["tls_memory"]), "100"],
                    [build("exhaustion", SOURCES, LIBRARIES), *make_certificates()]):
        if subprocess.run(command).returncode != 0:
            return "tls_memory: " + Path(command[0]).name
    return 0


if __name__ == "__main__":
    sys.exit(main())
