import Foundation
import LoopbackClient
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import TestSupport

/// A headless Chromium, driven over WebDriver (https://www.w3.org/TR/webdriver2/).
///
/// ``run(_:)`` starts `chromedriver` from the search path, and ends everything that it started.
actor Browser {
    /// How long the driver may take for an answer: longer than all that it waits for itself, so that it can say what
    /// did not come.
    private static let commandTimeout = FeedServerProcess.requestTimeout
    /// How long a page may take to load, an element to appear, a script to end, and a condition to come true.
    private static let patience = Patience.standard * 2 / 3
    /// How long a page is left alone with a condition, in milliseconds.
    private static let lookTime = 5_000

    /// The address of the driver's session.
    private let session: String

    private init(session: String) {
        self.session = session
    }

    /// Opens a browser with an empty profile, and closes it when `body` is done.
    static func run<Result: Sendable>(
        _ body: @Sendable (Browser) async throws -> Result
    ) async throws -> Result {
        let driver = try await ChromeDriver.start()
        do {
            let browser = Browser(session: try await newSession(driver: driver))
            let result = try await body(browser)
            try await browser.command(.DELETE, "")
            try await driver.stop()
            return result
        } catch {
            // Losing this error is right: the first one tells more.
            try? await driver.stop()
            guard driver.hasFailed else { throw error }
            throw BrowserError(description: "\(error); \(driver.lastWords)")
        }
    }

    private static func newSession(driver: ChromeDriver) async throws -> String {
        let arguments = [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--window-size=1280,900", "--user-data-dir=\(driver.folder.url.path)",
        ]
        let milliseconds = patience.components.seconds * 1_000
        let capabilities: [String: Any] = [
            "browserName": "chrome", "goog:chromeOptions": ["args": arguments],
            "goog:loggingPrefs": ["browser": "ALL"],
            // An element that is looked for is waited for: a click may lead to the page that has it.
            "timeouts": ["pageLoad": milliseconds, "implicit": milliseconds, "script": milliseconds],
        ]
        let answer = try await send(
            .POST, "\(driver.address)/session", json(["capabilities": ["alwaysMatch": capabilities]]))
        return try "\(driver.address)/session/\(decode(Session.self, from: answer).sessionId)"
    }

    /// Goes to an address, and returns when the page has loaded.
    func open(_ url: String) async throws {
        try await command(.POST, "/url", ["url": url])
    }

    /// Loads the page anew.
    func reload() async throws {
        try await command(.POST, "/refresh", [:])
    }

    /// Goes back in the session's history.
    func goBack() async throws {
        try await command(.POST, "/back", [:])
    }

    var url: String {
        get async throws { try decode(String.self, from: try await command(.GET, "/url")) }
    }

    var title: String {
        get async throws { try decode(String.self, from: try await command(.GET, "/title")) }
    }

    /// The window's content as PNG.
    func screenshot() async throws -> Data {
        let text = try decode(String.self, from: try await command(.GET, "/screenshot"))
        guard let image = Data(base64Encoded: text) else {
            throw BrowserError(description: "The screenshot is not base64.")
        }
        return image
    }

    /// What the page has written to the console, and what the browser complained of, since the last
    /// call.
    func consoleMessages() async throws -> [ConsoleMessage] {
        let answer = try await command(.POST, "/se/log", ["type": "browser"])
        return try decode([ConsoleMessage].self, from: answer)
    }

    /// The first element of a CSS selector.
    func find(_ selector: String) async throws -> Element {
        let strategy = ["using": "css selector", "value": selector]
        return try decode(Element.self, from: try await command(.POST, "/element", strategy))
    }

    /// Clicks as a mouse does: scrolls there, and fails when something lies above the element.
    func click(_ selector: String) async throws {
        let element = try await find(selector)
        try await command(.POST, "/element/\(element.id)/click", [:])
    }

    /// Types into a field, behind what is there. Into a file's field goes the path of a file.
    func type(_ text: String, into selector: String) async throws {
        let element = try await find(selector)
        try await command(.POST, "/element/\(element.id)/value", ["text": text])
    }

    /// Empties a field.
    func clear(_ selector: String) async throws {
        let element = try await find(selector)
        try await command(.POST, "/element/\(element.id)/clear", [:])
    }

    /// The text of an element as it is shown.
    func text(_ selector: String) async throws -> String {
        let element = try await find(selector)
        return try decode(String.self, from: try await command(.GET, "/element/\(element.id)/text"))
    }

    /// Presses a key, where the focus is.
    func press(_ key: Key) async throws {
        let strokes = ["keyDown", "keyUp"].map { ["type": $0, "value": key.rawValue] }
        let actions: [String: Any] = ["type": "key", "id": "keyboard", "actions": strokes]
        try await command(.POST, "/actions", ["actions": [actions]])
    }

    /// Runs the body of a function in the page, and returns what it returns.
    func executeScript<Value: Decodable & Sendable>(
        _ script: String, as: Value.Type = Value.self
    ) async throws -> Value {
        let answer = try await command(.POST, "/execute/sync", ["script": script, "args": [String]()])
        return try decode(Value.self, from: answer)
    }

    /// Runs the body of a function in the page, for what it does.
    func executeScript(_ script: String) async throws {
        try await command(.POST, "/execute/sync", ["script": script, "args": [String]()])
    }

    /// Returns when a JavaScript expression has come true in a page that has loaded; the page itself keeps looking.
    /// Where it is left for another page meanwhile, that one goes on. One that throws is not true.
    func waitUntil(_ condition: String) async throws {
        var seen = ""
        try await TestSupport.waitUntil(condition, patience: Self.patience, last: { seen }) {
            do {
                let outcome = try await look(for: condition)
                seen = outcome.seen
                return outcome.isTrue
            } catch let error as BrowserError where error.tellsOfALostScript {
                seen = error.description
                return false
            }
        }
    }

    private func look(for condition: String) async throws -> Look {
        let script = """
            const done = arguments[0];
            const end = performance.now() + \(Self.lookTime);
            (function look() {
              let seen = `${location.href} is ${document.readyState}`;
              try {
                if (document.readyState === "complete" && (\(condition))) return done({ isTrue: true, seen });
              } catch (error) {
                seen += `: ${error}`;
              }
              if (performance.now() > end) done({ isTrue: false, seen });
              else setTimeout(look, 10);
            })();
            """
        let answer = try await command(.POST, "/execute/async", ["script": script, "args": [String]()])
        return try decode(Look.self, from: answer)
    }

    // MARK: Chrome DevTools Protocol (https://chromedevtools.github.io/devtools-protocol/)

    /// Runs a script in every page from now on, before the page's own.
    func runBeforePages(_ script: String) async throws {
        try await devTools("Page.addScriptToEvaluateOnNewDocument", ["source": script])
    }

    /// Lets requests to these addresses fail; `*` stands for anything. None unblocks.
    func block(_ urls: [String]) async throws {
        try await devTools("Network.enable", [:])
        try await devTools("Network.setBlockedURLs", ["urls": urls])
    }

    /// Moves the browser to a time zone, named as in `Pacific/Kiritimati`.
    func setTimeZone(_ name: String) async throws {
        try await devTools("Emulation.setTimezoneOverride", ["timezoneId": name])
    }

    private func devTools(_ method: String, _ parameters: [String: Any]) async throws {
        try await command(.POST, "/goog/cdp/execute", ["cmd": method, "params": parameters])
    }

    @discardableResult
    private func command(
        _ method: HTTPMethod, _ path: String, _ body: [String: Any]? = nil
    ) async throws -> Data {
        try await Self.send(method, session + path, body.map(Self.json))
    }

    private static func json(_ body: [String: Any]) throws -> Data {
        try JSONSerialization.data(withJSONObject: body)
    }

    private static func send(
        _ method: HTTPMethod, _ url: String, _ body: Data?
    ) async throws -> Data {
        var request = HTTPClientRequest(url: url)
        request.method = method
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(data: body))
        }
        let response = try await HTTPClient.shared.execute(request, timeout: commandTimeout)
        // A screenshot is the largest answer.
        let answer = Data(buffer: try await response.body.collect(upTo: 32 << 20))
        guard response.status == .ok else {
            throw BrowserError(description: String(decoding: answer, as: UTF8.self))
        }
        return answer
    }
}

