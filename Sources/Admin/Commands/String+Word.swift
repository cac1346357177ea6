extension String {
    /// One word of a line: `-` where it is empty; blanks, control characters and backslashes as `\x20`, since certnames, versions and
    /// transactions are whatever an agent sends.
    var asWord: String {
        if isEmpty { return "-" }
        if utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") }) { return self }
        return unicodeScalars.reduce(into: "") { word, scalar in
            let isPlain = !scalar.properties.isWhitespace && scalar.properties.generalCategory != .control && scalar != "\\"
            word += isPlain ? String(scalar) : "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
        }
    }
}
