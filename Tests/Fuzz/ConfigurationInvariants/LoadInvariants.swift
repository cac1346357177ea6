import ConfigFile

/// What must hold for a configuration of any bytes whatsoever.
package enum LoadInvariants {
    /// nil where all hold: settings or errors, never both nor neither; places inside the file; one line a diagnostic; and the same
    /// result the second time.
    package static func violation(input: [UInt8]) -> String? {
        let result = load(input)
        let lines = input.count { $0 == 0x0A || $0 == 0x0D } + input.count { $0 == 0x85 || $0 == 0xA8 || $0 == 0xA9 } + 2
        if result.hasErrors != result.diagnostics.contains(where: { $0.severity == .error }) { return "settings and errors, or neither" }
        for diagnostic in result.diagnostics {
            let position = diagnostic.position
            if !(1...lines).contains(position.line) { return "line \(position.line) of \(lines)" }
            if !(1...input.count + 1).contains(position.column) { return "column \(position.column)" }
            if diagnostic.description.utf8.contains(0x0A) { return "a diagnostic of two lines" }
        }
        if load(input).diagnostics != result.diagnostics { return "another answer the second time" }
        return nil
    }

    private static func load(_ input: [UInt8]) -> LoadResult {
        ConfigurationLoader.parse(input, file: "x.yaml", baseFolder: "/", site: nil, environmentSite: nil)
    }
}
