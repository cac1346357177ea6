import Puppet
import TestKit
import Testing

/// docs/faults.md says what an agent sees of every misbehaving server, for every endpoint; here the real program is compared with it.
struct FaultMatrixTests {
    private typealias Played = Result<(table: FaultMatrixTable, results: [FaultMatrixRun.Result]), any Error>

    /// Read and played once, for all tests below.
    private static let overHTTP1 = Played { try play(.http1) }
    private static let overHTTP2 = Played { try play(.http2) }

    private static func play(_ spoken: WireProtocol) throws -> (FaultMatrixTable, [FaultMatrixRun.Result]) {
        let table = try FaultMatrixTable()
        return (table, try FaultMatrixRun(table.requests, spoken).results())
    }

    private static func played(_ spoken: WireProtocol) -> Played { spoken == .http1 ? overHTTP1 : overHTTP2 }

    @Test func theTableHasEveryServerAndEveryEndpoint() throws {
        let table = try FaultMatrixTable()
        for behaviour in Misbehaviour.allCases {
            for kind in FaultMatrixRequest.Kind.allCases {
                #expect(table.rows(behaviour, kind, isTLS: false).count == 1, "\(behaviour.words), \(kind)")
                #expect(table.rows(behaviour, kind, isTLS: true).count == 1, "\(behaviour.words), \(kind), in TLS")
            }
        }
        #expect(Set(table.requests.map(\.endpoint)) == Set(PuppetEndpoint.allCases.map(\.rawValue)))
        #expect(Set(table.requests).count == table.requests.count)
    }

    @Test(arguments: Misbehaviour.allCases, WireProtocol.allCases)
    func anAgentSeesWhatTheTableSays(_ behaviour: Misbehaviour, _ spoken: WireProtocol) throws {
        let (table, results) = try Self.played(spoken).get()
        let own = results.filter { $0.cell.behaviour == behaviour }
        #expect(own.count >= table.requests.count * 2)
        for result in own {
            let row = table.rows(behaviour, result.cell.request.kind, isTLS: result.cell.isTLS).first
            #expect(result.outcome == row?.outcome(result.cell.situation), "\(result.cell)")
        }
    }

    @Test(arguments: WireProtocol.allCases) func everyRequestIsOfTheEndpointThatTheTableSays(_ spoken: WireProtocol) throws {
        for result in try Self.played(spoken).get().results {
            #expect(result.endpoint == result.cell.request.endpoint, "\(result.cell)")
            #expect(result.http == (spoken == .http1 ? "1.1" : "2"), "\(result.cell)")
        }
    }

    @Test(arguments: WireProtocol.allCases) func aWriteIsReadByOneServerAtMost(_ spoken: WireProtocol) throws {
        for result in try Self.played(spoken).get().results where result.cell.request.kind == .once {
            #expect(result.readCount <= 1, "\(result.cell)")
        }
    }
}
