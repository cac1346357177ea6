import CLibFuzzer
import PeersInvariants

/// Fuzzes a peer's bytes: `SWIFT_BACKTRACE=enable=no FuzzPeers CORPUS Tests/Fixtures/fuzz/peers -max_total_time=620 -max_len=2048`.
@main enum FuzzPeers {
    static func main() {
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        _ = LLVMFuzzerRunDriver(&count, &arguments) { start, count in
            let input = Array(UnsafeBufferPointer(start: start, count: count))
            if let violation = PeerInvariants.violation(of: input) { fatalError(violation) }
            return 0
        }
    }
}
