import COpenSSL
import Model
import Settings
import Testing

@testable import TLS

@Suite struct HandshakeTests {
    private let setup = TestSetup()

    @Test(arguments: [(TLS1_2_VERSION, "TLSv1.2"), (TLS1_3_VERSION, "TLSv1.3")])
    func anAgentIsKnownByItsVerifiedCertificate(_ version: Int32, _ name: String) throws {
        let client = try setup.client(setup.agent("Agent.example", serial: 0xBEEF))
        #expect(pf_SSL_CTX_set_max_proto_version(client.pointer, version) == 1)
        let pair = try TestPair(setup.server(), client)
        let result = pair.handshake()
        #expect(result.server == .done && result.client == .done)
        #expect("\(pair.server.version)" == name)
        #expect(pair.server.cipher.contains("128"))
        let identity = try #require(pair.server.identity)
        #expect(identity.certname.text == "Agent.example")
        #expect(identity.foldedCertname.text == "agent.example")
        #expect(identity.distinguishedName.text == "CN=Agent.example")
        #expect(identity.serial.text == "BEEF")
        #expect(identity.headerBlock.text == "CN=Agent.example \(identity.der.count)")
        #expect(pair.client.identity == nil)
    }

    @Test func anAgentWithoutCertificateHasNoIdentity() throws {
        let pair = try TestPair(setup.server(), setup.client())
        #expect(pair.handshake().server == .done)
        #expect(pair.server.identity == nil)
    }

    @Test func thereIsNoIdentityBeforeTheProofOfPossession() throws {
        let pair = try TestPair(setup.server(), setup.client(setup.agent()))
        pair.carried = 1
        var identityCameEarly = false
        while true {
            let progress = pair.server.handshake()
            if progress == .done { break }
            identityCameEarly = identityCameEarly || pair.server.identity != nil
            _ = pair.client.handshake()
            try #require(pair.carry())
        }
        #expect(!identityCameEarly && pair.server.identity != nil)
    }

    @Test func aRequiredCertificateThatDoesNotComeFails() throws {
        let pair = try TestPair(setup.server { $0.clientCertificate = .required }, setup.client())
        #expect(pair.handshake().server.failure?.kind == .noCertificate)
    }

    @Test func withNoneCertificatesAreNotAskedFor() throws {
        let context = try setup.server {
            $0.clientCertificate = .none
            $0.crl = nil
        }
        let pair = try TestPair(context, setup.client(setup.agent()))
        #expect(pair.handshake().server == .done)
        #expect(pair.server.identity == nil)
    }

    enum Bad: String, CaseIterable, CustomTestStringConvertible {
        case expired, notYetValid, revoked, revokedIntermediate, unknownCA, impostorCA, selfSigned, serverPurposeOnly, expiredList,
            futureList,
            noCommonName, twoCommonNames,
            controlByte
        var testDescription: String { rawValue }
    }

