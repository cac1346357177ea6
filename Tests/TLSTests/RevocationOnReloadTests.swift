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
        #expect(pair.server.refusal(under: old) == nil)
        setup.revokedByIntermediate = [99]
        let harmless = try setup.server(cache: VerifiedCertificateCache())
        #expect(pair.server.refusal(under: harmless) == nil)
        setup.revokedByIntermediate = [99, 100]
        let reloaded = try setup.server(cache: VerifiedCertificateCache())
        #expect(pair.server.refusal(under: reloaded)?.kind == .certificateRevoked)
        #expect(pair.server.refusal(under: reloaded)?.kind == .certificateRevoked)
        #expect(pair.server.refusal(under: harmless) == nil)
        #expect(ERR_peek_error() == 0)
    }

    @Test func aRevokedIntermediateTakesOldConnectionsAlong() throws {
        let (pair, _) = try connected(setup.agent())
        setup.revokedByRoot = [2]
        #expect(pair.server.refusal(under: try setup.server())?.kind == .certificateRevoked)
    }

    @Test func anotherCATakesOldConnectionsAlong() throws {
        let (pair, _) = try connected(setup.agent())
        #expect(pair.server.refusal(under: try TestSetup().server())?.kind == .unknownCA)
    }

    @Test func whereCertificatesAreNoLongerAskedForTheIdentityEnds() throws {
        let (pair, _) = try connected(setup.agent())
        #expect(pair.server.refusal(under: try setup.server { $0.clientCertificate = .none })?.kind == .unknownCA)
    }

    @Test func aConnectionWithoutCertificateIsNeverRevoked() throws {
        let (pair, _) = try connected(nil)
        setup.revokedByIntermediate = [100]
        #expect(pair.server.refusal(under: try setup.server()) == nil)
    }

    @Test func theCacheIsSharedWithOldConnections() throws {
        let (pair, _) = try connected(setup.agent())
        setup.revokedByIntermediate = [99]
        let cache = VerifiedCertificateCache()
        #expect(pair.server.refusal(under: try setup.server(cache: cache)) == nil)
        #expect(cache.count == 1)
    }

    @Test func purposeAndSecurityLevelCountAsInAHandshake() throws {
        let (pair, _) = try connected(setup.agent { $0.key = .rsa })
        #expect(
            pair.server.refusal(
                under: try setup.server {
                    $0.rules.securityLevel = 3
                    $0.certificates.removeLast()
                })?.kind == .certificateInvalid)
    }
}
