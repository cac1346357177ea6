"""Plays a program in a pseudo-terminal: terminal.py PROGRAM ARGUMENT... -- STEP...

A step is see:TEXT (what was written since the last key has it, escape sequences left out; at most 10 s), or press:KEY, a capability of
terminfo such as kf7 or kcud1, or one character. Ends with 0 once the program has ended; with 1, and what was written, otherwise.
"""
import curses
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

TERMINAL = "xterm"
PATIENCE = 10
ESCAPES = re.compile(rb"\x1b(\[[0-9;?]*[A-Za-z]|\([A-Z0-9]|[=>78])")


def fail(message, seen):
    print(message)
    print(ESCAPES.sub(b" ", seen).decode(errors="replace"))
    sys.exit(1)


def main():
    split = sys.argv.index("--")
    program, steps = sys.argv[1:split], sys.argv[split + 1:]
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(TERM=TERMINAL, LINES="40", COLUMNS="200")
        os.execvp(program[0], program)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 200, 0, 0))
    curses.setupterm(TERMINAL, 2)
    seen = b""

    def read(until):
        """False at the program's end, or when the time is up."""
        nonlocal seen
        ready, _, _ = select.select([terminal], [], [], max(0, until - time.monotonic()))
        if not ready:
            return False
        try:
            data = os.read(terminal, 65536)
        except OSError:
            return False
        seen += data
        return bool(data)

    for step in steps:
        verb, _, word = step.partition(":")
        if verb == "press":
            seen = b""
            os.write(terminal, word.encode() if len(word) == 1 else curses.tigetstr(word))
            continue
        until = time.monotonic() + PATIENCE
        while word.encode() not in ESCAPES.sub(b" ", seen):
            if not read(until):
                os.kill(child, signal.SIGKILL)
                fail("not seen: " + word, seen)
    until = time.monotonic() + PATIENCE
    while read(until):
        pass
    if time.monotonic() >= until:
        os.kill(child, signal.SIGKILL)
        fail("it does not end", seen)
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


main()
