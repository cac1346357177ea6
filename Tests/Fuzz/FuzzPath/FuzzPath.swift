import CLibFuzzer
import PuppetInvariants

/// Fuzzes the classification of targets: `FuzzPath Tests/Fixtures/fuzz/FuzzPath -max_total_time=600`.
@main enum FuzzPath {
    static func main() {
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        _ = LLVMFuzzerRunDriver(&count, &arguments) { start, count in
            let input = Array(UnsafeBufferPointer(start: start, count: count))
            if let violation = PathInvariants.violation(target: input) { fatalError(violation) }
            return 0
        }
    }
}
