import Admin
import Model
import Testing

/// `show|set|commit|abort ssl …`, in the texts of HAProxy 2.6.12.
struct MaterialTests {
    private static let (certificate, authority, list) = ("/tls/proxy.pem", "/tls/ca.pem", "/tls/crl.pem")

    @Test(arguments: [
        ("set ssl cert", "'set ssl cert expects a filename and a certificate as a payload"),
        ("set ssl cert /tls/proxy.pem", "'set ssl cert expects a filename and a certificate as a payload"),
        ("set ssl ca-file", "'set ssl ca-file expects a filename and CAs as a payload"),
        ("set ssl crl-file", "'set ssl crl-file expects a filename and CRLs as a payload"),
        ("commit ssl cert", "'commit ssl cert expects a filename"),
        ("commit ssl cert /tls/proxy.pem", "No ongoing transaction! !\nCan't commit /tls/proxy.pem!"),
        ("commit ssl crl-file nope", "No ongoing transaction! !\nCan't commit nope!"),
        ("abort ssl cert", "'abort ssl cert' expects a filename"),
        ("abort ssl ca-file", "'abort ssl ca-file' expects a filename"),
        ("abort ssl crl-file nope", "No ongoing transaction!"),
        ("show ssl cert nope", "Can't display the certificate: Not found or the certificate is a bundle!"),
        ("show ssl cert */tls/proxy.pem", "Can't display the certificate: Not found or the certificate is a bundle!"),
        ("show ssl ca-file nope", "Can't display the CA file : Not found!"),
        ("show ssl crl-file nope", "Can't display the CRL file : Not found!"),
        ("set ssl cert nope <<\nx\n", "Can't replace a certificate which is not referenced by the configuration!\nCan't update nope!"),
        ("set ssl ca-file nope <<\nx\n", "Can't replace a CA file which is not referenced by the configuration!\nCan't update nope!"),
        ("set ssl crl-file nope <<\nx\n", "Can't replace a CRL file which is not referenced by the configuration!\nCan't update nope!"),
    ])
    func wrongCommandsGetHAProxysTexts(_ line: String, _ text: String) {
        var host = FakeHost()
        #expect(answer(line, host: &host) == text + "\n\n")
        #expect(host.inquiries.isEmpty)
    }

    @Test(arguments: [
        (CertificateReport.Kind.certificate, "cert", certificate, "Transaction created for certificate /tls/proxy.pem!"),
        (.authority, "ca-file", authority, "transaction created for CA /tls/ca.pem!"),
        (.revocationList, "crl-file", list, "transaction created for CRL /tls/crl.pem!"),
    ])
    func aTransactionIsBegunUpdatedCommittedAndAborted(_ kind: CertificateReport.Kind, _ word: String, _ file: String, _ created: String) {
        var host = FakeHost()
        host.finding = .outcome(.done)
        #expect(answer("set ssl \(word) \(file) <<\none\ntwo\n", host: &host) == created + "\n\n")
        guard case .stage(kind, file, Array("one\ntwo\n".utf8)) = host.inquiries.last else {
            return #expect(Bool(false), "\(host.inquiries)")
        }
        host.staged[kind] = MaterialReport(file: file, count: 1)
        let updated = created.replacing("created", with: "updated")
        #expect(answer("set ssl \(word) \(file) <<\nx\n", host: &host) == updated + "\n\n")
        #expect(answer("show ssl \(word)", host: host).hasPrefix("# transaction\n*\(file)"))
        #expect(answer("commit ssl \(word) \(file)", host: &host) == "Committing \(file).\nSuccess!\n\n")
        guard case .commit(kind, file) = host.inquiries.last else { return #expect(Bool(false), "\(host.inquiries)") }
        #expect(answer("abort ssl \(word) \(file)", host: &host) == "Transaction aborted for certificate '\(file)'!\n\n")
        #expect(host.actions == [.abortTransaction(kind)])
    }

    @Test func whatCannotBeReadIsRefused() {
        var host = FakeHost()
        host.finding = .outcome(.refused(""))
        #expect(
            answer("set ssl cert /tls/proxy.pem <<\nx\n", host: &host)
                == "unable to load certificate from file '/tls/proxy.pem'.\nCan't load the payload\nCan't update /tls/proxy.pem!\n\n")
        #expect(answer("set ssl crl-file /tls/crl.pem <<\nx\n", host: &host) == "Invalid payload\nCan't update /tls/crl.pem!\n\n")
    }

