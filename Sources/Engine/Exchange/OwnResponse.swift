import Forwarding
import Model
import Telemetry

/// A response that is made here, in the form that its request allows.
struct OwnResponse {
    private let omitsBody: Bool
    private let isHTTP10: Bool
    private let closes: Bool

    init(_ request: borrowing RequestHead, closes: Bool) {
        omitsBody = request.method == .head
        isHTTP10 = request.version == .http10
        self.closes = closes
    }

    /// Why the request is rejected, or has failed.
    /// - Parameter retryAfter: seconds
    func bytes(_ reason: Reason, _ record: borrowing AccessRecord, _ client: ClientContext, _ retryAfter: Int?) -> [UInt8] {
        var bytes: [UInt8] = []
        LocalResponse.append(
            reason, id: record.id, cause: record.cause, close: closes, omitsBody: omitsBody, isHTTP10: isHTTP10, retryAfter: retryAfter,
            toInstance: client.listener.settings.isForInstances, to: &bytes)
        return bytes
    }

    /// The response at the status path.
    func status(isReady: Bool) -> [UInt8] {
        var bytes: [UInt8] = []
        LocalResponse.append(
            status: isReady ? 200 : 503, body: isReady ? LocalResponse.ready : LocalResponse.notReady, close: closes, omitsBody: omitsBody,
            isHTTP10: isHTTP10, to: &bytes)
        return bytes
    }
}
