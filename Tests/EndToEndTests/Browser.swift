import AsyncHTTPClient
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import TestSupport

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A headless Chromium, driven over WebDriver (https://www.w3.org/TR/webdriver2/).
///
/// ``run(_:)`` starts `chromedriver` from the search path, and ends everything that it started.
actor Browser {
    /// How long the driver may take for an answer.
    private static let commandTimeout = TimeAmount.seconds(60)
    /// How long a condition may take to come true.
    private static let patience = Duration.seconds(20)

    /// The address of the driver's session.
    private let session: String

    private init(session: String) {
        self.session = session
    }

    /// Opens a browser with an empty profile, and closes it when `body` is done.
    static func run<Result: Sendable>(
        _ body: @Sendable (Browser) async throws -> Result
    ) async throws -> Result {
        let profile = FileManager.default.temporaryDirectory
            .appending(path: "browser-\(UUID().uuidString)", directoryHint: .isDirectory)
        try FileManager.default.createDirectory(at: profile, withIntermediateDirectories: true)
        // Losing this error is right: a left-over profile must not fail a test.
        defer { try? FileManager.default.removeItem(at: profile) }

        let driver = try await ChromeDriver.start(temporaryDirectory: profile)
        defer { driver.stop() }
        let session = try await newSession(driver: driver, profile: profile)
        let browser = Browser(session: session)
        do {
            let result = try await body(browser)
            try await browser.command(.DELETE, "")
            return result
        } catch {
            // Losing this error is right: the first one tells more, and the driver's end is the browser's.
            _ = try? await browser.command(.DELETE, "")
            throw error
        }
    }

    private static func newSession(driver: ChromeDriver, profile: URL) async throws -> String {
        let arguments = [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--window-size=1280,900", "--user-data-dir=\(profile.path)",
        ]
        let capabilities: [String: Any] = [
            "browserName": "chrome", "goog:chromeOptions": ["args": arguments],
            "goog:loggingPrefs": ["browser": "ALL"],
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

    /// Returns when a JavaScript expression has come true in the page; the page itself keeps looking.
    /// Where it is left for another page meanwhile, that one goes on.
    ///
    /// - Throws: ``BrowserError`` when it has not within `deadline`.
    func waitUntil(_ condition: String, deadline: Duration = patience) async throws {
        let end = ContinuousClock.now + deadline
        var isTrue: Bool?
        while isTrue == nil {
            do {
                isTrue = try await looks(for: condition, deadline: deadline)
            } catch let error as BrowserError where error.tellsOfALostScript && ContinuousClock.now < end {
                continue
            }
        }
        guard isTrue == true else {
            throw BrowserError(description: "Not true within \(deadline): \(condition)")
        }
    }

    private func looks(for condition: String, deadline: Duration) async throws -> Bool {
        let milliseconds = deadline.components.seconds * 1_000
        try await command(.POST, "/timeouts", ["script": milliseconds + 5_000])
        let script = """
            const done = arguments[0];
            const end = performance.now() + \(milliseconds);
            (function look() {
              if (\(condition)) done(true);
              else if (performance.now() > end) done(false);
              else setTimeout(look, 10);
            })();
            """
        let answer = try await command(.POST, "/execute/async", ["script": script, "args": [String]()])
        return try decode(Bool.self, from: answer)
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
    private let process: Process

    private init(process: Process, address: String) {
        self.process = process
        self.address = address
    }

    /// The port that it draws may be taken before it listens.
    private static let startAttempts = 3

    /// Starts the driver, and returns when it accepts connections.
    static func start(temporaryDirectory: URL) async throws -> ChromeDriver {
        var log = ""
        for _ in 0..<startAttempts {
            if let driver = try await startOnce(temporaryDirectory, log: &log) { return driver }
        }
        throw BrowserError(description: "chromedriver did not start: \(log)")
    }

    private static func startOnce(_ temporaryDirectory: URL, log: inout String) async throws -> ChromeDriver?
    {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["TMPDIR=\(temporaryDirectory.path)", "chromedriver", "--port=0"]
        process.standardOutput = output
        process.standardError = output
        try ChildProcess.run(process)
        for await text in lines(of: output.fileHandleForReading) {
            log += text
            if let port = log.firstMatch(of: /started successfully on port (\d+)/)?.output.1 {
                return ChromeDriver(process: process, address: "http://127.0.0.1:\(port)")
            }
        }
        return nil
    }

    /// Ends the driver, and with it a browser that it could not close: they share a process group.
    ///
    /// By `SIGKILL`, because a process inherits the blocked signals of the thread that started it,
    /// and threads of Swift's concurrency block `SIGTERM`.
    func stop() {
        let identifier = process.processIdentifier
        kill(getpgid(identifier) == identifier ? -identifier : identifier, SIGKILL)
        process.waitUntilExit()
    }

    /// What the process writes. It is read to its end in any case, so that the process never waits.
    private static func lines(of handle: FileHandle) -> AsyncStream<String> {
        AsyncStream { continuation in
            OutputReader.start(handle) { data in
                continuation.yield(String(decoding: data, as: UTF8.self))
                if data.isEmpty { continuation.finish() }
            }
        }
    }
}
