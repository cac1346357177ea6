import Buffers
import Model

/// Heads as they are forwarded. What a hop must not pass on goes first, ours is added last, so that nothing that came in can delete or
/// precede what we say. Fields that pass do so byte for byte and in their order, copied in runs.
///
///     field                            request                        response
///     hop-by-hop, Connection's own     dropped                        dropped
///     X-Puppetfront-*                  dropped                        dropped
///     Transfer-Encoding                chunked again where it was     chunked again where it was and the client can read it
///     Content-Length                   as it is                       as it is; dropped from 1xx and 204
///     Host                             as it is; from the target where that is in absolute-form; added to HTTP/1.0
///     Expect                           as it is, unless `dropExpect`; dropped from HTTP/1.0
///     identity fields                  dropped                        as they are
///     Via                              added                          added
///
/// All functions append the whole head or, where it does not fit, nothing: then they return false.
package enum HeadWriter {
    /// - Parameters:
    ///   - bytes: what `head` was parsed from
    ///   - identityFields: whole lines with their CRLF
    ///   - forwardedFor: likewise
    ///   - fallbackHost: for HTTP/1.0 requests without Host
    package static func appendRequest(
        _ head: borrowing RequestHead, bytes: borrowing Span<UInt8>, identityFields: [UInt8], forwardedFor: [UInt8],
        dropExpect: Bool, fallbackHost: [UInt8], to output: ByteBuffer
    ) -> Bool {
        if head.hasBareLineFeeds {
            return appendRequestWithBareLineFeeds(head, bytes, identityFields, forwardedFor, fallbackHost, to: output)
        }
        let start = output.end
        var fits = appendRequestLine(head, bytes: bytes, to: output)
        var dropped = KindSet.hopByHop.with(.identity)
        if dropExpect || head.version == .http10 { dropped = dropped.with(.expect) }
        var runStart = head.version == .http11 && !head.isAbsoluteForm ? head.methodRange.lower : firstLine(head)
        for index in 0..<head.fields.count {
            let kind = head.fields[index].kind
            let isRewrittenHost = kind == .host && head.isAbsoluteForm
            guard isRewrittenHost || dropped.contains(kind) else { continue }
            let line = head.fields[index].line
            fits = append(bytes, runStart, line.lower, to: output) && fits
            runStart = line.upper
            if isRewrittenHost { fits = appendHost(bytes, head.host, to: output) && fits }
        }
        fits = append(bytes, runStart, head.length - 2, to: output) && fits
        if head.version == .http10, head.first(.host) == nil {
            fits = (head.isAbsoluteForm ? appendHost(bytes, head.host, to: output) : appendHost(fallbackHost, to: output)) && fits
        }
        if head.framing == .chunked { fits = append("Transfer-Encoding: chunked\r\n", to: output) && fits }
        fits = append(identityFields, to: output) && append(forwardedFor, to: output) && fits
        fits = appendVia(head.version, to: output) && fits
        if !fits { output.end = start }
        return fits
    }

    /// - Parameters:
    ///   - close: whether the client's connection ends after this response
    ///   - dropsChunking: the caller takes the chunked framing off the content
    package static func appendResponse(
        _ head: borrowing ResponseHead, bytes: borrowing Span<UInt8>, clientVersion: HTTPVersion, close: Bool, dropsChunking: Bool,
        to output: ByteBuffer
    ) -> Bool {
        let start = output.end
        var fits = appendStatusLine(head, bytes: bytes, to: output)
        var dropped = KindSet.hopByHop
        if head.status < 200 || head.status == 204 { dropped = dropped.with(.contentLength) }
        var runStart = head.statusLine.upper
        for index in 0..<head.fields.count where dropped.contains(head.fields[index].kind) {
            let line = head.fields[index].line
            fits = append(bytes, runStart, line.lower, to: output) && fits
            runStart = line.upper
        }
        fits = append(bytes, runStart, head.length - 2, to: output) && fits
        if head.framing == .chunked, clientVersion == .http11, !dropsChunking {
            fits = append("Transfer-Encoding: chunked\r\n", to: output) && fits
        }
        if !head.isInterim {
            if close {
                fits = append("Connection: close\r\n", to: output) && fits
            } else if clientVersion == .http10 {
                fits = append("Connection: keep-alive\r\n", to: output) && fits
            }
        }
        fits = appendVia(head.version, to: output) && fits
        if !fits { output.end = start }
        return fits
    }

    /// A trailer section, complete as `BodySegment.trailers` gave it. Framing, Host, hop-by-hop and identity fields do not pass, nor
    /// do those that say how to read the content (RFC 9110 section 6.5.1).
    package static func appendTrailers(_ bytes: borrowing Span<UInt8>, to output: ByteBuffer) throws(FramingError) -> Bool {
        let start = output.end
        var fields: [HeaderField] = []
        var position = 0
        do throws(HeadDefect) {
            let bound = BodyScanner.Bound.trailerFields
            guard try FieldSection.parse(bytes, position: &position, fields: &fields, limit: bound) else { throw .lineEnd }
        } catch {
            throw .trailers(error)
        }
        var fits = true
        for field in fields where !KindSet.notInTrailers.contains(field.kind) {
            fits = append(bytes, field.line.lower, field.line.upper, to: output) && fits
        }
        fits = append("\r\n", to: output) && fits
        if !fits { output.end = start }
        return fits
    }
}

