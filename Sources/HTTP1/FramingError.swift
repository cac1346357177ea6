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
}
