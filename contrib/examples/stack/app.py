# SPDX-License-Identifier: LGPL-2.1-or-later
# Counts visits in redis. Serves the socket that svinit gives it; on SIGTERM it answers what it has begun and ends.
import http.server
import os
import signal
import socket
import threading

release = open("release").read().strip() if os.path.exists("release") else "first"


def incr(key):
    with socket.socket(socket.AF_UNIX) as s:
        s.connect("/run/redis/redis.sock")
        s.sendall(f"INCR {key}\r\n".encode())
        return s.makefile().readline().strip()[1:]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = (f"{release}\n" if self.path == "/health" else f"{release} {incr('visits')}\n").encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self):
        return "-"

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_UNIX
    daemon_threads = False  # server_close() waits for them

    def __init__(self):
        super().__init__("", Handler, bind_and_activate=False)
        self.socket = socket.socket(fileno=3)


def notify(text):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.connect(os.environ["NOTIFY_SOCKET"])
        s.send(text.encode())


server = Server()
# shutdown() waits for the loop in the main thread.
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
notify("READY=1")
server.serve_forever(poll_interval=0.05)
server.server_close()
