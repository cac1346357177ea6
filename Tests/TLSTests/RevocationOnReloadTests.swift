import COpenSSL
import Settings
import Testing

@testable import TLS

/// Connections that live on when CAs or CRLs change.
@Suite struct RevocationOnReloadTests {
    private let setup = TestSetup()

    private func connected(_ agent: TestCertificate?) throws -> (TestPair, ServerTLSContext) {
        let context = try setup.server()
        let pair = try TestPair(context, setup.client(agent))
        #expect(pair.handshake().server == .done)
        return (pair, context)
    }

    @Test func aRevokedAgentIsFoundOnItsOldConnection() throws {
        let (pair, old) = try connected(setup.agent())
        #expect(!pair.server.isRevoked(under: old))
        setup.revokedByIntermediate = [99]
        let harmless = try setup.server(cache: VerifiedCertificateCache())
        #expect(!pair.server.isRevoked(under: harmless))
        setup.revokedByIntermediate = [99, 100]
        let reloaded = try setup.server(cache: VerifiedCertificateCache())
        #expect(pair.server.isRevoked(under: reloaded))
        #expect(pair.server.isRevoked(under: reloaded))
        #expect(!pair.server.isRevoked(under: harmless))
        #expect(ERR_peek_error() == 0)
    }

    @Test func aRevokedIntermediateTakesOldConnectionsAlong() throws {
        let (pair, _) = try connected(setup.agent())
        setup.revokedByRoot = [2]
        #expect(pair.server.isRevoked(under: try setup.server()))
    }

    @Test func anotherCATakesOldConnectionsAlong() throws {
        let (pair, _) = try connected(setup.agent())
        #expect(pair.server.isRevoked(under: try TestSetup().server()))
    }

    @Test func whereCertificatesAreNoLongerAskedForTheIdentityEnds() throws {
        let (pair, _) = try connected(setup.agent())
        #expect(pair.server.isRevoked(under: try setup.server { $0.clientCertificate = .none }))
    }

    @Test func aConnectionWithoutCertificateIsNeverRevoked() throws {
        let (pair, _) = try connected(nil)
        setup.revokedByIntermediate = [100]
        #expect(!pair.server.isRevoked(under: try setup.server()))
    }

    @Test func theCacheIsSharedWithOldConnections() throws {
        let (pair, _) = try connected(setup.agent())
        setup.revokedByIntermediate = [99]
        let cache = VerifiedCertificateCache()
        #expect(!pair.server.isRevoked(under: try setup.server(cache: cache)))
        #expect(cache.count == 1)
    }

    @Test func purposeAndSecurityLevelCountAsInAHandshake() throws {
        let (pair, _) = try connected(setup.agent { $0.key = .rsa })
        #expect(
            pair.server.isRevoked(
                under: try setup.server {
                    $0.securityLevel = 3
                    $0.certificates.removeLast()
                }))
    }
}
