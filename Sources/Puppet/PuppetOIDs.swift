import Model

/// Puppet's certificate extensions and their short names (lib/puppet/ssl/oids.rb of Puppet 7 and 8, and Puppet Server's own pp_cli_auth).
package enum PuppetOIDs {
    package static let registered = "1.3.6.1.4.1.34380.1.1"
    package static let `private` = "1.3.6.1.4.1.34380.1.2"
    package static let authorization = "1.3.6.1.4.1.34380.1.3"

    /// Short name and dotted OID, in the order of the OIDs.
    package static let names: [(shortName: String, oid: String)] = [
        ("pp_uuid", "1.3.6.1.4.1.34380.1.1.1"),
        ("pp_instance_id", "1.3.6.1.4.1.34380.1.1.2"),
        ("pp_image_name", "1.3.6.1.4.1.34380.1.1.3"),
        ("pp_preshared_key", "1.3.6.1.4.1.34380.1.1.4"),
        ("pp_cost_center", "1.3.6.1.4.1.34380.1.1.5"),
        ("pp_product", "1.3.6.1.4.1.34380.1.1.6"),
        ("pp_project", "1.3.6.1.4.1.34380.1.1.7"),
        ("pp_application", "1.3.6.1.4.1.34380.1.1.8"),
        ("pp_service", "1.3.6.1.4.1.34380.1.1.9"),
        ("pp_employee", "1.3.6.1.4.1.34380.1.1.10"),
        ("pp_created_by", "1.3.6.1.4.1.34380.1.1.11"),
        ("pp_environment", "1.3.6.1.4.1.34380.1.1.12"),
        ("pp_role", "1.3.6.1.4.1.34380.1.1.13"),
        ("pp_software_version", "1.3.6.1.4.1.34380.1.1.14"),
        ("pp_department", "1.3.6.1.4.1.34380.1.1.15"),
        ("pp_cluster", "1.3.6.1.4.1.34380.1.1.16"),
        ("pp_provisioner", "1.3.6.1.4.1.34380.1.1.17"),
        ("pp_region", "1.3.6.1.4.1.34380.1.1.18"),
        ("pp_datacenter", "1.3.6.1.4.1.34380.1.1.19"),
        ("pp_zone", "1.3.6.1.4.1.34380.1.1.20"),
        ("pp_network", "1.3.6.1.4.1.34380.1.1.21"),
        ("pp_securitypolicy", "1.3.6.1.4.1.34380.1.1.22"),
        ("pp_cloudplatform", "1.3.6.1.4.1.34380.1.1.23"),
        ("pp_apptier", "1.3.6.1.4.1.34380.1.1.24"),
        ("pp_hostname", "1.3.6.1.4.1.34380.1.1.25"),
        ("pp_owner", "1.3.6.1.4.1.34380.1.1.26"),
        ("pp_authorization", "1.3.6.1.4.1.34380.1.3.1"),
        ("pp_auth_role", "1.3.6.1.4.1.34380.1.3.13"),
        ("pp_cli_auth", "1.3.6.1.4.1.34380.1.3.39"),
    ]

    private static let byShortName = Dictionary(uniqueKeysWithValues: names.map { ($0.shortName, $0.oid) })
    private static let byOID = Dictionary(uniqueKeysWithValues: names.map { ($0.oid, $0.shortName) })

    package static func oid(of shortName: String) -> String? { byShortName[shortName] }

    package static func shortName(of oid: String) -> String? { byOID[oid] }

    /// The dotted OID that a configuration or a command line means.
    /// - Parameters:
    ///   - key: a short name, Puppet's or one of `custom`, or a dotted OID of at least two numbers.
    ///   - custom: dotted OID → short name, as `trusted_oids` has them; they go before Puppet's.
    /// - Returns: nil for a name that is not defined.
    package static func resolve(_ key: String, custom: [String: String]) -> String? {
        for (oid, shortName) in custom where shortName == key { return oid }
        if let oid = byShortName[key] { return oid }
        let numbers = key.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let isDotted = numbers.count >= 2 && numbers.allSatisfy { !$0.isEmpty && $0.allSatisfy(ASCII.isDigit) }
        return isDotted ? key : nil
    }
}
