import COpenSSL
import Model
import Testing

@testable import TLS

@Suite struct PeerCertificateTests {
    private let authority = TestAuthority("Puppet CA", serial: 1)

    private func identity(_ change: (inout TestSubject) -> Void = { _ in }) -> ClientIdentity? {
        var subject = TestSubject("agent.example", serial: 10)
        change(&subject)
        let certificate = authority.issue(subject)
        let der = DER.encode { i2d_X509(certificate.pointer, $0) }
        return PeerCertificate.identity(of: certificate.pointer, der: der) { name, _ in name }
    }

    @Test(arguments: [(0, "00"), (1, "01"), (255, "FF"), (256, "0100"), (0xABCDEF, "ABCDEF"), (-1, "-01")])
    func serialsAreUpperCaseHexadecimal(_ serial: Int, _ text: String) throws {
        #expect(try #require(identity { $0.serial = serial }).serial.text == text)
    }

    @Test(
        arguments: [
            ([("CN", "a.example"), ("O", "Org")], "O=Org,CN=a.example", "a.example"),
            ([("CN", "with,comma")], "CN=with\\,comma", "with,comma"),
            ([("CN", "ü.example")], "CN=\\C3\\BC.example", "ü.example"),
            ([("O", "x\r\nX-Client-Verify: SUCCESS"), ("CN", "a")], "CN=a,O=x\\0D\\0AX-Client-Verify: SUCCESS", "a"),
        ] as [([(String, String)], String, String)])
    func namesAreRFC2253AndCannotBreakAHead(_ name: [(String, String)], _ text: String, _ certname: String) throws {
        let identity = try #require(identity { $0.name = name })
        #expect(identity.distinguishedName.text == text)
        #expect(identity.certname.text == certname)
    }

    @Test(
        arguments: [
            [("O", "no common name")], [("CN", "one"), ("CN", "two")], [("CN", "nul\u{0}byte")], [("CN", "line\nbreak")],
            [("CN", "del\u{7F}")],
        ] as [[(String, String)]])
    func aNameThatCanBeMisreadIsNobodys(_ name: [(String, String)]) { #expect(identity { $0.name = name } == nil) }

    @Test func issuerAndEndAreTheCertificates() throws {
        let identity = try #require(identity { $0.until = 5000 })
        #expect(identity.issuerDER == DER.encode { i2d_X509_NAME(X509_get_subject_name(authority.certificate.pointer), $0) })
        #expect(abs(identity.notAfter - Timestamp.now() - 5000) < 100)
    }

    @Test func puppetsExtensionsAreRead() throws {
        let long = [UInt8](repeating: 0x61, count: 200)
        let identity = try #require(
            identity {
                $0.extensions = [
                    ("1.3.6.1.4.1.34380.1.1.13", [0x0C, 2] + Array("db".utf8)), ("1.3.6.1.4.1.34380.1.1.1", [0x13, 1, 0x78]),
                    ("1.3.6.1.4.1.34380.1.2.1", [0x16, 1, 0x79]), ("1.3.6.1.4.1.34380.1.3.39", Array("true".utf8)),
                    ("1.3.6.1.4.1.34380.1.1.2", [0x0C, 0x81, 200] + long), ("1.3.6.1.4.1.34380.1.1.3", [0x0C, 5, 0x61]),
                    ("1.3.6.1.4.1.34380.1.1.4", []), ("1.3.6.1.4.1.34380.2.1", [0x0C, 1, 0x7A]),
                    ("1.3.6.1.4.1.34381.1.1", [0x0C, 1, 0x7A]),
                ]
            })
        let expected: [(String, [UInt8])] = [
            ("1.3.6.1.4.1.34380.1.1.13", Array("db".utf8)), ("1.3.6.1.4.1.34380.1.1.1", [0x78]), ("1.3.6.1.4.1.34380.1.2.1", [0x79]),
            ("1.3.6.1.4.1.34380.1.3.39", Array("true".utf8)), ("1.3.6.1.4.1.34380.1.1.2", long),
            ("1.3.6.1.4.1.34380.1.1.3", [0x0C, 5, 0x61]), ("1.3.6.1.4.1.34380.1.1.4", []),
        ]
        #expect(identity.extensions == expected.map { TrustedExtension(oid: $0.0, value: $0.1) })
    }

    @Test(
        arguments: [[0x0C, 0x82, 0x01], [0x0C, 0x80], [0x0C, 0x84, 0, 0, 0, 1, 0x61], [0x0C], [], [0x30, 0], [0x0C, 0, 0]] as [[UInt8]])
    func whatIsNoSingleStringIsNotDecoded(_ bytes: [UInt8]) { bytes.withUnsafeBufferPointer { #expect(DER.text($0) == nil) } }
}
