import Model
import Puppet
import Routing
import Settings
import Testing

/// What a server could take for the proxy's own: docs/puppet-server.md has the same table.
@Suite struct ClientRequirementTests {
    static let open: [(RequestMethod, String)] = [
        (.get, "/puppet-ca/v1/certificate/ca"), (.get, "/puppet-ca/v1/certificate/a"), (.put, "/puppet-ca/v1/certificate_request/a"),
        (.get, "/puppet-ca/v1/certificate_request/a"), (.get, "/puppet-ca/v1/certificate_revocation_list/ca"),
        (.head, "/puppet-ca/v1/certificate_revocation_list/ca"), (.post, "/puppet-ca/v1/ocsp"), (.get, "/ocsp/x"),
        (.get, "/status/v1/simple"), (.get, "/status/v1/services"), (.get, "/production/certificate/a"),
    ]
    static let operators: [(RequestMethod, String)] = [
        (.put, "/puppet-ca/v1/certificate_status/a"), (.get, "/puppet-ca/v1/certificate_status/a"),
        (.delete, "/puppet-ca/v1/certificate_status/a"), (.get, "/puppet-ca/v1/certificate_statuses/all"), (.put, "/puppet-ca/v1/clean"),
        (.post, "/puppet-ca/v1/sign"), (.post, "/puppet-ca/v1/sign/all"), (.put, "/puppet-ca/v1/certificate_revocation_list"),
        (.delete, "/puppet-ca/v1/certificate_request/a"), (.put, "/production/certificate_status/a"), (.put, "//puppet-ca/v1/cle%61n"),
    ]
    static let others: [(RequestMethod, String)] = [
        (.get, "/puppet/v3/file_content/m/f"), (.get, "/puppet/v3/file_metadatas/plugins"), (.get, "/puppet/v3/environments"),
        (.get, "/puppet/v3/tasks"), (.post, "/puppet/v4/catalog"), (.post, "/puppet/v3/compile"), (.get, "/puppet/v3/node/a"),
        (.delete, "/puppet-admin-api/v1/environment-cache"), (.get, "/metrics/v2"), (.get, "/puppet-ca/v1/expirations"),
        (.get, "/unheard-of"),
        (.get, "/puppet-ca/v1/unheard-of"),
    ]
    static let cliAuth = "1.3.6.1.4.1.34380.1.3.39"

    private func decide(_ request: (RequestMethod, String), certname: String? = nil, isOperator: Bool = false, proxyAlone: Bool) -> String {
        let settings = Setup.settings(defaultPool: 0, caPool: 0, proxyAlone: proxyAlone ? [0] : [])
        let found = Setup.decide(
            settings, request.1, certname: certname, trusted: isOperator ? [(Self.cliAuth, "true")] : [], method: request.0)
        return found.split(separator: " ").dropLast().joined(separator: " ")
    }

    @Test(arguments: [false, true]) func renewalNeedsAVerifiedCertificateWhateverThePoolSays(proxyAlone: Bool) {
        for method in [RequestMethod.post, .get, .put, .other] {
            let renewal = (method, "/puppet-ca/v1/certificate_renewal")
            #expect(decide(renewal, proxyAlone: proxyAlone) == "refuse unverified")
            #expect(decide(renewal, certname: "a", proxyAlone: proxyAlone) == "sites.eie.ca")
            #expect(decide((method, "//puppet-ca;x/v1/certificate_renew%61l/"), proxyAlone: proxyAlone) == "refuse unverified")
        }
    }

    @Test func withIdentityFieldsOnlyTheCAsChangesNeedACertificate() {
        for request in Self.open + Self.others { #expect(!decide(request, proxyAlone: false).contains("refuse"), "\(request)") }
        for request in Self.operators {
            #expect(decide(request, proxyAlone: false) == "refuse unverified", "\(request)")
            #expect(decide(request, certname: "a", proxyAlone: false) == "sites.eie.ca", "the server knows who asks: \(request)")
        }
    }

    @Test func whereTheServerSeesTheProxyAloneTheClientIsAskedForMore() {
        for request in Self.open { #expect(!decide(request, proxyAlone: true).contains("refuse"), "\(request)") }
        for request in Self.others {
            #expect(decide(request, proxyAlone: true) == "refuse unverified", "\(request)")
            #expect(!decide(request, certname: "a", proxyAlone: true).contains("refuse"), "\(request)")
        }
        for request in Self.operators {
            #expect(decide(request, proxyAlone: true) == "refuse unverified", "\(request)")
            #expect(decide(request, certname: "a", proxyAlone: true) == "refuse not_authorized", "\(request)")
            #expect(decide(request, certname: "a", isOperator: true, proxyAlone: true) == "sites.eie.ca", "\(request)")
        }
    }

    /// Nothing known of the proxy's certificate reaches a server over plain HTTP, or without one.
    @Test func aPoolWithoutCertificateShowsNone() {
        var settings = Setup.settings(defaultPool: 0, proxyAlone: [0])
        settings.pools[0].tls = nil
        #expect(Setup.decide(settings, "/puppet/v3/environments") == "environments.default zero")
        settings.pools[0].tls = UpstreamTLSSettings(ca: "ca")
        #expect(Setup.decide(settings, "/puppet/v3/environments") == "environments.default zero")
        var server = ServerSettings(name: "s", address: UpstreamAddress(host: "s", port: 1))
        server.tls = .own(UpstreamTLSSettings(certificate: CertificateFiles(chain: "c", key: "k")))
        settings.pools[0].servers = [server]
        #expect(Setup.decide(settings, "/puppet/v3/environments") == "refuse unverified environments.default")
    }

    @Test func aPoolThatOverflowsToSuchAPoolCountsToo() {
        let settings = Setup.settings(defaultPool: 0, proxyAlone: [2], overflow: [0: 1, 1: 2])
        #expect(Setup.decide(settings, "/puppet/v3/environments") == "refuse unverified environments.default")
        let other = Setup.settings(defaultPool: 0, proxyAlone: [3], overflow: [0: 1, 1: 2])
        #expect(Setup.decide(other, "/puppet/v3/environments") == "environments.default zero")
    }

    @Test(arguments: ["true ", "TRUE", "false", ""]) func onlyTheExactExtensionMakesAnOperator(value: String) {
        #expect(!Setup.identity("a", [(Self.cliAuth, value)]).mayOperateCA)
        #expect(!Setup.identity("a", [("1.3.6.1.4.1.34380.1.3.3", "true")]).mayOperateCA)
        #expect(Setup.identity("a", [(Self.cliAuth, "true")]).mayOperateCA)
    }

    @Test func anOperatorsQuestionAboutAllServicesIsForTheCA() {
        let settings = Setup.settings(defaultPool: 0, caPool: 3)
        #expect(Setup.decide(settings, "/status/v1/services", certname: "op", trusted: [(Self.cliAuth, "true")]) == "sites.eie.ca ca")
        #expect(Setup.decide(settings, "/status/v1/services", certname: "a") == "environments.default zero")
    }
}
