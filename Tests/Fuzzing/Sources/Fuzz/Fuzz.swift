#if canImport(Glibc)
    import Glibc
#endif

/// Which property the process is fuzzed for: the value of this variable of the environment.
private let property = FuzzProperty(rawValue: getenv("FUZZ_PROPERTY").map { String(cString: $0) } ?? "")

/// What libFuzzer calls with each input: https://llvm.org/docs/LibFuzzer.html#fuzz-target
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let property else {
        fatalError("FUZZ_PROPERTY is none of \(FuzzProperty.allCases.map(\.rawValue))")
    }
    do {
        try property.check(Array(UnsafeBufferPointer(start: start, count: count)), heapInUse: allocatedBytes)
    } catch {
        // libFuzzer takes a process that ends so for a finding, and writes the input down.
        fatalError("\(property.rawValue): \(error)")
    }
    return 0
}

/// Of AddressSanitizer's allocator, which counts exactly (sanitizer/allocator_interface.h).
@_silgen_name("__sanitizer_get_current_allocated_bytes")
private func allocatedBytes() -> Int
