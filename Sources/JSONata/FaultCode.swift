/// Every failure the engine knows.
///
/// Codes `S`, `T` and `D` are those of the language's reference; `U` are this engine's.
///
/// In a message `{token}`, `{value}`, `{second}` and `{index}` stand for the details of the failure.
enum FaultCode: String, CaseIterable, BitwiseCopyable {
    case s0101, s0102, s0103, s0104, s0105, s0106
    case s0201, s0202, s0203, s0204, s0207, s0208, s0209, s0210, s0211, s0212, s0213, s0214, s0215, s0216, s0217
    case s0301, s0302, s0303, s0401, s0402
    case t0410, t0411, t0412
    case d1001, d1002, t1003, d1004, t1005, t1006, t1007, t1008, d1009, t1010, d1011, d1012, d1013
    case t2001, t2002, t2003, t2004, t2006, t2007, t2008, t2009, t2010, t2011, t2012, d2014, d2015
    case d3001, d3010, d3011, d3012, d3020, d3030, d3040, d3050, d3060, d3061, d3070
    case d3080, d3081, d3082, d3083, d3084, d3085, d3086, d3087, d3088, d3089, d3090, d3091, d3092, d3093
    case d3100, d3110, d3120, d3121, d3130, d3131, d3132, d3133, d3134, d3135, d3136, d3137, d3138, d3139, d3140
    case d3141
    /// A limit of the batch protocol: nesting or time asked for by the request.
    case u1001
    /// The evaluation used more memory than allowed.
    case u2001
    /// A string grew longer than allowed.
    case u2002
    /// The source is longer than allowed.
    case u2003
    /// The source nests deeper, or has more operations, than allowed.
    case u2004
    /// A regular expression is too large, or took too many steps.
    case u2005
    /// `$eval` is switched off.
    case u2006
    /// The function needs something the host does not offer.
    case u2007
    /// An integration function was given something it cannot use.
    case u2008
    /// The source is not text.
    case u2009
    /// A time zone is not an offset.
    case u2010

    /// The code as users see it.
    var text: String { rawValue.uppercased() }

