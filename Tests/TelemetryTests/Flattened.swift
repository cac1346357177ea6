/// Every stored value of a counter or table, by its path, private ones too: shows what a sum or a reset omits.
///
/// Names are part of the path, so that the order of tables does not matter.
func flattened(_ value: Any, at path: String = "") -> [String: String] {
    if let bytes = value as? [UInt8] { return [path: String(decoding: bytes, as: UTF8.self)] }
    if let lanes = value as? SIMD8<UInt64> {
        return merged(lanes.indices.map { ["\(path).\($0)": "\(lanes[$0])"] })
    }
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .struct where "\(type(of: value))".hasPrefix("NameTable<"): return table(mirror, path)
    case .struct, .tuple:
        return merged(mirror.children.map { flattened($0.value, at: path + "." + ($0.label ?? "")) })
    case .optional: return mirror.children.first.map { flattened($0.value, at: path) } ?? [path: "nil"]
    case .collection:
        return merged(mirror.children.enumerated().map { flattened($1.value, at: "\(path).\(key($1.value) ?? "\($0)")") })
    case .dictionary:
        return merged(
            mirror.children.map { entry in
                let pair = Array(Mirror(reflecting: entry.value).children.map(\.value))
                return flattened(pair[1], at: path + "." + text(pair[0]))
            })
    default: return [path: "\(value)"]
    }
}

/// A `NameTable`: its names, then their values.
private func table(_ mirror: Mirror, _ path: String) -> [String: String] {
    func list(_ label: String) -> [Any] {
        mirror.children.first { $0.label == label }.map { Mirror(reflecting: $0.value).children.map(\.value) } ?? []
    }
    return merged(zip(list("names"), list("values")).map { flattened($1, at: path + "." + text($0)) })
}

/// What an entry of a list goes by, where it is not its place: all but the count of `(listener, status, count)`.
private func key(_ value: Any) -> String? {
    guard let response = value as? (listener: [UInt8], status: Int, count: UInt64) else { return nil }
    return text(response.listener) + "/\(response.status)"
}

private func text(_ value: Any) -> String {
    (value as? [UInt8]).map { String(decoding: $0, as: UTF8.self) } ?? flattened(value).values.sorted().joined(separator: "/")
}

private func merged(_ parts: [[String: String]]) -> [String: String] {
    parts.reduce(into: [:]) { $0.merge($1) { first, second in "\(first)+\(second)" } }
}
