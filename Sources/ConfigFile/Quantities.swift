/// Numbers with units: durations, sizes, shares and queue conditions.
extension ScalarReader {
    /// `500ms`, `10s`, `15m`, `1h`: a whole number and a unit, more than nothing and at most a year. `allowsZero` for waits that may be none.
    func duration(allowsZero: Bool) -> (DocumentValue) -> Duration? {
        { value in
            guard let text = text(value) else { return nil }
            guard let milliseconds = ScalarReader.milliseconds(text) else {
                let hint = ScalarReader.digits(text).map { "\($0)s or \($0)ms" } ?? "a whole number with ms, s, m or h, as 500ms or 15m"
                wrong(value, "\"\(text)\" is no duration", hint: hint)
                return nil
            }
            guard milliseconds <= 365 * 86_400_000, allowsZero || milliseconds > 0 else {
                wrong(value, "\(text) is out of range", hint: allowsZero ? "0s to 8760h" : "1ms to 8760h")
                return nil
            }
            return .milliseconds(milliseconds)
        }
    }

    func duration(_ value: DocumentValue) -> Duration? { duration(allowsZero: false)(value) }

    private static func milliseconds(_ text: String) -> Int? {
        let unit = text.drop { ("0"..."9").contains($0) }
        guard let number = digits(text.prefix(text.count - unit.count)) else { return nil }
        let factor: Int
        switch unit {
        case "ms": factor = 1
        case "s": factor = 1000
        case "m": factor = 60_000
        case "h": factor = 3_600_000
        default: return nil
        }
        let (product, overflow) = number.multipliedReportingOverflow(by: factor)
        return overflow ? nil : product
    }

    /// `4096`, `200k`, `16M`, `1G`; k is 1024.
    func size(_ range: ClosedRange<Int>) -> (DocumentValue) -> Int? {
        { value in
            guard let text = text(value) else { return nil }
            var number = text[...]
            var shift = 0
            switch text.last {
            case "k": shift = 10
            case "M": shift = 20
            case "G": shift = 30
            default: break
            }
            if shift > 0 { number = number.dropLast() }
            guard let count = ScalarReader.digits(number), count <= Int.max >> shift else {
                let meant = text.replacing("K", with: "k").replacing("m", with: "M").replacing("g", with: "G").replacing("B", with: "")
                wrong(
                    value, "\"\(text)\" is no size",
                    hint: "a whole number, with k, M or G where wanted, as \(meant == text ? "200k" : meant)")
                return nil
            }
            return within(range, count << shift, value, text)
        }
    }

    /// `20%`: 0 to 100.
    func percent(_ value: DocumentValue) -> Int? {
        guard let text = text(value) else { return nil }
        guard text.hasSuffix("%"), let number = ScalarReader.digits(text.dropLast()) else {
            wrong(value, "\"\(text)\" is no share", hint: ScalarReader.digits(text).map { "\($0)%" } ?? "a whole number with %, as 20%")
            return nil
        }
        return within(0...100, number, value, text)
    }

    /// `avg_queue > N`: N.
    func averageQueue(_ value: DocumentValue, hint: String = "avg_queue > 1") -> Int? {
        guard let text = text(value) else { return nil }
        let parts = text.split(separator: ">", omittingEmptySubsequences: false).map { ScalarReader.trimmed($0) }
        guard parts.count == 2, parts[0] == "avg_queue", let limit = ScalarReader.digits(parts[1]) else {
            wrong(value, "\"\(text)\" is no condition on the queue", hint: hint)
            return nil
        }
        return limit
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop { $0 == " " }
        while text.last == " " { text = text.dropLast() }
        return text
    }
}
