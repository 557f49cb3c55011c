"""memcpy() and memmove() of our own, which an image for x86-64 has when it carries musl."""

import os
import platform
import subprocess

import pytest
from broker import ROOT


@pytest.mark.skipif(platform.machine() != "x86_64", reason="other processors have musl's")
def test_own_copies_do_what_the_obvious_loop_does(tmp_path):
    program = tmp_path / "copies"
    renamed = ["-DLINUX_OWN_COPIES", "-Dmemcpy=own_memcpy", "-Dmemmove=own_memmove"]
    subprocess.run(
        [f"{os.environ['TOOLS']}/clang", "-Os", "-std=gnu11", "-fno-builtin", "-c", *renamed,
         ROOT / "Sources/CLinux/copies.c", "-o", tmp_path / "copies.o"], check=True)
    subprocess.run(
        [f"{os.environ['TOOLS']}/clang", "-O1", "-fuse-ld=lld", ROOT / "Tests/EndToEnd/copies.c",
         tmp_path / "copies.o", "-o", program], check=True)
    assert subprocess.run([program], timeout=60).returncode == 0
