import CLibFuzzer
import ConfigurationInvariants

/// Fuzzes the loader: `FuzzConfiguration CORPUS Tests/Fixtures/configurations -max_total_time=600`; Tests/ConfigFileTests/CorpusTests
/// replays the corpus.
@main enum FuzzConfiguration {
    static func main() {
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        _ = LLVMFuzzerRunDriver(&count, &arguments) { start, count in
            let input = Array(UnsafeBufferPointer(start: start, count: count))
            if let violation = LoadInvariants.violation(input: input) { fatalError(violation) }
            return 0
        }
    }
}
