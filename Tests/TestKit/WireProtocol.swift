/// What a scenario's clients speak.
package enum WireProtocol: String, Sendable, CaseIterable {
    case http1 = "HTTP/1.1"
    case http2 = "HTTP/2"
}
