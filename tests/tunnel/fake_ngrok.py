"""A program that behaves as ngrok's agent does towards Homeport, and refuses what the real one should never be given.

It runs as a program of its own, knows only the standard library, and is steered by `ngrok.json` in its folder; what it
was started with stands in `runs.jsonl` there. `POST /fake/...` at its API plays what can happen while it runs.
"""

from __future__ import annotations

import contextlib
import http.client
import http.server
import json
import os
import queue
import re
import socket
import stat
import sys
import threading
import time
import urllib.parse
from pathlib import Path
from typing import Any

FOLDER = Path(sys.argv[0]).absolute().parent
FREE_PAGE = b"""<!doctype html><title>ngrok</title><p>You are about to visit (ERR_NGROK_6024)
<button onclick="document.cookie = 'abuse_interstitial=' + location.host + '; path=/; secure'; location.reload()">
Visit Site</button>"""
SAFE = {"inspect_db_size": "-1", "remote_management": "false", "update_check": "false", "console_ui": "false"}

AUTH = "authentication failed: "
REFUSALS = {
    "badtoken": f"{AUTH}The authtoken you specified is not proper.\nYour authtoken: x\n\r\nERR_NGROK_105\r\n",
    "revoked": f"{AUTH}The authtoken you specified is properly formed, but it is invalid.\n\nERR_NGROK_107",
    "notoken": f"{AUTH}Usage of ngrok requires a verified account and authtoken.\n\r\nERR_NGROK_4018\r\n",
    "sessions": f"{AUTH}Your account is limited to 1 simultaneous ngrok agent sessions.\n\nERR_NGROK_108",
    "old": f'{AUTH}Your ngrok-agent version "3.0.0" is too old.\n\nERR_NGROK_121',
    "proxy": f"{AUTH}Running the agent with an http/s proxy is a paid feature.\n\nERR_NGROK_9009",
    "quota": "This ngrok account has reached its HTTP requests limit for the month.\n\nERR_NGROK_727",
    "new": f"{AUTH}Something nobody has heard of.\n\nERR_NGROK_9999",
}
NO_HOST = (
    'failed to dial ngrok server with address "connect.ngrok-agent.com:443": dial tcp: lookup '
    "connect.ngrok-agent.com: no such host"
)


def log(level: str, message: str, **fields: object) -> None:
    """One line as the agent writes it: logfmt, line ends in values escaped."""

    def quoted(value: object) -> str:
        text = str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\r", "\\r").replace("\n", "\\n")
        return f'"{text}"' if re.search(r'[\s"=]', str(value)) else text

    moment = time.strftime("%Y-%m-%dT%H:%M:%S+0000", time.gmtime())
    rest = "".join(f" {name}={quoted(value)}" for name, value in fields.items())
    print(f"t={moment} lvl={level} msg={quoted(message)}{rest}", flush=True)


def refuse(why: str) -> None:
    print(f"ERROR:  {why}", flush=True)
    raise SystemExit(2)


def steering() -> dict[str, Any]:
    file = FOLDER / "ngrok.json"
    found: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    return found


def read_arguments(arguments: list[str]) -> Path:
    """`start --none --log stdout --config FILE`, and nothing else."""
    if arguments[:2] != ["start", "--none"]:
        refuse(f"unknown command {arguments!r}")
    flags = dict(zip(arguments[2::2], arguments[3::2], strict=True))
    if unknown := set(flags) - {"--log", "--config"}:
        refuse(f"unknown or unsafe flags: {sorted(unknown)}")
    if flags.get("--log") != "stdout" or "--config" not in flags:
        refuse("Homeport reads the log from stdout and gives a configuration")
    return Path(flags["--config"])


