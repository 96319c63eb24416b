"""Stands in for registry and broker with any number of accounts: each is the real account with an own layer over it.

usage: python standin.py PORT REGISTRY_URL BROKER_URL BASE_ACCOUNT

What it does not know it hands on to the real services, so the executor is the shipped one and speaks its own protocol.
An account's number is in the last twelve digits of its id.
"""

import http.client
import http.server
import json
import sys
import urllib.parse

PORT, REGISTRY, BROKER, BASE = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
PREFIX = "00000000-0000-4000-8000-"
known = {}


def forward(handler, service, method, path, body):
    parts = urllib.parse.urlsplit(service)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
    headers = {name: value for name, value in handler.headers.items() if name.lower() not in ("host", "if-none-match")}
    connection.request(method, path, body=body, headers=headers)
    response = connection.getresponse()
    return response.status, response.read()


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 1024


class StandIn(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        pieces = self.path.split("/")
        if pieces[-1] == "configuration" and pieces[-2].startswith(PREFIX):
            if "configuration" not in known:
                status, body = forward(self, REGISTRY, "GET", f"/internal/v1/accounts/{BASE}/configuration", None)
                if status != 200:
                    return self.answer(status, body)
                known["configuration"] = json.loads(body)
            record = known["configuration"]
            number = int(pieces[-2][-12:])
            mapping = f'response.{{"description": "account {number} has its own mapping"}}'
            layer = {
                "level": "account", "version": 1,
                "document": {"mappings": {"crm": {"contacts": {"get": {"response_mapping": mapping}}}}},
            }
            own = {
                **record, "revision": f"{record['revision']}-{number}", "layers": record["layers"] + [layer],
                "account": {**record["account"], "id": pieces[-2]},
            }
            return self.answer(200, json.dumps(own).encode())
        self.answer(*forward(self, REGISTRY, "GET", self.path, None))

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if not self.path.startswith("/internal/v1/usable-access"):
            return self.answer(*forward(self, REGISTRY, "POST", self.path, body))
        if "access" not in known:
            wish = json.dumps({"account_id": BASE}).encode()
            self.headers.replace_header("Content-Length", str(len(wish)))
            status, answer = forward(self, BROKER, "POST", self.path, wish)
            if status != 200:
                return self.answer(status, answer)
            known["access"] = answer
        self.answer(200, known["access"])


Server(("127.0.0.1", PORT), StandIn).serve_forever()
