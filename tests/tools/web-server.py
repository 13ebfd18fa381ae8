#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# web-server.py: a small HTTP server for the tests of rolls. Serves the socket that it is given as descriptor 3; each
# answer is its release and its number. The release is what the file "release" in the working directory says:
#
#   never-RELEASE    says never that it is ready, and does not serve
#   throws-RELEASE   ends with status 1 before that
#   fades-RELEASE    is ready, and ends with status 1 a moment later
#
# READY=1 when it serves. SIGTERM: takes no new connections, answers what it has with "Connection: close", and ends
# with the last one. $SLOW: seconds that an answer takes. $RUDE: SIGTERM is its end, whatever it is at.

import os
import selectors
import signal
import socket
import sys
import time

release = open("release").read().strip()
number = os.environ.get("NUMBER", "-")
slow = float(os.environ.get("SLOW", "0"))
answers = selectors.DefaultSelector()
connections = {}
leaving = False


def notify(text):
    address = os.environ.get("NOTIFY_SOCKET")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.connect("\0" + address[1:] if address[0] == "@" else address)
            s.send(text.encode())


def leave(*_):
    global leaving
    if not leaving:
        leaving = True
        answers.unregister(listener)
        listener.close()


def close(c):
    answers.unregister(c)
    del connections[c]
    c.close()


def serve(c):
    data = c.recv(65536)
    if not data:
        close(c)
        return
    connections[c] += data
    while b"\r\n\r\n" in connections[c]:
        _, connections[c] = connections[c].split(b"\r\n\r\n", 1)
        time.sleep(slow)
        body = f"{release} {number}\n".encode()
        last = b"Connection: close\r\n" if leaving else b""
        c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n%s\r\n%s" % (len(body), last, body))
        if last:
            close(c)
            return


if release.startswith("throws-"):
    sys.exit(1)
if release.startswith("never-"):
    signal.pause()
if release.startswith("fades-"):
    notify("READY=1")
    time.sleep(0.05)
    sys.exit(1)
listener = socket.socket(fileno=3)
listener.setblocking(False)
answers.register(listener, selectors.EVENT_READ)
if "RUDE" not in os.environ:
    signal.signal(signal.SIGTERM, leave)
notify("READY=1")
while not leaving or connections:
    for key, _ in answers.select(0.1):
        if key.fileobj is not listener:
            serve(key.fileobj)
            continue
        try:
            c, _ = listener.accept()
        except (BlockingIOError, OSError):
            continue
        connections[c] = b""
        answers.register(c, selectors.EVENT_READ)
