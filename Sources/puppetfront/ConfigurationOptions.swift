import ArgumentParser
import ConfigFile
import Glibc

/// Which file, and which site: the same for every command that reads the configuration.
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

    /// - Parameter checkFiles: whether certificates and the like must be readable.
    func load(checkFiles: Bool) -> LoadResult {
        let environmentSite = getenv("PUPPETFRONT_SITE").map { String(cString: $0) }
        return ConfigurationLoader.load(path: config, site: site, environmentSite: environmentSite, checkFiles: checkFiles)
    }
}
