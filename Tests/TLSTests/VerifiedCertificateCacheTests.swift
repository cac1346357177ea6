import COpenSSL
import Model
import Settings
import Testing

@testable import TLS

@Suite struct VerifiedCertificateCacheTests {
    private let setup = TestSetup()
    private let clock = TestClock()
    private let cache = VerifiedCertificateCache()

    private func server(_ change: (inout ListenerTLSSettings) -> Void = { _ in }) throws -> ServerTLSContext {
        try setup.server(cache: cache, clock: clock, change)
    }

    /// The identity, or nil where the handshake failed.
    private func connect(_ server: ServerTLSContext, _ client: ClientTLSContext) -> ClientIdentity? {
        let pair = TestPair(server, client)
        guard pair.handshake().server == .done else { return nil }
        return pair.server.identity
    }

    @Test func aKnownCertificateGivesTheSameIdentity() throws {
        let (server, client) = (try server(), try setup.client(setup.agent()))
        let first = try #require(connect(server, client))
        let second = try #require(connect(server, client))
        #expect(first === second)
        #expect(cache.count == 1)
        let other = try #require(connect(server, setup.client(setup.agent("other.example", serial: 101))))
        #expect(other.certname.text == "other.example")
        #expect(cache.count == 2)
    }

    /// TLS 1.2, where certificate and proof go in the clear: the certificate is the known one, a bit of CertificateVerify is wrong.
    @Test func aKnownCertificateIsWorthNothingWithoutItsProof() throws {
        let (server, client) = (try server(), try setup.client(setup.agent()))
        #expect(pf_SSL_CTX_set_max_proto_version(client.pointer, TLS1_2_VERSION) == 1)
        #expect(connect(server, client) != nil)
        let pair = TestPair(server, client)
        var last = HandshakeProgress.wantsRead
        var proofs = 0
        repeat {
            last = pair.server.handshake()
            _ = pair.client.handshake()
            if let record = startOfProof(pair.clientSide.outbound) {
                pair.clientSide.outbound[record + 40] ^= 1
                proofs += 1
            }
        } while pair.carry()
        #expect(proofs == 1)
        #expect(last.failure?.kind == .protocolError)
        #expect(pair.server.identity == nil)
    }

    /// The record that holds CertificateVerify (handshake message 15).
    private func startOfProof(_ records: [UInt8]) -> Int? {
        var offset = 0
        while offset + 5 < records.count {
            if records[offset] == 22 && records[offset + 5] == 15 { return offset }
            offset += 5 + Int(records[offset + 3]) << 8 + Int(records[offset + 4])
        }
        return nil
    }

    @Test func aCertificateRevokedByAReloadIsRefusedThoughItWasKnown() throws {
        let client = try setup.client(setup.agent())
        #expect(connect(try server(), client) != nil)
        setup.revokedByIntermediate = [100]
        let reloaded = try server()
        #expect(cache.count == 0)
        #expect(connect(reloaded, client) == nil)
    }

    @Test func anIntermediateRevokedByAReloadTakesItsAgentsAlong() throws {
        let client = try setup.client(setup.agent())
        #expect(connect(try server(), client) != nil)
        setup.revokedByRoot = [2]
        #expect(connect(try server(), client) == nil)
    }

    @Test func anEntryEndsWithTheCertificate() throws {
        let client = try setup.client(setup.agent { $0.until = 1000 })
        let server = try server()
        #expect(connect(server, client) != nil)
        clock.advance(990)
        #expect(connect(server, client) != nil)
        clock.advance(11)
        #expect(connect(server, client) == nil)
    }

    @Test func anEntryEndsWithAnIntermediateOfItsChain() throws {
        let brief = TestSetup(intermediateUntil: 1000)
        let server = try brief.server(cache: cache, clock: clock)
        let client = try brief.client(brief.agent())
        #expect(connect(server, client) != nil)
        #expect(cache.count == 1)
        clock.advance(1001)
        #expect(connect(server, client) == nil)
    }

