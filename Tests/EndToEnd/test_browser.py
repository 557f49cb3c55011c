"""MQTT.js in a browser: Chromium, without a window, publishes and receives."""

import http.server
import json
import os
import queue
import shutil
import subprocess
import threading
from pathlib import Path

import pytest
from broker import IS_SWIFTLET, Broker, free_port

FOLDER = Path(__file__).parents[1] / "Browser"
BROWSER = shutil.which("chromium-headless-shell") or shutil.which("chromium")
ABSENT = ("net", "tls", "fs", "util", "path", "http", "https", "crypto", "ws")
PAGE = """<!doctype html><script src="bundle.js"></script><script>
const tell = (result) => fetch('/result', { method: 'POST', body: JSON.stringify(result) });
run('ws://127.0.0.1:%d/mqtt').then(tell, (error) => tell({ error: String(error) }));
</script>"""

pytestmark = [
    pytest.mark.skipif(not IS_SWIFTLET, reason="of our own listener"),
    pytest.mark.skipif(
        not (BROWSER and shutil.which("esbuild") and Path("/usr/share/nodejs/mqtt").exists()),
        reason="make test-packages installs chromium-headless-shell, esbuild and node-mqtt"),
]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    out = tmp_path_factory.mktemp("bundle") / "bundle.js"
    command = ["esbuild", FOLDER / "page.js", "--bundle", f"--outfile={out}", "--log-level=error",
               # MQTT.js takes whoever has this function for a browser.
               "--define:__webpack_require__=Function", "--alias:stream=readable-stream"]
    command += [f"--alias:{name}={FOLDER / 'nothing.js'}" for name in ABSENT]
    subprocess.run(command, check=True, env={**os.environ, "NODE_PATH": "/usr/share/nodejs"})
    return out.read_bytes()


class Site:
    """Serves one page, and takes what it tells."""

    def __init__(self, port, bundle):
        results = self.results = queue.Queue()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.answer(bundle if self.path == "/bundle.js" else (PAGE % port).encode(),
                            "text/javascript" if self.path == "/bundle.js" else "text/html")

            def do_POST(self):
                results.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.answer(b"", "text/plain")

            def answer(self, body, kind):
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.origin = f"http://127.0.0.1:{self.server.server_port}"

    def visit(self, directory):
        """What the page told."""
        command = [BROWSER, "--headless", "--disable-gpu", "--disable-dev-shm-usage",
                   f"--user-data-dir={directory}/profile", "--remote-debugging-port=0"]
        if os.geteuid() == 0:
            command.append("--no-sandbox")  # Chromium's own sandbox refuses to work for root.
        with open(directory / "browser.log", "wb") as log:
            process = subprocess.Popen([*command, self.origin], stdin=subprocess.DEVNULL, stdout=log,
                                       stderr=log)
        try:
            return self.results.get(timeout=60)
        except queue.Empty:
            raise AssertionError((directory / "browser.log").read_text(errors="replace")) from None
        finally:
            process.terminate()
            process.wait(timeout=30)
            self.server.shutdown()
            self.server.server_close()


def visit(directory, bundle, origins):
    """The browser's story of a broker that lets in these origins, `None` for the page's own."""
    port = free_port()
    site = Site(port, bundle)
    settings = "".join(f"websockets_origin {origin or site.origin}\n" for origin in origins)
    broker = Broker(
        directory, f"log_type all\nlistener {port} 127.0.0.1\nprotocol websockets\n{settings}")
    try:
        return site.visit(directory), broker
    finally:
        assert broker.stop() == 0, broker.log()


@pytest.mark.parametrize("origins", [[], ["https://another.example", None]],
                         ids=["any origin", "its origin"])
def test_mqtt_js(tmp_path, bundle, origins):
    told, _ = visit(tmp_path, bundle, origins)
    for version in (4, 5):
        got = told[f"version{version}"]
        assert sorted(got["got"]) == [[f"browser/{version}/{qos}", 100000, True] for qos in range(3)]
    assert told["closedByClient"] == [True, 3001, "mqttv3.1"]
    assert told["closedByServer"] == [True, 1000, "mqttv3.1"]
    assert told["text"] == [True, 1003, "mqttv3.1"]


def test_another_origin_is_kept_out(tmp_path, bundle):
    told, broker = visit(tmp_path, bundle, ["https://another.example"])
    assert told["version5"].get("got", []) == []
    assert told["closedByClient"] == [False, 1006, ""]
    assert "its Origin is not one of websockets_origin" in broker.log()