    @Test func unusableFilesAreReported() {
        var host = FakeHost()
        host.staged[.revocationList] = MaterialReport(file: Self.list, count: 1)
        host.finding = .outcome(.refused("listener agents: /tls/crl.pem: holds no CRL that the CA CN=x signed"))
        #expect(
            answer("commit ssl crl-file /tls/crl.pem", host: &host)
                == "listener agents: /tls/crl.pem: holds no CRL that the CA CN=x signed\nCan't commit /tls/crl.pem!\n\n")
    }

    @Test func anotherFilesTransactionStandsInTheWay() {
        var host = FakeHost()
        host.used[.certificate] = MaterialReport(file: "/tls/other.pem", count: 1)
        host.staged[.certificate] = MaterialReport(file: Self.certificate, count: 1)
        let other = "The ongoing transaction is about '/tls/proxy.pem' but you are trying to set '/tls/other.pem'\n"
        #expect(answer("set ssl cert /tls/other.pem <<\nx\n", host: host) == other + "Can't update /tls/other.pem!\n\n")
        #expect(answer("commit ssl cert /tls/other.pem", host: host) == other + "Can't commit /tls/other.pem!\n\n")
    }

    @Test(arguments: ["set ssl cert /tls/proxy.pem <<\nx\n", "commit ssl cert /tls/proxy.pem", "abort ssl crl-file /tls/crl.pem"])
    func onlyAnAdministratorMay(_ line: String) {
        #expect(answer(line, level: .operator) == "Permission denied\n\n")
    }

    @Test func aCertificateIsShownAsHAProxyDoes() {
        var host = FakeHost()
        host.used[.certificate] = MaterialReport(
            file: Self.certificate, count: 2, certificates: { [Self.details("/CN=a.test"), Self.details("/CN=ca")] })
        #expect(
            answer("show ssl cert /tls/proxy.pem", host: host) == """
                Filename: /tls/proxy.pem
                Status: Used
                Serial: 0A
                notBefore: Nov 22 16:38:12 2026 GMT
                notAfter: Jan  2 16:38:12 2027 GMT
                Subject Alternative Name: DNS:a.test
                Algorithm: EC256
                SHA1 FingerPrint: E6D1
                Subject: /CN=a.test
                Issuer: /CN=Puppet CA: test
                Chain Subject: /CN=ca
                Chain Issuer: /CN=Puppet CA: test
                OCSP Response Key: \("")


                """)
        host.staged[.authority] = MaterialReport(file: Self.authority, count: 1, certificates: { [Self.details("/CN=ca")] })
        #expect(
            answer("show ssl ca-file */tls/ca.pem", host: host)
                .hasPrefix("Filename: */tls/ca.pem\nStatus: Unused\n \nCertificate #1:\nSerial: 0A\nnotBefore: Nov 22 "))
        #expect(
            answer("show ssl ca-file", host: host)
                == "# transaction\n*/tls/ca.pem - 1 certificate(s)\n# filename\n/tls/ca.pem - 1 certificate(s)\n\n")
    }

    @Test func aRevocationListIsShownAsHAProxyDoes() {
        var host = FakeHost()
        var list = RevocationListDetails()
        (list.algorithm, list.issuer, list.lastUpdate) = ("ecdsa-with-SHA256", "/CN=Puppet CA: test", 1_795_365_493)
        host.used[.revocationList] = MaterialReport(file: Self.list, count: 1, lists: { [list] in [list] })
        let head = """
            Filename: /tls/crl.pem
            Status: Used
             
            Certificate Revocation List #1:
            Version 2
            Signature Algorithm: ecdsa-with-SHA256
            Issuer: /CN=Puppet CA: test
            Last Update: Nov 22 16:38:13 2026 GMT
            Next Update: NONE

            """
        #expect(answer("show ssl crl-file /tls/crl.pem", host: host) == head + "No Revoked Certificates.\n\n")
        list.revoked = [.init(serial: "0A", date: 1_795_365_493)]
        list.revokedCount = 3
        host.used[.revocationList] = MaterialReport(file: Self.list, count: 1, lists: { [list] in [list] })
        #expect(
            answer("show ssl crl-file /tls/crl.pem", host: host) == head
                + "Revoked Certificates:\n    Serial Number: 0A\n        Revocation Date: Nov 22 16:38:13 2026 GMT\n"
                + "# 2 more are not shown\n\n")
    }

    private static func details(_ subject: String) -> CertificateDetails {
        var details = CertificateDetails()
        (details.serial, details.begins, details.ends) = ("0A", 1_795_365_492, 1_798_907_892)
        (details.names, details.algorithm, details.fingerprint) = ("DNS:a.test", "EC256", "E6D1")
        (details.subject, details.issuer) = (subject, "/CN=Puppet CA: test")
        return details
    }
}
