import CSampleResources

extension SampleResource {
    /// A copy of the file's bytes.
    var bytes: [UInt8] {
        Array(UnsafeBufferPointer(start: start, count: count))
    }
}
