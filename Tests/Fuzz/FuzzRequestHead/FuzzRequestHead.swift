import CLibFuzzer
import HTTP1Invariants

/// Fuzzes request heads: `SWIFT_BACKTRACE=enable=no FuzzRequestHead CORPUS Tests/Fixtures/fuzz/request-head -max_total_time=620 -max_len=2048`.
/// (Swift's own backtracer would end the process before libFuzzer has kept the input.)
@main enum FuzzRequestHead {
    static func main() {
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        _ = LLVMFuzzerRunDriver(&count, &arguments) { start, count in
            let input = Array(UnsafeBufferPointer(start: start, count: count))
            if let violation = RequestHeadInvariants.violation(of: input) { fatalError(violation) }
            return 0
        }
    }
}
