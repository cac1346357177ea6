import COpenSSL
import Model
import Settings
import Testing

@testable import TLS

@Suite struct SessionTicketTests {
    private let setup = TestSetup()
    private let ownKeys = TicketKeys()
    private let clock = TestClock()

    private func material(_ change: (inout ListenerTLSSettings) -> Void = { _ in }) throws -> ServerTLSMaterial {
        var settings = setup.listener { $0.sessionTickets = true }
        change(&settings)
        return try ServerTLSMaterial.load(settings, ownTicketKeys: ownKeys)
    }

    /// As one worker has it.
    private func context(_ material: ServerTLSMaterial) throws -> ServerTLSContext {
        let clock = clock
        return try ServerTLSContext(
            material, identityFields: { name, _ in name }, verified: VerifiedCertificateCache(), clock: { clock.now })
    }

    private func client(_ agent: TestCertificate?, _ version: Int32) throws -> ClientTLSContext {
        let client = try setup.client(agent)
        #expect(pf_SSL_CTX_set_max_proto_version(client.pointer, version) == 1)
        pf_SSL_CTX_allow_tickets(client.pointer)
        return client
    }

    /// A handshake, with the session's ticket read; the session is the caller's to free. A copy, since OpenSSL resumes none whose connection
    /// was dropped.
    private func connect(
        _ server: ServerTLSContext, _ client: ClientTLSContext, resuming session: OpaquePointer? = nil
    ) throws -> (pair: TestPair, server: HandshakeProgress, session: OpaquePointer) {
        let pair = TestPair(server, client)
        if let session { #expect(SSL_set_session(pair.client.ssl, session) == 1) }
        let result = pair.handshake()
        _ = pair.drain(pair.client)
        return (pair, result.server, try #require(SSL_SESSION_dup(SSL_get_session(pair.client.ssl))))
    }

    /// A ticket of `first`, shown to `second` by the same agent.
    private func resume(
        _ first: ServerTLSContext, _ second: ServerTLSContext, _ agent: TestCertificate?, _ version: Int32, between: () -> Void = {}
    ) throws -> (pair: TestPair, server: HandshakeProgress, isResumed: Bool) {
        let client = try client(agent, version)
        let before = try connect(first, client)
        defer { SSL_SESSION_free(before.session) }
        #expect(before.server == .done && SSL_SESSION_has_ticket(before.session) == 1)
        #expect(SSL_session_reused(before.pair.server.ssl) == 0)
        between()
        let after = try connect(second, client, resuming: before.session)
        SSL_SESSION_free(after.session)
        #expect(ERR_peek_error() == 0)
        return (after.pair, after.server, SSL_session_reused(after.pair.server.ssl) == 1)
    }

    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
    func aTicketOfOneWorkerResumesAtAnotherWithTheAgentsIdentity(_ version: Int32) throws {
        let material = try material()
        let result = try resume(context(material), context(material), setup.agent("Agent.example", serial: 0xBEEF), version)
        #expect(result.isResumed && result.server == .done)
        let identity = try #require(result.pair.server.identity)
        #expect(identity.certname.text == "Agent.example" && identity.serial.text == "BEEF")
        #expect(identity.headerBlock.text == "CN=Agent.example")
        #expect(SSL_SESSION_get_max_early_data(SSL_get_session(result.pair.client.ssl)) == 0)
    }

    @Test func whoResumedUnderTLS13HasAnotherTicketAndResumesAgain() throws {
        let server = try context(material())
        let client = try client(setup.agent(), TLS1_3_VERSION)
        var session = try connect(server, client).session
        for _ in 1...3 {
            let next = try connect(server, client, resuming: session)
            SSL_SESSION_free(session)
            session = next.session
            #expect(SSL_session_reused(next.pair.server.ssl) == 1 && SSL_SESSION_has_ticket(session) == 1)
        }
        SSL_SESSION_free(session)
    }

    @Test func anAgentWithoutCertificateResumesWithoutIdentity() throws {
        let server = try context(material())
        let result = try resume(server, server, nil, TLS1_3_VERSION)
        #expect(result.isResumed && result.pair.server.identity == nil)
    }

    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
    func withoutTheSettingThereIsNoTicket(_ version: Int32) throws {
        let result = try connect(context(material { $0.sessionTickets = false }), client(setup.agent(), version))
        #expect(result.server == .done && SSL_SESSION_has_ticket(result.session) == 0)
        SSL_SESSION_free(result.session)
    }

    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
    func newListsAskForAWholeHandshake(_ version: Int32) throws {
        let old = try context(material())
        setup.revokedByIntermediate = [99]
        let result = try resume(old, context(material()), setup.agent(), version)
        #expect(!result.isResumed && result.server == .done)
        #expect(result.pair.server.identity?.certname.text == "agent.example")
    }

    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
    func aRevokedAgentDoesNotResume(_ version: Int32) throws {
        let old = try context(material())
        setup.revokedByIntermediate = [100]
        let result = try resume(old, context(material()), setup.agent(serial: 100), version)
        #expect(result.server.failure?.kind == .certificateRevoked && result.pair.server.identity == nil)
    }

    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
    func aCertificateThatEndedMeanwhileIsRefused(_ version: Int32) throws {
        let server = try context(material())
        let agent = setup.agent { $0.until = 600 }
        let result = try resume(server, server, agent, version) { clock.advance(601) }
        #expect(result.server.failure?.kind == .certificateExpired && result.pair.server.identity == nil)
    }

    @Test func aListThatEndedMeanwhileIsRefused() throws {
        setup.listsEnd = 600
        let server = try context(material())
        let result = try resume(server, server, setup.agent(), TLS1_3_VERSION) { clock.advance(601) }
        #expect(result.server.failure?.kind == .crlExpired)
    }

    @Test func theTicketOfNobodyOpensNoListenerThatRequiresACertificate() throws {
        let optional = setup.listener { $0.sessionTickets = true }
        var required = optional
        required.clientCertificate = .required
        let first = try context(ServerTLSMaterial.load(optional, ownTicketKeys: ownKeys))
        let second = try context(ServerTLSMaterial.load(required, ownTicketKeys: ownKeys))
        let result = try resume(first, second, nil, TLS1_2_VERSION)
        #expect(result.server.failure?.kind == .noCertificate)
    }

    @Test func whereNoCertificatesAreAskedForSessionsResumeToo() throws {
        let material = try material {
            $0.clientCertificate = .none
            $0.crl = nil
        }
        let result = try resume(context(material), context(material), setup.agent(), TLS1_3_VERSION)
        #expect(result.isResumed && result.pair.server.identity == nil)
    }

    /// Appended to the file, a key is first read, then written, then read for another round.
    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION], [48, 80])
    func aFilesTicketsOutliveTheNextKeys(_ version: Int32, _ byteCount: Int) throws {
        let lines = (1...6).map { line($0, byteCount) }
        var settings = setup.listener { $0.sessionTickets = true }
        func server(_ last: Int) throws -> ServerTLSContext {
            settings.ticketKeys = setup.folder.write("tickets-\(last)", Array(lines[..<last].joined().utf8))
            return try context(ServerTLSMaterial.load(settings))
        }
        let agent = setup.agent()
        let first = try server(4)
        #expect(try resume(first, server(4), agent, version).isResumed)
        #expect(try resume(first, server(5), agent, version).isResumed)
        #expect(try resume(server(5), first, agent, version).isResumed, "not reloaded yet")
        let gone = try resume(first, server(6), agent, version)
        #expect(!gone.isResumed && gone.server == .done && gone.pair.server.identity != nil)
    }

    private func line(_ number: Int, _ byteCount: Int) -> String {
        let bytes = [UInt8](repeating: UInt8(number), count: byteCount)
        var text = [UInt8](repeating: 0, count: byteCount * 2)
        let count = EVP_EncodeBlock(&text, bytes, Int32(byteCount))
        return String(decoding: text[..<Int(count)], as: UTF8.self) + "\n"
    }
}
