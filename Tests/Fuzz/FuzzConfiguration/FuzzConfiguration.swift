import ConfigurationInvariants

/// libFuzzer's entry point. The corpus is Tests/Fixtures/configurations; Tests/ConfigFileTests/CorpusTests replays it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzConfiguration(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    if let violation = LoadInvariants.violation(input: input) { fatalError(violation) }
    return 0
}
