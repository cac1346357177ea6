import ArgumentParser
import ConfigFile
import Glibc

/// Which file, which site and which instance: the same for every command that reads the configuration.
struct ConfigurationOptions: ParsableArguments {
    static let defaultPath = "/etc/puppetfront/puppetfront.yaml"

    @Option(name: .long, help: ArgumentHelp("The configuration file.", valueName: "file"))
    var config = ConfigurationOptions.defaultPath

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The site of this instance. Default: PUPPETFRONT_SITE, else the file's `site`, else its only site.",
            valueName: "name"))
    var site: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The name of this instance at its site. Default: PUPPETFRONT_INSTANCE, else the file's `instance`, else the site's only one.",
            valueName: "name"))
    var instance: String?

    /// - Parameter checkFiles: whether certificates and the like must be readable.
    func load(checkFiles: Bool) -> LoadResult {
        let environment = { (name: String) in getenv(name).map { String(cString: $0) } }
        return ConfigurationLoader.load(
            path: config, site: site, environmentSite: environment("PUPPETFRONT_SITE"), instance: instance,
            environmentInstance: environment("PUPPETFRONT_INSTANCE"), checkFiles: checkFiles)
    }
}
