"""What the scripts that load a server have in common: a server of their own, and requests to it."""
import http.client, json, os, pathlib, re, shutil, signal, statistics, subprocess, sys, tempfile, urllib.parse, uuid

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "Tests/FeedServerTests/Fixtures"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}


class Server:
    """A built server on a free port of 127.0.0.1, with the sample data or as many posts as are wanted; `with` ends it
    and removes its files."""

    def __init__(self, binary, *options, redis="none", posts=None, database=None, cores=None):
        """A database may be that of a folder of the caller's own, which stays. The server runs on the cores given."""
        self.folder = tempfile.mkdtemp(prefix="feed-server-load-")
        self.database = database or os.path.join(self.folder, "feed.sqlite")
        self.log = os.path.join(self.folder, "log")
        self.command = [binary, "serve", "--host", "127.0.0.1", "--database", self.database, "--redis", redis, *options]
        self.process, self.port, self.cores = None, 0, cores
        try:
            bulk = ["--posts", str(posts), "--users", "100", "--seed", "1"] if posts else []
            subprocess.run([binary, "populate", "--database", self.database, "--yes", *bulk], check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self.start()
        except BaseException:
            self.end()
            raise

    def start(self):
        """Starts it, or starts it again, at the same port."""
        with open(self.log, "a") as log:
            self.process = subprocess.Popen(
                [*self.command, "--port", str(self.port)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                text=True, preexec_fn=(lambda: os.sched_setaffinity(0, self.cores)) if self.cores else None)
        line = self.process.stdout.readline()
        found = re.match(r"Listening on http://127\.0\.0\.1:(\d+)", line)
        if not found:
            sys.exit(f"The server does not serve: {line or open(self.log).read()[-2_000:]}")
        self.port = int(found.group(1))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def is_running(self):
        return self.process.poll() is None

    def stop(self):
        """Asks it to end, and says what was wrong with how it did, or with what it has logged."""
        wrong = self.terminate()
        wrong += [f"the server has logged: {line.strip()}" for line in open(self.log)
                  if re.search(r" (error|critical) ", line)][:10]
        return wrong

    def terminate(self):
        """Asks it to end, and says what was wrong with how it did."""
        wrong = []
        if self.is_running():
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(90)
            except subprocess.TimeoutExpired:
                wrong.append("SIGTERM has not ended the server in 90 seconds")
                self.process.kill()
        code = self.process.wait()
        if code != 0:
            wrong.append(f"the server ended with {code}")
        return wrong

    def end(self):
        if self.process and self.is_running():
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def resident(self):
        """Resident bytes of the server, and of its picture workers together."""
        server = self.process.pid
        workers = [pid for pid in children(server)]
        return resident(server), sum(resident(pid) for pid in workers)


def children(parent):
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                fields = open(f"/proc/{entry.name}/stat", "rb").read().rpartition(b")")[2].split()
            except OSError:
                continue
            if len(fields) > 1 and int(fields[1]) == parent:
                found.append(int(entry.name))
    return found


def resident(pid):
    try:
        return int(open(f"/proc/{pid}/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


class Client:
    """One connection, from an address of its own, opened anew where the server has closed it."""

    def __init__(self, port, address="127.0.0.1", timeout=60):
        self.port, self.address, self.timeout, self.connection = port, address, timeout, None

    def ask(self, method, path, body=None, headers={}):
        """Returns the status and the body; raises OSError or http.client.HTTPException without an answer."""
        if self.connection is None:
            self.connection = http.client.HTTPConnection(
                "127.0.0.1", self.port, timeout=self.timeout, source_address=(self.address, 0))
        try:
            self.connection.request(method, path, body, headers)
            response = self.connection.getresponse()
            answer = response.status, response.read()
        except BaseException:
            self.close()
            raise
        if response.will_close:
            self.close()
        return answer

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def register(self, name, password):
        """Returns the new account's id."""
        fields = {"username": name, "email": f"{name}@example.org", "password": password}
        status, body = self.ask("POST", "/api/users", json.dumps(fields), JSON)
        if status != 201:
            raise RuntimeError(f"{name} can't be registered: {status} {body[:200]}")
        return json.loads(body)["id"]

    def log_in(self, email, password):
        """Returns the status and the token, if there is one."""
        form = urllib.parse.urlencode({"username": email, "password": password})
        status, body = self.ask("POST", "/api/users/token", form, FORM)
        return status, json.loads(body).get("access_token") if status == 200 else None

    def upload(self, user, token, file):
        body, headers = upload(file, token)
        return self.ask("PATCH", f"/api/users/{user}/picture", body, headers)


def upload(file, token):
    boundary = uuid.uuid4().hex
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="picture"\r\n\r\n'
    headers = {"Authorization": f"Bearer {token}", "Content-Type": f"multipart/form-data; boundary={boundary}"}
    return head.encode() + file + f"\r\n--{boundary}--\r\n".encode(), headers


def grew(what, samples, factor=1.25, room=24 << 20):
    """What is wrong where the last quarter of the samples has more than the third."""
    quarter = len(samples) // 4
    if quarter < 5:
        return []
    before, after = statistics.median(samples[2 * quarter:3 * quarter]), statistics.median(samples[-quarter:])
    print(f"{what}: {before / 1e6:.1f} MB, then {after / 1e6:.1f} MB, at most {max(samples) / 1e6:.1f} MB")
    return [f"{what} grew from {before / 1e6:.1f} to {after / 1e6:.1f} MB"] if after > before * factor + room else []


def quantile(values, share):
    """By the nearest rank; of few values, p99 is the largest."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


# Pictures that attacked, made of good ones as Tests/FeedServerTests/Pictures/AttackPictures.swift does.

def exif_of_itself(entries, tags=(0x8769, 0x8825, 0xA005)):
    """EXIF data whose only directory is led back to by each of its entries."""
    directory = b"".join(
        tags[number % len(tags)].to_bytes(2, "little") + b"\4\0" + b"\1\0\0\0" + b"\x08\0\0\0"
        for number in range(entries))
    return b"II*\0\x08\0\0\0" + entries.to_bytes(2, "little") + directory + bytes(4)


def jpeg_with(exif, file):
    data = b"Exif\0\0" + exif
    return file[:2] + b"\xff\xe1" + (len(data) + 2).to_bytes(2, "big") + data + file[2:]


def png_with(exif, file):
    return file[:33] + len(exif).to_bytes(4, "big") + b"eXIf" + exif + bytes(4) + file[33:]


def webp_of_frames(count, file):
    """An animation whose last frame is repeated."""
    body = file[12:] + file[file.rindex(b"ANMF"):] * count
    return b"RIFF" + (len(body) + 4).to_bytes(4, "little") + b"WEBP" + body
