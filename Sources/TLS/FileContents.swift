/// PEM that stands in the place of files, by path: what an operator has put there while the process runs.
package typealias FileContents = [String: [UInt8]]
