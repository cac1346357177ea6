import Model
import Settings
import Testing

@testable import ConfigFile

/// Instances of sites among a pool's servers: which, in which order, and what is refused.
struct InstancesTests {
    private static let tls = "{ ca: ca.pem, certificate: { chain: a.pem, key: a.key } }"

    private func text(via: String = "via: instances", poolTLS: String? = tls, more: String = "", owner: String = "first") -> String {
        """
        site: eie
        sites:
          eie:
            near: [knossos]
            owner: \(owner)
            instances:
              - { name: pf1.eie, address: "pf1.eie.example.org:8150" }
              - { name: pf2.eie, address: "pf2.eie.example.org:8150" }
          knossos: { instances: [ { name: pf1.knossos, address: "192.0.2.1:8150", certname: pf1.knossos.example.org } ] }
        listeners: { address: "127.0.0.1:8140" }
        pools:
          compilers:
            locality: { \(via) }
        \(poolTLS.map { "    tls: \($0)" } ?? "")
            servers:
              - { name: p1, address: "127.0.0.1:8141", site: eie }
              - { name: p2, address: "127.0.0.1:8142", site: knossos }
        environments: { default: compilers }
        \(more)
        """
    }

    private func load(_ text: String, as instance: String? = "pf2.eie") -> LoadResult {
        ConfigurationLoader.parse(Array(text.utf8), file: "x.yaml", baseFolder: "/etc/puppetfront", instance: instance)
    }

    @Test func instancesStandAmongTheServers() throws {
        let result = load(text())
        let pool = try #require(result.settings?.pools.first, "\(result.diagnostics)")
        #expect(pool.servers.map(\.name) == ["p1", "p2", "pf1.eie", "pf1.knossos"])
        let remote = pool.servers[3]
        #expect(remote.isInstance && remote.site == SiteName("knossos"))
        #expect(pool.tls(of: remote)?.verifyName == "pf1.knossos.example.org")
        #expect(pool.check(of: remote)?.target == "/puppetfront/status?pool=compilers" && pool.check(of: remote)?.inter == .seconds(1))
        #expect(pool.tls(of: pool.servers[2])?.verifyName == "pf1.eie.example.org", "the address's host")
        #expect(pool.tls(of: pool.servers[0])?.verifyName == nil)
    }

    @Test func theOwnerHasNoneOfItsSiteBeforeIt() {
        #expect(load(text(), as: "pf1.eie").settings?.pools.first?.servers.map(\.name) == ["p1", "p2", "pf1.knossos"])
    }

    @Test func withoutDirectTheServersOfThatSiteGo() {
        let names = load(text(via: "via: instances, direct: false")).settings?.pools.first?.servers.map(\.name)
        #expect(names == ["p1", "pf1.eie", "pf1.knossos"])
    }

    @Test func ownersAreSharedOutByPoolAndMoveOnlyWithTheirInstance() {
        func site(_ names: [String]) -> SiteSettings {
            let instances = names.map { InstanceSettings(name: $0, address: UpstreamAddress(host: $0, port: 1)) }
            return SiteSettings(name: SiteName("eie"), instances: instances)
        }
        let (three, two) = (site(["a", "b", "c"]), site(["a", "c"]))
        let pools = (0..<300).map { "pool\($0)" }
        let owners = pools.map { three.owners(ofPool: $0)[0].name }
        for name in ["a", "b", "c"] { #expect((70...130).contains(owners.count { $0 == name })) }
        for (pool, owner) in zip(pools, owners) where owner != "b" { #expect(two.owners(ofPool: pool)[0].name == owner) }
        #expect(
            site(["c", "b", "a"]).owners(ofPool: "x").map(\.name) == three.owners(ofPool: "x").map(\.name), "whatever the list's order")
    }

    @Test(
        arguments: [
            (nil, tls, "", "which instance is this? one of pf1.eie, pf2.eie"),
            ("pf3.eie", tls, "", "no instance \"pf3.eie\" at site \"eie\", which --instance names"),
            ("pf1.eie", nil, "", "instance \"pf1.knossos\" needs a certificate to know this one by"),
            (
                "pf1.eie", "{ ca: ca.pem, verify: none, certificate: { chain: a.pem, key: a.key } }", "",
                "instance \"pf1.knossos\" would not be verified, and agents' identities go to it"
            ),
        ] as [(String?, String?, String, String)])
    func whatCannotBeIsRefused(_ instance: String?, _ poolTLS: String?, _ more: String, _ message: String) {
        let result = load(text(poolTLS: poolTLS, more: more), as: instance)
        #expect(result.errors.map(\.message) == [message])
    }

    @Test func aListenerForInstancesNeedsThemAndTheirCertificates() {
        func messages(_ listener: String, sites: Bool = true) -> [String] {
            var file = text(via: "spill: never").replacing("listeners: { address: \"127.0.0.1:8140\" }", with: "listeners: \(listener)")
            if !sites {
                file = Fixtures.minimal().replacing("listeners: { address: \"127.0.0.1:8140\" }", with: "listeners: \(listener)")
            }
            return load(file, as: nil).errors.map(\.message)
        }
        let tls = "tls: { certificate: { chain: a.pem, key: a.key }, client_ca: ca.pem, crl: crl.pem }"
        #expect(messages("{ address: \"[::]:8150\", instances: true, \(tls) }") == [])
        #expect(
            messages("{ address: \"[::]:8150\", instances: true }")
                == ["a listener for instances needs \"tls\": instances are known by their certificates"])
        #expect(messages("{ address: \"[::]:8150\", instances: true, http2: false, \(tls) }") == ["instances speak HTTP/2"])
        #expect(
            messages(
                "{ address: \"[::]:8150\", instances: true, \(tls.replacing("crl.pem }", with: "crl.pem, client_certificate: optional }")) }"
            )
                == ["a listener for instances asks for certificates"])
        #expect(
            messages("{ address: \"[::]:8150\", instances: true, \(tls) }", sites: false)
                == ["no site has \"instances\": no request would be believed here"])
    }
}
