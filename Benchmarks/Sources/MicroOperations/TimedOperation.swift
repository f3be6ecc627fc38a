/// What is timed beside the ``MicroOperation``s, and can't be counted.
public struct TimedOperation: Sendable {
    public let name: String
    /// Half a sentence.
    public let whyNotCounted: String
    /// Whether it is timed only where there is a Redis.
    public let needsRedis: Bool

    public static let all: [TimedOperation] = [eventLoop, redisCount]

    /// A change of threads and back, to which the figure of Redis has to be held.
    public static let eventLoop = TimedOperation(
        name: "to an event loop and back", whyNotCounted: "what a change of threads takes is left to chance",
        needsRedis: false)

    /// A total that this process does not know, and another one has counted.
    public static let redisCount = TimedOperation(
        name: "total known in Redis, count",
        whyNotCounted: "what a change of threads takes is left to chance",
        needsRedis: true)
}
