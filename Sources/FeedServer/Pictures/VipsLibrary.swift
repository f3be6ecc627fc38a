import CVips

/// libvips, set up once for the process.
enum VipsLibrary {
    /// A call that failed; its text is libvips' own: for logs, never for a user.
    struct Failure: Error, CustomStringConvertible {
        let description: String

        /// Takes what libvips has noted. Its notes are the whole process', so that a text may hold more
        /// than belongs to this failure.
        init(_ call: String) {
            description = "\(call): \(String(cString: vips_error_buffer()))"
            vips_error_clear()
        }
    }

    /// The loaders that stay enabled, in libvips' names of its classes.
    private static let enabledLoaders = [
        "VipsForeignLoadJpeg", "VipsForeignLoadPng", "VipsForeignLoadNsgif", "VipsForeignLoadWebp",
    ]

    /// Sets the library up, at the first call.
    ///
    /// It sets an environment variable, which is not safe beside another thread that reads one: call this
    /// before the server accepts connections.
    static func start() throws { try started.get() }

    private static let started = Result<Void, Failure> { () throws(Failure) in
        guard vips_init("feed-server") == 0 else { throw Failure("vips_init") }
        cvips_silence_messages()
        // Nothing is asked for twice.
        vips_cache_set_max(0)
        vips_cache_set_max_mem(0)
        vips_cache_set_max_files(0)
        // One picture at a time, on one core.
        vips_concurrency_set(1)
        // It would write machine code for each kind of work, and so needs memory that can be executed.
        vips_vector_set_enabled(0)
        vips_block_untrusted_set(1)
        vips_operation_block_set("VipsForeignLoad", 1)
        for loader in enabledLoaders { vips_operation_block_set(loader, 0) }
    }
}
