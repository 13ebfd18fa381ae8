#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Asks `probe serve` on 127.0.0.1 and prints who has answered how often, "PID N" a line, and "lost N": those who got
# no answer.
#
#   spread.py PORT N            N connections, one after the other
#   spread.py PORT --at-once N  N connections that are all open before the first is waited for
#   spread.py PORT --until DIR  one after the other, until DIR/end is there; DIR/n holds how many are over

import collections
import os
import socket
import sys


def begin(port):
    s = socket.create_connection(("127.0.0.1", port), timeout=60)
    s.sendall(b":")
    return s


def answer_of(s):
    answer = b""
    with s:
        while chunk := s.recv(64):
            answer += chunk
    return answer.decode().strip(":\n") or "nobody"


def main():
    port, answers = int(sys.argv[1]), collections.Counter({"nobody": 0})

    def ask(begun=None):
        try:
            answers[answer_of(begun or begin(port))] += 1
        except OSError as e:
            print(e, file=sys.stderr)
            answers["nobody"] += 1

    if sys.argv[2] == "--until":
        while not os.path.exists(f"{sys.argv[3]}/end"):
            ask()
            with open(f"{sys.argv[3]}/n.new", "w") as f:
                f.write(str(answers.total()))
            os.rename(f"{sys.argv[3]}/n.new", f"{sys.argv[3]}/n")
    elif sys.argv[2] == "--at-once":
        begun = [begin(port) for _ in range(int(sys.argv[3]))]
        print(len(begun), "open", file=sys.stderr, flush=True)
        for s in begun:
            ask(s)
    else:
        for _ in range(int(sys.argv[2])):
            ask()
    print("lost", answers.pop("nobody"))
    for pid, n in sorted(answers.items()):
        print(pid, n)


main()
