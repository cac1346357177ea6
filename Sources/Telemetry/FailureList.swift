import Model

/// What failed lately: requests that were rejected, failed or cut, errors of servers, and handshakes.
///
/// Bounded in groups, so that what anybody can cause (no certificate, a refused one) or what is usual (a file that is not there) displaces
/// nothing else; and no client, or no source where there is none, holds more than a quarter of a group.
package struct FailureList: Sendable {
    package struct Failure: Sendable, Equatable {
        /// When it ended, seconds since 1970.
        package var time: Int64 = 0
        package var kind = FailureKind.serverError
        package var status: Int?
        package var id: [UInt8] = []
        package var listener: [UInt8] = []
        package var source: [UInt8] = []
        /// The verified certificate's name.
        package var client: [UInt8] = []
        /// Of a refused certificate.
        package var serial: [UInt8] = []
        package var endpoint: [UInt8] = []
        /// The request's own; of a handshake the refused certificate's, unverified.
        package var certname: [UInt8] = []
        package var environment: [UInt8] = []
        package var pool: [UInt8] = []
        package var server: [UInt8] = []
        /// At most 200 bytes, as are the two before.
        package var target: [UInt8] = []
        package var cause: [UInt8] = []
        package var errorText: [UInt8] = []

        package init() {}

        fileprivate var owner: [UInt8] { client.isEmpty ? source : client }
    }

    /// What displaces only its like.
    enum Group: Int, CaseIterable {
        /// Requests of verified agents.
        case agents
        /// Errors of servers about files: agents try one source after another.
        case files
        case anonymous
        /// For the certificate that was shown.
        case handshakes
        /// For anything else: whoever connects can cause it.
        case otherHandshakes

        var bound: Int { self == .agents ? 256 : 64 }
    }

    /// Each the oldest first.
    private var groups = [[Failure]](repeating: [], count: Group.allCases.count)

    init() {}

    /// The youngest first.
    package var failures: [Failure] { groups.flatMap { $0.reversed() }.sorted { $0.time > $1.time } }

    /// Nothing where it went well.
    mutating func add(_ record: borrowing AccessRecord) {
        guard let kind = record.failureKind else { return }
        var failure = Failure()
        failure.time = (record.startedAt + (record.totalTime ?? 0)) / 1_000_000_000
        failure.kind = kind
        failure.status = record.status
        failure.id = record.id
        failure.listener = record.listener
        failure.source = record.source
        failure.client = record.client
        failure.endpoint = record.endpoint
        failure.certname = Array(record.certname.prefix(200))
        failure.environment = Array(record.environment.prefix(200))
        failure.pool = record.pool
        failure.server = record.server
        failure.target = Array(record.target.prefix(200))
        failure.cause = record.cause
        failure.errorText = record.errorText
        add(failure, to: record.client.isEmpty ? .anonymous : kind == .serverError && record.isAboutFile ? .files : .agents)
    }

    mutating func add(_ handshake: RefusedHandshake) {
        var failure = Failure()
        failure.time = handshake.time
        failure.kind = .handshake(handshake.refusal)
        failure.listener = handshake.listener
        failure.source = handshake.source
        failure.serial = Array(handshake.serial.prefix(100))
        failure.certname = Array(handshake.certname.prefix(200))
        failure.cause = Array(handshake.cause.prefix(300))
        add(failure, to: handshake.refusal.isAboutCertificate ? .handshakes : .otherHandshakes)
    }

    private mutating func add(_ failure: Failure, to group: Group) {
        let owner = failure.owner
        let kept = groups[group.rawValue]
        if kept.count >= group.bound / 4, kept.count(where: { $0.owner == owner }) >= group.bound / 4,
            let oldest = kept.firstIndex(where: { $0.owner == owner })
        {
            groups[group.rawValue].remove(at: oldest)
        } else if kept.count >= group.bound {
            groups[group.rawValue].removeFirst()
        }
        groups[group.rawValue].append(failure)
    }

    static func += (left: inout FailureList, right: borrowing FailureList) {
        for group in Group.allCases {
            let both = (left.groups[group.rawValue] + right.groups[group.rawValue]).sorted { $0.time < $1.time }
            left.groups[group.rawValue] = Array(both.suffix(group.bound))
        }
    }
}

extension AccessRecord {
    /// nil: it went well, or it was nothing that an agent's run needs.
    var failureKind: FailureKind? {
        if let reason { return .request(reason) }
        guard let status, status >= 400, isPartOfRun || isAboutFile else { return nil }
        return .serverError
    }

    /// Servers respond to these with 2xx only where they know the agent.
    var isPartOfRun: Bool { Self.runEndpoints.contains(endpoint) }
    var isAboutFile: Bool { Self.fileEndpoints.contains(endpoint) }

    private static let runEndpoints = ["catalog", "node", "facts", "report"].map { Array($0.utf8) }
    private static let fileEndpoints = ["file_metadata", "file_metadatas", "file_content", "static_file_content"].map { Array($0.utf8) }
}