def read_configuration(file: Path) -> str:
    """The token. Refuses a file that others can read, a field that the agent does not know, and an open inspector."""
    mode = stat.S_IMODE(file.stat().st_mode)
    if mode != 0o600:
        refuse(f"the configuration has mode {mode:04o}")
    text = file.read_text()
    version, agent, *lines = text.splitlines()
    if version != 'version: "3"' or agent != "agent:":
        refuse("not a configuration of version 3")
    fields = dict(line.strip().split(": ", 1) for line in lines)
    token = fields.pop("authtoken", "").strip('"')
    if fields != SAFE:
        refuse(f"inspector, remote management or update check left on: {fields}")
    if any(name.startswith(("NGROK_", "HOMEPORT_")) for name in os.environ):
        refuse("tokens in the environment")
    if token and token in " ".join(sys.argv):
        refuse("the token is an argument")
    return token


class Agent:
    """The endpoints, and the public side that leads to them."""

    def __init__(self, steer: dict[str, Any]) -> None:
        self.steer = steer
        self.endpoints: dict[str, dict[str, Any]] = {}
        self.connected = True
        self.public: http.server.ThreadingHTTPServer | None = None
        self.session: Session | None = None

    def open(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        unknown = set(asked) - {"name", "upstream", "url", "inspect"}
        if unknown or asked.get("inspect") is not False:
            return 400, {"msg": f"unknown fields {sorted(unknown)}, or the inspector was left on"}
        own = self.steer.get("domain", "careful-heron-42.ngrok-free.dev")
        url = asked.get("url") or f"https://{own}"
        if fault := self.steer.get("endpoint_fault", {}).get(url):
            return 502, {
                "error_code": 103,
                "status_code": 502,
                "msg": "failed to start endpoint",
                "details": {"err": fault},
            }
        endpoint = {
            "name": asked["name"],
            "uri": "/api/endpoints/" + urllib.parse.quote(asked["name"], safe=""),
            "public_url": url,
            "url": url,
            "proto": "https",
            "upstream": asked["upstream"],
            "metrics": {"conns": {"count": 0}, "http": {"count": 0}},
        }
        self.endpoints[asked["name"]] = endpoint
        if self.session is not None and (fault := self.session.announce(url)):
            del self.endpoints[asked["name"]]
            return 502, {"error_code": 103, "status_code": 502, "msg": "failed", "details": {"err": fault}}
        if port := self.steer.get("public_port"):
            self.public = serve(port, lambda *given: Public(self, *given))
        log("info", "started tunnel", obj="tunnels", name=asked["name"], addr=asked["upstream"]["url"], url=url)
        return 201, endpoint

    def happens(self, what: str) -> None:
        """What a test wants to happen to a running agent."""
        if what == "lose":
            self.connected = False
            log("eror", "session closed, starting reconnect loop", obj="tunnels.session", err="read tcp: i/o timeout")
            log("eror", "failed to reconnect session", obj="csess", id="1", err=NO_HOST)
        elif what == "back":
            self.connected = True
            log("info", "client session established", obj="tunnels.session")
        elif what == "upstream":
            log("warn", "failed to open private leg", id="1", privaddr="127.0.0.1:1", err="connect: connection refused")
        elif what.startswith("die:"):
            log("crit", "command failed", err=REFUSALS[what[4:]])
            os._exit(1)


class Session:
    """The connection to the servers of `cloud.py`: it carries what clients ask, is lost with the network, comes back.

    `beat`, `tolerance` and `dial` are seconds; by default they are the real agent's.
    """

    def __init__(self, agent: Agent, server: str, beat: float = 10, tolerance: float = 15, dial: float = 10) -> None:
        host, _, port = server.rpartition(":")
        self.agent = agent
        self.server = (host, int(port))
        self.beat, self.tolerance, self.dial = beat, tolerance, dial
        self.socket: socket.socket | None = None
        self.answers: queue.Queue[dict[str, str]] = queue.Queue()
        self.writing = threading.Lock()
        self.carried: set[socket.socket] = set()

    def connect(self) -> None:
        """Try until it is there, as the agent does; then follow it in the background."""
        wait = 0.5
        while True:
            try:
                self.socket = socket.create_connection(self.server, timeout=self.dial)
                break
            except OSError as error:
                self.socket = None
                where = f'failed to dial ngrok server with address "{self.server[0]}": '
                log("eror", "failed to reconnect session", obj="csess", id="1", err=f"{where}dial tcp: {error}")
                time.sleep(wait)
                wait = min(30.0, wait * 2)
        self.answers = queue.Queue()
        self.say(hello=1)
        threading.Thread(target=self.follow, args=(self.socket,), daemon=True).start()
        threading.Thread(target=self.keep_beating, args=(self.socket,), daemon=True).start()
        if "ok" not in self.answer():
            return
        for endpoint in self.agent.endpoints.values():
            self.announce(endpoint["url"])
        self.agent.connected = True
        log("info", "client session established", obj="tunnels.session")

    def announce(self, url: str) -> str:
        """Ask for a name; why it is not given, or nothing."""
        self.say(endpoint=url)
        return self.answer().get("fault", "")

    def answer(self) -> dict[str, str]:
        try:
            return self.answers.get(timeout=self.dial)
        except queue.Empty:
            return {"fault": "i/o timeout"}

    def say(self, **what: object) -> None:
        with self.writing, contextlib.suppress(OSError):  # whoever reads it finds out
            if self.socket is not None:
                self.socket.sendall(json.dumps(what).encode() + b"\n")

    def keep_beating(self, mine: socket.socket) -> None:
        while mine is self.socket:
            self.say(beat=1)
            time.sleep(self.beat)

    def follow(self, mine: socket.socket) -> None:
        mine.settimeout(self.beat + self.tolerance)
        try:
            with mine.makefile("r") as lines:
                for line in lines:
                    said = json.loads(line)
                    if "open" in said:
                        threading.Thread(target=self.carry, args=(said["open"],), daemon=True).start()
                    elif "beat" not in said:
                        self.answers.put(said)
        except OSError:
            pass
        self.agent.connected = False
        log("eror", "session closed, starting reconnect loop", obj="tunnels.session", err="session closed")
        self.answers.put({"fault": "session closed"})
        for each in (mine, *self.carried):
            shut(each)
        self.connect()

    def carry(self, number: int) -> None:
        """One request, there and back."""
        endpoint = next(iter(self.agent.endpoints.values()))
        upstream = urllib.parse.urlsplit(endpoint["upstream"]["url"])
        try:
            outer = socket.create_connection(self.server, timeout=self.dial)
            outer.sendall(json.dumps({"data": number}).encode() + b"\n")
        except OSError:
            return
        try:
            inner = socket.create_connection((upstream.hostname or "", upstream.port or 80), timeout=self.dial)
        except OSError:
            log("warn", "failed to open private leg", id="1", privaddr=upstream.netloc, err="connection refused")
            outer.close()
            return
        ends = {outer, inner}
        self.carried |= ends
        for each in ends:
            each.settimeout(None)
        back = threading.Thread(target=pump, args=(inner, outer), daemon=True)
        back.start()
        pump(outer, inner)
        back.join()
        self.carried -= ends
        for each in ends:
            each.close()


def pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while part := source.recv(65_536):
            sink.sendall(part)
    shut(source)
    shut(sink)


def shut(each: socket.socket) -> None:
    with contextlib.suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)


