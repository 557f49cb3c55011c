"""Makes another process ask the system for something, as one would who has taken it over.

Only where the tests run as root or as the process's own user, on x86-64.
"""

import ctypes
import os
import platform
import time

AVAILABLE = platform.machine() == "x86_64"
POLL = 7
ATTACH, DETACH, STEP, GET, SET = 16, 17, 9, 12, 13
NAMES = ("r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss "
         "fs_base gs_base ds es fs gs").split()


class Registers(ctypes.Structure):
    _fields_ = [(name, ctypes.c_ulonglong) for name in NAMES]


libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long


def ptrace(request, process, data=None):
    if libc.ptrace(request, process, None, data) < 0:
        raise OSError(ctypes.get_errno(), f"ptrace {request}")


def catch(process):
    """Stops the process where it waits for an answer of the system; its registers."""
    for _ in range(100):
        registers = Registers()
        ptrace(ATTACH, process)
        os.waitpid(process, 0)
        ptrace(GET, process, ctypes.byref(registers))
        if registers.orig_rax == POLL:
            return registers
        ptrace(DETACH, process)
        time.sleep(0.02)
    raise TimeoutError("the process does not wait")


def ask(process, number, *arguments):
    """What the system answers the process: a negative errno, or None when it ends the process.

    The process waits in poll(): the instruction behind which it stands asks the system.
    """
    before, asking = catch(process), Registers()
    ptrace(GET, process, ctypes.byref(asking))
    asking.rip -= 2  # `syscall`
    asking.rax, asking.orig_rax = number, 2**64 - 1
    for name, value in zip(("rdi", "rsi", "rdx", "r10", "r8", "r9"), [*arguments, 0, 0, 0, 0, 0, 0]):
        setattr(asking, name, value)
    ptrace(SET, process, ctypes.byref(asking))
    ptrace(STEP, process)
    _, status = os.waitpid(process, 0)
    if os.WIFSIGNALED(status) or os.WIFEXITED(status):
        return None
    ptrace(GET, process, ctypes.byref(asking))
    ptrace(SET, process, ctypes.byref(before))
    ptrace(DETACH, process)
    return ctypes.c_longlong(asking.rax).value
