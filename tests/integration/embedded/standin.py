"""A service that does nothing but answer `/readyz`: started by the tests in place of the real ones."""

import os
from http.server import BaseHTTPRequestHandler, HTTPServer


class Answer(BaseHTTPRequestHandler):
    """Every GET is answered with 200."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", int(os.environ["HUIYIN_PORT"])), Answer).serve_forever()
