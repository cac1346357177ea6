/// Collects what is wrong with one file. Reading never stops at the first mistake, so the same value may be looked at
/// more than once (defaults are read for each pool): the same finding at the same place counts once.
final class Findings {
    /// More mistakes than an operator reads; the rest is only counted.
    static let limit = 1000

    let file: String
    /// Hints cost comparisons with every known name: the first mistakes alone get them.
    static let hintLimit = 100

    /// Without hints, which may differ from one reading to the next.
    private var seen: Set<Diagnostic> = []
    private var found: [Diagnostic] = []
    private var omitted = 0
    private(set) var hasErrors = false

    init(file: String) { self.file = file }

    func error(_ message: String, at position: Position, hint: @autoclosure () -> String? = nil) {
        hasErrors = true
        add(.error, message, position, hint)
    }

    func warning(_ message: String, at position: Position, hint: @autoclosure () -> String? = nil) {
        add(.warning, message, position, hint)
    }

    private func add(_ severity: Diagnostic.Severity, _ message: String, _ position: Position, _ hint: () -> String?) {
        guard found.count < Findings.limit else {
            omitted += 1
            return
        }
        let message = Findings.oneLine(message)
        guard seen.insert(Diagnostic(severity, file: file, position: position, message: message)).inserted else { return }
        let hint = found.count < Findings.hintLimit ? hint().map(Findings.oneLine) : nil
        found.append(Diagnostic(severity, file: file, position: position, message: message, hint: hint))
    }

    /// In the file's order, errors and warnings together.
    var diagnostics: [Diagnostic] {
        var sorted = found.sorted { ($0.position, $0.severity.rawValue, $0.message) < ($1.position, $1.severity.rawValue, $1.message) }
        if omitted > 0, let last = sorted.last {
            sorted.append(
                Diagnostic(.error, file: file, position: last.position, message: "too many mistakes: \(omitted) more are not shown"))
        }
        return sorted
    }

    /// A diagnostic is one line, whatever the file's values hold: control characters become `?`, long values are cut.
    private static func oneLine(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        for (index, scalar) in text.unicodeScalars.enumerated() {
            guard index < 400 else {
                scalars.append(contentsOf: "…".unicodeScalars)
                break
            }
            let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || (0x2028...0x2029).contains(scalar.value)
            scalars.append(isControl ? "?" : scalar)
        }
        return String(scalars)
    }
}
