/// The requests' ids: sixteen hexadecimal digits, six of the process, two of the worker, a counter.
struct RequestIDs {
    private var last: [UInt8]

    /// - Parameter prefix: eight digits
    init(prefix: [UInt8]) { last = prefix + [UInt8](repeating: UInt8(ascii: "0"), count: 8) }

    /// Appends the next one. It is counted digit by digit, since nearly always only the last one changes.
    mutating func append(to output: inout [UInt8]) {
        var index = last.count - 1
        while last[index] == UInt8(ascii: "f"), index > last.count - 8 {
            last[index] = UInt8(ascii: "0")
            index -= 1
        }
        switch last[index] {
        case UInt8(ascii: "9"): last[index] = UInt8(ascii: "a")
        case UInt8(ascii: "f"): last[index] = UInt8(ascii: "0")
        default: last[index] += 1
        }
        output += last
    }
}
