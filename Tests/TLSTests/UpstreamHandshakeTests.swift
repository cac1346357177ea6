import COpenSSL
import Settings
import Testing

@testable import TLS

/// The client's side: is it the server that we meant?
@Suite struct UpstreamHandshakeTests {
    private let setup = TestSetup()

    @Test(arguments: [
        ("puppet.example", true), ("PUPPET.example", true), ("other.example", false), ("192.0.2.7", true), ("192.0.2.8", false),
        ("2001:db8::7", true), ("2001:db8::8", false), ("::ffff:192.0.2.7", true), (nil, false), ("", false),
    ])
    func theServersNameOrAddressMustBeInItsCertificate(_ name: String?, _ isAccepted: Bool) throws {
        let pair = try TestPair(setup.server(), setup.client(), name: name)
        let result = pair.handshake().client
        #expect(isAccepted ? result == .done : result.failure?.kind == .hostnameMismatch, "\(result)")
    }

    @Test func namesAreNotComparedWhereOnlyTheCACounts() throws {
        let pair = try TestPair(setup.server(), setup.client { $0.verify = .ca }, name: "other.example", verify: .ca)
        #expect(pair.handshake().client == .done)
    }

    /// The name that is sent is independent of the one that is verified.
    @Test(
        arguments: [
            (nil, nil), ("puppet.example", "puppet.example"), ("elsewhere.example", "elsewhere.example"), ("192.0.2.7", nil),
            ("2001:db8::7", nil),
        ] as [(String?, String?)])
    func aNameIsSentOnlyIfAskedForAndAnAddressNever(_ sni: String?, _ sent: String?) throws {
        for (name, isAccepted) in [("puppet.example", true), ("192.0.2.7", true), ("other.example", false)] {
            let pair = try TestPair(setup.server(), setup.client(), name: name, sni: sni)
            #expect((pair.handshake().client == .done) == isAccepted)
            #expect(SSL_get_servername(pair.server.ssl, TLSEXT_NAMETYPE_host_name).map { String(cString: $0) } == sent)
        }
    }

    @Test(
        arguments: [
            (UpstreamTLSSettings.SNI.none, "p1.example", nil), (.host, "p1.example", "p1.example"), (.host, "192.0.2.7", nil),
            (.host, "2001:db8::7", nil), (.name("all.example"), "p1.example", "all.example"),
            (.name("all.example"), "192.0.2.7", "all.example"),
        ] as [(UpstreamTLSSettings.SNI, String, String?)])
    func whichNameIsSentToWhichHost(_ sni: UpstreamTLSSettings.SNI, _ host: String, _ sent: String?) {
        #expect(UpstreamTLSSettings(sni: sni).sentName(host: host) == sent)
    }

    @Test func theRulesOfTheListenerHoldTowardsServersToo() throws {
        let crl = setup.writeLists()
        let old = try setup.server()
        #expect(pf_SSL_CTX_set_max_proto_version(old.pointer, TLS1_2_VERSION) == 1)
        #expect(try TestPair(old, setup.client()).handshake().client == .done)
        #expect(try TestPair(old, setup.client { $0.rules.minimumVersion = .tls13 }).handshake().client.failure?.kind == .refusedByPeer)
        let rsa = try setup.server { $0.certificates.removeFirst() }
        #expect(try TestPair(rsa, setup.client { $0.crl = crl }).handshake().client == .done)
        #expect(try TestPair(rsa, setup.client { $0.rules.securityLevel = 3 }).handshake().client != .done)
        setup.listsEnd = -10
        let ended = setup.writeLists()
        #expect(try TestPair(rsa, setup.client { $0.crl = ended }).handshake().client.failure?.kind == .crlExpired)
        let accepting = try setup.client { ($0.crl, $0.rules.expiredCRL) = (ended, .accept) }
        #expect(TestPair(rsa, accepting).handshake().client == .done)
        let leafOnly = setup.folder.write("leaf.pem", setup.intermediate.crl(revoking: [3]))
        #expect(throws: TLSMaterialError.self) { _ = try setup.client { $0.crl = leafOnly } }
        let leaf = try setup.client { ($0.crl, $0.rules.crlCheck) = (leafOnly, .leaf) }
        #expect(TestPair(rsa, leaf).handshake().client == .done)
        #expect(
            try TestPair(setup.server { $0.certificates.removeLast() }, leaf).handshake().client.failure?.kind == .certificateRevoked)
    }

    @Test func aServerOfAnotherCAIsRefusedUnlessNothingIsVerified() throws {
        let stranger = TestSetup()
        for verify in UpstreamTLSSettings.Verify.allCases {
            let client = try setup.client {
                $0.ca = stranger.ca
                $0.verify = verify
            }
            let pair = try TestPair(setup.server(), client, verify: verify)
            let result = pair.handshake()
            #expect(verify == .none ? result.client == .done : result.client.failure?.kind == .unknownCA)
            if verify != .none { #expect(result.server.failure?.kind == .refusedByPeer) }
        }
    }

    @Test func aRevokedServerIsRefused() throws {
        setup.revokedByIntermediate = [3, 4]
        let lists = setup.writeLists()
        let pair = try TestPair(setup.server(), setup.client { $0.crl = lists })
        #expect(pair.handshake().client.failure?.kind == .certificateRevoked)
        #expect(try TestPair(setup.server(), setup.client()).handshake().client == .done)
    }

    @Test func withoutVerificationNoCAIsNeeded() throws {
        let client = try setup.client {
            $0.ca = nil
            $0.verify = .none
        }
        #expect(TestPair(try setup.server(), client, name: nil, verify: .none).handshake().client == .done)
    }
}
