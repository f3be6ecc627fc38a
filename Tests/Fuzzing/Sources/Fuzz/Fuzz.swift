#if canImport(Glibc)
    import Glibc
#endif

/// Which property the process is fuzzed for: the value of this variable of the environment.
private let property = getenv("FUZZ_PROPERTY").map { String(cString: $0) } ?? ""

private let check: (@Sendable ([UInt8]) throws -> Void)? =
    if let property = FuzzProperty(rawValue: property) {
        { try property.check($0, heapInUse: allocatedBytes) }
    } else if let property = ServerFuzzProperty(rawValue: property) {
        { try property.check($0) }
    } else {
        nil
    }

/// What libFuzzer calls with each input: https://llvm.org/docs/LibFuzzer.html#fuzz-target
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let check else {
        let known = FuzzProperty.allCases.map(\.rawValue) + ServerFuzzProperty.allCases.map(\.rawValue)
        fatalError("FUZZ_PROPERTY is none of \(known)")
    }
    do {
        try check(Array(UnsafeBufferPointer(start: start, count: count)))
    } catch {
        // libFuzzer takes a process that ends so for a finding, and writes the input down.
        fatalError("\(property): \(error)")
    }
    return 0
}

/// Of AddressSanitizer's allocator, which counts exactly (sanitizer/allocator_interface.h).
@_silgen_name("__sanitizer_get_current_allocated_bytes")
private func allocatedBytes() -> Int
