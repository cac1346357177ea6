import Model
import Puppet

/// The result of a classification, as a value to compare.
package struct ClassifiedRequest: Equatable, Sendable {
    package var problem: Ambiguity?
    /// The body was longer than what was read of it.
    package var isTooLong = false
    package var endpoint: PuppetEndpoint
    package var form: PathForm
    package var isCA: Bool
    package var certname: [UInt8]
    package var environment: [UInt8]
    package var environmentSource: PuppetRequest.EnvironmentSource?
    package var transaction: [UInt8]

    package init(_ request: borrowing PuppetRequest, problem: Ambiguity?) {
        self.problem = problem
        endpoint = request.endpoint
        form = request.form
        isCA = request.isCA
        certname = request.certname
        environment = request.environment
        environmentSource = request.environmentSource
        transaction = request.transaction
    }

    /// Classifies a head without a body, with `request` as a connection would reuse it.
    package init(method: RequestMethod, target: [UInt8], reusing request: inout PuppetRequest) {
        var problem: Ambiguity?
        if case .ambiguous(let found) = request.classify(method: method, target: target.span) { problem = found }
        self.init(request, problem: problem)
    }
}

/// A body that comes in pieces, as the Engine hands it on.
package struct ArrivingBody: Sendable {
    package var bytes: [UInt8]
    package var contentType: [UInt8]
    package var contentEncoding: [UInt8] = []

    package init(_ bytes: [UInt8], contentType: String = "application/x-www-form-urlencoded") {
        self.bytes = bytes
        self.contentType = Array(contentType.utf8)
    }

    /// Classifies a POST of this body.
    /// - Parameters:
    ///   - pieces: how long the first piece is, the next…; what they leave is the last piece.
    ///   - limit: limits.body_scan, nil for none.
    package func classified(
        target: [UInt8], pieces: [Int] = [], limit: Int? = nil, reusing request: inout PuppetRequest
    ) -> ClassifiedRequest {
        switch request.classify(method: .post, target: target.span) {
        case .complete: return ClassifiedRequest(request, problem: nil)
        case .ambiguous(let problem): return ClassifiedRequest(request, problem: problem)
        case .needsBody: break
        }
        let held = min(bytes.count, limit ?? bytes.count)
        var end = 0
        for piece in pieces {
            end += max(piece, 0)
            guard end < held else { break }
            if let result = step(end, .growing, &request) { return result }
        }
        return step(held, held < bytes.count ? .cut : .whole, &request)
            ?? ClassifiedRequest(request, problem: nil)
    }

    private func step(_ end: Int, _ extent: BodyExtent, _ request: inout PuppetRequest) -> ClassifiedRequest? {
        let prefix = bytes.span.extracting(0..<end)
        let found = request.classifyBody(prefix, contentType: contentType.span, contentEncoding: contentEncoding.span, extent: extent)
        switch found {
        case .complete: return ClassifiedRequest(request, problem: nil)
        case .ambiguous(let problem): return ClassifiedRequest(request, problem: problem)
        case .tooLong:
            var result = ClassifiedRequest(request, problem: nil)
            result.isTooLong = true
            return result
        case .needsMore:
            if extent != .growing { preconditionFailure("needsMore although no more will come") }
            return nil
        }
    }
}