    @Test(arguments: TLSRules.ExpiredCRL.allCases)
    func anEntryEndsWithTheListsUnlessExpiredOnesAreAccepted(_ policy: TLSRules.ExpiredCRL) throws {
        setup.listsEnd = 1000
        let server = try server { $0.rules.expiredCRL = policy }
        let client = try setup.client(setup.agent())
        #expect(connect(server, client) != nil)
        clock.advance(1001)
        #expect((connect(server, client) != nil) == (policy == .accept))
    }

    @Test func aClockThatIsSetBackVoidsWhatWasVerifiedLater() throws {
        let server = try server()
        let client = try setup.client(setup.agent())
        #expect(connect(server, client) != nil)
        clock.advance(-7200)
        #expect(connect(server, client) == nil)
    }

    @Test func otherRulesAboutTheSameListsVoidTheCache() throws {
        #expect(connect(try server { $0.rules.expiredCRL = .accept }, try setup.client(setup.agent())) != nil)
        #expect(cache.count == 1)
        _ = try server { $0.rules.securityLevel = 1 }
        #expect(cache.count == 0)
    }

    @Test func theSameFilesReadAgainKeepTheCache() throws {
        let settings = setup.listener()
        for _ in 0..<2 {
            let context = try ServerTLSContext(ServerTLSMaterial.load(settings), identityFields: { name, _ in name }, verified: cache)
            #expect(connect(context, try setup.client(setup.agent())) != nil)
            _ = context
        }
        #expect(cache.count >= 1)
    }

    private func digest(_ number: UInt8) throws -> SHA256Digest {
        try #require([number].withUnsafeBytes { SHA256Digest(of: $0, algorithm: EVP_sha256()) })
    }

    private func identity(_ name: String) -> ClientIdentity {
        ClientIdentity(
            certname: Array(name.utf8), distinguishedName: [], serial: [], issuerDER: [], der: [], extensions: [], notAfter: 0,
            headerBlock: [])
    }

    @Test func theOldestEntryMakesRoom() throws {
        let cache = VerifiedCertificateCache(capacity: 3, maximumAge: 10)
        let trust = try digest(255)
        cache.bind(to: trust)
        for number in UInt8(0)..<5 {
            cache.insert(identity("\(number)"), for: try digest(number), under: trust, now: 0, until: 100)
            cache.insert(identity("\(number)"), for: try digest(number), under: trust, now: 0, until: 100)
            #expect(cache.count == min(Int(number) + 1, 3))
        }
        for number in UInt8(0)..<5 {
            #expect(cache.identity(for: try digest(number), under: trust, now: 5)?.certname.text == (number < 2 ? nil : "\(number)"))
        }
    }

    @Test func entriesHoldFromTheirSecondToTheirEndUnderTheirTrustAlone() throws {
        let cache = VerifiedCertificateCache(capacity: 3, maximumAge: 10)
        let (trust, other, key) = (try digest(255), try digest(254), try digest(1))
        cache.insert(identity("early"), for: key, under: trust, now: 100, until: 200)
        #expect(cache.count == 0)
        cache.bind(to: trust)
        cache.insert(identity("foreign"), for: key, under: other, now: 100, until: 200)
        cache.insert(identity("over"), for: key, under: trust, now: 100, until: 100)
        #expect(cache.count == 0)
        cache.insert(identity("x"), for: key, under: trust, now: 100, until: 105)
        for (now, holds) in [(99, false), (100, true), (104, true), (105, false)] as [(Int64, Bool)] {
            #expect((cache.identity(for: key, under: trust, now: now) != nil) == holds)
        }
        #expect(cache.identity(for: key, under: other, now: 100) == nil)
        cache.insert(identity("x"), for: key, under: trust, now: 100, until: .max)
        #expect(cache.identity(for: key, under: trust, now: 109) != nil)
        #expect(cache.identity(for: key, under: trust, now: 110) == nil)
    }
}
