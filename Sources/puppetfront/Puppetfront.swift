import ArgumentParser

/// A Puppet-aware proxy and load balancer. One file a command; the exit codes are in `Exit`.
@main struct Puppetfront: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "puppetfront",
        abstract: "A reverse proxy and load balancer for Puppet Servers.",
        version: "puppetfront \(Version.current)",
        subcommands: [
            RunCommand.self, CheckCommand.self, ExplainCommand.self, CtlCommand.self, VersionCommand.self, DemoCommand.self,
            AnycastCommand.self,
        ])

    static func main() {
        StandardDescriptors.holdClosed()
        main(nil)
    }
}