extension HeadWriter {
    /// Field by field, each line with CRLF: no byte between the fields passes as it came.
    private static func appendRequestWithBareLineFeeds(
        _ head: borrowing RequestHead, _ bytes: borrowing Span<UInt8>, _ identityFields: [UInt8], _ forwardedFor: [UInt8],
        _ fallbackHost: [UInt8], to output: ByteBuffer
    ) -> Bool {
        let start = output.end
        let dropped = KindSet.hopByHop.with(.identity).with(.expect)
        var fits = appendRequestLine(head, bytes: bytes, to: output)
        for index in 0..<head.fields.count where !dropped.contains(head.fields[index].kind) {
            let field = head.fields[index]
            let value = field.kind == .host ? head.host : field.value
            fits = append(bytes, field.name.lower, field.name.upper, to: output) && append(": ", to: output) && fits
            fits = append(bytes, value.lower, value.upper, to: output) && append("\r\n", to: output) && fits
        }
        if head.first(.host) == nil {
            fits = (head.isAbsoluteForm ? appendHost(bytes, head.host, to: output) : appendHost(fallbackHost, to: output)) && fits
        }
        fits = append(identityFields, to: output) && append(forwardedFor, to: output) && fits
        fits = appendVia(head.version, to: output) && fits
        if !fits { output.end = start }
        return fits
    }

    /// Nothing where the line can pass as it came: it is then the beginning of the first run.
    @inline(__always)
    private static func appendRequestLine(_ head: borrowing RequestHead, bytes: borrowing Span<UInt8>, to output: ByteBuffer) -> Bool {
        if head.version == .http11, !head.isAbsoluteForm { return true }
        return append(bytes, head.methodRange.lower, head.methodRange.upper, to: output) && append(" ", to: output)
            && append(bytes, head.target.lower, head.target.upper, to: output) && append(" HTTP/1.1\r\n", to: output)
    }

    /// Where the field lines begin.
    private static func firstLine(_ head: borrowing RequestHead) -> Int {
        head.fields.isEmpty ? head.length - 2 : head.fields[0].line.lower
    }

    @inline(__always)
    private static func appendStatusLine(_ head: borrowing ResponseHead, bytes: borrowing Span<UInt8>, to output: ByteBuffer) -> Bool {
        let line = head.statusLine
        let codeEnd = line.lower + StatusLine.shortest
        if codeEnd + 2 < line.upper, head.version == .http11 { return append(bytes, line.lower, line.upper, to: output) }
        return append("HTTP/1.1", to: output) && append(bytes, line.lower + 8, codeEnd, to: output)
            && append(codeEnd + 2 < line.upper ? "" : " ", to: output) && append(bytes, codeEnd, line.upper, to: output)
    }

    private static func appendHost(_ bytes: borrowing Span<UInt8>, _ host: ByteRange, to output: ByteBuffer) -> Bool {
        append("Host: ", to: output) && append(bytes, host.lower, host.upper, to: output) && append("\r\n", to: output)
    }

    private static func appendHost(_ host: [UInt8], to output: ByteBuffer) -> Bool {
        append("Host: ", to: output) && append(host, to: output) && append("\r\n", to: output)
    }

    /// Bytes of what a request's head ends with: Via and the empty line.
    package static let viaLength = "Via: 1.1 puppetfront\r\n\r\n".utf8.count

    /// Via and the empty line.
    @inline(__always)
    private static func appendVia(_ version: HTTPVersion, to output: ByteBuffer) -> Bool {
        switch version {
        case .http11: append("Via: 1.1 puppetfront\r\n\r\n", to: output)
        case .http10: append("Via: 1.0 puppetfront\r\n\r\n", to: output)
        case .http2: append("Via: 2.0 puppetfront\r\n\r\n", to: output)
        }
    }

    @inline(__always)
    private static func append(_ bytes: borrowing Span<UInt8>, _ start: Int, _ end: Int, to output: ByteBuffer) -> Bool {
        guard start < end else { return true }
        return bytes.extracting(start..<end).withUnsafeBytes { output.append($0) } == end - start
    }

    @inline(__always)
    private static func append(_ bytes: [UInt8], to output: ByteBuffer) -> Bool {
        output.append(bytes) == bytes.count
    }

    @inline(__always)
    private static func append(_ text: StaticString, to output: ByteBuffer) -> Bool {
        let bytes = UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        return output.append(bytes) == bytes.count
    }
}
