import Yams

/// The YAML library's tree → values: resolves aliases within bounds and finds duplicate keys.
///
/// Not supported, and said so: tags but the plain ones, keys that are no single values, merge keys (`<<`), aliases as keys.
struct DocumentComposer {
    static let tooDeep = "nested too deeply"
    static let depthLimit = 64
    /// Values in all, those counted again that an alias repeats.
    static let expansionLimit = 100_000

    /// A value with what it costs to walk it.
    private struct Measured {
        var value: DocumentValue
        var count = 1
        var height = 1
    }

    private let exchanged: [Position: Unicode.Scalar]
    private let findings: Findings
    private var anchors: [String: Measured] = [:]
    private var isTooLarge = false

    private init(exchanged: [Position: Unicode.Scalar], _ findings: Findings) {
        self.exchanged = exchanged
        self.findings = findings
    }

    /// nil where the tree is over a limit, so that nothing is to be walked.
    static func value(of root: Yams.Node, exchanged: [Position: Unicode.Scalar], _ findings: Findings) -> DocumentValue? {
        var composer = DocumentComposer(exchanged: exchanged, findings)
        let measured = composer.compose(root, depth: 1)
        return composer.isTooLarge ? nil : measured.value
    }

    private mutating func compose(_ source: Yams.Node, depth: Int) -> Measured {
        let position = source.mark.map(Position.init) ?? .start
        guard depth <= DocumentComposer.depthLimit, !isTooLarge else {
            return refuse(DocumentComposer.tooDeep, position)
        }
        var result: Measured
        var anchor: String?
        switch source {
        case .scalar(let scalar):
            anchor = scalar.anchor?.rawValue
            checkTag(scalar.tag, position)
            result = compose(scalar, position)
        case .sequence(let sequence):
            anchor = sequence.anchor?.rawValue
            checkTag(sequence.tag, position)
            result = compose(sequence, position, depth)
        case .mapping(let mapping):
            anchor = mapping.anchor?.rawValue
            checkTag(mapping.tag, position)
            result = compose(mapping, position, depth)
        case .alias:
            result = Measured(value: DocumentValue(content: .null, position: position))
        }
        if result.count > DocumentComposer.expansionLimit { result = refuse("aliases make the file too large", position) }
        if depth + result.height > DocumentComposer.depthLimit { result = refuse(DocumentComposer.tooDeep, position) }
        if let anchor { anchors[anchor] = result }
        return result
    }

    /// The first refusal is reported; what is over a limit is not walked further.
    private mutating func refuse(_ message: String, _ position: Position) -> Measured {
        if !isTooLarge { findings.error(message, at: position) }
        isTooLarge = true
        return Measured(value: DocumentValue(content: .null, position: position))
    }

    private mutating func compose(_ scalar: Yams.Node.Scalar, _ position: Position) -> Measured {
        let isPlain = scalar.style == .plain
        if isPlain, scalar.string.unicodeScalars.first == DocumentText.aliasMark { return alias(scalar, position) }
        let text = DocumentText.restored(scalar.string)
        let isNull = isPlain && (text.isEmpty || text == "~" || text == "null")
        return Measured(value: DocumentValue(content: isNull ? .null : .scalar(text), position: position))
    }

    private func alias(_ scalar: Yams.Node.Scalar, _ position: Position) -> Measured {
        let text = DocumentText.restored(scalar.string)
        if scalar.anchor == nil, let target = anchors[String(text.dropFirst())] { return target }
        findings.error("\(text) is an alias of nothing", at: position, hint: "put a glob that starts with * in quotes")
        return Measured(value: DocumentValue(content: .broken, position: position))
    }

    private mutating func compose(_ sequence: Yams.Node.Sequence, _ position: Position, _ depth: Int) -> Measured {
        var values: [DocumentValue] = []
        var result = Measured(value: DocumentValue(content: .null, position: position))
        for element in sequence {
            let measured = compose(element, depth: depth + 1)
            guard !isTooLarge else { return result }
            values.append(measured.value)
            result.count += measured.count
            result.height = max(result.height, measured.height + 1)
        }
        result.value.content = .list(values)
        return result
    }

    private mutating func compose(_ mapping: Yams.Node.Mapping, _ position: Position, _ depth: Int) -> Measured {
        var entries: [DocumentEntry] = []
        var places: [String: Position] = [:]
        var result = Measured(value: DocumentValue(content: .null, position: position))
        for (keySource, valueSource) in mapping {
            let keyPosition = keySource.mark.map(Position.init) ?? position
            let key = key(keySource, keyPosition)
            let measured = compose(valueSource, depth: depth + 1)
            guard !isTooLarge else { return result }
            guard let key else { continue }
            if let first = places[key] {
                findings.error("duplicate key \"\(key)\"", at: keyPosition, hint: "the first is at \(first.line):\(first.column)")
                continue
            }
            places[key] = keyPosition
            entries.append(DocumentEntry(key: key, keyPosition: keyPosition, value: measured.value.labelled(key)))
            result.count += measured.count
            result.height = max(result.height, measured.height + 1)
        }
        result.value.content = .map(entries)
        return result
    }

    /// nil where it is no key that a configuration can have; the findings say why.
    private func key(_ source: Yams.Node, _ position: Position) -> String? {
        guard case .scalar(let scalar) = source else {
            findings.error("a key must be a single value", at: position)
            return nil
        }
        checkTag(scalar.tag, position)
        var text = scalar.string
        if let letter = exchanged[position] {
            var view = String.UnicodeScalarView()
            view.append(letter)
            view.append(contentsOf: text.unicodeScalars.dropFirst())
            text = String(view)
        }
        if scalar.style == .plain, text.unicodeScalars.first == DocumentText.aliasMark {
            findings.error("an alias cannot be a key", at: position, hint: "put a glob that starts with * in quotes")
            return nil
        }
        if scalar.style == .plain, text == "<<" {
            findings.error("merge keys are not supported", at: position, hint: "put what pools and servers share into defaults")
            return nil
        }
        return DocumentText.restored(text)
    }

    private func checkTag(_ tag: Tag, _ position: Position) {
        switch tag.description {
        case "", "!", "tag:yaml.org,2002:str", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map": break
        default: findings.error("tags are not supported: \(DocumentText.restored(tag.description))", at: position)
        }
    }
}
