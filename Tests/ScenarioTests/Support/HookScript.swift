import Foundation
import TestKit

/// A program for `hooks.on_change` that keeps every event that it is given.
struct HookScript {
    private let folder: TemporaryFolder

    /// - Parameter work: what it does besides, in sh
    init(in folder: TemporaryFolder, work: String = "") throws {
        self.folder = folder
        _ = try folder.writeProgram("#!/bin/sh\ncat >>\(folder.path)/events\n\(work)\n", to: "hook")
    }

    /// The configuration's line.
    var line: String { "hooks: { on_change: hook }" }

    /// One JSON object each, in the order of arrival.
    var events: [LogLine] {
        ((try? folder.read("events")) ?? "").split(separator: "\n").compactMap { LogLine(String($0)) }
    }

    /// The first event of that name, past or to come.
    func waitFor(_ name: String, where matches: (LogLine) -> Bool = { _ in true }) -> LogLine? {
        var found: LogLine?
        _ = waitUntil {
            found = events.first { $0.string("event") == name && matches($0) }
            return found != nil
        }
        return found
    }
}
