import Model
import Testing

@Suite struct ClientIdentityTests {
    private func field(_ block: String) -> String {
        let identity = ClientIdentity(
            certname: [], distinguishedName: [], serial: [], issuerDER: [], der: [], extensions: [], notAfter: 0,
            headerBlock: Array(block.utf8))
        return String(decoding: identity.certificateField, as: UTF8.self)
    }

    @Test func theCertificatesFieldIsOneLineOfTheBlock() {
        let block = "X-Client-Verify: SUCCESS\r\nX-Client-DN: CN=X-Client-Cert: x\r\nX-Client-Cert: -----BEGIN\r\n"
        #expect(field(block) == "X-Client-Cert: -----BEGIN\r\n")
        #expect(field("X-Client-Cert: a\r\nX-Client-Verify: SUCCESS\r\n") == "X-Client-Cert: a\r\n")
        for none in ["", "X-Client-Verify: NONE\r\n", "X-Client-Cert: a", "A: X-Client-Cert: a\r\n"] { #expect(field(none).isEmpty) }
    }
}
