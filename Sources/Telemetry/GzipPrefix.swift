/// The beginning of what a gzip stream holds (RFC 1952, RFC 1951), for log texts: real Puppet Servers compress every response, errors too.
///
/// Any input is accepted. Output ends at the limit, at the end of the input or at the first malformed byte; the check sum is not compared.
enum GzipPrefix {
    static func isGzip(_ bytes: [UInt8]) -> Bool { bytes.count > 2 && bytes[0] == 0x1F && bytes[1] == 0x8B && bytes[2] == 8 }

    /// - Parameter limit: bytes of content
    static func content(of bytes: [UInt8], limit: Int) -> [UInt8] {
        guard isGzip(bytes), let start = headerEnd(bytes) else { return [] }
        var inflater = Inflater(bytes, from: start, limit: limit)
        inflater.run()
        return inflater.output
    }

    /// Where the compressed blocks begin; nil: the header is cut.
    private static func headerEnd(_ bytes: [UInt8]) -> Int? {
        guard bytes.count > 10 else { return nil }
        let flags = bytes[3]
        var position = 10
        if flags & 4 != 0 {
            guard bytes.count >= position + 2 else { return nil }
            position += 2 + Int(bytes[position]) + Int(bytes[position + 1]) << 8
        }
        // The file's name and a comment, each with a zero byte at its end.
        for flag: UInt8 in [8, 16] where flags & flag != 0 {
            guard position < bytes.count, let end = bytes[position...].firstIndex(of: 0) else { return nil }
            position = end + 1
        }
        if flags & 2 != 0 { position += 2 }
        return position < bytes.count ? position : nil
    }
}

/// RFC 1951, bit by bit: slow and small. The window is the output itself, which the limit keeps short.
private struct Inflater {
    /// The input ended, the limit is reached, or the stream is malformed.
    private struct Stop: Error {}

    /// A canonical Huffman code: how many symbols have each length, and the symbols in the order of their codes.
    private struct Code {
        private(set) var counts = [Int](repeating: 0, count: 16)
        private(set) var symbols: [Int] = []

        /// - Parameter lengths: of each symbol's code, 0 to 15
        init(_ lengths: some Collection<Int>) {
            var bySize = [[Int]](repeating: [], count: 16)
            for (symbol, length) in lengths.enumerated() where length > 0 { bySize[length].append(symbol) }
            for (length, found) in bySize.enumerated() {
                counts[length] = found.count
                symbols += found
            }
        }

        static let fixedLiterals = Code(
            (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 })
        static let fixedDistances = Code([Int](repeating: 5, count: 30))
    }

    private let input: [UInt8]
    private var position: Int
    private let limit: Int
    private var held: UInt32 = 0
    private var heldCount = 0
    private(set) var output: [UInt8] = []

    init(_ input: [UInt8], from position: Int, limit: Int) {
        self.input = input
        self.position = position
        self.limit = limit
    }

    mutating func run() {
        do {
            var isLast = false
            while !isLast {
                isLast = try bits(1) == 1
                switch try bits(2) {
                case 0: try stored()
                case 1: try block(.fixedLiterals, .fixedDistances)
                case 2: try dynamic()
                default: return
                }
            }
        } catch {}
    }

    /// - Parameter count: at most 16
    private mutating func bits(_ count: Int) throws(Stop) -> Int {
        while heldCount < count {
            guard position < input.count else { throw Stop() }
            held |= UInt32(input[position]) << UInt32(heldCount)
            position += 1
            heldCount += 8
        }
        let value = held & ((1 << UInt32(count)) - 1)
        held >>= UInt32(count)
        heldCount -= count
        return Int(value)
    }

    private mutating func append(_ byte: UInt8) throws(Stop) {
        guard output.count < limit else { throw Stop() }
        output.append(byte)
    }

    private mutating func stored() throws(Stop) {
        held = 0
        heldCount = 0
        guard position + 4 <= input.count else { throw Stop() }
        let length = Int(input[position]) | Int(input[position + 1]) << 8
        position += 4
        for _ in 0..<length {
            guard position < input.count else { throw Stop() }
            try append(input[position])
            position += 1
        }
    }

    private mutating func symbol(_ code: Code) throws(Stop) -> Int {
        var (value, first, index) = (0, 0, 0)
        for length in 1...15 {
            value |= try bits(1)
            let count = code.counts[length]
            if value - count < first {
                let place = index + value - first
                guard code.symbols.indices.contains(place) else { throw Stop() }
                return code.symbols[place]
            }
            index += count
            first = (first + count) << 1
            value <<= 1
        }
        throw Stop()
    }

    private mutating func dynamic() throws(Stop) {
        let literals = try bits(5) + 257
        let distances = try bits(5) + 1
        let given = try bits(4) + 4
        var lengths = [Int](repeating: 0, count: 19)
        for index in 0..<given { lengths[Self.lengthOrder[index]] = try bits(3) }
        let code = Code(lengths)
        lengths = []
        while lengths.count < literals + distances {
            let symbol = try symbol(code)
            switch symbol {
            case 0...15: lengths.append(symbol)
            case 16:
                guard let last = lengths.last else { throw Stop() }
                lengths += [Int](repeating: last, count: try bits(2) + 3)
            case 17: lengths += [Int](repeating: 0, count: try bits(3) + 3)
            default: lengths += [Int](repeating: 0, count: try bits(7) + 11)
            }
        }
        guard lengths.count == literals + distances else { throw Stop() }
        try block(Code(lengths[..<literals]), Code(lengths[literals...]))
    }

    private mutating func block(_ literals: Code, _ distances: Code) throws(Stop) {
        while true {
            let symbol = try symbol(literals)
            if symbol < 256 {
                try append(UInt8(symbol))
                continue
            }
            if symbol == 256 { return }
            guard symbol - 257 < Self.lengthBases.count else { throw Stop() }
            let length = Self.lengthBases[symbol - 257] + (try bits(Self.lengthExtra[symbol - 257]))
            let place = try self.symbol(distances)
            guard place < Self.distanceBases.count else { throw Stop() }
            let distance = Self.distanceBases[place] + (try bits(max(0, place / 2 - 1)))
            guard distance <= output.count else { throw Stop() }
            for _ in 0..<length { try append(output[output.count - distance]) }
        }
    }

    private static let lengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
    private static let lengthBases = [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
    ]
    private static let lengthExtra = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0]
    private static let distanceBases = [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289,
        16385, 24577,
    ]
}
