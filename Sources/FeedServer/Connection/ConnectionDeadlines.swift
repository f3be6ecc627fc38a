import NIOCore

/// What one HTTP/1.1 connection owes to whom, and until when the client has to move: a pure state machine, told
/// what happens and at what time, asked for the next deadline.
///
/// At most one deadline runs for each direction:
///
/// - *Reading.* While nothing is owed in either direction, the client has `head` to deliver a request head. From a
///   head on it has `body` to deliver the end; bytes do not extend that. If earlier requests are still being
///   answered (pipelining), the time starts when their responses are written, because until then it may be the
///   server that does not read.
/// - *Writing.* `write` runs while a finished response is not flushed, or while the channel is not writable in the
///   middle of a response. Two things count as progress and start it anew: a whole response that is flushed while
///   others wait, and a channel that becomes writable again, that is, has passed the low watermark of its write
///   buffer (32 KiB by default). Both use up bytes of which there is an end, so neither can go on for ever.
/// - *Closing.* After the server has closed its half and all is flushed, the client has `linger` to close the other
///   (RFC 9112, section 9.6).
struct ConnectionDeadlines {
    /// Which deadline it is; the raw value is its label in metrics.
    enum Kind: String, CaseIterable {
        case head, body, write, linger
    }

    struct Deadline: Equatable {
        let kind: Kind
        let time: NIODeadline
    }

    private let timeouts: ConnectionTimeouts
    private var reading: Deadline?
    private var writing: NIODeadline?
    private var closing: NIODeadline?

    /// Whether a request has been begun and not ended.
    private(set) var isReadingRequest = false
    /// Requests whose head has come and whose response is not written to its end.
    private(set) var unansweredRequests = 0
    /// Whether a response has been begun and not ended.
    private(set) var isWritingResponse = false
    /// Responses written to their end that the kernel has not taken yet.
    private(set) var unflushedResponses = 0
    private var isWritable = true
    private var isOutputClosed = false

    /// A connection that is not open yet: nothing runs.
    init(timeouts: ConnectionTimeouts) {
        self.timeouts = timeouts
    }

    /// Whether every request has its response, down to the last flushed byte.
    var owesNothing: Bool {
        unansweredRequests == 0 && unflushedResponses == 0
    }

    /// The deadline that comes first, if any runs.
    var next: Deadline? {
        var first = reading
        for (kind, time) in [(Kind.write, writing), (Kind.linger, closing)] {
            if let time, first.map({ time < $0.time }) ?? true {
                first = Deadline(kind: kind, time: time)
            }
        }
        return first
    }

    /// The kind of the deadline that has passed, if one has.
    func expired(now: NIODeadline) -> Kind? {
        next.flatMap { $0.time <= now ? $0.kind : nil }
    }

    mutating func connectionOpened(now: NIODeadline) {
        updateReading(now: now)
    }

    // MARK: Requests

    mutating func requestBegan(now: NIODeadline) {
        isReadingRequest = true
        unansweredRequests += 1
        updateReading(now: now)
    }

    mutating func requestEnded(now: NIODeadline) {
        isReadingRequest = false
        updateReading(now: now)
    }

    /// The request that is being read, if any, will never end, and gets no answer from whom it was handed to.
    mutating func requestFailed(now: NIODeadline) {
        if isReadingRequest, unansweredRequests > 0 {
            unansweredRequests -= 1
        }
        requestEnded(now: now)
    }

    // MARK: Responses

    mutating func responseBegan() {
        isWritingResponse = true
    }

    mutating func responseEnded(now: NIODeadline) {
        isWritingResponse = false
        unansweredRequests = max(0, unansweredRequests - 1)
        unflushedResponses += 1
        writing = writing ?? now + timeouts.write
        updateReading(now: now)
    }

    /// The oldest unflushed response has been flushed.
    mutating func responseFlushed(now: NIODeadline) {
        unflushedResponses -= 1
        writing = unflushedResponses > 0 || !isWritable ? now + timeouts.write : nil
        updateReading(now: now)
        updateClosing(now: now)
    }

    mutating func writabilityChanged(to isWritable: Bool, now: NIODeadline) {
        self.isWritable = isWritable
        if !isWritable {
            writing = writing ?? now + timeouts.write
        } else if unflushedResponses == 0 {
            writing = nil
        }
    }

    /// The server has closed its half of the connection: no response will follow.
    mutating func outputClosed(now: NIODeadline) {
        isOutputClosed = true
        updateReading(now: now)
        updateClosing(now: now)
    }

    // MARK: Clocks

    private mutating func updateReading(now: NIODeadline) {
        if isOutputClosed {
            reading = nil
        } else if isReadingRequest, unansweredRequests <= 1 {
            if reading?.kind != .body { reading = Deadline(kind: .body, time: now + timeouts.body) }
        } else if !isReadingRequest, owesNothing {
            if reading?.kind != .head { reading = Deadline(kind: .head, time: now + timeouts.head) }
        } else {
            reading = nil
        }
    }

    private mutating func updateClosing(now: NIODeadline) {
        if isOutputClosed, unflushedResponses == 0, closing == nil {
            closing = now + timeouts.linger
        }
    }
}
