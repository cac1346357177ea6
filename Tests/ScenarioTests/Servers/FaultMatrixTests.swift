import Puppet
import TestKit
import Testing

/// docs/faults.md says what an agent sees of every misbehaving server, for every endpoint; here the real program is compared with it.
struct FaultMatrixTests {
    /// Read and played once, for all tests below.
    private static let played = Result<(table: FaultMatrixTable, results: [FaultMatrixRun.Result]), any Error> {
        let table = try FaultMatrixTable()
        return (table, try FaultMatrixRun(table.requests).results())
    }

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

    @Test(arguments: Misbehaviour.allCases) func anAgentSeesWhatTheTableSays(_ behaviour: Misbehaviour) throws {
        let (table, results) = try Self.played.get()
        let own = results.filter { $0.cell.behaviour == behaviour }
        #expect(own.count >= table.requests.count * 2)
        for result in own {
            let row = table.rows(behaviour, result.cell.request.kind, isTLS: result.cell.isTLS).first
            #expect(result.outcome == row?.outcome(result.cell.situation), "\(result.cell)")
        }
    }

    @Test func everyRequestIsOfTheEndpointThatTheTableSays() throws {
        for result in try Self.played.get().results {
            #expect(result.endpoint == result.cell.request.endpoint, "\(result.cell)")
        }
    }

    @Test func aWriteIsReadByOneServerAtMost() throws {
        for result in try Self.played.get().results where result.cell.request.kind == .once {
            #expect(result.readCount <= 1, "\(result.cell)")
        }
    }
}
