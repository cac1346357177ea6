/// Why a message's content cannot be delimited. Where it ends is unknown, so the connection cannot be used further.
package enum FramingError: Error, Equatable, Sendable {
    /// No hexadecimal digit, a sign, white space, or more than 63 bits.
    case chunkSize
    /// Over its bound, or with control bytes.
    case chunkExtension
    /// A chunk's data is not followed by CRLF, or a chunk line does not end in it.
    case chunkEnd
    case trailers(HeadDefect)
    case trailersTooLarge

    /// For the operator's log.
    package var text: String {
        switch self {
        case .chunkSize: "a chunk's size is malformed or too large"
        case .chunkExtension: "a chunk's extension is too long or has control bytes"
        case .chunkEnd: "a chunk does not end in CRLF"
        case .trailers(let defect): "in the trailer section \(defect.rawValue)"
        case .trailersTooLarge: "the trailer section is too large"
        }
    }
}
