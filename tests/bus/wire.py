# SPDX-License-Identifier: LGPL-2.1-or-later
#
# As much of D-Bus as a client needs that does not keep to it: messages are bytes that the caller may spoil before they
# are sent, and nothing is read unless it is asked for.

import os
import re
import socket
import struct
import xml.etree.ElementTree

PRIVATE = "/run/systemd/private"
SYSTEM = "/run/dbus/system_bus_socket"
NAME = "org.freedesktop.systemd1"
MANAGER_PATH = "/org/freedesktop/systemd1"
MANAGER = "org.freedesktop.systemd1.Manager"
PROPERTIES = "org.freedesktop.DBus.Properties"
CALL, RETURN, ERROR, SIGNAL = 1, 2, 3, 4
PATIENCE = 60


class Gone(Exception):
    """The server has closed the connection."""


def pad(data, n):
    return data + b"\0" * (-len(data) % n)


def text(value):
    raw = value if isinstance(value, bytes) else value.encode()
    return struct.pack("<I", len(raw)) + raw + b"\0"


def signature(value):
    return bytes([len(value)]) + value.encode() + b"\0"


def append(data, kind, value):
    """One basic value, an array of strings ("as") or a variant ("v": a pair)."""
    if kind in "so":
        return pad(data, 4) + text(value)
    if kind == "g":
        return data + signature(value)
    if kind == "y":
        return data + bytes([value])
    if kind == "v":
        return append(data + signature(value[0]), value[0], value[1])
    if kind == "as":
        items = b""
        for v in value:
            items = pad(items, 4) + text(v)
        return pad(data, 4) + struct.pack("<I", len(items)) + items
    code = {"u": "<I", "i": "<i", "b": "<I", "t": "<Q", "h": "<I"}[kind]
    return pad(data, struct.calcsize(code)) + struct.pack(code, value)


def kinds_of(sig):
    return re.findall(r"as|[bghiostuvy]", sig)


def body_of(sig, values):
    data = b""
    for kind, value in zip(kinds_of(sig), values):
        data = append(data, kind, value)
    return data


def message(serial, path, interface, member, sig="", body=b"", kind=CALL, destination=NAME, flags=0, fds=None, claim=None):
    """`claim`: the length of the body that the header pretends; `fds`: how many descriptors it says come along."""
    fields = b""
    for code, t, value in (
        (1, "o", path),
        (2, "s", interface),
        (3, "s", member),
        (6, "s", destination),
        (8, "g", sig or None),
        (9, "u", fds),
    ):
        if value is not None:
            fields = append(pad(fields, 8) + bytes([code]) + signature(t), t, value)
    head = struct.pack("<cBBBIII", b"l", kind, flags, 1, len(body) if claim is None else claim, serial, len(fields))
    return pad(head + fields, 8) + body


def get(serial, path=MANAGER_PATH, interface=MANAGER, name="Version"):
    return message(serial, path, PROPERTIES, "Get", "ss", body_of("ss", (interface, name)))


class Client:
    """A connection that has been let in; `serial` counts the calls it has sent."""

    def __init__(self, address, hello=True, greet=True):
        self.serial = 0
        self.data = b""
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(address)
        if greet:
            self.authenticate(hello)

    def authenticate(self, hello):
        uid = str(os.geteuid()).encode().hex().encode()
        self.send(b"\0AUTH EXTERNAL " + uid + b"\r\nBEGIN\r\n")
        while b"\r\n" not in self.data:
            self.receive()
        line, self.data = self.data.split(b"\r\n", 1)
        if not line.startswith(b"OK "):
            raise Gone(line)
        if hello:
            self.call("/org/freedesktop/DBus", "org.freedesktop.DBus", "Hello", destination="org.freedesktop.DBus")

    def receive(self):
        try:
            more = self.socket.recv(1 << 20)
        except (ConnectionResetError, BrokenPipeError) as e:
            raise Gone from e
        if not more:
            raise Gone
        self.data += more

    def read(self):
        """(kind, answer to which serial, name of the error or None, body, size)"""
        while len(self.data) < 16:
            self.receive()
        _, kind, _, _, size, _, fields = struct.unpack("<cBBBIII", self.data[:16])
        begin = 16 + fields + (-fields % 8)
        while len(self.data) < begin + size:
            self.receive()
        head, body = self.data[16 : 16 + fields], self.data[begin : begin + size]
        self.data = self.data[begin + size :]
        reply = re.search(rb"\x05\x01u\0(....)", head, re.S)
        error = re.search(rb"\x04\x01s\0....([\w.]+)\0", head, re.S) if kind == ERROR else None
        serial = struct.unpack("<I", reply.group(1))[0] if reply else 0
        return kind, serial, error and error.group(1).decode(), body, begin + size

    def send(self, data):
        try:
            self.socket.sendall(data)
        except (ConnectionResetError, BrokenPipeError) as e:
            raise Gone from e

    def call(self, path, interface, member, sig="", values=(), **kw):
        """The answer, as of read(); signals before it are dropped."""
        self.serial += 1
        self.send(message(self.serial, path, interface, member, sig, body_of(sig, values), **kw))
        while True:
            answer = self.read()
            if answer[0] in (RETURN, ERROR) and answer[1] == self.serial:
                return answer

    def get(self, path=MANAGER_PATH, interface=MANAGER, name="Version"):
        return self.call(path, PROPERTIES, "Get", "ss", (interface, name))

    def introspect(self, path):
        """Children, and (interface, method, signature) of each method."""
        kind, _, error, body, _ = self.call(path, "org.freedesktop.DBus.Introspectable", "Introspect")
        if kind == ERROR:
            raise RuntimeError(f"{path}: {error}")
        tree = xml.etree.ElementTree.fromstring(body[4:-1])
        methods = [
            (i.get("name"), m.get("name"), "".join(a.get("type") for a in m.iter("arg") if a.get("direction") != "out"))
            for i in tree.iter("interface")
            for m in i.iter("method")
        ]
        return [n.get("name") for n in tree.findall("node")], methods

    def close(self):
        self.socket.close()