    /// What is wrong and what to do, with the places for details.
    var template: String {
        switch self {
        case .s0101: "the string has no closing quote"
        case .s0102: "the number {token} is out of range"
        case .s0103: "the escape \\{token} does not exist; use one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX"
        case .s0104: "\\u needs four hexadecimal digits"
        case .s0105: "the quoted name has no closing backquote"
        case .s0106: "the comment is not closed with */"
        case .s0201: "syntax error at {token}"
        case .s0202: "expected {value}, got {token}"
        case .s0203: "expected {value} before the end of the expression"
        case .s0204: "unknown operator {token}"
        case .s0207: "the expression ends too early"
        case .s0208: "parameter {value} of the function must be a variable (start it with $)"
        case .s0209: "a predicate cannot follow a group; put the path in parentheses"
        case .s0210: "a step can have one group only"
        case .s0211: "{token} cannot stand at the start of an operand"
        case .s0212: "the left side of := must be a variable (start it with $)"
        case .s0213: "the literal {value} cannot be a step of a path"
        case .s0214: "the right side of {token} must be a variable (start it with $)"
        case .s0215: "@ must come before the predicates of its step"
        case .s0216: "@ must come before the ^(...) of its step"
        case .s0217: "the parent % cannot be derived here"
        case .s0301: "a regular expression cannot be empty"
        case .s0302: "the regular expression has no closing /"
        case .s0303: "the regular expression is not valid: {value}"
        case .s0401: "only functions (f) and arrays (a) can have a type parameter in a signature"
        case .s0402: "a choice in a signature cannot hold parameterised types"
        case .t0410: "argument {index} of function {token} does not match its signature"
        case .t0411: "the context does not fit argument {index} of function {token}"
        case .t0412: "argument {index} of function {token} must be an array of {value}"
        case .d1001: "number out of range: {value}"
        case .d1002: "cannot negate {value}: it is not a number"
        case .t1003: "the key of an object must be a string, got {value}"
        case .d1004: "the regular expression matches the empty string, which would never end"
        case .t1005: "{token} is not a function; did you mean ${token}?"
        case .t1006: "what is called is not a function"
        case .t1007: "{token} is not a function to apply partially; did you mean ${token}?"
        case .t1008: "what is partially applied is not a function"
        case .d1009: "two key definitions give the same key {value}"
        case .t1010: "the matcher given to {token} must return an object with match, start, end, groups and next"
        case .d1011: "calls nest too deep; check for a recursion without end, or make the call the last thing done"
        case .d1012: "the time or work limit of this evaluation is used up; check for a loop without end"
        case .d1013: "names that start with _jsonata_ are reserved: {value}"
        case .t2001: "the left side of {token} must be a number"
        case .t2002: "the right side of {token} must be a number"
        case .t2003: "the left side of the range .. must be an integer"
        case .t2004: "the right side of the range .. must be an integer"
        case .t2006: "the right side of ~> must be a function"
        case .t2007: "order-by cannot compare {value} with {second}: they differ in type"
        case .t2008: "order-by needs numbers or strings, got {value}"
        case .t2009: "{token} needs two values of one type, got {value} and {second}"
        case .t2010: "{token} needs numbers or strings on both sides"
        case .t2011: "the update of a transform must be an object, got {value}"
        case .t2012: "the deletion of a transform must be a string or an array of strings, got {value}"
        case .d2014: "the range would have {value} items; the most is 10000000"
        case .d2015: "a sequence grew longer than {value} items"
        case .d3001: "infinity and not-a-number have no string form"
        case .d3010: "the second argument of $replace cannot be an empty string"
        case .d3011: "the fourth argument of $replace must not be negative"
        case .d3012: "the function given to $replace must return a string"
        case .d3020: "the third argument of $split must not be negative"
        case .d3030: "cannot turn {value} into a number"
        case .d3040: "the third argument of $match must not be negative"
        case .d3050: "the function given to $reduce must take at least two arguments"
        case .d3060: "the square root of the negative number {value} is not real"
        case .d3061: "the power of {value} and {second} is not a finite number"
        case .d3070: "$sort without a function needs an array of numbers or of strings"
        case .d3080: "a number picture has at most two parts"
        case .d3081: "a part of a number picture has one decimal separator at most"
        case .d3082: "a part of a number picture has one percent sign at most"
        case .d3083: "a part of a number picture has one per-mille sign at most"
        case .d3084: "a part of a number picture cannot have both percent and per-mille"
        case .d3085: "the mantissa of a number picture needs a digit"
        case .d3086: "a number picture cannot have other characters between its active ones"
        case .d3087: "a grouping separator cannot stand next to the decimal separator"
        case .d3088: "the integer part of a number picture cannot end with a grouping separator"
        case .d3089: "two grouping separators cannot stand side by side"
        case .d3090: "in the integer part of a number picture # comes before the digits"
        case .d3091: "in the fraction of a number picture # comes after the digits"
        case .d3092: "a number picture with percent or per-mille cannot have an exponent"
        case .d3093: "the exponent of a number picture has digits only"
        case .d3100: "the radix must be between 2 and 36, got {value}"
        case .d3110: "{value} is not an ISO 8601 time"
        case .d3120: "the expression given to $eval cannot be read: {value}"
        case .d3121: "the expression given to $eval failed: {value}"
        case .d3130: "numbering that starts with {value} is not supported"
        case .d3131: "the digits of a picture must come from one family"
        case .d3132: "unknown component {value} in a date picture"
        case .d3133: "only months, days and am/pm have names, not {value}"
        case .d3134: "a time zone picture has at most four digits"
        case .d3135: "the date picture lacks a closing ]"
        case .d3136: "the date picture lacks parts that the time needs"
        case .d3137: "{value}"
        case .d3138: "$single expected one match, there are more"
        case .d3139: "$single expected one match, there is none"
        case .d3140: "{token} was given a malformed URL: {value}"
        case .d3141: "{value}"
        case .u1001: "the evaluation went over the time or depth that the request allows"
        case .u2001: "the evaluation needs more memory than allowed"
        case .u2002: "a string would be longer than allowed"
        case .u2003: "the expression is longer than allowed"
        case .u2004: "the expression is nested deeper, or has more operations, than allowed"
        case .u2005: "the regular expression is too large, or takes too many steps"
        case .u2006: "$eval is switched off here"
        case .u2007: "{token} is not available here"
        case .u2008: "{token}: {value}"
        case .u2009: "the expression is not text"
        case .u2010: "{value} is not an offset from UTC such as +0100 or -08:00"
        }
    }
}

/// The particulars of a failure, kept by whoever throws it.
struct FaultDetails: BitwiseCopyable {
    /// A byte offset in the source, or -1.
    var position = -1
    var token: Value = .undefined
    var value: Value = .undefined
    var second: Value = .undefined
    var index = 0
}
