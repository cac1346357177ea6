import Balancing
import Model
import Puppet
import Routing

/// A request as agents send it, and who sends it.
struct SampleRequest {
    let method: RequestMethod
    let target: [UInt8]
    /// A catalog's; empty for others.
    let body: [UInt8]
    let identity: ClientIdentity
    /// As its connection knows it.
    let holder: SlotHolder
    let context: RouteContext

    static let formType = Array("application/x-www-form-urlencoded".utf8)

    /// What 1,000 agents ask for, each in one environment: node, files, a catalog, a report.
    static func make(environments: [String]) -> [SampleRequest] {
        (0..<2000).map { number in
            let agent = number % 1000
            let certname = "web\(agent).grnet.gr"
            // A step that is prime to any size in use, so that names come in no order.
            let environment = environments[number * 7919 % environments.count]
            let (method, path): (RequestMethod, String) =
                switch number % 5 {
                case 0: (.get, "/puppet/v3/node/\(certname)")
                case 1: (.get, "/puppet/v3/file_metadata/modules/apache/vhost.conf")
                case 2: (.get, "/puppet/v3/file_content/modules/apache/vhost.conf")
                case 3: (.post, "/puppet/v3/catalog/\(certname)")
                default: (.put, "/puppet/v3/report/\(certname)")
                }
            let facts = String(repeating: "%7B%22name%22%3A%22", count: 20)
            let body = method == .post ? "environment=\(environment)&facts_format=application%2Fjson&facts=\(facts)" : ""
            let identity = identity(certname)
            return SampleRequest(
                method: method, target: Array("\(path)?environment=\(environment)&configured_environment=\(environment)".utf8),
                body: Array(body.utf8), identity: identity, holder: SlotHolder(Array(certname.utf8), isVerified: true),
                context: RouteContext(identity: identity, source: IPAddress(v4: 0x0A00_0000 | UInt32(agent))))
        }
    }

    private static func identity(_ certname: String) -> ClientIdentity {
        let role = TrustedExtension(oid: "1.3.6.1.4.1.34380.1.1.13", value: Array("frontend".utf8))
        return ClientIdentity(
            certname: Array(certname.utf8), distinguishedName: [], serial: [], issuerDER: [], der: [], extensions: [role], notAfter: 0,
            headerBlock: [])
    }
}