class Answering(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, agent: Agent, *given: Any) -> None:
        self.agent = agent
        super().__init__(*given)

    def log_message(self, format: str, *args: object) -> None:
        """The log is for the agent's own lines."""

    def answer(self, status: int, body: bytes, kind: str, **more: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **more}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))


class Api(Answering):
    """The agent's own API, on loopback."""

    def json(self, status: int, answer: object) -> None:
        self.answer(status, json.dumps(answer).encode(), "application/json")

    def do_GET(self) -> None:
        if self.agent.steer.get("deaf"):
            time.sleep(3600)
        if self.path == "/api/endpoints":
            self.json(200, {"endpoints": list(self.agent.endpoints.values()), "uri": self.path})
        else:
            self.json(404, {"status_code": 404, "msg": "not found"})

    def do_POST(self) -> None:
        body = self.body()
        if self.path.startswith("/fake/"):
            self.json(200, {})
            self.agent.happens(self.path.removeprefix("/fake/"))
        elif self.path == "/api/endpoints" and self.agent.steer.get("mode") != "no-endpoints":
            self.json(*self.agent.open(json.loads(body)))
        else:
            self.json(404, {"status_code": 404, "msg": "not found"})


class Public(Answering):
    """ngrok's servers: they pass on what comes for the endpoint's name, and show browsers a page first."""

    def instead(self, status: int, body: bytes, kind: str, code: str) -> None:
        self.answer(status, body, kind, ngrok_error_code=code)

    def pass_on(self) -> None:
        body = self.body()
        endpoint = next(iter(self.agent.endpoints.values()))
        if self.headers.get("Host") != urllib.parse.urlsplit(endpoint["url"]).netloc or not self.agent.connected:
            return self.instead(404, b"ERR_NGROK_3200", "text/plain", "ERR_NGROK_3200")
        if self.agent.steer.get("exhausted"):
            return self.instead(403, b"limit for the month. ERR_NGROK_725", "text/plain", "ERR_NGROK_725")
        seen_page = "ngrok-skip-browser-warning" in self.headers or "abuse_interstitial" in self.headers.get(
            "Cookie", ""
        )
        if self.headers.get("User-Agent", "").startswith("Mozilla") and not seen_page:
            return self.instead(200, FREE_PAGE, "text/html", "ERR_NGROK_6024")
        upstream = urllib.parse.urlsplit(endpoint["upstream"]["url"])
        connection = http.client.HTTPConnection(upstream.hostname or "", upstream.port, timeout=60)
        headers = {n: v for n, v in self.headers.items() if n.lower() not in ("connection", "transfer-encoding")}
        headers |= {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}
        headers["X-Forwarded-Host"] = self.headers["Host"]
        try:
            connection.request(self.command, self.path, body or None, headers)
            answer = connection.getresponse()
        except OSError:
            return self.instead(502, b"ERR_NGROK_8012", "text/plain", "ERR_NGROK_8012")
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                self.send_header(name, value)
        self.send_header("Connection", "close")
        self.close_connection = True
        self.end_headers()
        while part := answer.read1(65_536):
            self.wfile.write(part)
            self.wfile.flush()
        return connection.close()

    do_GET = do_POST = do_OPTIONS = do_HEAD = do_DELETE = do_PUT = pass_on


