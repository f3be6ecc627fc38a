import FeedStore
import Foundation

/// A feed-server that is a script: it registers its one user, logs it in, takes its posts, and keeps them where the
/// real one does.
struct PostingServer {
    /// For a shell.
    let script: String

    /// - Parameters:
    ///   - folder: for an empty database, of which it serves a copy.
    ///   - answer: what it does with a post, in Python without single quotes; `keep` and `answer` are there for it.
    init(in folder: URL, answer: String = "self.keep(post); self.answer(201, {})") async throws {
        let empty = folder.appending(path: "empty.sqlite")
        try await SQLiteStore(path: empty.path).close()
        script = "exec python3 -c '\(Self.program(empty: empty.path, answer: answer))' \"$@\""
    }

    private static func program(empty: String, answer: String) -> String {
        """
        import http.server, itertools, json, shutil, sqlite3, sys, threading, urllib.parse
        path = sys.argv[sys.argv.index("--database") + 1]
        shutil.copy("\(empty)", path)
        database = sqlite3.connect(path, check_same_thread=False)
        database.execute("PRAGMA synchronous = OFF")
        turn = threading.Lock()
        numbers = itertools.count(1)
        users = []
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            def answer(self, status, value):
                body = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            def write(self, statement, *values):
                database.execute(statement, values)
                database.commit()
            def keep(self, post):
                with turn:
                    number = next(numbers)
                    self.write(
                        "INSERT INTO posts (status, date_posted, id, user_id, title, content) "
                        "VALUES (?, ?, ?, 1, ?, ?)", "published", number, number, post["title"], post["content"])
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                if self.path == "/api/users":
                    users.append(json.loads(body))
                    with turn:
                        self.write(
                            "INSERT INTO users (username, email) VALUES (?, ?)", users[0]["username"],
                            users[0]["email"])
                    self.answer(201, {})
                elif self.path == "/api/users/token":
                    form = urllib.parse.parse_qs(body)
                    known = {"username": [users[0]["email"]], "password": [users[0]["password"]]}
                    self.answer(200 if form == known else 401, {"access_token": "abc"})
                elif self.path != "/api/posts" or self.headers["Authorization"] != "Bearer abc":
                    self.answer(401, {})
                else:
                    post = json.loads(body)
                    \(answer)
            def log_message(self, *arguments): pass
        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 128
        server = Server(("127.0.0.1", 0), Handler)
        print(f"Listening on http://127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever()
        """
    }
}
