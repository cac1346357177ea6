/// What `PuppetRequest.classify` found in a request's head.
package enum Classification: Sendable, Equatable {
    /// Everything is known.
    case complete
    /// A catalog: its body, where it has one, may name the environment. `classifyBody` is to be asked; a request without body is asked
    /// about no bytes, as a whole.
    case needsBody
    /// To be refused as bad_request.
    case ambiguous(Ambiguity)
}

/// What `PuppetRequest.classifyBody` found in the beginning of a body.
package enum BodyClassification: Sendable, Equatable {
    /// Everything is known; no more of the body is needed.
    case complete
    /// To be asked again with a longer prefix, or with the same one as `.whole`.
    case needsMore
    /// To be refused as bad_request.
    case ambiguous(Ambiguity)
    /// To be refused as body_too_large: what decides may come after the part that is read.
    case tooLong
}

/// How the prefix that `classifyBody` is given relates to the whole body.
package enum BodyExtent: Sendable {
    /// More of the body will come and can be held.
    case growing
    /// The body is longer than what is read of it (limits.body_scan).
    case cut
    /// These are all the bytes of the body.
    case whole
}
