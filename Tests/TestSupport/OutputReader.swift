public import Foundation

/// Reads what a child writes, on a thread of its own.
///
/// Not by `FileHandle.readabilityHandler`: that asks Dispatch to watch the descriptor, and on Linux
/// Dispatch's one watching thread can read freed memory when a descriptor is closed meanwhile. The
/// tests then crash in `_dispatch_event_loop_drain`, or wait for ever.
public enum OutputReader {
    /// - Parameter take: is given each piece, and an empty one at the end.
    public static func start(_ handle: FileHandle, _ take: @escaping @Sendable (Data) -> Void) {
        let thread = Thread {
            var data: Data
            repeat {
                data = handle.availableData
                take(data)
            } while !data.isEmpty
        }
        thread.start()
    }
}
