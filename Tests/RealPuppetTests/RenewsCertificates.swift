import Foundation
import Testing

/// `POST certificate_renewal` of Puppet 8: docs/puppet-server.md, "The CA server".
extension RealPuppet {
    @Test(
        "An agent that comes with a certificate which ends soon gets a new one of its own, and goes on with it",
        .enabled(if: Lab.isOfPuppet8, puppet8Only))
    func renewsByItself() async throws {
        let lab = try Lab()
        try await Front.run(lab) { front in
            let agent = try Agent(lab, "renewing", extensions: ["pp_role": "database"])  // a trusted fact, which is in a file
            #expect(try await agent.join(front).exitCode == 2)
            let before = try String(contentsOfFile: agent.certificatePath, encoding: .utf8)
            let run = try await agent.run(front, ["--hostcert_renewal_interval", "10y"])
            #expect(run.exitCode == 0, "\(run.output)")
            let after = try String(contentsOfFile: agent.certificatePath, encoding: .utf8)
            #expect(after != before)
            #expect(try after == AuthorityFolder(lab).certificate(of: agent.certname))
            let steady = try await agent.run(front)
            #expect(steady.exitCode == 0, "\(steady.output)")

            let renewals = try await front.records(1) { $0.endpoint == "ca_certificate_renewal" }
            #expect(renewals.map(\.client) == [agent.certname] && renewals.map(\.status) == [200] && renewals.map(\.pool) == ["ca"])
        }
    }

    @Test(
        "A CA that believes the identity fields renews the agent's certificate, and no one's without a certificate",
        .enabled(if: Lab.isOfPuppet8, puppet8Only))
    func renewsAtTrustingAuthority() async throws {
        let lab = try Lab()
        try await RenewalScene.run(lab, identity: "headers") { try await $0.expectRenewal() }
        try await RenewalScene.run(lab, identity: "none") { try await $0.expectRefusal(status: 403) }
    }

    @Test(
        "A CA that does not believe the fields renews the agent's certificate once puppetfront is in its inventory, and never puppetfront's",
        .enabled(if: Lab.isOfPuppet8, puppet8Only))
    func renewsAtDistrustingAuthority() async throws {
        let lab = try Lab()
        let authority = try AuthorityFolder(lab)
        try await LabServer.run(distrusting: lab) {
            try authority.setInventory("")
            for identity in ["headers", "none"] {
                try await RenewalScene.run(lab, identity: identity) { try await $0.expectRefusal(status: 400) }
            }
            try authority.setInventory("puppetfront.lab.test\n")
            for identity in ["headers", "none"] {
                try await RenewalScene.run(lab, identity: identity) { try await $0.expectRenewal() }
            }
            try await expectProxyWouldBeRenewed(lab, authority)
        }
    }
}

/// The control: a request over puppetfront's certificate alone, which puppetfront never sends, changes what the tests compare.
private func expectProxyWouldBeRenewed(_ lab: Lab, _ authority: AuthorityFolder) async throws {
    let proxy = "puppetfront.lab.test"
    let before = try authority.certificate(of: proxy)
    let files = lab.folder.appendingPathComponent("front/\(proxy)").path
    let renewed = try await LabServer(lab, .ca).fetchDirectly(
        "/puppet-ca/v1/certificate_renewal", ["--request", "POST", "--cert", "\(files).pem", "--key", "\(files).key"])
    #expect(renewed.exitCode == 0, "\(renewed.output)")
    #expect(try authority.certificate(of: proxy) != before)
}

/// An agent, and a puppetfront whose CA pool has that `identity`.
private struct RenewalScene {
    private static let target = "/puppet-ca/v1/certificate_renewal"
    private static let proxy = "puppetfront.lab.test"
    let front: Front
    let agent: Agent
    let authority: AuthorityFolder

    static func run(_ lab: Lab, identity: String, _ body: (RenewalScene) async throws -> Void) async throws {
        let agent = try Agent(lab, "load-renewed")  // load-*: signed at once
        try await Front.run(lab, pools: ["ca": "identity: \(identity)"]) { front in
            let bootstrap = try await agent.puppet(front, ["ssl", "bootstrap", "--waitforcert", "0"])
            try #require(bootstrap.exitCode == 0, "\(bootstrap.output)")
            let scene = try RenewalScene(front: front, agent: agent, authority: AuthorityFolder(lab))
            try await scene.expectNothingForStrangers()
            try await body(scene)
        }
    }

    /// The request never reaches the CA, whatever fields it carries.
    private func expectNothingForStrangers() async throws {
        let before = try (authority.certificate(of: Self.proxy), authority.serial)
        let certificate = try String(contentsOfFile: agent.certificatePath, encoding: .utf8)
        let encoded = try #require(certificate.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
        let forged = ["X-Client-Verify: SUCCESS", "X-Client-DN: CN=\(agent.certname)", "X-Client-Cert: \(encoded)"]
        for fields in [[], forged] {
            let reply = try await front.ask(Self.target, ["--request", "POST"] + fields.flatMap { ["--header", $0] })
            #expect(reply.status == 403 && reply.text.hasPrefix("unverified"), "\(reply)")
        }
        #expect(try (authority.certificate(of: Self.proxy), authority.serial) == before)
    }

    private func renew() async throws -> Reply {
        try await front.ask(Self.target, ["--request", "POST", "--cert", agent.certificatePath, "--key", agent.keyPath])
    }

    func expectRenewal() async throws {
        let proxy = try authority.certificate(of: Self.proxy)
        let (old, serial) = try (authority.certificate(of: agent.certname), authority.serial)
        let reply = try await renew()
        #expect(reply.status == 200, "\(reply)")
        let new = try authority.certificate(of: agent.certname)
        #expect(new != old && reply.text == new, "the agent has the one that the CA keeps: \(reply)")
        #expect(try next(serial) == authority.serial, "one certificate was signed")
        #expect(try authority.certificate(of: Self.proxy) == proxy)
    }

    func expectRefusal(status: Int) async throws {
        let before = try [agent.certname, Self.proxy].map(authority.certificate) + [authority.serial]
        let reply = try await renew()
        #expect(reply.status == status, "\(reply)")
        #expect(try [agent.certname, Self.proxy].map(authority.certificate) + [authority.serial] == before, "nothing was signed")
    }

    private func next(_ serial: String) throws -> String {
        let text = serial.trimmingCharacters(in: .whitespacesAndNewlines)
        let value = try #require(UInt64(text, radix: 16)) + 1
        let digits = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, text.count - digits.count)) + digits
    }
}
