import NIOCore
import Testing

@testable import FeedServer

/// Different from each other, so that each can be told by its length.
let shortTimeouts = ConnectionTimeouts(
    head: .seconds(30), body: .seconds(60), write: .seconds(20), linger: .seconds(5))

@Suite("Connection deadlines")
struct ConnectionDeadlinesTests {
    private var deadlines = ConnectionDeadlines(timeouts: shortTimeouts)

    private func at(_ seconds: Int64) -> NIODeadline {
        .uptimeNanoseconds(0) + .seconds(seconds)
    }

    private func expects(_ kind: ConnectionDeadlines.Kind, at seconds: Int64) -> Bool {
        deadlines.next == ConnectionDeadlines.Deadline(kind: kind, time: at(seconds))
    }

    init() {
        deadlines.connectionOpened(now: at(0))
    }

    @Test("nothing runs before the connection is open")
    func closed() {
        #expect(ConnectionDeadlines(timeouts: shortTimeouts).next == nil)
    }

    @Test("a deadline expires at its instant, not before")
    func expiry() {
        #expect(expects(.head, at: 30))
        #expect(deadlines.expired(now: at(30) - .nanoseconds(1)) == nil)
        #expect(deadlines.expired(now: at(30)) == .head)
    }

    @Test("the head's time starts anew once the response is flushed")
    mutating func keepAlive() {
        deadlines.requestBegan(now: at(10))
        #expect(expects(.body, at: 70))
        deadlines.requestEnded(now: at(11))
        #expect(deadlines.next == nil)
        deadlines.responseBegan()
        deadlines.responseEnded(now: at(12))
        #expect(expects(.write, at: 32))
        deadlines.responseFlushed(now: at(13))
        #expect(expects(.head, at: 43))
        #expect(deadlines.owesNothing)
    }

    @Test("the body of a pipelined request has its time from the response before it")
    mutating func pipelinedBody() {
        deadlines.requestBegan(now: at(0))
        deadlines.requestEnded(now: at(0))
        deadlines.requestBegan(now: at(1))
        #expect(deadlines.next == nil)
        deadlines.responseEnded(now: at(100))
        deadlines.responseFlushed(now: at(101))
        #expect(expects(.body, at: 160))
    }

    @Test("a response that is early does not stop the time of the body")
    mutating func earlyResponse() {
        deadlines.requestBegan(now: at(0))
        deadlines.responseEnded(now: at(1))
        deadlines.responseFlushed(now: at(2))
        #expect(expects(.body, at: 60))
        deadlines.requestEnded(now: at(3))
        #expect(expects(.head, at: 33))
    }

    @Test("of several unflushed responses, each one that is flushed is progress")
    mutating func pipelinedResponses() {
        for second in Int64(0)..<2 {
            deadlines.requestBegan(now: at(second))
            deadlines.requestEnded(now: at(second))
            deadlines.responseEnded(now: at(second))
        }
        #expect(expects(.write, at: 20))
        deadlines.responseFlushed(now: at(15))
        #expect(expects(.write, at: 35))
        deadlines.responseFlushed(now: at(16))
        #expect(expects(.head, at: 46))
    }

    @Test("a streamed response has its time while the channel is not writable")
    mutating func stalledStream() {
        deadlines.requestBegan(now: at(0))
        deadlines.requestEnded(now: at(0))
        deadlines.responseBegan()
        deadlines.writabilityChanged(to: false, now: at(5))
        #expect(expects(.write, at: 25))
        deadlines.writabilityChanged(to: true, now: at(6))
        #expect(deadlines.next == nil)
        deadlines.writabilityChanged(to: false, now: at(7))
        deadlines.responseEnded(now: at(8))
        deadlines.writabilityChanged(to: true, now: at(9))
        #expect(expects(.write, at: 27))
    }

    @Test("once the output is closed the client has to close, whatever it sends")
    mutating func linger() {
        deadlines.requestBegan(now: at(0))
        deadlines.requestEnded(now: at(0))
        deadlines.responseEnded(now: at(1))
        deadlines.outputClosed(now: at(1))
        #expect(expects(.write, at: 21))
        deadlines.responseFlushed(now: at(3))
        #expect(expects(.linger, at: 8))
        deadlines.requestBegan(now: at(4))
        deadlines.requestEnded(now: at(5))
        #expect(expects(.linger, at: 8))
    }
}