def serve(port: int, handler: Any) -> http.server.ThreadingHTTPServer:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def main() -> None:
    arguments, steer = sys.argv[1:], steering()
    mode = steer.get("mode", "ok")
    if arguments == ["--version"]:
        print(steer.get("version", "ngrok version 3.39.8"))
        return
    file = read_arguments(arguments)
    token = read_configuration(file)
    run = {"pid": os.getpid(), "arguments": arguments, "environment": dict(os.environ), "token": token}
    with (FOLDER / "runs.jsonl").open("a") as runs:
        runs.write(json.dumps(run) + "\n")
    if mode == "silent":
        time.sleep(3600)
    log("info", "open config file", path=str(file), err="nil")
    if token in steer.get("refused", ()):
        mode = "badtoken"
    if mode == "proxy" and not any(name.upper() == "HTTPS_PROXY" for name in os.environ):
        mode = steer.get("without_proxy", "ok")
    agent = Agent(steer)
    server = serve(0, lambda *given: Api(agent, *given))
    log("info", "starting web service", obj="web", addr=f"127.0.0.1:{server.server_port}", allow_hosts="[]")
    (FOLDER / "api.json").write_text(json.dumps({"pid": os.getpid(), "port": server.server_port}))
    if mode == "no network":
        while True:
            log("eror", "failed to reconnect session", obj="csess", id="1", err=NO_HOST)
            time.sleep(0.5)
    if mode in REFUSALS:
        log("eror", "failed to auth", obj="csess", err=REFUSALS[mode])
        log("crit", "command failed", err=REFUSALS[mode])
        raise SystemExit(1)
    if "server" in steer:
        agent.session = Session(agent, **steer["server"])
        agent.session.connect()
    else:
        log("info", "client session established", obj="tunnels.session")
    log("info", "tunnel session started", obj="tunnels.session")
    threading.Event().wait()


if __name__ == "__main__":
    main()