extension Browser {
    /// Keys that have no character, by their WebDriver code points.
    enum Key: String {
        case tab = "\u{E004}", enter = "\u{E007}", pageUp = "\u{E00E}", pageDown = "\u{E00F}"
    }

    /// A reference to an element of the page.
    struct Element: Decodable, Sendable {
        let id: String

        private enum CodingKeys: String, CodingKey {
            case id = "element-6066-11e4-a52e-4f735466cecf"
        }
    }

    /// A line of the console.
    struct ConsoleMessage: Decodable, Sendable {
        let level: String
        let message: String
    }

    private struct Session: Decodable {
        let sessionId: String
    }

    /// What came of looking for a condition for a while.
    private struct Look: Decodable {
        let isTrue: Bool
        /// Where, and why not.
        let seen: String
    }
}

/// Why the browser did not do what it was told.
struct BrowserError: Error, CustomStringConvertible {
    let description: String

    /// What the driver says at once when a page is left whose script had not ended. The script's own end
    /// comes before its time is over.
    fileprivate var tellsOfALostScript: Bool { description.contains("script timeout") }
}

/// Takes the value out of a WebDriver answer.
private func decode<Value: Decodable>(_ type: Value.Type, from answer: Data) throws -> Value {
    try JSONDecoder().decode(Answer<Value>.self, from: answer).value
}

