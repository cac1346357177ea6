import Foundation
import Puppet
import Testing

@Suite struct IdentityHeadersTests {
    private func fields(_ block: [UInt8]) -> [String: String] {
        var fields: [String: String] = [:]
        for line in String(decoding: block, as: UTF8.self).components(separatedBy: "\r\n").dropLast() {
            let parts = line.components(separatedBy: ": ")
            fields[parts[0]] = parts[1]
        }
        return fields
    }

    @Test(arguments: [1, 2, 3, 47, 48, 49, 96, 1000, 2048])
    func theCertificateComesBackFromItsField(_ byteCount: Int) throws {
        let der = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ 250) }
        let found = fields(IdentityHeaders.block(distinguishedName: Array("CN=a.example".utf8), der: der))
        #expect(found["X-Client-Verify"] == "SUCCESS")
        #expect(found["X-Client-DN"] == "CN=a.example")
        let field = try #require(found["X-Client-Cert"])
        let base64 = Data(der).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
        #expect(field.removingPercentEncoding == "-----BEGIN CERTIFICATE-----\n\(base64)\n-----END CERTIFICATE-----\n")
        #expect(!field.contains("+") && !field.contains("/") && !field.contains("=") && !field.contains(" "))
        #expect(found.count == 3)
    }

    @Test func everyDigitIsEncodedAsItShouldBe() {
        let block = IdentityHeaders.block(distinguishedName: Array("CN=a".utf8), der: [0xFB, 0xEF, 0xFF, 0x00])
        let expected =
            "X-Client-Verify: SUCCESS\r\nX-Client-DN: CN=a\r\nX-Client-Cert: -----BEGIN%20CERTIFICATE-----%0A"
            + "%2B%2B%2F%2FAA%3D%3D%0A-----END%20CERTIFICATE-----%0A\r\n"
        #expect(String(decoding: block, as: UTF8.self) == expected)
    }

    @Test func withoutACertificateThereIsNoNameAndNoCertificate() {
        #expect(String(decoding: IdentityHeaders.anonymousBlock, as: UTF8.self) == "X-Client-Verify: NONE\r\n")
    }

    @Test(arguments: ["", "CN=a\r\nX-Client-DN: CN=b", "CN=a\u{0}", "CN=a\u{7F}"])
    func aNameThatWouldEndTheFieldIsNobody(_ name: String) {
        #expect(IdentityHeaders.block(distinguishedName: Array(name.utf8), der: [1]) == IdentityHeaders.anonymousBlock)
    }
}
