#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# State that outlives the service: a counter in a memfd that the service leaves
# with its manager (FDSTORE=1) and finds again at its next start, after a restart
# as after a crash. Needs nothing but Python.
#
#       [Service]
#       Type=notify
#       ExecStart=/usr/local/bin/counter.py
#       FileDescriptorStoreMax=1
#       Restart=always
#
# Each SIGHUP (systemctl kill --signal=HUP) counts one more; STATUS= shows it.

import mmap
import os
import signal
import socket
import struct

NAME = "counter"


def notify(text, *fds):
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.connect("\0" + address[1:] if address[0] == "@" else address)
        socket.send_fds(s, [text.encode()], fds)


def find_stored():
    """The memfd of the run before, or None."""
    if os.environ.get("LISTEN_PID") == str(os.getpid()):
        for i, name in enumerate(os.environ.get("LISTEN_FDNAMES", "").split(":")):
            if name == NAME:
                return 3 + i
    return None


def make_and_store():
    fd = os.memfd_create(NAME)
    os.ftruncate(fd, 8)
    notify(f"FDSTORE=1\nFDNAME={NAME}", fd)
    return fd


signals = [signal.SIGHUP, signal.SIGTERM]
signal.pthread_sigmask(signal.SIG_BLOCK, signals)
fd = find_stored()
memory = mmap.mmap(make_and_store() if fd is None else fd, 8)


def count(more=0):
    n = struct.unpack_from("=Q", memory)[0] + more
    struct.pack_into("=Q", memory, 0, n)
    return f"STATUS={n} counted"


notify("READY=1\n" + count())
while signal.sigwait(signals) == signal.SIGHUP:
    notify(count(1))
