/// The secret of `admin.http.token_file`: its holder may read and, where that is allowed, change.
package struct AdminToken: Sendable, Equatable {
    package struct Defect: Error {
        package let words: String
        package init(words: String) { self.words = words }
    }

    private let bytes: [UInt8]

    /// - Parameter file: the file's content; its first line is the token, without white space around it
    package init(file: [UInt8]) throws(Defect) {
        let line = file.prefix { $0 != 0x0A }
        let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
        let token = Array(line.drop(while: isBlank).reversed().drop(while: isBlank).reversed())
        guard (16...1024).contains(token.count) else { throw Defect(words: "the token in its first line must have 16 to 1024 characters") }
        guard token.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Defect(words: "the token may have ASCII letters, digits and signs only")
        }
        bytes = token
    }

    /// Takes as long for a guess that is nearly right as for one that is all wrong.
    package func matches(_ guess: some Collection<UInt8>) -> Bool {
        let guess = Array(guess)
        var difference = guess.count ^ bytes.count
        for index in bytes.indices { difference |= Int(bytes[index] ^ (index < guess.count ? guess[index] : 0)) }
        return difference == 0
    }
}
