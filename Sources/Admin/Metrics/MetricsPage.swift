import Telemetry

/// Builds a page of metrics: families, each with its samples.
struct MetricsPage {
    enum Kind: String { case counter, gauge, histogram }

    private(set) var text = ""
    private var name = ""

    mutating func family(_ name: String, _ kind: Kind, _ help: String) {
        self.name = "puppetfront_\(name)"
        text += "# HELP \(self.name) \(help)\n# TYPE \(self.name) \(kind.rawValue)\n"
    }

    mutating func sample(_ labels: KeyValuePairs<String, String>, _ value: Double) { line("", labels.map { ($0, $1) }, number(value)) }

    mutating func sample(_ labels: KeyValuePairs<String, String>, _ more: (String, String), _ value: Double) {
        line("", labels.map { ($0, $1) } + [more], number(value))
    }

    mutating func histogram(_ labels: KeyValuePairs<String, String>, _ histogram: LatencyHistogram) {
        let pairs = labels.map { ($0, $1) }
        var sum: UInt64 = 0
        for (index, bound) in LatencyHistogram.bounds.enumerated() {
            sum += histogram.counts[index]
            line("_bucket", pairs + [("le", number(Double(bound) / 1000))], "\(sum)")
        }
        line("_bucket", pairs + [("le", "+Inf")], "\(histogram.count)")
        line("_sum", pairs, number(Double(histogram.sumNanoseconds) / 1e9))
        line("_count", pairs, "\(histogram.count)")
    }

    private mutating func line(_ suffix: String, _ labels: [(String, String)], _ value: String) {
        text += name + suffix
        if !labels.isEmpty { text += "{" + labels.map { "\($0.0)=\"\(escaped($0.1))\"" }.joined(separator: ",") + "}" }
        text += " \(value)\n"
    }

    private func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// Whole numbers without a fraction.
    private func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
    }
}
