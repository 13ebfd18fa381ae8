#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# web-load.py PORT STOP OUT [KEPT NEW]: asks the HTTP server on that port again and again, over so many kept connections (2) and
# so many that are made for each request (2), until the file STOP is there. What happens stands in OUT, one line for each request: the answer,
# or "lost" and why. A connection that is refused, or ends without an answer, is a lost request; one that ends after
# "Connection: close" is none.

import os
import socket
import sys
import threading
import time

port, stop, out = int(sys.argv[1]), sys.argv[2], open(sys.argv[3], "w", buffering=1)
kept, new = map(int, sys.argv[4:6] or (2, 2))
lock = threading.Lock()


def tell(line):
    with lock:
        out.write(line + "\n")


def ask(c):
    """The answer, and whether the connection ends with it."""
    c.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    data = b""
    while b"\r\n\r\n" not in data:
        more = c.recv(65536)
        if not more:
            raise ConnectionError("no answer")
        data += more
    head, body = data.split(b"\r\n\r\n", 1)
    length = int(head.lower().split(b"content-length:")[1].split()[0])
    while len(body) < length:
        more = c.recv(65536)
        if not more:
            raise ConnectionError("half an answer")
        body += more
    return body.decode().strip(), b"connection: close" in head.lower()


def client(keep):
    c = None
    while not os.path.exists(stop):
        try:
            if not c:
                c = socket.create_connection(("127.0.0.1", port), timeout=60)
            answer, ended = ask(c)
            tell(answer)
        except OSError as e:
            tell(f"lost: {e}")
            ended = True
        if ended or not keep:
            c.close() if c else None
            c = None
        time.sleep(0.002)


clients = [threading.Thread(target=client, args=(i < kept,)) for i in range(kept + new)]
for t in clients:
    t.start()
for t in clients:
    t.join()
tell("end")
