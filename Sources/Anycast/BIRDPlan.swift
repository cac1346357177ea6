import Settings

/// Which protocols are on in each state, and in which order they are switched: the new route comes before the old one goes, so that the
/// address is never without one on the way between announced and unfit.
package struct BIRDPlan: Sendable, Equatable {
    package struct Step: Sendable, Equatable {
        package let name: String
        package let isOn: Bool
        package init(name: String, isOn: Bool) { (self.name, self.isOn) = (name, isOn) }
        package var command: String { "\(isOn ? "enable" : "disable") \(name)\n" }
    }

    package let steps: [Step]

    package init(_ state: AnycastState, protocols: [String], unfitProtocols: [String]) {
        let main = protocols.map { Step(name: $0, isOn: state == .announced) }
        let last = unfitProtocols.map { Step(name: $0, isOn: state == .unfit) }
        steps = state == .unfit ? last + main : main + last
    }
}
