import COpenSSL
import Settings
import Testing

@testable import TLS

/// Files under which every agent would be rejected now do not come into force, as long as something older lets agents in.
@Suite struct FilesComeIntoForceTests {
    private let setup = TestSetup()
    private let now = Timestamp.now()

    private var settings: ListenerTLSSettings {
        ListenerTLSSettings(certificates: setup.serverFiles(), clientCA: setup.ca, crl: "\(setup.folder.path)/crl.pem")
    }

    private func write(_ lists: [UInt8]...) { setup.folder.write("crl.pem", lists.flatMap { $0 }) }

    private func load(
        _ settings: ListenerTLSSettings? = nil, after before: ServerTLSMaterial? = nil, at moment: Int64? = nil
    ) throws -> ServerTLSMaterial {
        var inForce = MaterialInForce()
        if let before { inForce.add(before) }
        return try ServerTLSMaterial.load(settings ?? self.settings, inForce: inForce, now: moment ?? now)
    }

    private func handshake(_ material: ServerTLSMaterial, _ agent: TestCertificate? = nil) throws -> HandshakeProgress {
        let context = try ServerTLSContext(material, identityFields: { name, _ in name }, verified: nil)
        return try TestPair(context, setup.client(agent ?? setup.agent()) { $0.ca = agentsCA }).handshake().server
    }

    /// What agents verify the server by.
    private var agentsCA: String {
        setup.folder.write("agents-ca.pem", setup.root.certificate.pem + setup.intermediate.certificate.pem)
    }

    // MARK: CRLs

    @Test func aListFromTheFutureWaitsUntilItIsValid() throws {
        let root = setup.root.crl()
        write(root, setup.intermediate.crl(number: 1))
        let first = try load()
        #expect(first.heldBack.isEmpty && first.warnings.isEmpty)
        write(root, setup.intermediate.crl(revoking: [100], from: 900, number: 2))
        let second = try load(after: first)
        let held = try #require(second.heldBack.first)
        #expect(second.heldBack.count == 1 && held.file == settings.crl)
        #expect(held.activatesAt.map { abs($0 - (now + 600)) <= 2 } == true)
        #expect(held.reason.hasPrefix("CRL of CN=Puppet CA is not valid before 20"))
        #expect(held.reason.hasSuffix("; the one in force stays until then"))
        #expect(second.warnings == [held.line])
        #expect(second.trustGeneration == first.trustGeneration && second.fault(at: now) == nil)
        #expect(try handshake(second) == .done)
        let third = try load(after: second, at: held.activatesAt)
        #expect(third.heldBack.isEmpty && third.trustGeneration != first.trustGeneration)
    }

    @Test func fiveMinutesAheadAreToleratedAsByAgents() throws {
        write(setup.root.crl(), setup.intermediate.crl(revoking: [101], from: 240))
        let material = try load()
        #expect(material.heldBack.isEmpty && material.warnings.isEmpty && material.fault(at: now) == nil)
        #expect(try handshake(material) == .done)
        #expect(try handshake(material, setup.agent(serial: 101)).failure?.kind == .certificateRevoked)
    }

    @Test func withNothingOlderAListFromTheFutureIsTakenAndSaysSo() throws {
        write(setup.root.crl(), setup.intermediate.crl(from: 900))
        let material = try load()
        #expect(material.heldBack.isEmpty)
        try #require(material.warnings.count == 2)
        #expect(material.warnings[0].contains("crl.pem: CRL of CN=Puppet CA is not valid before 20"))
        #expect(material.warnings[1].contains("ca.pem: no certificate of the CA CN=Puppet CA is accepted before 20"))
        #expect(material.fault(at: now) == "no agent's certificate is accepted: CRL of CN=Puppet CA is not valid yet")
        #expect(material.fault(at: now + 602) == nil, "by itself")
        #expect(try handshake(material).failure?.kind == .crlNotYetValid)
    }

