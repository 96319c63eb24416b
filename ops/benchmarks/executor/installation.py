"""An installation of its own for measurements: Postgres, registry, vault, broker and executor as they are shipped, with
one connector, one tenant and one connected account."""

import importlib.machinery
import importlib.util
import os
import pathlib
import shutil
import subprocess
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[3]
PORTS = {"registry": 7811, "broker": 7812, "vault": 7813, "executor": 7814, "sync": 7815}


def load_demo():
    """The steps of ops/demo that connect an account through the connect pages."""
    loader = importlib.machinery.SourceFileLoader("demo", str(ROOT / "ops" / "demo"))
    spec = importlib.util.spec_from_loader("demo", loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


class Installation:
    """The services under `folder`; the executor has one worker thread."""

    def __init__(self, binary, folder, upstream_port):
        self.binary = pathlib.Path(binary)
        self.folder = pathlib.Path(folder)
        self.log = self.folder / "services.log"
        shutil.rmtree(self.folder, ignore_errors=True)
        content = self.folder / "content"
        content.mkdir(parents=True)
        for name in ("openapi", "migrations"):
            (content / name).symlink_to(ROOT / name)
        (content / "connectors").symlink_to(pathlib.Path(__file__).resolve().parent / "connectors")
        self.env = {
            "TRIBUTARY_DATA_DIR": str(self.folder / "data"),
            "TRIBUTARY_CONTENT_DIR": str(content),
            "TRIBUTARY_EGRESS_HOST_MAP": f"api.bench.example=http://127.0.0.1:{upstream_port}",
            "TRIBUTARY_EGRESS_PLAIN_HTTP": "true",
            "TRIBUTARY_EXECUTOR_THREADS": "1",
            "TRIBUTARY_EXECUTOR_TLS_PORT": "7819",
            "TRIBUTARY_LOG_LEVEL": "warning",
            **{f"TRIBUTARY_{name.upper()}_PORT": str(port) for name, port in PORTS.items()},
        }
        self.processes = []

    def command(self, *words, **env):
        run = subprocess.run(
            [str(self.binary), *words], env={**os.environ, **self.env, **env}, capture_output=True, text=True, cwd=ROOT
        )
        if run.returncode != 0:
            raise SystemExit(f"tributary {' '.join(words)} failed:\n{run.stdout}{run.stderr}")
        return run.stdout.strip()

    def start(self):
        """Everything but the executor."""
        postgres = subprocess.run(
            [ROOT / "ops" / "postgres", "start", self.folder / "postgres", "auto"], capture_output=True, text=True
        )
        if postgres.returncode != 0:
            raise SystemExit(postgres.stderr)
        (self.folder / "data").mkdir()
        self.command("init", "--superuser", postgres.stdout.strip())
        self.command("migrate")
        self.admin_key = self.command("admin-key", "--name", "bench")
        for name in ("registry", "vault", "broker"):
            self.processes.append(self.spawn(name))
            self.wait(PORTS[name])
        self.command("connectors", "apply", TRIBUTARY_ADMIN_KEY=self.admin_key)
        self.command("connectors", "publish", TRIBUTARY_ADMIN_KEY=self.admin_key)

    def spawn(self, name):
        return subprocess.Popen(
            [str(self.binary), name], env={**os.environ, **self.env}, cwd=ROOT, stdin=subprocess.DEVNULL,
            stdout=open(self.log, "ab"), stderr=subprocess.STDOUT, start_new_session=True,
        )

    def wait(self, port):
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=5)
                return
            except OSError:
                time.sleep(0.05)
        raise SystemExit(f"the service on port {port} does not become ready; see {self.log}")

    def connect(self):
        """A tenant with a key, and an account; sets `key`, `account` and what they were made with."""
        demo = load_demo()
        admin = f"http://127.0.0.1:{PORTS['registry']}"

        def post(path, body):
            return demo.call("POST", admin + path, self.admin_key, body)

        self.tenant = post("/admin/v1/tenants", {"name": "Bench"})["id"]
        self.environment = post("/admin/v1/environments", {"tenant_id": self.tenant, "name": "bench", "return_urls": [demo.RETURN_URL]})["id"]
        made = post(
            "/admin/v1/api-keys",
            {
                "tenant_id": self.tenant, "environment_id": self.environment, "name": "bench",
                "scopes": ["unified:read", "unified:write", "proxy", "connect"],
            },
        )
        self.key = made["key"]
        self.integration = post("/admin/v1/integrations", {"environment_id": self.environment, "connector": "bench"})["id"]
        env = {"TRIBUTARY_CONNECT_URL": f"http://localhost:{PORTS['broker']}"}
        self.account = demo.connect(env, self.key, "bench", {"method": "token", "fields": {"token": "tok_" + "x" * 40}})

    def stop(self):
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
        subprocess.run([ROOT / "ops" / "postgres", "stop", self.folder / "postgres"], capture_output=True)
