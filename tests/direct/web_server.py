#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A web server of the current directory that knows byte ranges, as QEMU wants
them: web_server.py PORT_FILE LOG [CERTIFICATE KEY].  It listens on a free port
of 127.0.0.1, writes its number into PORT_FILE, and a line "METHOD LENGTH" for
each request into LOG."""

import http.server
import os
import re
import ssl
import sys


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, body):
        path = "." + self.path
        if not os.path.isfile(path):
            self.send_error(404)
            return
        size = os.path.getsize(path)
        first, last, code = 0, size - 1, 200
        wanted = re.match(r"bytes=(\d+)-(\d*)$", self.headers.get("Range", ""))
        if wanted:
            first, code = int(wanted[1]), 206
            if wanted[2]:
                last = min(last, int(wanted[2]))
        self.send_response(code)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(last - first + 1))
        if wanted:
            self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
        self.end_headers()
        if body:
            with open(path, "rb") as file:
                file.seek(first)
                self.wfile.write(file.read(last - first + 1))
        with open(sys.argv[2], "a") as log:
            print(self.command, last - first + 1, file=log)

    def do_GET(self):
        self.answer(True)

    def do_HEAD(self):
        self.answer(False)

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
if len(sys.argv) > 3:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3], sys.argv[4])
    server.socket = context.wrap_socket(server.socket, server_side=True)
with open(sys.argv[1] + ".new", "w") as file:
    print(server.server_address[1], file=file)
os.rename(sys.argv[1] + ".new", sys.argv[1])
server.serve_forever()
