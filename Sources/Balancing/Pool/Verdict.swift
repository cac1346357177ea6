/// What a finished request shows of its server, for passive checks. What an agent, a manifest or a slow network did shows nothing.
///
/// | the request ended with | verdict |
/// |---|---|
/// | any complete response, 4xx and 500 included (a bad manifest makes them) | served |
/// | 503 with Retry-After (Puppet Server's full queue: busy, not dead) | served |
/// | 502, 503 without Retry-After, 504 | responseFailed |
/// | no connection | connectFailed |
/// | connection lost, response malformed, cut or late | responseFailed |
/// | the agent went away, or its request broke | none |
package enum Verdict: Sendable, Equatable {
    case served
    case connectFailed
    case responseFailed
    case none
}
