# SPDX-License-Identifier: LGPL-2.1-or-later
import os

release = open("release").read().strip() if os.path.exists("release") else "first"


def application(environ, start_response):
    body = f"{release} {os.getpid()}\n".encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
