/// Why a request is refused instead of guessed at: it is malformed, or two readers could take it for two different things.
/// Every one becomes 400 bad_request; the raw value is the operator's text.
package enum Ambiguity: String, Error, Sendable, CaseIterable {
    case notOriginForm = "the target does not begin with a slash"
    case fragment = "the target has a fragment"
    case brokenPercent = "a percent sign is not followed by two hexadecimal digits"
    case encodedSlash = "the path has an encoded slash"
    case controlByte = "the path has a control byte or a space"
    case notUTF8 = "the path is not UTF-8"
    case relativeSegment = "the path has a segment . or .."
    case brokenParameterName = "a parameter's name is not well encoded"
    case environmentTwice = "the environment is given twice in one place"
    case environmentNotWord = "the environment is not of letters, digits and underscores"
    case environmentTooLong = "the environment is longer than 255 bytes"
    case environmentsDisagree = "the path and the parameters name two environments"
    case formTypeCase = "the form's content type is not in lower case"
    case formCharset = "the form's character set is not UTF-8, US-ASCII or ISO-8859-1"
    case encodedBody = "the catalog's body has a content coding"
    case notJSON = "the catalog's body is not a JSON object"
    case memberTwice = "the catalog's JSON has a member twice"
    case memberNotString = "the catalog's JSON has a certname or environment that is not a string"
    case memberTooLong = "the catalog's JSON has a certname that is too long"
    case nestedTooDeeply = "the catalog's JSON is nested too deeply"
}