    @Test func anEndedListReplacesNoneThatIsValid() throws {
        write(setup.root.crl(), setup.intermediate.crl(number: 1))
        let first = try load()
        write(setup.root.crl(), setup.intermediate.crl(until: -10, number: 2))
        let second = try load(after: first)
        #expect(second.heldBack.count == 1 && second.heldBack[0].activatesAt == nil)
        #expect(try handshake(second) == .done)
        var accepting = settings
        accepting.rules.expiredCRL = .accept
        #expect(try load(accepting, after: first).heldBack.isEmpty)
    }

    @Test func theListThatRevokesAnIntermediateComesIntoForce() throws {
        write(setup.root.crl(number: 1), setup.intermediate.crl(number: 1))
        let first = try load()
        write(setup.root.crl(revoking: [2], number: 2), setup.intermediate.crl(number: 1))
        let second = try load(after: first)
        #expect(second.heldBack.isEmpty)
        #expect(second.fault(at: now) == "no agent's certificate is accepted: certificate revoked: CN=Puppet CA")
        #expect(try handshake(second).failure?.kind == .certificateRevoked)
    }

    @Test(arguments: [false, true])
    func aListOfTheCAsNameByAnotherKeyIsLeftOut(_ comesFirst: Bool) throws {
        let own = setup.intermediate.crl(revoking: [101], number: 1)
        let other = setup.intermediate.crl(from: -10, signedBy: .otherEC, number: 9)
        write(setup.root.crl(), comesFirst ? other + own : own + other)
        let material = try load()
        #expect(
            material.warnings == [
                "\(settings.crl ?? ""): a CRL of CN=Puppet CA is signed with another key than the CA's: it is left out"
            ])
        #expect(try handshake(material) == .done)
        #expect(try handshake(material, setup.agent(serial: 101)).failure?.kind == .certificateRevoked)
    }

    @Test func ofSeveralListsTheNewestThatIsValidCounts() throws {
        let (old, new) = (setup.intermediate.crl(number: 255), setup.intermediate.crl(revoking: [100], number: 256))
        write(setup.root.crl(), new, old, setup.intermediate.crl(from: 9000, number: 300))
        #expect(try handshake(load()).failure?.kind == .certificateRevoked)
    }

    @Test func listsOfCAsThatAgentsSendAreKept() throws {
        setup.folder.write("ca.pem", setup.root.certificate.pem)
        write(setup.root.crl(), setup.intermediate.crl(revoking: [101]))
        let material = try load()
        #expect(material.warnings.isEmpty)
        let context = try ServerTLSContext(material, identityFields: { name, _ in name }, verified: nil)
        for (serial, isGood) in [(100, true), (101, false)] {
            let client = try setup.client(setup.agent(serial: serial), more: setup.intermediate.certificate.pem) { $0.ca = agentsCA }
            let result = TestPair(context, client).handshake().server
            #expect(isGood ? result == .done : result.failure?.kind == .certificateRevoked)
        }
    }

    @Test func aRootWithoutListsIsGoodEnoughForLeaves() throws {
        write(setup.intermediate.crl(revoking: [101]))
        #expect(throws: TLSMaterialError.self) { try load() }
        var leaf = settings
        leaf.rules.crlCheck = .leaf
        let material = try load(leaf)
        #expect(material.warnings.isEmpty && material.fault(at: now) == nil)
        #expect(try handshake(material) == .done)
        #expect(try handshake(material, setup.agent(serial: 101)).failure?.kind == .certificateRevoked)
        write(setup.root.crl())
        #expect(throws: TLSMaterialError.self, "the CA that agents are from needs one") { try load(leaf) }
    }

    // MARK: CAs and certificates

    @Test func aBundleWithoutItsRootIsAMistakeOrWaits() throws {
        write(setup.root.crl(), setup.intermediate.crl())
        let first = try load()
        setup.folder.write("ca.pem", setup.intermediate.certificate.pem)
        let error = #expect(throws: TLSMaterialError.self) { try load() }
        #expect(error?.file == setup.ca)
        #expect(error?.problem.contains("up to a root, are not there (issuer CN=Puppet Root CA)") == true)
        let second = try load(after: first)
        #expect(second.heldBack.map(\.file) == [setup.ca] && second.heldBack[0].activatesAt == nil)
        #expect(second.trustGeneration == first.trustGeneration)
        #expect(try handshake(second) == .done)
    }

    @Test func aCAThatIsNotValidYetWaits() throws {
        write(setup.root.crl(), setup.intermediate.crl())
        let first = try load()
        let next = TestAuthority("Next CA", serial: 1, from: 900)
        setup.folder.write("ca.pem", next.certificate.pem)
        write(setup.root.crl(), setup.intermediate.crl(), next.crl())
        let second = try load(after: first)
        let held = try #require(second.heldBack.first)
        #expect(held.file == setup.ca && held.activatesAt.map { abs($0 - (now + 900)) <= 2 } == true)
        #expect(try handshake(second) == .done)
        let third = try load(after: second, at: held.activatesAt)
        #expect(third.heldBack.isEmpty && third.trustGeneration != first.trustGeneration)
        // Next to the one that agents have, it may come at once.
        setup.folder.write("ca.pem", setup.root.certificate.pem + setup.intermediate.certificate.pem + next.certificate.pem)
        #expect(try load(after: first).heldBack.isEmpty)
    }

    @Test func aCertificateThatIsNotValidYetWaits() throws {
        write(setup.root.crl(), setup.intermediate.crl())
        let files = setup.files("only", setup.agent("puppet.example", serial: 5))
        var settings = settings
        settings.certificates = [files]
        let first = try load(settings)
        _ = setup.files("only", setup.agent("puppet.example", serial: 6) { $0.from = 900 })
        let second = try load(settings, after: first)
        #expect(second.heldBack.count == 1 && second.heldBack[0].file == files.chain)
        #expect(second.heldBack[0].activatesAt.map { abs($0 - (now + 900)) <= 2 } == true)
        #expect(second.certificates.map(\.chain[0].serial) == ["05"])
        #expect(try load(settings, after: second, at: now + 902).certificates.map(\.chain[0].serial) == ["06"])
        // An expired root next to it is none that agents verify.
        let ended = TestAuthority("Old Root CA", serial: 1, until: -10)
        _ = setup.files("only", setup.agent("puppet.example", serial: 7), more: ended.certificate.pem)
        #expect(try load(settings, after: first).certificates.map(\.chain[0].serial) == ["07"])
        #expect(try load(settings).fault(at: now) == nil)
        _ = setup.files("only", setup.agent("puppet.example", serial: 6) { $0.from = 900 })
        let alone = try load(settings)
        #expect(alone.fault(at: now) == "none of the listener's certificates is valid now" && alone.fault(at: now + 902) == nil)
    }

    @Test func theSameHoldsForServersOfAPool() throws {
        write(setup.root.crl(), setup.intermediate.crl(number: 1))
        let upstream = UpstreamTLSSettings(ca: setup.ca, crl: settings.crl)
        var inForce = MaterialInForce()
        inForce.add(try ClientTLSMaterial.load(upstream, now: now))
        write(setup.root.crl(), setup.intermediate.crl(from: 900, number: 2))
        let material = try ClientTLSMaterial.load(upstream, inForce: inForce, now: now)
        #expect(material.heldBack.count == 1)
        let pair = try TestPair(setup.server { $0.crl = self.settings.crl }, ClientTLSContext(material), name: "puppet.example")
        #expect(pair.handshake().client == .done)
    }

    // MARK: The self-test

    @Test(arguments: 0...3)
    func aGoodCAStandsTheTestAtEverySecurityLevel(_ level: Int) throws {
        for key in [TestKey.rsa, .ec, TestKey(pf_EVP_EC_gen("P-384"))] where level < 3 || key !== TestKey.rsa {
            let authority = TestAuthority("One CA", serial: 1, key: key)
            setup.folder.write("ca.pem", authority.certificate.pem)
            write(authority.crl())
            var settings = settings
            settings.certificates.removeLast()
            settings.rules.securityLevel = level
            #expect(try load(settings).warnings.isEmpty)
        }
    }
}

extension Certificate {
    fileprivate var serial: String { String(decoding: PeerCertificate.serial(of: pointer), as: UTF8.self) }
}
