import Foundation

extension Front {
    /// The file an admin would write for the lab, in the words of configuration.md.
    static func configuration(_ lab: Lab, folder: URL) throws -> String {
        let certificates = try lab.value("FRONT_CERTIFICATES")
        let compiler = try lab.value("COMPILER1_NAME")
        return try """
            site: lab
            sites:
              lab: { ca: ca }

            listeners:
              - name: agents
                address: "\(lab.value("FRONT_ADDRESS")):0"
                tls:
                  certificate:
                    - { chain: \(certificates)/puppet-ec.lab.test.pem, key: \(certificates)/puppet-ec.lab.test.key }
                    - { chain: \(certificates)/puppet-rsa.lab.test.pem, key: \(certificates)/puppet-rsa.lab.test.key }
                  client_ca: \(lab.value("CA_BUNDLE"))
                  crl: \(folder.path)/crl.pem

            defaults:
              pool:
                tls:
                  ca: \(lab.value("CA_BUNDLE"))
                  certificate: { chain: \(certificates)/puppetfront.lab.test.pem, key: \(certificates)/puppetfront.lab.test.key }
                  verify: hostname
                check: { request: "GET /status/v1/simple", expect: { status: 200, body: running }, inter: 5s, timeout: 5s }

            pools:
              compilers:
                servers:
                  - { name: compiler1, address: "\(compiler):\(lab.value("COMPILER1_TLS_PORT"))" }
              development:
                tls: null
                servers:
                  - { name: compiler1-plain, address: "\(compiler):\(lab.value("COMPILER1_HTTP_PORT"))" }
              ca:
                servers:
                  - { name: ca1, address: "\(lab.value("CA_NAME")):\(lab.value("CA_TLS_PORT"))" }

            environments:
              production: compilers
              staging: development
              "feature_*": development

            logs:
              access: { to: \(folder.path)/access.log, format: json }

            """
    }
}
