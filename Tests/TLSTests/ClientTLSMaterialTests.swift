import Settings
import Testing

@testable import TLS

@Suite struct ClientTLSMaterialTests {
    private let setup = TestSetup()

    @Test(arguments: [UpstreamTLSSettings.Verify.hostname, .ca])
    func verificationNeedsACA(_ verify: UpstreamTLSSettings.Verify) {
        #expect(throws: TLSMaterialError(file: "tls", problem: "verify: \(verify.rawValue) needs ca")) {
            try ClientTLSMaterial.load(UpstreamTLSSettings(verify: verify))
        }
    }

    @Test func everyFileIsNamedOnce() throws {
        let files = setup.files("proxy", setup.agent())
        let crl = setup.writeLists()
        let material = try ClientTLSMaterial.load(UpstreamTLSSettings(ca: setup.ca, crl: crl, certificate: files))
        #expect(material.files == [files.chain, files.key, setup.ca, crl])
        #expect(try ClientTLSMaterial.load(UpstreamTLSSettings(verify: .none)).files.isEmpty)
    }

    @Test func aForeignKeyIsNamed() throws {
        var files = setup.files("proxy", setup.agent())
        files.key = setup.folder.write("foreign.pem", TestKey.otherEC.pem)
        let error = #expect(throws: TLSMaterialError.self) {
            try ClientTLSMaterial.load(UpstreamTLSSettings(ca: setup.ca, certificate: files))
        }
        #expect(error?.file == files.key)
    }

    @Test func whatExpiresIsWarnedOf() throws {
        let files = setup.files("proxy", setup.agent { $0.until = 86_400 })
        let warnings = try ClientTLSMaterial.load(UpstreamTLSSettings(ca: setup.ca, certificate: files)).warnings
        #expect(warnings.count == 1 && warnings[0].contains("expires on"))
    }
}