    /// Kind for the log, and alert for the agent (in TLS 1.2, where the agent sees it during the handshake).
    @Test(arguments: [
        (Bad.expired, HandshakeFailure.Kind.certificateExpired, "certificate expired"),
        (.notYetValid, .certificateNotYetValid, "bad certificate"), (.revoked, .certificateRevoked, "certificate revoked"),
        (.revokedIntermediate, .certificateRevoked, "certificate revoked"), (.unknownCA, .unknownCA, "unknown ca"),
        (.impostorCA, .unknownCA, "decrypt error"),
        (.selfSigned, .unknownCA, "unknown ca"), (.serverPurposeOnly, .certificateInvalid, "unsupported certificate"),
        (.expiredList, .crlExpired, "certificate expired"), (.futureList, .crlNotYetValid, "bad certificate"),
        (.noCommonName, .unusableName, "bad certificate"),
        (.twoCommonNames, .unusableName, "bad certificate"), (.controlByte, .unusableName, "bad certificate"),
    ])
    func aCertificateThatDoesNotVerifyIsRefusedWithTheRightAlert(_ bad: Bad, _ kind: HandshakeFailure.Kind, _ alert: String) throws {
        let certificate = make(bad)
        let client = try setup.client(certificate)
        #expect(pf_SSL_CTX_set_max_proto_version(client.pointer, TLS1_2_VERSION) == 1)
        let pair = try TestPair(setup.server(cache: VerifiedCertificateCache()), client)
        let result = pair.handshake()
        let failure = try #require(result.server.failure)
        #expect(failure.kind == kind)
        #expect(failure.serial == "64")
        #expect(result.client.failure?.kind == .refusedByPeer)
        #expect(result.client.failure?.reason.contains(alert) == true, "\(result.client)")
        #expect(pair.server.identity == nil)
        #expect(pair.server.handshake().failure == failure)
        if bad == .revokedIntermediate { #expect(failure.reason.contains("CN=Puppet CA")) }
        if bad == .revoked { #expect(failure.certname == "agent.example") }
    }

    private func make(_ bad: Bad) -> TestCertificate {
        switch bad {
        case .expired: return setup.agent { $0.until = -10 }
        case .notYetValid: return setup.agent { $0.from = 3600 }
        case .revoked: setup.revokedByIntermediate = [99, 100, 101]
        case .revokedIntermediate: setup.revokedByRoot = [2]
        case .unknownCA: return TestAuthority("Other CA", serial: 2).issue(TestSubject("agent.example", serial: 100))
        case .impostorCA: return TestAuthority("Puppet CA", serial: 2).issue(TestSubject("agent.example", serial: 100))
        case .selfSigned: return TestAuthority("agent.example", serial: 100).certificate
        case .serverPurposeOnly: return setup.agent { $0.usage = "serverAuth" }
        case .expiredList: setup.listsEnd = -10
        case .futureList: setup.listsBegin = 900
        case .noCommonName: return setup.agent { $0.name = [("O", "agent.example")] }
        case .twoCommonNames: return setup.agent { $0.name += [("CN", "other.example")] }
        case .controlByte: return setup.agent("agent.example\u{0}.other.example")
        }
        return setup.agent()
    }

    @Test func inTLS13TheAgentLearnsOfItsRefusalWhenItReads() throws {
        setup.revokedByIntermediate = [100]
        let pair = try TestPair(setup.server(), setup.client(setup.agent()))
        let result = pair.handshake()
        #expect(result.server.failure?.kind == .certificateRevoked)
        #expect(result.client == .done)
        #expect(pair.drain(pair.client).last == .failed)
        #expect(!pair.client.isTruncated)
    }

    @Test func anExpiredListIsPassedOverWhereTheSettingsSaySo() throws {
        setup.listsEnd = -10
        setup.revokedByIntermediate = [101]
        let context = try setup.server { $0.rules.expiredCRL = .accept }
        let pair = try TestPair(context, setup.client(setup.agent()))
        #expect(pair.handshake().server == .done)
        #expect(pair.server.identity != nil)
        let revoked = try TestPair(context, setup.client(setup.agent(serial: 101)))
        #expect(revoked.handshake().server.failure?.kind == .certificateRevoked)
        let expired = try TestPair(context, setup.client(setup.agent(serial: 102) { $0.until = -10 }))
        #expect(expired.handshake().server.failure?.kind == .certificateExpired)
    }

    @Test func theCheaperCertificateIsServedToThoseWhoAcceptIt() throws {
        for (signatures, ciphers, type) in [
            (nil, nil, EVP_PKEY_EC), ("RSA-PSS+SHA256:RSA+SHA256", nil, EVP_PKEY_RSA),
            ("RSA+SHA256:ECDSA+SHA256", "ECDHE-RSA-AES256-GCM-SHA384", EVP_PKEY_RSA), ("RSA+SHA256:ECDSA+SHA256", "ALL", EVP_PKEY_EC),
        ] as [(String?, String?, Int32)] {
            let client = try setup.client()
            if let signatures { setSignatures(signatures, client) }
            if let ciphers {
                #expect(SSL_CTX_set_cipher_list(client.pointer, ciphers) == 1)
                #expect(pf_SSL_CTX_set_max_proto_version(client.pointer, TLS1_2_VERSION) == 1)
            }
            let pair = try TestPair(setup.server(), client)
            #expect(pair.handshake().server == .done)
            let served = try #require(SSL_get0_peer_certificate(pair.client.ssl))
            #expect(EVP_PKEY_get_base_id(X509_get0_pubkey(served)) == type)
        }
    }

    private func setSignatures(_ list: String, _ client: ClientTLSContext) {
        list.withCString { #expect(SSL_CTX_ctrl(client.pointer, SSL_CTRL_SET_SIGALGS_LIST, 0, UnsafeMutableRawPointer(mutating: $0)) == 1) }
    }

    @Test func oldVersionsAreRefused() throws {
        for (oldest, spoken, isDone) in [
            (TLSRules.Version.tls12, TLS1_1_VERSION, false), (.tls13, TLS1_2_VERSION, false), (.tls12, TLS1_2_VERSION, true),
        ] {
            let client = try setup.client()
            SSL_CTX_set_security_level(client.pointer, 0)
            #expect(pf_SSL_CTX_set_min_proto_version(client.pointer, TLS1_VERSION) == 1)
            #expect(pf_SSL_CTX_set_max_proto_version(client.pointer, spoken) == 1)
            #expect(SSL_CTX_set_cipher_list(client.pointer, "ALL:@SECLEVEL=0") == 1)
            let pair = try TestPair(setup.server { $0.rules.minimumVersion = oldest }, client)
            let result = pair.handshake().server
            #expect(isDone ? result == .done : result.failure?.kind == .unsupportedVersion, "\(result)")
        }
    }

    @Test(
        arguments: [
            ("ECDHE-ECDSA-AES256-GCM-SHA384", TLS1_2_VERSION, "ECDHE-ECDSA-AES256-GCM-SHA384"),
            ("ECDHE-ECDSA-AES256-GCM-SHA384", TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256"),
            ("TLS_AES_256_GCM_SHA384:ECDHE-ECDSA-CHACHA20-POLY1305", TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384"),
            ("TLS_AES_256_GCM_SHA384:ECDHE-ECDSA-CHACHA20-POLY1305", TLS1_2_VERSION, "ECDHE-ECDSA-CHACHA20-POLY1305"),
        ] as [(String, Int32, String)], [false, true])
    func eitherSidesCiphersAreThoseOfTheSettings(_ ciphers: (String, Int32, String), _ onPool: Bool) throws {
        let client = try setup.client { if onPool { $0.rules.ciphers = ciphers.0 } }
        #expect(pf_SSL_CTX_set_max_proto_version(client.pointer, ciphers.1) == 1)
        let pair = try TestPair(setup.server { if !onPool { $0.rules.ciphers = ciphers.0 } }, client)
        #expect(pair.handshake().server == .done)
        #expect(pair.server.cipher == ciphers.2)
    }

    @Test func ciphersThatOpenSSLDoesNotKnowAreMistakes() throws {
        for list in ["NOSUCH", "ECDHE-ECDSA-AES128-GCM-SHA256:NOSUCH", "TLS_NOSUCH", "HIGH:!NOSUCH", ""] {
            let name = list.split(separator: ":").last ?? ""
            let problem = TLSMaterialError(file: "tls", problem: "ciphers: OpenSSL knows none of the name \"\(name)\"")
            #expect(throws: problem) { _ = try setup.server { $0.rules.ciphers = list } }
            #expect(throws: problem) { _ = try setup.client { $0.rules.ciphers = list } }
        }
        _ = try setup.server { $0.rules.ciphers = "HIGH:!aNULL:@STRENGTH" }
    }

    @Test func withoutACommonCipherTheKindSaysSo() throws {
        let client = try setup.client()
        #expect(pf_SSL_CTX_set_max_proto_version(client.pointer, TLS1_2_VERSION) == 1)
        #expect(SSL_CTX_set_cipher_list(client.pointer, "AES128-SHA") == 1)
        #expect(try TestPair(setup.server(), client).handshake().server.failure?.kind == .noSharedCipher)
    }

    @Test(arguments: [
        ("\u{8}http/1.1", true, true), ("\u{2}h2\u{8}http/1.1", true, true), ("\u{8}http/1.0", true, true), ("\u{2}h2", false, false),
        ("", true, false),
    ])
    func protocolNegotiationGivesHTTP1(_ offered: String, _ isDone: Bool, _ isChosen: Bool) throws {
        let client = try setup.client()
        let bytes = Array(offered.utf8)
        #expect(bytes.isEmpty || SSL_CTX_set_alpn_protos(client.pointer, bytes, UInt32(bytes.count)) == 0)
        let pair = try TestPair(setup.server(), client)
        let result = pair.handshake()
        #expect(isDone ? result.server == .done : result.server.failure?.kind == .noApplicationProtocol)
        #expect(!isDone || (pair.client.negotiatedProtocol != nil) == isChosen)
    }

    @Test func noSessionIsOfferedForResumption() throws {
        for version in [TLS1_2_VERSION, TLS1_3_VERSION] {
            let client = try setup.client(setup.agent())
            #expect(pf_SSL_CTX_set_max_proto_version(client.pointer, version) == 1)
            let pair = try TestPair(setup.server(), client)
            pair.handshake()
            #expect(pair.server.write("x".utf8) == .bytes(1))
            pair.carry()
            #expect(pair.drain(pair.client).bytes.text == "x")
            let session = SSL_get1_session(pair.client.ssl)
            #expect(SSL_SESSION_is_resumable(session) == 0)
            #expect(SSL_SESSION_has_ticket(session) == 0)
            SSL_SESSION_free(session)
        }
    }

    @Test func plainTextAndEarlyEndsAreTold() throws {
        for (sent, kind) in [("GET / HTTP/1.1\r\n\r\n", HandshakeFailure.Kind.protocolError), ("", .closed), ("\u{16}\u{3}\u{1}", .closed)]
        {
            let pair = try TestPair(setup.server(), setup.client())
            pair.serverSide.inbound = Array(sent.utf8)
            pair.serverSide.hasEnded = true
            let failure = try #require(pair.server.handshake().failure)
            #expect(failure.kind == kind)
            #expect(!failure.reason.isEmpty && failure.certname == nil)
        }
    }

    @Test func aHugeCertificateIsRefusedBeforeItIsRead() throws {
        let agent = setup.agent { $0.extensions = [("1.3.6.1.4.1.34380.1.1.1", [UInt8](repeating: 0x61, count: 40 << 10))] }
        let pair = try TestPair(setup.server(), setup.client(agent))
        #expect(pair.handshake().server.failure?.reason == "excessive message size")
    }

    @Test func anIntermediateThatTheAgentSendsCountsOnlyWithItsCRL() throws {
        let other = TestAuthority("Other CA", serial: 9, issuer: setup.root)
        let agent = other.issue(TestSubject("agent.example", serial: 100))
        let lists = setup.root.crl() + setup.intermediate.crl()
        let without = setup.folder.write("without.pem", lists)
        let with = setup.folder.write("with.pem", lists + other.crl())
        for (crl, kind) in [(without, HandshakeFailure.Kind.crlMissing), (with, nil)] {
            let cache = VerifiedCertificateCache()
            let pair = try TestPair(setup.server(cache: cache) { $0.crl = crl }, setup.client(agent, more: other.certificate.pem))
            #expect(pair.handshake().server.failure?.kind == kind)
            #expect(cache.count == 0)
        }
    }
}
