import CHiredis

extension CountCache {
    /// The version of the hiredis whose headers this was built with: `0.14.1`.
    ///
    /// hiredis does not say at run time which one it is. Its file's name holds the first two numbers.
    public static var libraryVersion: String { "\(HIREDIS_MAJOR).\(HIREDIS_MINOR).\(HIREDIS_PATCH)" }
}
