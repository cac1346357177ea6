import CLibFuzzer
import HTTP1Invariants

/// Fuzzes response heads: `SWIFT_BACKTRACE=enable=no FuzzResponseHead CORPUS Tests/Fixtures/fuzz/response-head -max_total_time=620 -max_len=2048`.
/// (Swift's own backtracer would end the process before libFuzzer has kept the input.)
@main enum FuzzResponseHead {
    static func main() {
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        _ = LLVMFuzzerRunDriver(&count, &arguments) { start, count in
            let input = Array(UnsafeBufferPointer(start: start, count: count))
            if let violation = ResponseHeadInvariants.violation(of: input) { fatalError(violation) }
            return 0
        }
    }
}
