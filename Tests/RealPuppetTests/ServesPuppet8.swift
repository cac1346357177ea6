import Foundation
import Testing

let puppet8Only: Comment = "the lab is not of Puppet 8: scripts/lab start --puppet8"

/// What Puppet 8 asks for and Puppet 7 does not.
extension RealPuppet {
    @Test(
        "puppetserver ca of Puppet 8 asks the CA which services it has, then signs, lists and revokes in bulk",
        .enabled(if: Lab.isOfPuppet8, puppet8Only))
    func operatesAuthorityOfPuppet8() async throws {
        let lab = try Lab()
        try await Front.run(lab) { front in
            let agents = try (1...2).map { try Agent(lab, "bulk\($0)") }
            for agent in agents { #expect(try await agent.run(front).exitCode == 1, "unsigned yet") }
            let names = agents.map(\.certname).joined(separator: ",")
            let authority = Operator(front)
            let signed = try await authority.run("sign", "--certname", names)
            #expect(signed.exitCode == 0, "\(signed.output)")
            let listed = try await authority.run("list", "--certname", names)
            #expect(listed.exitCode == 0 && agents.allSatisfy { listed.output.contains($0.certname) }, "\(listed.output)")
            let revoked = try await authority.run("revoke", "--certname", names)
            #expect(revoked.exitCode == 0, "\(revoked.output)")

            let asked = try await front.records(5) { $0.client == "operator.lab.test" }
            #expect(asked.allSatisfy { $0.pool == "ca" && $0.server == "ca1" })
            #expect(
                asked.compactMap(\.endpoint) == [
                    "status", "ca_sign", "ca_certificate_statuses", "ca_certificate_status", "ca_certificate_status",
                ])
        }
    }

    @Test("Catalogs for other services go to the pool of the environment in their JSON", .enabled(if: Lab.isOfPuppet8, puppet8Only))
    func compilesForServices() async throws {
        let lab = try Lab()
        try await Front.run(lab) { front in
            let facts = #""facts": {"values": {"lab_environment": "a", "lab_external": "b"}}"#
            let trusted = #""trusted_facts": {"values": {"certname": "x.lab.test", "authenticated": "remote", "extensions": {}}}"#
            let nothing =
                #"{\"__ptype\": \"Puppet::AST::Nop\", \"locator\": {\"__ptype\": \"Puppet::AST::Locator\", \"string\": \"\", "#
                + #"\"file\": null, \"line_index\": [0]}, \"offset\": 0, \"length\": 0}"#
            let rests = [
                "/puppet/v3/compile": #""code_ast": "\#(nothing)", "variables": {"values": {}}"#,
                "/puppet/v4/catalog": #""persistence": {"facts": false, "catalog": false}"#,
            ]
            for (target, rest) in rests {
                for environment in ["production", "staging"] {
                    let body = "{\(facts), \(trusted), \(rest), \"certname\": \"x.lab.test\", \"environment\": \"\(environment)\"}"
                    let reply = try await front.ask(
                        target, ["--header", "Content-Type: application/json", "--data", body] + front.operatorCertificate)
                    #expect(reply.status == 200 && reply.text.contains(#""environment":"\#(environment)""#), "\(target): \(reply)")
                }
            }
            let records = try await front.records(4)
            #expect(records.map(\.certname) == Array(repeating: "x.lab.test", count: 4))
            #expect(Set(records.compactMap(\.endpoint)).count == 2)
            for record in records { #expect(record.pool == (record.environment == "staging" ? "development" : "compilers"), "\(record)") }
        }
    }

    @Test("CRLs are uploaded to the CA, and OCSP is asked there", .enabled(if: Lab.isOfPuppet8, puppet8Only))
    func uploadsRevocationLists() async throws {
        let lab = try Lab()
        try await Front.run(lab) { front in
            let list = "/puppet-ca/v1/certificate_revocation_list"
            let upload = try ["--request", "PUT", "--data-binary", "@\(lab.value("CRL_BUNDLE"))"]
            let anonymous = try await front.ask(list, upload)
            #expect(anonymous.status == 403 && anonymous.text.hasPrefix("unverified"), "\(anonymous)")
            let asOperator = try await front.ask(list, upload + front.operatorCertificate)
            // The CA has read them: they are its own, so neither list is newer.
            #expect(asOperator == Reply(status: 400, text: "Could not determine newest CRL."))

            // Puppet Server 8 has no OCSP; what serves it is the CA.
            for (target, status) in [("/ocsp", 404), ("/puppet-ca/v1/ocsp", 403)] {
                let reply = try await front.ask(target, ["--data-binary", "request"])
                #expect(reply.status == status, "\(target): \(reply)")
            }
            let records = try await front.records(4)
            #expect(records.map(\.status) == [403, 400, 404, 403])
            #expect(records.dropFirst().allSatisfy { $0.ca && $0.pool == "ca" && $0.server == "ca1" })
            #expect(
                records.compactMap(\.endpoint) == Array(repeating: "ca_certificate_revocation_list", count: 2) + ["ca_ocsp", "ca_ocsp"])
        }
    }
}
