#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""terminal.py FILE COMMAND [ARGUMENT...]: runs a command on a terminal of its
own, which is closed when FILE appears.  Prints how the command ended: a number,
or "signal N"."""

import os
import pty
import select
import sys
import time

watched, command = sys.argv[1], sys.argv[2:]
child, terminal = pty.fork()
if child == 0:
    os.execvp(command[0], command)
deadline = time.monotonic() + 60
while not os.path.exists(watched) and time.monotonic() < deadline:
    if select.select([terminal], [], [], 0.05)[0]:
        try:
            sys.stderr.buffer.write(os.read(terminal, 4096))
        except OSError:
            break               # nobody has it open any more
os.close(terminal)
status = os.waitpid(child, 0)[1]
if os.WIFSIGNALED(status):
    print("signal", os.WTERMSIG(status))
else:
    print(os.WEXITSTATUS(status))
