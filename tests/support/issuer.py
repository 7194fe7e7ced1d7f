"""issuer.py: a token issuer on loopback; its tokens are signed with ES256, by openssl."""

import base64
import http.server
import json
import pathlib
import subprocess
import threading
import time


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def raw_signature(der):
    """Converts a signature from DER to r and s side by side."""
    numbers, at = b"", 2
    for _ in range(2):
        length = der[at + 1]
        numbers += der[at + 2:at + 2 + length].lstrip(b"\0").rjust(32, b"\0")
        at += 2 + length
    return numbers


class Issuer:
    def __init__(self, directory):
        self.key = pathlib.Path(directory) / "es256.pem"
        subprocess.run(["openssl", "genpkey", "-quiet", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256",
                        "-out", self.key], check=True)
        point = subprocess.run(["openssl", "pkey", "-in", self.key, "-pubout", "-outform", "DER"],
                               capture_output=True, check=True).stdout[-64:]
        keys = json.dumps({"keys": [{"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "bench",
                                     "x": base64url(point[:32]), "y": base64url(point[32:])}]}).encode()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(keys)))
                self.end_headers()
                self.wfile.write(keys)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def token(self, audience, email, **claims):
        payload = {"iss": self.url, "aud": audience, "sub": "bench", "email": email, "email_verified": True,
                   "iat": int(time.time()), "exp": int(time.time()) + 12 * 3600, **claims}
        header = {"alg": "ES256", "kid": "bench", "typ": "JWT"}
        signed = ".".join(base64url(json.dumps(part).encode()) for part in (header, payload))
        der = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.key], input=signed.encode(),
                             capture_output=True, check=True).stdout
        return f"{signed}.{base64url(raw_signature(der))}"

    def close(self):
        self.server.shutdown()
