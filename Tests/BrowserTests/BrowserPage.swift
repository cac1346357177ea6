import Foundation
import TestKit

/// One page of a browser: looked at, clicked and typed into, as its user would.
final class BrowserPage {
    private let tools: DevTools
    private let session: String
    private let target: String

    init(_ tools: DevTools) throws {
        self.tools = tools
        let context = try tools.ask("Target.createBrowserContext")["browserContextId"] as? String ?? ""
        target = try tools.ask("Target.createTarget", ["url": "about:blank", "browserContextId": context])["targetId"] as? String ?? ""
        session = try tools.ask("Target.attachToTarget", ["targetId": target, "flatten": true])["sessionId"] as? String ?? ""
        for domain in ["Page", "Runtime", "Log", "Network"] { try ask("\(domain).enable") }
        try ask("Network.setCacheDisabled", ["cacheDisabled": true])
    }

    deinit { _ = try? tools.ask("Target.closeTarget", ["targetId": target]) }

    @discardableResult
    func ask(_ method: String, _ parameters: [String: Any] = [:]) throws -> [String: Any] {
        try tools.ask(method, parameters, session: session)
    }

    // MARK: Looking

    func open(_ address: String) throws {
        try ask("Page.navigate", ["url": address])
        guard try waits(for: "document.readyState === 'complete' && location.href !== 'about:blank'") else {
            throw DevTools.Failure(description: "\(address) does not open")
        }
    }

    /// The value of an expression in the page; nil: null, undefined, or the page has none at the moment.
    func value(_ expression: String) throws -> Any? {
        let result = try ask("Runtime.evaluate", ["expression": expression, "returnByValue": true])
        return (result["result"] as? [String: Any])?["value"]
    }

    func text(_ expression: String) throws -> String { try value(expression) as? String ?? "" }

    func waits(for expression: String, within timeout: Duration = .seconds(30)) throws -> Bool {
        try waitUntil(within: timeout) {
            if try value(expression) as? Bool == true { return true }
            // Each look takes the page's own time.
            usleep(30_000)
            return false
        }
    }

    /// - Parameters:
    ///   - width: pixels, as a phone or a desktop has
    ///   - isDark: what the user prefers
    func setScreen(width: Int, isPhone: Bool = false, isDark: Bool = false) throws {
        try ask(
            "Emulation.setDeviceMetricsOverride",
            ["width": width, "height": isPhone ? 844 : 1000, "deviceScaleFactor": 1, "mobile": isPhone])
        try ask("Emulation.setEmulatedMedia", ["features": [["name": "prefers-color-scheme", "value": isDark ? "dark" : "light"]]])
    }

    /// The whole page as `NAME.png` in `.build/screenshots`.
    func keepScreenshot(_ name: String) throws {
        let size = try ask("Page.getLayoutMetrics")["cssContentSize"] as? [String: Any] ?? [:]
        let clip: [String: Any] = ["x": 0, "y": 0, "width": size["width"] ?? 0, "height": size["height"] ?? 0, "scale": 1]
        let shot = try ask("Page.captureScreenshot", ["captureBeyondViewport": true, "clip": clip])
        guard let data = (shot["data"] as? String).flatMap({ Data(base64Encoded: $0) }) else {
            throw DevTools.Failure(description: "no screenshot")
        }
        let folder = FileManager.default.currentDirectoryPath + "/.build/screenshots"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try data.write(to: URL(fileURLWithPath: "\(folder)/\(name).png"))
    }

    // MARK: Acting

    /// With the mouse, in the middle of the first element that the selector finds.
    func click(_ selector: String) throws {
        let script = """
            (() => { const element = document.querySelector(\(Self.quoted(selector))); if (!element) return null;
              element.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
              const box = element.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]; })()
            """
        guard let place = try value(script) as? [Double], place.count == 2 else { throw DevTools.Failure(description: "no \(selector)") }
        for type in ["mousePressed", "mouseReleased"] {
            try ask("Input.dispatchMouseEvent", ["type": type, "x": place[0], "y": place[1], "button": "left", "clickCount": 1])
        }
    }

    func type(_ text: String) throws { try ask("Input.insertText", ["text": text]) }

    /// Logs in with the token, on the page that asks for it.
    func logIn(_ address: String, token: String) throws {
        try open(address)
        try click("input[name=token]")
        try type(token)
        try click("button")
        let isThere = "document.getElementById('pools') !== null && document.readyState === 'complete'"
        guard try waits(for: isThere) else { throw DevTools.Failure(description: "not logged in") }
    }

    static func quoted(_ text: String) -> String {
        let data = (try? JSONSerialization.data(withJSONObject: [text])) ?? Data("[\"\"]".utf8)
        return String(String(decoding: data, as: UTF8.self).dropFirst().dropLast())
    }

    // MARK: What happened

    /// Errors and warnings in the console, and uncaught exceptions.
    var complaints: [String] {
        tools.events(session).compactMap { event in
            switch event.method {
            case "Runtime.exceptionThrown": return "\(event.parameters)"
            case "Runtime.consoleAPICalled":
                let type = event.parameters["type"] as? String ?? ""
                return type == "error" || type == "warning" ? "\(event.parameters)" : nil
            case "Log.entryAdded":
                let entry = event.parameters["entry"] as? [String: Any] ?? [:]
                let level = entry["level"] as? String ?? ""
                return level == "error" || level == "warning" ? "\(entry)" : nil
            default: return nil
            }
        }
    }

    /// `HOST:PORT` of everything that was asked for; `data:` for what the page brought itself.
    var hosts: Set<String> {
        Set(
            tools.events(session).filter { $0.method == "Network.requestWillBeSent" }.compactMap { event in
                let text = (event.parameters["request"] as? [String: Any])?["url"] as? String ?? ""
                guard let address = URLComponents(string: text), let host = address.host else {
                    return text.hasPrefix("data:") ? "data:" : text
                }
                return "\(host):\(address.port ?? 80)"
            })
    }
}
