/// What a request asks of Puppet, in Puppet's own path words.
package enum PuppetEndpoint: String, Sendable, CaseIterable {
    case catalog, node, facts, report
    case fileMetadata = "file_metadata"
    case fileMetadatas = "file_metadatas"
    case fileContent = "file_content"
    case staticFileContent = "static_file_content"
    case fileBucketFile = "file_bucket_file"
    case environments
    case environmentClasses = "environment_classes"
    case environmentModules = "environment_modules"
    case environmentTransports = "environment_transports"
    case tasks, plans, status, metrics, admin
    case caCertificate = "ca_certificate"
    case caCertificateRequest = "ca_certificate_request"
    case caCertificateStatus = "ca_certificate_status"
    case caCertificateStatuses = "ca_certificate_statuses"
    case caCertificateRevocationList = "ca_certificate_revocation_list"
    case caCertificateRenewal = "ca_certificate_renewal"
    case caClean = "ca_clean"
    case caSign = "ca_sign"
    case caExpirations = "ca_expirations"
    /// `/puppet/v3/compile`: a catalog of code that the body brings.
    case compile
    case caOCSP = "ca_ocsp"
    case other
}
