/// Values by names that come again and again. Most of the time there are few: the first ones are looked through, which costs a comparison of
/// arrays that share their memory; the others go by a dictionary.
struct NameTable<Value: Sendable>: Sendable {
    private(set) var names: [[UInt8]] = []
    private var values: [Value] = []
    /// Of those beyond the first ones.
    private var places: [[UInt8]: Int] = [:]

    private static var lookedThrough: Int { 8 }

    var count: Int { names.count }

    /// For reading alone.
    var dictionary: [[UInt8]: Value] { Dictionary(uniqueKeysWithValues: zip(names, values)) }

    func place(of name: [UInt8]) -> Int? {
        for place in 0..<min(Self.lookedThrough, names.count) where names[place] == name { return place }
        return places.isEmpty ? nil : places[name]
    }

    /// Its place, a new one where it has none.
    mutating func place(of name: [UInt8], new: @autoclosure () -> Value) -> Int {
        if let place = place(of: name) { return place }
        if names.count >= Self.lookedThrough { places[name] = names.count }
        names.append(name)
        values.append(new())
        return names.count - 1
    }

    /// Adds another's values to those of the same names.
    mutating func add(_ other: NameTable, new: @autoclosure () -> Value, _ sum: (inout Value, Value) -> Void) {
        for (name, value) in zip(other.names, other.values) { sum(&self[place(of: name, new: new())], value) }
    }

    mutating func mutateEach(_ body: (inout Value) -> Void) { for place in values.indices { body(&values[place]) } }

    subscript(place: Int) -> Value {
        get { values[place] }
        _modify { yield &values[place] }
    }
}