private struct Answer<Value: Decodable>: Decodable {
    let value: Value
}

/// A `chromedriver` process from the search path, on a port that it chooses itself.
private final class ChromeDriver: Sendable {
    /// The beginning of every address, without a slash at its end.
    let address: String
    /// For all files of the driver and of the browser. It is removed with this object.
    let folder: TemporaryFolder
    private let child: ChildProcess

    private init(child: ChildProcess, folder: TemporaryFolder, address: String) {
        self.child = child
        self.folder = folder
        self.address = address
    }

    /// The port that it draws may be taken before it listens.
    private static let startAttempts = 3
    /// What a program that is not there ends with.
    private static let notFound = ChildProcess.End.exited(127)

    /// Starts the driver, and returns when it accepts connections.
    static func start() async throws -> ChromeDriver {
        let folder = try TemporaryFolder()
        // The folder in which it runs: the browser makes a socket there, and the path of one may not be long.
        var environment = ["TMPDIR": "."]
        // What it keeps for its user goes there as well.
        for name in ["HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"] {
            environment[name] = folder.url.path
        }
        environment.merge(ProcessInfo.processInfo.environment) { own, _ in own }
        var attempt = 1
        while true {
            let child = try await ChildProcess.start(
                "chromedriver", ["--port=0"], environment: environment, folder: folder.url)
            do {
                let report = try await child.wait(for: "its port") { port(in: $0) != nil }
                let address = "http://127.0.0.1:\(port(in: report) ?? "")"
                return ChromeDriver(child: child, folder: folder, address: address)
            } catch is ChildProcess.Failure
                where child.report.end != notFound && attempt < startAttempts
            {
                attempt += 1
            }
        }
    }

    private static func port(in report: ChildProcess.Report) -> String? {
        report.output.firstMatch(of: /started successfully on port (\d+)/).map { String($0.output.1) }
    }

    /// It has ended otherwise than by ``stop()``.
    var hasFailed: Bool {
        let end = child.report.end
        return end != nil && end != .signalled(SIGKILL)
    }

    var lastWords: String {
        let report = child.report
        return "chromedriver ended: \(report.output) \(report.errors)"
    }

    /// Ends the driver, and with it a browser that it could not close: they share a process group. Returns when
    /// nobody writes to their files any more: all of them hold the driver's output open.
    ///
    /// Also where the test's task is cancelled, which ends every wait.
    func stop() async throws {
        _ = try await Task { [child] in
            let report = child.report
            // It has left a browser behind, which has its group.
            if report.end != nil, !report.isComplete { kill(-child.pid, SIGKILL) }
            return try await child.killed()
        }.value
    }
}
