import Foundation

/// One line of the access log in JSON.
package struct LogLine: Sendable, CustomStringConvertible {
    package let text: String
    private let strings: [String: String]
    private let numbers: [String: Double]
    private let truths: [String: Bool]
    /// Every key of the object, those with null included.
    package let keys: Set<String>

    /// nil for what is no JSON object.
    package init?(_ text: String) {
        guard text.hasPrefix("{"), let data = text.data(using: .utf8),
            let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any]
        else { return nil }
        self.text = text
        keys = Set(object.keys)
        strings = object.compactMapValues { $0 as? String }
        let values = object.compactMapValues { $0 as? NSNumber }
        numbers = values.mapValues(\.doubleValue)
        truths = object.compactMapValues { $0 as? Bool }
    }

    package var description: String { text }
    package func string(_ key: String) -> String? { strings[key] }
    package func int(_ key: String) -> Int? { numbers[key].map { Int($0) } }
    package func double(_ key: String) -> Double? { numbers[key] }
    package func bool(_ key: String) -> Bool? { truths[key] }
    package var status: Int? { int("status") }
    package var server: String? { string("server") }
    package var pool: String? { string("pool") }
    package var reason: String? { string("reason") }
    package var termination: String? { string("termination") }
    package var target: String? { string("target") }
}
