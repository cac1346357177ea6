import CLibFuzzer
import HTTP2Invariants

/// Fuzzes frames into a session: `SWIFT_BACKTRACE=enable=no FuzzHTTP2 CORPUS Tests/Fixtures/fuzz/http2 -max_total_time=620 -max_len=2048`.
@main enum FuzzHTTP2 {
    static func main() {
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        _ = LLVMFuzzerRunDriver(&count, &arguments) { start, count in
            let input = Array(UnsafeBufferPointer(start: start, count: count))
            if let violation = SessionInvariants.violation(of: input) { fatalError(violation) }
            return 0
        }
    }
}
