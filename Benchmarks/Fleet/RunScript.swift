import LoadKit
import Puppet

/// The requests of a steady run, as real agents send them: 46, one after another (../puppet-facts: plugin metadata, catalog, metadata, report),
/// and how long a JRuby has each. The catalog has 73% of a run's JRuby time, file metadata 11%, the report 11%, plugin metadata 4%.
struct RunScript {
    static let steps: [PuppetEndpoint] =
        Array(repeating: .fileMetadatas, count: 3) + [.catalog] + Array(repeating: .fileMetadata, count: 40) + [.fileMetadatas, .report]

    /// Seconds between a response and the agent's next request.
    static let pause = 0.02

    static let formType = Array("application/x-www-form-urlencoded".utf8)
    static let body = Array("facts_format=application%2Fjson&facts=%257B%257D".utf8)

    let compile: CompileTime

    func seconds(_ endpoint: PuppetEndpoint, agent: Int) -> Double {
        let catalog = compile.seconds(agent: agent)
        switch endpoint {
        case .catalog: return catalog
        case .fileMetadata: return catalog * 0.11 / 0.73 / 40
        case .fileMetadatas: return catalog * 0.04 / 0.73 / 4
        default: return catalog * 0.11 / 0.73
        }
    }

    static func target(_ endpoint: PuppetEndpoint, environment: String) -> String {
        let path =
            switch endpoint {
            case .catalog: "/puppet/v3/catalog/node.example.org"
            case .report: "/puppet/v3/report/node.example.org"
            case .fileMetadatas: "/puppet/v3/file_metadatas/plugins"
            default: "/puppet/v3/file_metadata/modules/apache/vhost.conf"
            }
        return path + "?environment=" + environment
    }
}
