/// PEM that replaces the contents of files, by path: an operator has staged or committed it at run time.
package typealias FileContents = [String: [UInt8]]
