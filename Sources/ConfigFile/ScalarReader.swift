/// Single values of the file → typed values: words, numbers, switches and lists of them. nil: reported as wrong.
struct ScalarReader {
    let findings: Findings

    func wrong(_ value: DocumentValue, _ problem: String, hint: @autoclosure () -> String? = nil) {
        if value.isBroken { return }
        findings.error("\"\(value.label)\": \(problem)", at: value.position, hint: hint())
    }

    /// Any text but an empty one; no control characters.
    func text(_ value: DocumentValue) -> String? {
        guard case .scalar(let text) = value.content else {
            wrong(value, "must be a single value, not \(value.kind)")
            return nil
        }
        guard !text.isEmpty, !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
            wrong(value, text.isEmpty ? "is empty" : "holds control characters")
            return nil
        }
        return text
    }

    /// A name of ours: letters, digits and `_ . : -`, as in HAProxy, so that it fits into commands, metrics and log lines.
    func name(_ value: DocumentValue) -> String? {
        guard let text = text(value) else { return nil }
        guard isName(text) else {
            wrong(value, "\"\(text)\" is no name", hint: "letters, digits and _ . : - only, at most 200")
            return nil
        }
        return text
    }

    func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 200
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: ":"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    func bool(_ value: DocumentValue) -> Bool? {
        guard let text = text(value) else { return nil }
        switch text {
        case "true": return true
        case "false": return false
        default:
            let meant =
                switch text.lowercased() {
                case "yes", "on", "true", "1": "true"
                case "no", "off", "false", "0": "false"
                default: "true or false"
                }
            wrong(value, "\"\(text)\" is neither true nor false", hint: meant)
            return nil
        }
    }

    /// Decimal digits only.
    func integer(_ range: ClosedRange<Int>) -> (DocumentValue) -> Int? {
        { value in
            guard let text = text(value) else { return nil }
            guard let number = ScalarReader.digits(text) else {
                wrong(value, "\"\(text)\" is no whole number", hint: ScalarReader.words(range))
                return nil
            }
            return within(range, number, value, text)
        }
    }

    /// One of the words of an enumeration.
    func choice<Choice: RawRepresentable<String> & CaseIterable>(_ type: Choice.Type) -> (DocumentValue) -> Choice? {
        { value in
            guard let text = text(value) else { return nil }
            if let choice = Choice(rawValue: text) { return choice }
            let words = Choice.allCases.map(\.rawValue)
            wrong(value, "\"\(text)\" is not possible", hint: Suggestion.nearest(to: text, among: words) ?? words.joined(separator: ", "))
            return nil
        }
    }

    /// A list, or one value for a list of one. Elements that are wrong are reported and left out.
    func list<Element>(allowsEmpty: Bool = false, _ read: @escaping (DocumentValue) -> Element?) -> (DocumentValue) -> [Element]? {
        { value in
            guard case .list(let elements) = value.content else { return read(value).map { [$0] } }
            if elements.isEmpty, !allowsEmpty { wrong(value, "is an empty list") }
            return elements.compactMap { element in
                guard !element.isNull else {
                    wrong(element.labelled(value.label), "holds an empty element")
                    return nil
                }
                return read(element.labelled(value.label))
            }
        }
    }

    func within(_ range: ClosedRange<Int>, _ number: Int, _ value: DocumentValue, _ text: String) -> Int? {
        guard range.contains(number) else {
            wrong(value, "\(text) is out of range", hint: ScalarReader.words(range))
            return nil
        }
        return number
    }

    /// nil for anything but 1 to 15 digits.
    static func digits(_ text: some StringProtocol) -> Int? {
        guard (1...15).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(text)
    }

    private static func words(_ range: ClosedRange<Int>) -> String {
        range.upperBound == Int.max ? "\(range.lowerBound) or more" : "\(range.lowerBound) to \(range.upperBound)"
    }
}
