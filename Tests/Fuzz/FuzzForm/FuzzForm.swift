import CLibFuzzer
import PuppetInvariants

/// Fuzzes the classification of catalog bodies: `FuzzForm Tests/Fixtures/fuzz/FuzzForm -max_total_time=600`.
@main enum FuzzForm {
    static func main() {
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        _ = LLVMFuzzerRunDriver(&count, &arguments) { start, count in
            let input = Array(UnsafeBufferPointer(start: start, count: count))
            if let violation = BodyInvariants.violation(input: input) { fatalError(violation) }
            return 0
        }
    }
}
