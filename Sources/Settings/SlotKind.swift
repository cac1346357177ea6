import Puppet

/// A request's endpoint as a small number: by it requests on a server are counted where nothing is known of Puppet.
package struct SlotKind: Hashable, Sendable {
    /// The endpoint's place in `PuppetEndpoint.allCases`; below `count`.
    package let value: UInt8

    package static let count = PuppetEndpoint.allCases.count
    package static let other = SlotKind(.other)

    /// A switch and not a search, since it is asked for every request.
    package init(_ endpoint: PuppetEndpoint) {
        value =
            switch endpoint {
            case .catalog: 0
            case .node: 1
            case .facts: 2
            case .report: 3
            case .fileMetadata: 4
            case .fileMetadatas: 5
            case .fileContent: 6
            case .staticFileContent: 7
            case .fileBucketFile: 8
            case .environments: 9
            case .environmentClasses: 10
            case .environmentModules: 11
            case .environmentTransports: 12
            case .tasks: 13
            case .plans: 14
            case .status: 15
            case .metrics: 16
            case .admin: 17
            case .caCertificate: 18
            case .caCertificateRequest: 19
            case .caCertificateStatus: 20
            case .caCertificateStatuses: 21
            case .caCertificateRevocationList: 22
            case .caCertificateRenewal: 23
            case .caClean: 24
            case .caSign: 25
            case .caExpirations: 26
            case .compile: 27
            case .caOCSP: 28
            case .other: 29
            }
    }
}
